"""The command line on a real deployment: exit codes, JSON that parses, and never an identifier said."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from erasure_project import Project, ephemeral
from small_lakes import read, write
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_ledger.settings import read_settings

SETTINGS = """
[controller]
name = "Test Ltd"
zone = "Europe/Berlin"
country = "DE"
[ledger]
code_location = "shop"
definitions = "{module}"
url = "sqlite:///state/ledger.db"
keys = "state/keys"
[roots]
lake = "lake"
[namespaces]
account = {{ kind = "integer" }}
email = {{ kind = "email" }}
[erasure]
share_limit = 1
undeclared = "{undeclared}"
"""
MODULE = """
import dagster as dg
from pathlib import Path
from dagster_rtbf import Erasure, erasure_definitions, read_settings, subject_data, no_subject_data

def table(name, **more):
    declared = subject_data("{lake}/%s/" % name, keys={"user": "account", "mail": "email"}, purposes={"x"},
                            erasure=Erasure.DELETE_ROWS, retention_days=9)
    return dg.AssetSpec(name, owners=["team:a"], metadata=declared, **more)

theirs = dg.Definitions(assets=[table("events"), dg.AssetSpec("total", deps=["events"],
    metadata=no_subject_data(because="one number"))UNDECLARED])
defs = dg.Definitions.merge(
    theirs, erasure_definitions(theirs, read_settings(Path(__file__).with_name("rtbf.toml"), environ={})))
"""
SECRETS = ("551199331", "grace.hopper@example.com", "Grace.Hopper@example.com")
COMMANDS = {
    ("inventory",): ("--check", "--json", "--config"),
    ("file",): ("--identifiers-from", "--law", "--received", "--identity", "--note", "--by", "--json"),
    ("requests",): ("--json", "--config"),
    ("show",): ("REQUEST_ID", "--json"),
    ("preview",): ("REQUEST_ID", "--json"),
    ("approve",): ("REQUEST_IDS", "--accept-share", "--confirm-nothing-found", "--by"),
    ("decide",): ("REQUEST_ID", "ASSET", "CHOICE", "--because", "--by"),
    ("retry",): ("REQUEST_ID", "--by"),
    ("cancel",): ("REQUEST_ID", "--by"),
    ("refuse",): ("REQUEST_ID", "--by"),
    ("hold", "place"): ("REQUEST_ID", "--reason", "--asset", "--until", "--by"),
    ("hold", "release"): ("HOLD_ID", "--by"),
    ("certificate",): ("REQUEST_ID", "--out", "--key-out"),
    ("picture",): ("REQUEST_ID", "--out"),
    ("verify",): ("FILE", "--key", "--json"),
    ("files", "erase"): (
        *("PLACE", "--key", "--ids", "--ids-column", "--kind", "--history"),
        *("--dry-run", "--json"),
    ),
    ("files", "scan"): (
        *("PLACE", "--key", "--ids", "--ids-column", "--kind", "--all-columns", "--free-text"),
        *("--old-versions", "--rows", "--memory", "--json"),
    ),
    ("scan",): ("ASSET", "--sweep", "--undeclared", "--dagster-home", "--json", "--config"),
    ("accept",): ("MISMATCH", "--because", "--withdraw", "--by", "--config"),
    ("readmit",): ("--identifiers-from", "--reason", "--from", "--by", "--config"),
    ("self-scan",): ("--identifiers-from", "--tombstones", "--also", "--dagster-home", "--json", "--config"),
    ("seal",): ("--identifiers-from", "--received", "--identity", "--note", "--by", "--json", "launchpad"),
    ("desk",): ("--dagster", "--host", "--port", "--exposed", "--name", "--behind-tls", "--config"),
    ("ui",): ("--workspace", "--host", "--port", "--exposed", "--name", "--config"),
}


class Desk:
    """A deployment in a folder with its own definitions module, and the command line on it."""

    def __init__(self, folder: Path, module: str, *, undeclared: str = "") -> None:
        """Write settings and definitions, and open the deployment as the daemon does."""
        how = "refuse_request" if undeclared else "refuse_load"
        (folder / "rtbf.toml").write_text(SETTINGS.format(module=module, undeclared=how))
        (folder / f"{module}.py").write_text(MODULE.replace("UNDECLARED", undeclared))
        self.folder, self.module, self.said = folder, module, ""

    def daemon(self) -> Project:
        """Return what the daemon works with."""
        import importlib

        theirs = importlib.import_module(self.module).theirs
        settings = read_settings(self.folder / "rtbf.toml", environ={})
        return Project(settings=settings, theirs=theirs, instance=ephemeral(self.folder))

    def run(self, *words: str, typed: str | None = None) -> Result:
        """Run a command; everything it says is kept."""
        result = CliRunner().invoke(app, list(words), input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        self.said += result.output + result.stderr
        return result

    def done(self, *words: str, typed: str | None = None) -> str:
        """Run a command that has to exit 0; returns what it printed."""
        result = self.run(*words, typed=typed)
        assert (0, "") == (result.exit_code, result.stderr if result.exit_code else "")
        return result.stdout.strip()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch, request) -> Desk:
    """Return a small deployment; no command of the test may ever have said an identifier."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    made = Desk(tmp_path, f"shop_{abs(hash(request.node.name))}")
    users = {"user": [551199331, 2], "mail": ["grace.hopper@example.com", "b@example.com"]}
    write(tmp_path / "lake", "events", users)
    return made


def _no_secret(desk: Desk) -> None:
    assert [] == [secret for secret in SECRETS if secret.lower() in desk.said.lower()]


def test_a_request_from_standard_input_to_a_verified_certificate(desk: Desk) -> None:
    """Every command of the main way, in order, on one request: exit 0, JSON that parses, no identifier."""
    rows = json.loads(desk.done("inventory", "--check", "--json"))
    assert ["events", "total"] == [row["asset"] for row in rows]
    typed = "# from the form\n\naccount=551199331\r\nemail= Grace.Hopper@example.com \n"
    words = (
        "file",
        "--law",
        "gdpr",
        "--identifiers-from",
        "-",
        "--note",
        SECRETS[0],
        "--identity",
        SECRETS[1],
    )
    request_id = json.loads(desk.done(*words, "--json", typed=typed))["request"]
    assert re.fullmatch("rq-[0-9a-f]{24}", request_id)
    early = desk.run("preview", request_id)
    assert (1, True) == (early.exit_code, "at its next tick" in early.stderr)
    daemon = desk.daemon()
    daemon.settle_directly()
    (first, second) = json.loads(desk.done("preview", request_id, "--json"))
    assert ("events", "delete rows", 1, 2) == tuple(
        first[name] for name in ("asset", "will", "rows", "of_rows")
    )
    assert ("total", "one number") == (second["asset"], second["why"])
    told = desk.done("preview", request_id)
    assert ("events" in told, "identifiers  account: 1 given; email: 1 given" in told) == (True, True)
    nothing = desk.run("certificate", request_id, "--out", "c.json")
    assert (1, True) == (nothing.exit_code, "has none yet" in nothing.stderr)
    desk.done("approve", request_id, "--by", "dpo-1")
    daemon.settle_directly()
    shown = json.loads(desk.done("show", request_id, "--json"))
    assert ("closed", []) == (shown["state"], shown["failures"])
    assert {"RequestReceived", "Approved", "KeyDestroyed", "Certified"} < {
        one["kind"] for one in shown["log"]
    }
    assert "state      closed" in desk.done("show", request_id)
    (row,) = json.loads(desk.done("requests", "--json"))
    assert (request_id, "closed", "gdpr") == (row["request"], row["state"], row["law"])
    assert request_id in desk.done("requests")
    desk.done("certificate", request_id, "--out", "c.json", "--key-out", "k.pub")
    assert "Final record" in desk.done("verify", "c.json", "--key", "k.pub")
    assert json.loads(desk.done("verify", "c.json", "--key", "k.pub", "--json"))
    assert 2 == desk.run("verify", "c.json").exit_code
    Path("c.json").write_bytes(Path("c.json").read_bytes().replace(b"delete", b"delste", 1))
    assert 1 == desk.run("verify", "c.json", "--key", "k.pub").exit_code
    desk.done("picture", request_id, "--out", "p.svg")
    assert Path("p.svg").read_text().startswith(("<svg", "<?xml"))
    assert [2] == read(Path("lake"), "events")["user"].to_list()
    _no_secret(desk)
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert [] == [path for path in files if any(one.encode() in path.read_bytes() for one in SECRETS)]


def test_the_list_is_read_at_80_columns(desk: Desk, monkeypatch) -> None:
    """One line a request, its id whole, and in words what it waits for; JSON keeps every field."""
    monkeypatch.setenv("COLUMNS", "80")
    filed, _ = (desk.done("file", "--identifiers-from", "-", typed=f"account={n}\n") for n in (2, 3))
    listed = desk.done("requests").splitlines()
    assert 2 == len([line for line in listed if "rq-" in line and "the daemon's next tick" in line])
    assert all(len(line) <= 80 for line in listed)
    assert [["filed"]] == [line.split()[1:2] for line in listed if line.split()[:1] == [filed]]
    fields = {"request", "law", "received", "due", "erase_by", "state", "waits_for"}
    assert [fields] * 2 == [set(row) for row in json.loads(desk.done("requests", "--json"))]


def test_each_state_says_in_words_what_it_waits_for(desk: Desk) -> None:
    """A tick, a person, a batch at its time, nothing; and the timeline speaks the desk's words."""
    with Path("rtbf.toml").open("a") as settings:
        settings.write('batch = "every:24h"\n')
    first, later, done = (_waits(desk, f"account={n}") for n in (551199331, 2, 777123123))
    assert "the daemon's next tick" == first("")
    daemon = desk.daemon()
    daemon.settle_directly()
    assert "a person to approve it" == first("")
    assert "a check: an identifier was found nowhere" == done("")
    assert "the daemon's next tick" == first("approve")
    daemon.settle_directly()
    assert re.fullmatch(r"the batch at \d+ \w+ \d{4}, \d\d:\d\d CES?T", later("approve"))
    assert ("-", "-") == (first(""), done("cancel"))
    assert "Approved by cli." in desk.said
    assert [] == [kind for kind in ("RequestReceived", "KeyDestroyed", "Tombstoned") if kind in desk.said]
    _no_secret(desk)


def _waits(desk: Desk, identifier: str):
    """File a request; returns what does something with it, and then tells what it waits for."""
    request_id = desk.done("file", "--identifiers-from", "-", typed=f"{identifier}\n")

    def waits(action: str) -> str:
        if action:
            desk.done(action, request_id)
        (line,) = [line for line in desk.done("show", request_id).splitlines() if "waits for" in line]
        return line.removeprefix("waits for").strip()

    return waits


def test_what_is_done_is_no_longer_said_to_come(desk: Desk) -> None:
    """The preview of a closed request is in the past tense; what is filed again has no plan yet."""
    request_id = desk.done("file", "--identifiers-from", "-", typed="account=551199331\n")
    daemon = desk.daemon()
    daemon.settle_directly()
    assert (" will " in desk.done("preview", request_id), "was to" in desk.said) == (True, False)
    desk.done("approve", request_id)
    daemon.settle_directly()
    told = desk.done("preview", request_id)
    assert (" will " in told, "was to" in told) == (False, True)
    assert told.endswith(f"what was done: rtbf certificate {request_id} --out record.json")
    other = desk.done("file", "--identifiers-from", "-", typed="account=2\n")
    desk.done("refuse", other)
    refused = desk.run("preview", other)
    assert (1, True) == (refused.exit_code, "is refused; it has no plan" in refused.stderr)


def test_a_hold_is_placed_and_released(desk: Desk) -> None:
    """The hold's id is printed; released, its request is printed and can be retried."""
    request_id = desk.done("file", "--identifiers-from", "-", typed="account=551199331\n")
    place = ("hold", "place", request_id, "--reason")
    daemon = desk.daemon()
    misspelt = desk.run(*place, "legal_claims", "--asset", "evnets")
    assert (1, True) == (misspelt.exit_code, "no asset of that name" in misspelt.stderr)
    hold_id = desk.done(*place, "legal_claims", "--asset", "events", "--until", "2099-12-31", "--by", "dpo-1")
    wrong = desk.run(*place, "because")
    assert (2, True) == (wrong.exit_code, "legal_claims" in wrong.stderr)
    daemon.settle_directly()
    desk.done("approve", request_id)
    daemon.settle_directly()
    assert "partly_closed" == daemon.state(request_id)
    assert request_id == desk.done("hold", "release", hold_id)
    twice = desk.run("hold", "release", hold_id)
    assert (1, True) == (twice.exit_code, "no open one of that id" in twice.stderr)
    desk.done("retry", request_id)
    assert "filed" == daemon.state(request_id)
    desk.done("cancel", request_id)
    assert "cancelled" == daemon.state(request_id)
    late = desk.run("refuse", request_id)
    assert (1, True) == (late.exit_code, "it has ended" in late.stderr)
    _no_secret(desk)


def test_a_failure_is_shown_by_show_and_preview(desk: Desk) -> None:
    """Both say the sentence that names the asset; retry files it again."""
    request_id = desk.done("file", "--identifiers-from", "-", typed="account=551199331\n")
    other = desk.done("file", "--identifiers-from", "-", typed="account=2\n")
    write(Path("lake"), "events", {"account": [551199331], "mail": ["x@example.com"]})
    daemon = desk.daemon()
    daemon.settle_directly()
    (failure,) = json.loads(desk.done("show", request_id, "--json"))["failures"]
    assert "events" == failure["asset"]
    shown = " ".join(desk.done("show", request_id).split())
    assert "asset events: the declared key 'user'" in shown
    assert f"then `rtbf retry {request_id}`" in shown
    assert "asset events: the declared key 'user'" in desk.run("preview", request_id).stderr
    refused = desk.run("approve", request_id)
    assert (1, True) == (refused.exit_code, "only a planned one can be approved" in refused.stderr)
    desk.done("retry", request_id)
    desk.done("cancel", other)
    assert ["filed", "cancelled"] == [daemon.state(request_id), daemon.state(other)]
    assert "rtbf retry" not in desk.done("show", request_id)
    _no_secret(desk)


def test_an_identifier_found_nowhere_is_told_by_its_namespace(desk: Desk) -> None:
    """The preview names the namespace; approving needs the option that the refusal names."""
    request_id = desk.done("file", "--identifiers-from", "-", typed="account=777123123\n")
    desk.daemon().settle_directly()
    told = desk.run("preview", request_id)
    assert (0, True) == (told.exit_code, "found nowhere: account" in told.stderr)
    refused = desk.run("approve", request_id)
    assert (1, True) == (refused.exit_code, "--confirm-nothing-found" in refused.stderr)
    desk.done("approve", request_id, "--confirm-nothing-found")
    assert "777123123" not in desk.said


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("account=1\ngrace.hopper@example.com\n", "line 2: write namespace=value"),
        ("account=grace.hopper@example.com\n", "line 1: namespace account"),
        ("grace.hopper@example.com=account\n", "line 1: the word before '=' is no namespace"),
        ("account=1\n\n# x\nemail=551199331\n", "line 4: namespace email"),
        ("account= \t\n", "line 1: namespace account: nothing is written after '='"),
        ("", "no identifier was given"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(desk: Desk, typed: str, line: str) -> None:
    """Nothing is filed, exit 1, and the line itself is not repeated."""
    result = desk.run("file", "--identifiers-from", "-", typed=typed)
    assert (1, "", True) == (result.exit_code, result.stdout, line in result.stderr)
    assert "Requests: none" in desk.done("requests")
    _no_secret(desk)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("file", "--identifiers-from", "missing.txt"), 2, "cannot be read"),
        (("file",), 2, "--identifiers-from"),
        (("file", "--identifiers-from", "-", "--law", "roman"), 1, "gdpr"),
        (("show", "rq-000"), 1, "none of that id"),
        (("preview", "rq-000"), 1, "none of that id"),
        (("approve", "rq-000"), 1, "none of that id"),
        (("approve", "rq-000", "--accept-share", "2"), 2, "--accept-share"),
        (("retry", "rq-000"), 1, "none of that id"),
        (("cancel", "rq-000"), 1, "none of that id"),
        (("certificate", "rq-000", "--out", "c.json"), 1, "none"),
        (("picture", "rq-000", "--out", "p.svg"), 1, "none"),
        (("verify", "missing.json"), 2, "key"),
        (("requests", "--config", "missing.toml"), 1, "no file missing.toml"),
        (("dance",), 2, "dance"),
    ],
)
def test_what_cannot_be_done_exits_with_a_sentence(desk: Desk, words, code: int, said: str) -> None:
    """1 where it did not hold or could not be done, 2 where it was asked wrongly; never a traceback."""
    result = desk.run(*words, typed="account=1\n")
    assert (code, True) == (result.exit_code, said in " ".join(result.stderr.split()))
    assert "Traceback" not in result.stderr


def test_an_inventory_that_is_not_whole_exits_1_when_checked(tmp_path: Path, monkeypatch) -> None:
    """Without `--check` it lists and warns; with it the exit code is 1; both name the asset."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    desk = Desk(tmp_path, "shop_undeclared", undeclared=', dg.AssetSpec("copy", deps=["events"])')
    listed = desk.run("inventory")
    assert (0, True) == (listed.exit_code, "asset copy: personal data flows into it" in listed.stderr)
    assert 1 == desk.run("inventory", "--check").exit_code


def test_an_inventory_with_a_root_that_is_not_in_the_settings_exits_1_when_checked(desk: Desk) -> None:
    """It names asset and root: nothing of that asset would be found."""
    path = desk.folder / "rtbf.toml"
    path.write_text(path.read_text().replace('lake = "lake"', 'lakes = "lake"'))

    checked = desk.run("inventory", "--check")

    said = "rtbf: asset events: location: no root 'lake'; the settings have: lakes; add it under [roots]"
    assert (1, True) == (checked.exit_code, said in checked.stderr)
    assert 0 == desk.run("inventory").exit_code


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_is_enough(words: tuple[str, ...], monkeypatch) -> None:
    """The help of every command names each of its arguments and options, and says what it does."""
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert 0 == shown.exit_code
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.output)
    assert [] == [name for name in COMMANDS[words] if name.lower() not in plain.lower()]


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_help_at_80_columns_shows_no_type_of_a_flag_and_cuts_no_name(words, monkeypatch) -> None:
    """A flag takes no value; a name that is cut cannot be typed."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(app, [*words, "--help"]).output
    assert ("--help" in shown, "bool" in shown, "\N{HORIZONTAL ELLIPSIS}" in shown) == (True, False, False)


def test_every_command_is_tested_here() -> None:
    """A new command comes with its line in the table above."""
    names = {(one.name or str(one.callback.__name__),) for one in app.registered_commands if one.callback}
    inner = {
        (str(group.name), str(one.name))
        for group in app.registered_groups
        for one in group.typer_instance.registered_commands
    }
    assert set(COMMANDS) == names | inner


def test_a_sealed_handle_is_filed_by_the_launchpads_job(desk: Desk) -> None:
    """What is printed is the config to paste: the daemon's job files it, as `rtbf file` would have."""
    typed = "account=551199331\nemail= Grace.Hopper@example.com \n"
    words = ("seal", "--identifiers-from", "-", "--note", SECRETS[0], "--identity", SECRETS[1], "--by", "jd")
    told = desk.done(*words, typed=typed)
    handle, until = re.match(r"(hd-[0-9a-f]{24})  valid until (\S+ \S+ UTC)", told).groups()
    config = json.loads(told.splitlines()[-1])
    assert {"law": "gdpr", "handle": handle} == config["ops"]["rtbf_file"]["config"]
    sealed = json.loads(desk.done(*words, "--json", typed=typed))
    assert (True, 16) == (sealed["run_config"]["ops"] != config["ops"], len(until.removesuffix(" UTC")))
    assert [] == json.loads(desk.done("requests", "--json"))
    daemon = desk.daemon()
    job = daemon.defs.resolve_job_def("file_erasure_request")
    assert job.execute_in_process(run_config=config, instance=daemon.instance).success
    (row,) = json.loads(desk.done("requests", "--json"))
    assert ("filed", "gdpr") == (row["state"], row["law"])
    assert "account: 1 given; email: 1 given" in _previewed(desk, daemon, row["request"])
    _no_secret(desk)
    files = [path for path in Path().rglob("*") if path.is_file() and path.suffix != ".parquet"]
    assert [] == [path for path in files if any(one.encode() in path.read_bytes() for one in SECRETS)]


def _previewed(desk: Desk, daemon: Project, request_id: str) -> str:
    daemon.settle_directly()
    return desk.done("preview", request_id)


def test_the_installed_command_reads_standard_input(desk: Desk) -> None:
    """As a process of its own, through the module that the `rtbf` script calls."""
    command = [sys.executable, "-c", "from rtbf_desk.cli import main; main()"]
    filed = subprocess.run(
        [*command, "file", "--identifiers-from", "-"],
        input="account=551199331\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (filed.returncode, filed.stderr)
    assert re.fullmatch("rq-[0-9a-f]{24}\n", filed.stdout)
