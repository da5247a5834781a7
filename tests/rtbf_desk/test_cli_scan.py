"""`rtbf scan`: exit codes, JSON that parses, and never an identifier said."""

import json
import os
import shutil
from datetime import date

import dagster as dg
import pytest
from dagster_home import dagster_home
from erasure_project import project
from small_lakes import table, write
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_ledger import versions
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.store import open_ledger

EVA, BOB, MAIL = 770011223344, 770011223355, "eva.lindqvist@films.example"
SETTINGS = """
[controller]
name = "Test Ltd"
[ledger]
code_location = "test"
url = "sqlite:///ledger.db"
keys = "keys"
[roots]
lake = "lake"
[namespaces]
account = { kind = "integer" }
device = { kind = "uuid" }
email = { kind = "email" }
phone = { kind = "phone" }
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A deployment that Eva was erased from, and its settings file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    (tmp_path / "rtbf.toml").write_text(SETTINGS)
    one = project(
        tmp_path,
        [
            table("people", {"id": "account", "mail": "email"}),
            table("more", {"id": "account"}, event_time="day"),
        ],
    )
    write(one.lake, "people", {"id": [EVA, BOB], "mail": [MAIL, None]})
    write(one.lake, "more", {"id": [BOB], "day": [date(2026, 1, 1)]})
    request = one.file(f"account={EVA}", f"email={MAIL}")
    one.settle_directly()
    one.approve(request)
    one.settle_directly()
    assert "closed" == one.state(request)
    return one


@pytest.fixture
def scan():
    """Run the command: scan("--sweep") returns (exit code, what it printed, what it said beside)."""

    def run(*words):
        result = CliRunner().invoke(app, ["scan", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        said = result.stdout + result.stderr
        assert [] == [one for one in (str(EVA), MAIL) if one in said.lower()]
        return result.exit_code, result.stdout, result.stderr

    return run


def test_who_came_back_is_told_by_exit_code_and_json(made, scan, tmp_path):
    """Never swept, clean, found, found without looking again, one asset alone, could not look."""
    code, said, _ = scan()
    assert (2, 2) == (code, said.count("it was never swept"))
    assert said.endswith("No sweep has looked yet; `rtbf scan --sweep` does.\n")

    code, said, _ = scan("--sweep")
    assert (0, True) == (code, "Nobody came back." in said)
    assert 0 == scan()[0]

    home = tmp_path / "home"
    with dagster_home(home) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("people"))
    write(made.lake, "people", {"id": [EVA], "mail": [MAIL]}, file="late.parquet")
    code, said, _ = scan("people", "--sweep", "--json", "--dagster-home", str(home))
    told = json.loads(said)
    (found,) = told["findings"]
    assert (1, "people", 1, 1, "2") == (code, *(found[n] for n in ("asset", "rows", "files", "file_numbers")))
    assert "filed" == made.state(found["child"])
    assert ("after", None, "resurrection") == (found["since"], found["run"], found["kind"])
    (row,) = told["assets"]
    assert ("found", 2, 1, 1) == tuple(row[name] for name in ("state", "files", "skipped", "came_back"))

    code, said, _ = scan()
    assert (1, True) == (code, "1 rows in 1 files, written by something else, after" in said)
    assert 0 == scan("more")[0]

    write(made.lake, "more", {"id": [EVA], "day": [date(9999, 12, 31)]}, file="b.parquet")
    code, said, _ = scan("more", "--sweep")
    assert (1, True) == (code, "1 rows are about a time after the erasure" in said)
    assert "    a person decides: `rtbf readmit` who came back lawfully, else `rtbf file` a request\n" in said
    (made.lake / "more" / "b.parquet").unlink()
    assert 0 == scan("more", "--sweep")[0]
    (made.lake / "more" / "a.parquet").write_bytes(b"PAR1 not a table at all PAR1")
    code, said, _ = scan("more", "--sweep")
    assert (2, True) == (code, "asset more: the Parquet footer of file 1 of 1 cannot be read" in said)
    code, said, _ = scan("more")
    assert (2, True) == (code, "its last sweep could not look: unreadable" in said)
    assert 1 == scan("--sweep")[0]


def test_a_scan_with_nobody_on_the_list_says_that_it_did_not_look(made, scan, tmp_path):
    """Whatever state the data is in: exit 0, and no word of nobody having come back."""
    (tmp_path / "rtbf.toml").write_text(SETTINGS.replace("ledger.db", "other.db"))
    ledger = open_ledger(
        "sqlite:///other.db",
        tmp_path / "keys",
        code_location="test",
        clock=made.ledger.clock,
        randomness=os.urandom,
    )
    versions.save_graph(ledger, made.control.graph)
    ledger.engine.dispose()
    shutil.rmtree(made.lake / "more")

    code, said, _ = scan("--sweep")

    assert (0, True) == (
        code,
        said.endswith("Nobody is on the suppression list yet, so nothing was looked at.\n"),
    )
    assert "Nobody came back" not in said


def test_what_stands_where_no_key_is_declared_is_told_with_its_place(made, scan):
    """A kind of its own, with what its owner does about it, and no request; looked at again or not."""
    write(
        made.lake, "more", {"id": [BOB], "day": [date(2026, 1, 1)], "note": [f"<{MAIL}>"]}, file="b.parquet"
    )

    code, said, _ = scan("more", "--sweep", "--json")
    (found,) = json.loads(said)["findings"]
    assert (1, "elsewhere", ["note"], None) == (code, *(found[name] for name in ("kind", "places", "child")))

    for words in (("more",), ("more", "--sweep")):
        code, said, _ = scan(*words)
        assert (1, True) == (code, "more: elsewhere of request" in said)
        assert (
            "    where no key is declared: note\n    declare it (keys=..., in_text(...)) or take it out"
            in said
        )


def test_what_cannot_be_done_is_no_clean_scan(made, scan, tmp_path):
    """An asset that is not there, a settings file that is not there, another tombstone key: exit 2."""
    assert 2 == scan("--config", "elsewhere.toml")[0]
    (tmp_path / "keys" / "tombstone.key").unlink()
    code, _, said = scan("--sweep")
    assert (2, True) == (code, "made with another tombstone key" in said)


@pytest.mark.parametrize("words", [(), ("--sweep",), ("--undeclared",)])
def test_an_asset_that_is_not_there_is_not_repeated(made, scan, words):
    """What was typed may be a person: exit 2, where to look, and nothing of it."""
    code, printed, said = scan("Vera.Person@Example.org", *words)

    assert (2, "", True) == (code, printed, said.startswith("rtbf: no asset of that name is "))
    assert "`rtbf inventory`" in said
    assert "vera" not in said.lower()


def test_the_request_of_somebody_readmitted_is_not_approved(made, scan):
    """Preview says so and how it ends; approve refuses it in one sentence."""
    write(made.lake, "people", {"id": [EVA], "mail": [MAIL]}, file="late.parquet")
    (found,) = json.loads(scan("people", "--sweep", "--json")[1])["findings"]
    made.settle_directly()
    readmit(made.ledger, "account", str(EVA), reason="new_contract", staff="staff-7")

    shown = CliRunner().invoke(app, ["preview", found["child"]])
    refused = CliRunner().invoke(app, ["approve", found["child"]])

    way_out = f"`rtbf cancel {found['child']}`"
    assert (0, True) == (shown.exit_code, "was readmitted since" in shown.stderr and way_out in shown.stderr)
    assert (1, 1) == (refused.exit_code, refused.stderr.count("\n"))
    assert way_out in refused.stderr
    assert "planned" == made.state(found["child"])
