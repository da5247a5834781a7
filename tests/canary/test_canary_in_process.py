"""The canary test in one process, on SQLite: quick enough for every run. `test_canary.py` is the whole."""

import os
import random
import secrets
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime

import dagster as dg
import pytest
from canary import EVERYWHERE, ON_SQLITE, TEXT_FORMS, Deployment, Searched, bytes_of, words_of
from canary_lake import KEYS, definitions, fill, leak, leak_config, someone
from erasure_project import Project
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_desk.own_places import places_of
from rtbf_jobs.filing_config import FILING_JOB, FilingConfig, as_run_config
from rtbf_ledger import requests
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.settings import read_settings
from rtbf_ledger.states import State
from scanners.traces import Given, look, spelled

WAYS = ("filed", "launchpad", "eraser", "duckdb", "cancelled", "leaked")
SERVERS = {"server's stdout", "server's stderr"}


class Here:
    """A deployment whose daemon is this process; `said` holds what it says."""

    def __init__(self, folder, capture):
        """Make everybody up anew."""
        chance = random.Random(secrets.randbits(64))
        self.people = {way: someone(chance) for way in WAYS}
        self.made, self.capture = Deployment(folder), capture
        fill(folder / "lake", list(self.people.values()), chance)
        settings = read_settings(folder / "rtbf.toml", environ={})
        instance = dg.DagsterInstance.from_config(str(self.made.home))
        self.project = Project(settings=settings, theirs=definitions(folder / "lake"), instance=instance)

    def searched(self, *people):
        """Search every store, and what was said so far, for people."""
        out, err = self.capture.readouterr()
        for name, text in (("out", out), ("err", err)):
            with (self.made.folder / name).open("a") as file:
                file.write(text)
        settings, folder = self.project.settings, self.made.folder
        given = [Given(namespace=name, value=value) for one in people for name, value in asdict(one).items()]
        places = places_of(
            settings,
            self.project.instance,
            environ={},
            temp=folder / "tmp",
            here=folder,
            also=[folder / "out", folder / "err"],
        )
        report = look(places, spelled(given, settings.namespaces, pseudonym_keys={}))
        said = {"found": [asdict(one) for one in report.found], "not_looked_at": report.unlooked}
        return Searched(int(bool(report.found)), said)

    def launched(self, person):
        """File by a handle, from the launchpad."""
        sealing = Sealing(identifiers=[("email", person.email)], received_at=datetime.now(UTC), filed_by="x")
        handle = seal_handle(self.project.ledger, sealing).id
        before = {one["request"] for one in _requests(self.project)}
        job = self.project.defs.resolve_job_def(FILING_JOB)
        config = as_run_config(FilingConfig("gdpr", handle))
        assert job.execute_in_process(instance=self.project.instance, run_config=config).success
        (made,) = {one["request"] for one in _requests(self.project)} - before
        return made


def _requests(project):
    from rtbf_desk.reading import request_list

    return request_list(project.ledger)


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """A deployment; its temporary folder is its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "here" / "tmp"))
    made = Here(tmp_path / "here", capfd)
    monkeypatch.chdir(made.made.folder)
    yield made
    made.project.instance.dispose()
    made.project.ledger.engine.dispose()


def test_nothing_leaves_the_vault_and_a_leak_is_found(here):
    """Before and after; with one failing in an eraser and one in DuckDB, one cancelled, one leaked."""
    project, people, lake = here.project, here.people, here.made.folder / "lake"
    filed = [project.file(f"account={people[way].account}") for way in ("filed", "eraser", "cancelled")]
    filed.append(here.launched(people["launchpad"]))
    project.settle()
    assert ["planned"] * 4 == [project.state(one) for one in filed]
    here.searched(*people.values()).check_clean()

    requests.end(project.ledger, filed[2], State.CANCELLED, staff="jd")
    hard = lake / "legacy" / f"user={people['eraser'].account}" / "a.parquet"
    os.link(hard, here.made.folder / "second_name")
    project.approve(filed[0], filed[1], filed[3])
    project.settle()
    notes = lake / "notes" / "a.csv"
    notes.write_text(
        notes.read_text().replace(f"{people['duckdb'].account},x", f'{people["duckdb"].account},x,"y')
    )
    by_duckdb = project.file(f"email={people['duckdb'].email}")
    project.settle()
    states = [project.state(one) for one in (*filed, by_duckdb)]
    assert ["closed", "failed", "cancelled", "closed", "failed"] == states
    for one in (*filed, by_duckdb):
        print(CliRunner().invoke(app, ["show", one]).output)
    here.searched(*people.values()).check_clean()

    words, data = words_of(people["leaked"]), bytes_of(people["leaked"])
    config = leak_config(words, data, project.settings.ledger_url, project.settings.keys)
    with dg.execute_job(
        dg.reconstructable(leak), instance=project.instance, run_config=config, tags=asdict(people["leaked"])
    ) as result:
        assert not result.success
    found = here.searched(people["leaked"])
    found.check_whole(EVERYWHERE | ON_SQLITE, KEYS.values())
    logged = {
        form.partition(" in ")[0] for _, where, _, form in found.spots if where.endswith("event_logs.event")
    }
    assert TEXT_FORMS <= logged
