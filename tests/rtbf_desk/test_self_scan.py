"""`rtbf self-scan` on a deployment with a real Dagster home: exit codes, JSON, and never a value said."""

import json
import tempfile
from datetime import UTC, datetime

import dagster as dg
import pytest
from postgres import fresh_database, server
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_ledger import requests, tombstones
from rtbf_ledger.settings import read_settings
from rtbf_ledger.store import normalised_url, open_ledger

MAIL, ACCOUNT = "zq81kxw@canary.example", "482913377120554"
LINES = f"# who\nemail= Zq81kxw@Canary.example\n\naccount={ACCOUNT}\n"
SETTINGS = """
[controller]
name = "Test Ltd"
[ledger]
code_location = "shop"
url = "sqlite:///state/ledger.db"
keys = "state/keys"
[roots]
lake = "lake"
[namespaces]
account = { kind = "integer" }
email = { kind = "email" }
"""
QUIET = "telemetry: {enabled: false}\n"


class Scanned:
    """A deployment in a folder, and what the command says of it."""

    def __init__(self, folder):
        """Write settings and a Dagster home."""
        self.folder, self.home = folder, folder / "home"
        (folder / "rtbf.toml").write_text(SETTINGS)
        (folder / "tmp").mkdir()
        self.home.mkdir()
        (self.home / "dagster.yaml").write_text(QUIET)

    def ask(self, *words, typed=None):
        """Run it; returns the exit code, and what JSON it printed."""
        result = CliRunner().invoke(app, ["self-scan", "--json", *words], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        told = result.output + result.stderr
        assert [] == [value for value in (MAIL, ACCOUNT) if value.lower() in told.lower()]
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    def run(self, **tags):
        """Run a job of Dagster with tags."""

        @dg.op
        def quiet():
            pass

        @dg.job
        def work():
            quiet()

        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            work.execute_in_process(instance=instance, tags=tags)

    def suppress(self, **people):
        """Put people on the suppression list, by a request."""
        settings = read_settings(self.folder / "rtbf.toml", environ={})
        ledger = open_ledger(
            settings.ledger_url,
            settings.keys,
            code_location="shop",
            clock=lambda: datetime.now(UTC),
            randomness=lambda size: bytes(range(size)),
        )
        pairs = list(people.items())
        filing = requests.Filing(
            law="gdpr",
            identifiers=pairs,
            received_at=datetime.now(UTC),
            zone="UTC",
            country="DE",
            filed_by="x",
        )
        forms = [form for pair in pairs for form in tombstones.forms_of(*pair, {})]
        request_id = requests.file(ledger, filing)
        tombstones.suppress(ledger, request_id, forms, scope=tombstones.Scope.DATA_BEFORE)
        ledger.engine.dispose()


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A deployment; its temporary folder is its own, and no server of ours is in it."""
    server()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return Scanned(tmp_path)


def _spots(said):
    return {(one["place"], one["where"], one["namespace"]) for one in said["found"]}


def test_a_clean_deployment(made):
    """Exit 0; the vault holds the identifiers sealed, and that is no trace."""
    made.run()
    made.suppress(email=MAIL, account=ACCOUNT)
    code, said = made.ask("--identifiers-from", "-", typed=LINES)
    assert (0, [], [], []) == (code, said["found"], said["not_decidable"], said["not_looked_at"])
    assert said["looked"]["files"] > 8
    assert said["looked"]["rows"] > 10
    assert 0 == made.ask()[0]


@pytest.mark.parametrize(
    "how",
    [
        ("--identifiers-from", "who.txt"),
        pytest.param((), marks=pytest.mark.slow),
        pytest.param(("--tombstones",), marks=pytest.mark.slow),
    ],
)
def test_a_value_in_dagsters_storage_is_found(made, how):
    """By identifiers given, and by the suppression list: exit 1, with table and column."""
    made.suppress(email=MAIL, account=ACCOUNT)
    made.run(who=MAIL, number=ACCOUNT)
    (made.folder / "who.txt").write_text(LINES)
    code, said = made.ask(*how)
    assert 1 == code
    for name in ("email", "account"):
        assert {
            ("Dagster's home", "history/runs.db: runs.run_body", name),
            ("Dagster's home", "history/runs.db: run_tags.value", name),
            ("Dagster's home", "history/runs.db", name),
        } <= _spots(said)


def test_every_place_is_searched(made):
    """Keys, ledger files, our temporary folders, DuckDB's spill, and what else is named."""
    made.suppress(email=MAIL)
    for name in ("state/keys/x", "state/ledger.db-old", "tmp/rtbf-x/scan-y/s.tmp", ".tmp/s.tmp", "logs/out"):
        (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (made.folder / name).write_text(f"x {ACCOUNT} x")
    (made.folder / "tmp" / "other").write_text(ACCOUNT)
    code, said = made.ask("--identifiers-from", "-", "--also", "logs", typed=LINES)
    assert 1 == code
    assert {"keys", "ledger", "temporary folder", "spill", "also 1"} == {
        place for place, _, _ in _spots(said)
    }


def test_what_cannot_be_searched_is_never_clean(made):
    """Exit 2: a folder that is missing, compute logs that are kept elsewhere, a home that is none."""
    code, said = made.ask("--also", "nowhere")
    assert (2, ["also 1"]) == (code, [one["place"] for one in said["not_looked_at"]])
    elsewhere = "compute_logs:\n  module: dagster_test_logs\n  class: FarAway\n"
    (made.folder / "dagster_test_logs.py").write_text(
        "from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager\n\n\n"
        "class FarAway(NoOpComputeLogManager):\n    pass\n"
    )
    (made.home / "dagster.yaml").write_text(QUIET + elsewhere)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(made.folder)
        code, said = made.ask()
    assert (2, ["FarAway"]) == (code, [one["where"] for one in said["not_looked_at"]])
    assert 2 == made.ask("--dagster-home", "nowhere")[0]


def test_folders_that_dagster_yaml_puts_elsewhere_are_searched(made):
    """Compute logs on another disk."""
    (made.folder / "far").mkdir()
    (made.folder / "far" / "op.err").write_text(MAIL)
    (made.home / "dagster.yaml").write_text(
        QUIET
        + "compute_logs:\n  module: dagster._core.storage.local_compute_log_manager\n"
        + f"  class: LocalComputeLogManager\n  config:\n    base_dir: {made.folder / 'far'}\n"
    )
    code, said = made.ask("--identifiers-from", "-", typed=LINES)
    assert (1, {("Dagster's compute logs", "op.err", "email")}) == (code, _spots(said))


def test_short_numbers_that_were_given_are_not_decided(made):
    """Exit 2, never 0: the places are listed for a person to look at."""
    made.run(number="4711")
    code, said = made.ask("--identifiers-from", "-", typed="account=4711\n")
    assert (2, []) == (code, said["found"])
    assert "history/runs.db: run_tags.value" in {one["where"] for one in said["not_decidable"]}


@pytest.mark.parametrize("line", [f"email={ACCOUNT}", f"mail={MAIL}", MAIL, ""])
def test_a_wrong_line_is_refused_without_its_value(made, line):
    """Exit 2: nothing was looked at."""
    code, said = made.ask("--identifiers-from", "-", typed=line)
    assert (2, True) == (code, said.startswith("rtbf: "))


@pytest.mark.slow
def test_dagster_and_ledger_on_postgres(made, monkeypatch):
    """One database for both, named by the environment: rows, heap and WAL, and the secret is not said."""
    with fresh_database() as url:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", normalised_url(url))
        monkeypatch.setenv("RTBF_LEDGER_URL", url)
        (made.home / "dagster.yaml").write_text(
            QUIET + "storage:\n  postgres:\n    postgres_url:\n      env: DAGSTER_POSTGRES_URL\n"
        )
        made.run()
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
        code, said = made.ask("--identifiers-from", "-", typed=LINES)
        assert (0, [], []) == (code, said["found"], said["not_looked_at"])
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", normalised_url(url))
        made.run(who=MAIL)
        code, said = made.ask("--identifiers-from", "-", typed=LINES)
    assert (1, []) == (code, said["not_looked_at"])
    both = "Dagster's storage and ledger"
    assert {(both, "public.runs.run_body", "email"), (both, "public.run_tags.value", "email")} <= _spots(said)
    assert "pg_wal" in {where.split("/")[0] for place, where, _ in _spots(said) if "server files" in place}


def test_a_person_reads_it_as_a_table(made):
    """Places and forms, and how much was searched."""
    made.run(who=MAIL)
    result = CliRunner().invoke(
        app, ["self-scan", "--identifiers-from", "-"], input=LINES, env={"COLUMNS": "200"}
    )
    assert (1, True) == (result.exit_code, "history/runs.db: run_tags.value" in result.output)
    assert result.output.count("Found") == 1
    assert "Searched: " in result.output
    assert MAIL not in result.output
