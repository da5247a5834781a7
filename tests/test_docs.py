"""What the documents say is there, is there: commands, settings, example, links, decisions, picture."""

import configparser
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

from lineage_assets.inventory import assets
from rtbf_desk import cli_erase, cli_files_scan
from rtbf_desk.cli import app
from rtbf_ledger.settings import read_settings
from rtbf_ledger.verdicts import WORDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
BIN = Path(sys.executable).parent


def name_of(path):
    """Return a document's name for a test's id."""
    return path.relative_to(ROOT).as_posix()


def block(name):
    """Return the text of the README's fenced block by the name after its language."""
    return re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1]


def prose(path):
    """Return a document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(group, prefix="rtbf"):
    """Return every command of the command line by its full name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_readme_lists_every_command_and_no_other():
    """The table of commands is the command line's own."""
    expected = sorted(commands(typer.main.get_command(app)))
    assert expected == sorted(re.findall(r"^\| `(rtbf [a-z -]+)` \|", README, re.MULTILINE))


def test_every_command_the_documents_speak_of_exists():
    """In running text and in shell blocks; not in the formats, where `rtbf ...` is also a label of bytes."""
    known = set(commands(typer.main.get_command(app)))
    for document in (each for each in DOCUMENTS if each.parent.name != "formats"):
        text = document.read_text(encoding="utf-8")
        spoken = re.findall(
            r"(?:^|`)(rtbf [a-z][a-z-]*(?: (?:place|release|erase|scan))?)\b", text, re.MULTILINE
        )
        assert set() == set(spoken) - known, name_of(document)


def test_every_option_in_the_shell_block_exists():
    """Each line of the walk through the commands is one that the command line takes."""
    known = typer.main.get_command(app).commands
    lines = re.findall(r"^rtbf .*$", README, re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        words = line.partition("#")[0].split()
        found = known[words[1]]
        found = getattr(found, "commands", {words[2]: found}).get(words[2])
        if words[1] == "files":  # they take their options without typer
            taken = {"erase": cli_erase, "scan": cli_files_scan}[words[2]].options()
            options = set(re.findall(r"--[a-z-]+", taken.format_help()))
        else:
            options = {option for parameter in found.params for option in parameter.opts}
        assert set() == {word for word in words if word.startswith("--")} - options, line


def test_every_make_target_of_the_readme_exists():
    """`make X` in text or in a block is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    spoken = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert {"demo", "test", "ui"} <= spoken
    assert set() == spoken - targets


def test_settings_of_the_readme_are_read(tmp_path):
    """`read_settings` refuses what it does not know, so every key shown is a key there is."""
    (tmp_path / "rtbf.toml").write_text(block("rtbf.toml"), encoding="utf-8")
    settings = read_settings(tmp_path / "rtbf.toml", environ={})
    assert "streaming" == settings.code_location
    assert {"lake": tmp_path / "lake"} == dict(settings.roots)
    assert 0.05 == settings.share_limit


def test_ledger_url_of_the_environment_wins(tmp_path):
    """As the README says of RTBF_LEDGER_URL."""
    (tmp_path / "rtbf.toml").write_text(block("rtbf.toml"), encoding="utf-8")
    settings = read_settings(tmp_path / "rtbf.toml", environ={"RTBF_LEDGER_URL": "postgresql://host/rtbf"})
    assert "postgresql://host/rtbf" == settings.ledger_url


def test_example_is_as_short_as_it_says():
    """Lines of Python, blank ones left out; 15 at most."""
    lines = [line for line in block("definitions.py").splitlines() if line.strip()]
    assert f"`definitions.py`, {len(lines)} lines and some blank ones." in README
    assert len(lines) <= 15


@pytest.fixture
def project(tmp_path):
    """A project that has nothing but the README's two files, and the environment for its commands."""
    for name in ("definitions.py", "rtbf.toml"):
        (tmp_path / name).write_text(block(name), encoding="utf-8")
    (tmp_path / "dagster_home").mkdir()
    (tmp_path / "dagster_home" / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RTBF_", "COV_"))}
    return tmp_path, kept | {"DAGSTER_HOME": str(tmp_path / "dagster_home")}


def said(project, *command, given=""):
    """Run a command in the project and return what it printed; its words are shown where it fails."""
    folder, environment = project
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_example_runs(project):
    """Dagster loads it, its inventory is whole, and a request can be filed: with what the README shows."""
    said(project, "dagster", "definitions", "validate", "-m", "definitions")
    rows = json.loads(said(project, "rtbf", "inventory", "--check", "--json"))
    assert [("watch_events", "personal data"), ("daily_reach", "no personal data")] == [
        (row["asset"], row["holds"]) for row in rows
    ]
    request_id = said(
        project, "rtbf", "file", "--law", "gdpr", "--identifiers-from", "-", given="account=1234"
    )
    (filed,) = json.loads(said(project, "rtbf", "requests", "--json"))
    assert (request_id.strip(), "filed") == (filed["request"], filed["state"])


def test_files_are_erased_as_the_readme_shows(tmp_path):
    """The two commands of "Without Dagster" on a lake like theirs, and the summary that is printed there."""
    section = README.partition("## Without Dagster")[2].partition("\n## ")[0]
    events = tmp_path / "lake" / "events"
    events.mkdir(parents=True)
    for name, first in (("a", 0), ("b", 1000)):
        users = pa.array([{"id": first + n} for n in range(200)], pa.struct({"id": pa.int64()}))
        pq.write_table(pa.table({"user": users}), events / f"{name}.parquet", row_group_size=100)
    (tmp_path / "gone.txt").write_text("42\n", encoding="utf-8")
    dry, real = (line.partition("#")[0].split() for line in re.findall(r"^rtbf .*$", section, re.MULTILINE))
    shown = re.search(r"^```text\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]
    project = (tmp_path, dict(os.environ))
    assert "rows to erase" in said(project, *dry)
    assert said(project, *real).startswith(shown)
    assert "rows erased                        0" in said(project, *real)


def test_files_are_searched_as_the_readme_shows(tmp_path, capsys, monkeypatch):
    """The two commands of "Who is still there" on a lake like theirs, and the places printed there."""
    section = README.partition("## Who is still there")[2].partition("\n## ")[0]
    (tmp_path / "lake" / "events").mkdir(parents=True)
    gone = ["grace@example.com", "ada@example.com", "6f1c2f0e-5b1e-4c58-9d55-9b1f3f6f7a01"]
    users = [{"id": n, "mail": gone[0] if n in {33, 41} else f"user{n}@example.net"} for n in range(60)]
    pq.write_table(pa.table({"user": users}), tmp_path / "lake/events/a.parquet", row_group_size=15)
    (tmp_path / "lake" / "mail.log").write_text(f"to {gone[0]} of {gone[2]}\n", encoding="utf-8")
    (tmp_path / "gone.txt").write_text("\n".join(gone), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    every, keyed = (
        line.partition("#")[0].split()[3:] for line in re.findall(r"^rtbf .*$", section, re.MULTILINE)
    )
    shown = re.search(r"^```text\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]
    assert 1 == cli_files_scan.scan(every)
    assert capsys.readouterr().out.startswith(shown)
    (tmp_path / "gone.txt").write_text("12\n999\n", encoding="utf-8")
    assert 1 == cli_files_scan.scan(keyed)
    assert "user.id: row 12 (line 1)" in capsys.readouterr().out


def slug(heading):
    """Return the anchor that a heading gets: lower case, no signs, blanks as dashes."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_resolves(document):
    """Files and folders are there, and so are the headings that a link goes to."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (document.parent / file).resolve() if file else document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def test_decisions_are_numbered_without_gaps():
    """0001 on, the same number in the heading, and no number twice."""
    expected = [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert expected == [path.name[:4] for path in DECISIONS]
    assert len(DECISIONS) >= 8
    for number, path in enumerate(DECISIONS, start=1):
        assert path.read_text(encoding="utf-8").startswith(f"# {number}. "), path.name


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_a_decision_is_half_a_page_and_says_what_was_given_up(decision):
    """Status and date, what was gained, what was given up; at most 2,500 characters."""
    text = decision.read_text(encoding="utf-8")
    assert re.search(r"^Accepted, \w+ \d{4}\.", text, re.MULTILINE)
    assert 1 == text.count("**Gained.** ")
    assert 1 == text.count("**Given up.** ")
    assert len(text) <= 2500


def test_architecture_draws_the_rows_that_are_checked():
    """The drawing and the import-linter contract have the same rows from top to bottom."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    rows = contracts["importlinter:contract:rows"]["layers"].split("\n")
    drawing = re.search(r"^```\n( definitions\.py\n.*?)^```$", ARCHITECTURE, re.MULTILINE | re.DOTALL)[1]
    drawn = re.findall(r"^ ([a-z_]+(?: \| [a-z_]+)*)", drawing.split("\n", 1)[1], re.MULTILINE)
    assert [row.strip() for row in rows if row.strip()] == drawn


def test_architecture_names_modules_that_are_there():
    """Each `package/module` of the life of a request, and each folder of the table."""
    table = ARCHITECTURE.partition("## The life of one request")[2].partition("## Rules")[0]
    packages = set(re.findall(r"^\| `(\w+)/` \|", ARCHITECTURE, re.MULTILINE))
    named = {each for each in re.findall(r"`([a-z_/]+)`", table) if each.split("/")[0] in packages}
    assert len(named) >= 15
    for each in sorted(named):
        assert (ROOT / each).is_dir() or (ROOT / f"{each}.py").is_file(), each
    assert packages == {path.parent.name for path in ROOT.glob("*/__init__.py")}


def test_changelog_begins_with_the_version_of_the_project():
    """The newest heading is the version that pyproject.toml builds."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert version == re.search(r"^## (\S+)", text, re.MULTILINE)[1]


def test_picture_of_the_readme_shows_every_asset_of_the_demo():
    """Drawn from a real run: each asset of the inventory has a box with a verdict."""
    drawn = ET.parse(ROOT / "docs" / "pictures" / "lineage.svg").getroot()
    groups = drawn.findall("{http://www.w3.org/2000/svg}g")
    told = [group.findtext("{http://www.w3.org/2000/svg}title", "") for group in groups]
    verdicts = dict(each.split(": ", 1) for each in told if ": " in each)
    names = {
        key.to_user_string()
        for asset in assets
        for key in (asset.keys if hasattr(asset, "keys") else [asset.key])
    }
    assert names == set(verdicts)
    assert {} == {n: v for n, v in verdicts.items() if not v.startswith(tuple(WORDS.values()))}
    assert "(docs/pictures/lineage.svg)" in README
