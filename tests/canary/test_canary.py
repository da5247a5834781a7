"""No identifier leaves the vault: real processes, every way to file and to fail, on SQLite and PostgreSQL.

People with identifiers of high entropy are filed by page, launchpad and command line, pasted where they do
not belong, made to fail in an eraser and in DuckDB, and cancelled. `rtbf self-scan` looks for all their forms
in every store before and after. Then a leaky job runs in the same deployment, and the same search has to find
it in each of those stores: otherwise the test is void.
"""

import json
import os
import random
import re
import secrets
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from canary import (
    BINARY_FORMS,
    EVERYWHERE,
    ON_POSTGRES,
    ON_SQLITE,
    TEXT_FORMS,
    Deployment,
    bytes_of,
    words_of,
)
from canary_lake import KEYS, fill, leak_config, someone
from live_desk import serving
from postgres import fresh_database, server
from traces import searched
from ui_process import moments

from rtbf_desk.cli_base import ledger_of
from rtbf_desk.reading import request_list
from rtbf_ledger.settings import read_settings
from rtbf_ledger.store import normalised_url
from scanners.traces import Given, spelled

WAYS = ("page", "launchpad", "terminal", "eraser", "duckdb", "cancelled", "pasted", "leaked")
FORM = "application/x-www-form-urlencoded"
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "definitions"}
LAUNCH = (
    "mutation L($p: ExecutionParams!) { launchPipelineExecution(executionParams: $p) { __typename "
    "... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"
)
STATUS = '{ runOrError(runId: "%s") { ... on Run { status } } }'
pytestmark = pytest.mark.slow


class Town:
    """The deployment, who lives in it, and who runs it."""

    def __init__(self, folder, databases):
        """Make everybody up anew."""
        chance = random.Random(secrets.randbits(64))
        self.people = {way: someone(chance) for way in WAYS}
        self.made = Deployment(folder, databases)
        fill(folder / "lake", [one for way, one in self.people.items() if way != "pasted"], chance)
        self.settings = read_settings(folder / "rtbf.toml", environ=databases)
        self.ledger, self.ui = ledger_of(self.settings), None

    def states(self):
        """Return request -> state."""
        return {one["request"]: one["state"] for one in request_list(self.ledger)}

    def wait(self, state, *ids):
        """Wait until requests are in a state."""
        for _ in moments():
            now = self.states()
            if all(now[one] == state for one in ids):
                return
        raise AssertionError(f"{[now[one] for one in ids]}, not {state}")

    def page(self, path):
        """Open a page."""
        return self.ui.ask("GET", path, [("Cookie", self.ui.cookie)])

    def form(self, fields):
        """Send the form for a new request; returns status and headers."""
        _, headers, text = self.page("/rtbf/new")
        token = re.search(r'name="token" value="([^"]+)"', text)[1]
        cookie = f"{self.ui.cookie}; {headers['set-cookie'].partition(';')[0]}"
        ours = [("Cookie", cookie), ("Origin", self.ui.base), ("Content-Type", FORM)]
        body = urlencode([*fields, ("do", "file"), ("token", token)]).encode()
        return self.ui.ask("POST", "/rtbf/new", ours, body)[:2]

    def graphql(self, query, **variables):
        """Ask Dagster."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        return json.loads(self.ui.ask("POST", "/graphql", body=body)[2])

    def launch(self, job, config, *, tags=()):
        """Launch as the launchpad does; returns what came of it."""
        params = {
            "runConfigData": config,
            "selector": SELECTOR | {"pipelineName": job},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": name, "value": value} for name, value in tags]},
        }
        return self.graphql(LAUNCH, p=params)["data"]["launchPipelineExecution"]

    def finished(self, run_id):
        """Wait for the end of a run; returns its status."""
        for _ in moments():
            status = self.graphql(STATUS % run_id)["data"]["runOrError"]["status"]
            if status in {"SUCCESS", "FAILURE", "CANCELED"}:
                return status
        raise AssertionError(status)


@pytest.fixture(params=["sqlite", "postgres"])
def town(request, tmp_path):
    """A deployment; on PostgreSQL with two databases of their own."""
    with ExitStack() as stack:
        databases = {}
        if request.param == "postgres":
            server()
            databases = {
                "DAGSTER_POSTGRES_URL": stack.enter_context(fresh_database()),
                "RTBF_LEDGER_URL": stack.enter_context(fresh_database()),
            }
        made = Town(tmp_path / "town", databases)
        yield made
        made.ledger.engine.dispose()


def _filed_every_way(town):
    """File three people three ways, and one to be cancelled; each by a part of what they are known by."""
    person = town.people["page"]
    rows = [
        ("kind", "account"),
        ("value", f" {person.account}"),
        ("kind", "email"),
        ("value", person.email.upper()),
    ]
    fields = [
        ("law", "gdpr"),
        *rows,
        ("received", "2026-01-05T10:00"),
        ("zone", "UTC"),
        ("by", "jd"),
        ("do", "file"),
    ]
    fields += [("identity", f"showed a card, {person.phone}"), ("note", f"known as {person.nick}")]
    status, headers = town.form(fields)
    assert 303 == status
    by_page = headers["location"].rpartition("/")[2]
    sealed = json.loads(
        town.made.done(
            "seal", "--json", "--identifiers-from", "-", typed=town.people["launchpad"].lines("email")
        )
    )
    before = set(town.states())
    said = town.launch("file_erasure_request", json.dumps(sealed["run_config"]))
    assert "SUCCESS" == town.finished(said["run"]["runId"])
    (by_launchpad,) = set(town.states()) - before
    others = [
        town.made.done("file", "--identifiers-from", "-", typed=town.people[way].lines("account"))
        for way in ("terminal", "eraser", "cancelled")
    ]
    return [by_page, by_launchpad, *others]


def _pasted(town):
    """Paste values where they do not belong: each is refused, or means nothing."""
    for value in asdict(town.people["pasted"]).values():
        for path in (
            "/rtbf/requests/",
            "/rtbf/requests?state=",
            "/rtbf/new?email=",
            "/",
            "/runs?q[]=",
            "/assets/",
        ):
            town.page(path + quote(value, safe=""))
        town.ui.ask("GET", f"/?token={quote(value, safe='')}", [])
        town.ui.ask("GET", f"/graphql?query={quote(value, safe='')}")
        town.graphql(STATUS % value)
        town.graphql(f"{{ {value} }}")
        fields = [("law", value), ("kind", value), ("value", value), ("zone", value), ("received", value)]
        assert 422 == town.form([*fields, ("by", value)])[0]
        wrong = {"ops": {"rtbf_file": {"config": {"law": "gdpr", "handle": value}}}}
        for config in (json.dumps(wrong), f"{value}: 1", f"ops: [{value}"):
            assert "PythonError" == town.launch("file_erasure_request", config)["__typename"]
    file = ("file", "--identifiers-from", "-")
    account, mail = town.people["pasted"].account, town.people["pasted"].email
    for words in (
        ("show", account),
        ("approve", mail),
        ("hold", "place", account, "--reason", mail),
        ("hold", "release", mail),
        ("certificate", account, "--out", "nowhere/x"),
        ("file", "--identifiers-from", mail),
        (*file, "--law", account),
        (*file, "--received", account),
        (*file, "--by", account),
        (*file, "--by", mail),
        (mail,),
    ):
        assert 0 != town.made.rtbf(*words, typed=f"account={account}").returncode, words[0]
    for line in (account, f"account={account}x", f"{mail}={mail}"):
        assert 0 != town.made.rtbf(*file, typed=line).returncode


def _linked(town, person):
    """Give the file of one person a second name: the eraser refuses it."""
    file = town.settings.roots["lake"] / "legacy" / f"user={person.account}" / "a.parquet"
    os.link(file, town.made.folder / "second_name")
    return town.made.folder / "second_name"


def _broken(town, person):
    """Break a CSV file at a line of one person, and put a file that is no Parquet under their name."""
    notes = town.settings.roots["lake"] / "notes" / "a.csv"
    whole = notes.read_text()
    notes.write_text(whole.replace(f"{person.account},x", f'{person.account},x,"{person.email}'))
    bad = town.settings.roots["lake"] / "legacy" / f"user={person.account}" / "b.parquet"
    bad.write_bytes(b"PAR1" + person.email.encode() * 9 + b"PAR1")
    return notes, whole, bad


def _erased(town, ways):
    """Look at the lake itself: what was erased is not there in any form."""
    given = [
        Given(namespace=name, value=value) for way in ways for name, value in asdict(town.people[way]).items()
    ]
    by = spelled(given, town.settings.namespaces, pseudonym_keys={})
    found = searched(town.settings.roots["lake"], by=by).found
    return [(one.what, one.namespace, one.form) for one in found if one.what != "file name"]


def test_no_identifier_leaves_the_vault_and_a_leak_is_found(town):
    """Before, while it fails, after, when all has stopped; and the leak in every store."""
    everybody, made = town.people.values(), town.made
    with serving(made.folder, made.environ) as ui:
        town.ui = ui
        ids = _filed_every_way(town)
        by_eraser, cancelled = ids[3:]
        town.wait("planned", *ids)
        _pasted(town)
        made.searched(everybody).check_clean()

        made.done("cancel", cancelled)
        second_name = _linked(town, town.people["eraser"])
        for one in ids[:4]:
            town.page(f"/rtbf/requests/{one}")
        made.done("approve", *ids[:4], "--by", "jd")
        town.wait("closed", *ids[:3])
        town.wait("failed", by_eraser)
        notes, whole, bad = _broken(town, town.people["duckdb"])
        by_duckdb = made.done("file", "--identifiers-from", "-", typed=town.people["duckdb"].lines("email"))
        town.wait("failed", by_duckdb)
        made.done("show", by_duckdb)
        town.page(f"/rtbf/requests/{by_eraser}")
        made.searched(everybody).check_clean()

        second_name.unlink()
        notes.write_text(whole)
        bad.unlink()
        for one in (by_eraser, by_duckdb):
            made.done("retry", one)
        town.wait("planned", by_eraser, by_duckdb)
        made.done("approve", by_eraser, by_duckdb)
        town.wait("closed", by_eraser, by_duckdb)
        for one in (*ids[:4], by_duckdb):
            made.done("certificate", one, "--out", f"said/{one}.json")
        made.searched(everybody).check_clean()
    made.searched(everybody).check_clean()
    made.searched_by_tombstones().check_clean()
    assert [] == _erased(town, ("page", "launchpad", "terminal", "eraser", "duckdb"))
    _leaks(town)


def _leaks(town):
    """The void check: the same search on the same deployment, after a job that leaks everywhere."""
    person, erased, made = town.people["leaked"], town.people["terminal"], town.made
    words = words_of(person) + list(asdict(erased).values())
    url = normalised_url(town.settings.ledger_url)
    config = leak_config(words, bytes_of(person), url, town.settings.keys)
    with serving(made.folder, made.environ) as ui:
        town.ui = ui
        said = town.launch("leak", json.dumps(config), tags=list(asdict(person).items()))
        assert "FAILURE" == town.finished(said["run"]["runId"])
        found = made.searched([person])
    on_postgres = bool(made.databases)
    found.check_whole(EVERYWHERE | (ON_POSTGRES if on_postgres else ON_SQLITE), KEYS.values())
    binary = {form for _, where, _, form in found.spots if Path(where).name == "forms.bin"}
    assert BINARY_FORMS <= binary
    logged = {
        form.partition(" in ")[0] for _, where, _, form in found.spots if where.endswith("event_logs.event")
    }
    assert TEXT_FORMS <= logged
    by_list = made.searched_by_tombstones()
    assert set(KEYS.values()) == {name for _, _, name, _ in by_list.spots}, "filed by account alone"
