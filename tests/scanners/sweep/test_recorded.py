"""Sweeps of a real deployment: people erased through Dagster, and what brings them back."""

import contextlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from erasure_project import project
from small_lakes import LINKS, holds, table, write
from sqlalchemy import select

from lineage_assets import Erasure
from lineage_assets.declarations import Exempt, ExemptReason
from rtbf_ledger import findings, log, schema, sweeps
from rtbf_ledger.findings import FindingKind, FindingState, Since
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.sweeps import SweepState
from scanners.errors import Reason
from scanners.residual import connect
from scanners.sweep import Made, Sweeping, handed_on, sweep_asset, sweepable

EVA, BOB, ANN = 770011223344, 770011223355, 770011223366
MAILS = {EVA: "eva.lindqvist@films.example", BOB: "bob@films.example", ANN: "ann@films.example"}
PEOPLE = [table("people", {"id": "account", "mail": "email"})]
PHONE = "+4930555017042"


def fill(lake, *people, file="a.parquet"):
    """Write people into the one asset that most tests are about."""
    return write(lake, "people", {"id": list(people), "mail": [MAILS[n] for n in people]}, file=file)


@pytest.fixture(scope="module")
def erased(tmp_path_factory):
    """A folder with a deployment of one table that Eva was erased from; Bob is there. For copying."""
    folder = tmp_path_factory.mktemp("erased") / "deployment"
    made = project(folder, PEOPLE)
    fill(made.lake, EVA, BOB)
    request = erase(made, f"account={EVA}", f"email={MAILS[EVA]}")
    made.ledger.engine.dispose()
    return folder, request


@pytest.fixture
def made(erased, tmp_path):
    """A deployment of its own that Eva was erased from."""
    shutil.copytree(erased[0], tmp_path / "made")
    return project(tmp_path / "made", PEOPLE)


@pytest.fixture
def look(made, tmp_path):
    """Sweep an asset: look() returns the report; `runs` are its materialisations, `later` moves the clock."""
    with contextlib.closing(connect(tmp_path / "spill", threads=2, memory="1GB")) as connection:

        def one(asset="people", *, of=made, runs=(), later=None, progress=lambda *_: None):
            clock = of.ledger.clock if later is None else lambda: datetime.now(UTC) + later
            return sweep_asset(
                Sweeping(
                    ledger=replace(of.ledger, clock=clock),
                    graph=of.control.graph,
                    place=of.settings.place,
                    connection=connection,
                    made=lambda _asset: runs,
                ),
                asset,
                progress=progress,
            )

        yield one


def erase(made, *identifiers):
    """Erase a person without Dagster runs of ours; returns the request."""
    request = made.file(*identifiers)
    made.settle_directly()
    made.approve(request)
    made.settle_directly()
    assert "closed" == made.state(request)
    return request


def entries(made, kind):
    """Return the log's entries of one kind."""
    with made.ledger.read() as tx:
        return [entry for text in log.entries(tx) if (entry := json.loads(text))["kind"] == kind]


def test_a_restored_backup_is_one_finding_however_often_it_is_swept(erased, made, look, tmp_path):
    """Found, named and logged once; closed when it is gone; a second restore is a second finding."""
    request, backup = erased[1], tmp_path / "backup"
    fill(tmp_path, EVA, BOB).parent.rename(backup)
    assert SweepState.CLEAN is look().state
    shutil.copytree(backup, made.lake / "people", dirs_exist_ok=True)

    first, again = look(), look()

    (one,) = first.findings
    assert (SweepState.FOUND, request, FindingKind.RESURRECTION) == (first.state, one.request, one.kind)
    assert (1, 1, FindingState.OPEN) == (one.rows, one.files, one.state)
    assert [one.id] == [each.id for each in again.findings]
    (entry,) = entries(made, "Resurrected")
    assert (request, "people", one.id, "resurrection", 1) == tuple(
        entry[name] for name in ("request_id", "asset", "finding", "code", "count")
    )

    fill(made.lake, BOB)
    assert SweepState.CLEAN is look().state
    assert [one.id] == [entry["finding"] for entry in entries(made, "FindingClosed")]
    shutil.copytree(backup, made.lake / "people", dirs_exist_ok=True)
    assert one.id != look().findings[0].id


def test_nothing_of_the_person_is_kept(made, look):
    """Neither the ledger, nor what is shown, holds a value, a MAC or a path."""
    write(made.lake, "people", {"id": [EVA], "mail": [None]}, file=f"user_id={EVA}/late.parquet")

    report = look()

    with made.ledger.read() as tx:
        macs = list(tx.execute(select(schema.tombstone.c.mac)).scalars())
        rows = [
            str(row)
            for name in (schema.finding, schema.sweep, schema.swept_file)
            for row in tx.execute(select(name))
        ]
        said = "".join([*rows, *log.entries(tx), repr(report), str(report)])
    assert report.findings
    assert [] == [each for each in (str(EVA), MAILS[EVA], *macs) if each in said]


def test_a_late_file_and_a_backfill_are_told_apart_by_their_run(made, look):
    """A file that a run was writing is of that run; one that came by itself is after a run."""
    path = fill(made.lake, EVA, file="late.parquet")
    at = path.stat().st_ctime_ns / 1e9
    old = Made(run="run-1", began=at - 100, ended=at - 50)

    (late,) = look(runs=[old]).findings
    assert (Since.AFTER, "run-1") == (late.since, late.run)

    path.unlink()
    look()
    at = fill(made.lake, EVA, file="late.parquet").stat().st_ctime_ns / 1e9
    (filled,) = look(runs=[Made(run="run-2", began=at - 1, ended=at + 1), old]).findings
    assert (Since.DURING, "run-2") == (filled.since, filled.run)
    assert ["run-1", "run-2"] == [entry["run_id"] for entry in entries(made, "Resurrected")]

    path.unlink()
    look()
    fill(made.lake, EVA, file="late.parquet")
    (alone,) = look().findings
    assert (Since.UNKNOWN, None) == (alone.since, alone.run)


def test_nothing_expires(made, look):
    """Ten years later the person is found all the same."""
    fill(made.lake, EVA, BOB)

    assert [1] == [one.rows for one in look(later=timedelta(days=3653)).findings]


def test_a_readmitted_person_is_left_alone(made, look):
    """Whom a person let back in is nobody's finding, and an open one ends."""
    fill(made.lake, EVA, BOB)
    assert look().findings
    for namespace, value in (("account", str(EVA)), ("email", MAILS[EVA])):
        readmit(made.ledger, namespace, value, reason="new_contract", staff="staff-7")

    assert (SweepState.CLEAN, ()) == ((report := look()).state, report.findings)
    assert 1 == len(entries(made, "FindingClosed"))


def test_unchanged_files_are_skipped_and_said_to_be(made, look):
    """Until somebody else is erased, the file changes, or another column is declared a key."""
    fill(made.lake, ANN, file="b.parquet")

    assert (2, 0) == ((first := look().swept).files, first.skipped)
    assert (2, 2, 0) == ((again := look().swept).files, again.skipped, again.values)
    with made.ledger.read() as tx:
        last = sweeps.last(tx)["people"]
    assert (SweepState.CLEAN, 2, 2, last.at) == (last.state, last.files, last.skipped, last.clean_at)

    erase(made, f"account={BOB}", f"email={MAILS[BOB]}")
    assert 0 == look().swept.skipped
    fill(made.lake, ANN, EVA, file="b.parquet")
    report = look()
    assert (1, 1) == (report.swept.skipped, len(report.findings))


def test_a_sweep_that_dies_goes_on_where_it_was(made, look):
    """Files are kept group by group, each in its own transaction."""
    write(made.lake, "people", {"id": [str(ANN)], "mail": [None], "more": [1]}, file="b.parquet")

    def die(done, total):
        """Die after the first group."""
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(progress=die)

    assert (2, 1) == ((swept := look().swept).files, swept.skipped)


def test_a_file_that_changes_mid_scan_is_could_not_look(made, look):
    """It is in the ledger as such, and the last clean sweep stays where it was."""
    look()
    path = fill(made.lake, ANN, file="b.parquet")

    report = look(progress=lambda *_: path.unlink(missing_ok=True))

    assert SweepState.COULD_NOT is report.state
    with made.ledger.read() as tx:
        last = sweeps.last(tx)["people"]
    assert (SweepState.COULD_NOT, Reason.CHANGED_WHILE_READ) == (last.state, last.reason)
    assert last.clean_at < last.at


def test_who_is_being_erased_has_not_come_back(made, look):
    """The list is written before the first delete."""
    request = made.file(f"account={BOB}")
    made.settle_directly()
    made.approve(request)
    for asked in made.ticks():
        made.phases(asked, until="walk")

    report = look()

    assert ((), 1, SweepState.CLEAN) == (report.findings, report.under_way, report.state)


def test_what_an_asset_keeps_by_law_has_not_come_back(tmp_path, look):
    """Its certificate says so; in the asset beside it the same person is found."""
    invoices = table(
        "invoices",
        {"id": "account"},
        erasure=Erasure.NO_ACTION,
        exempt=Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="tax law"),
    )
    made = project(tmp_path / "other", [table("people", {"id": "account"}), invoices])
    for name in ("people", "invoices"):
        write(made.lake, name, {"id": [EVA, BOB]})
    erase(made, f"account={EVA}")
    write(made.lake, "people", {"id": [EVA]}, file="late.parquet")

    kept, back = look("invoices", of=made), look("people", of=made)

    assert ((), 1, SweepState.CLEAN) == (kept.findings, kept.kept, kept.state)
    assert [FindingKind.RESURRECTION] == [one.kind for one in back.findings]


def test_a_phone_or_device_alone_is_a_case_for_a_person(tmp_path, look):
    """They pass from hand to hand; with the account beside it, it is the person."""
    calls = table("calls", {"tel": "phone", "id": "account"})
    devices = table("devices", {"id": "account", "device": "device"}, links=LINKS)
    made = project(tmp_path / "other", [calls, devices])
    write(made.lake, "calls", {"tel": [PHONE], "id": [EVA]})
    device = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    write(made.lake, "devices", {"id": [EVA], "device": [device]})
    assert {"phone", "device"} == handed_on(made.control.graph)
    erase(made, f"account={EVA}", f"phone={PHONE}")
    write(made.lake, "calls", {"tel": [PHONE], "id": [BOB]})
    write(made.lake, "devices", {"id": [BOB], "device": [device]})

    for asset in ("calls", "devices"):
        assert [FindingKind.CASE] == [one.kind for one in look(asset, of=made).findings]

    write(made.lake, "calls", {"tel": [PHONE], "id": [EVA]})
    (one,) = look("calls", of=made).findings
    assert FindingKind.RESURRECTION is one.kind
    codes = [entry["code"] for entry in entries(made, "Resurrected") if entry["asset"] == "calls"]
    assert ["case", "resurrection"] == codes


def test_who_was_erased_twice_answers_for_the_newest_request(made, look):
    """One finding, although two requests name the person."""
    fill(made.lake, EVA, BOB)
    second = erase(made, f"account={EVA}", f"email={MAILS[EVA]}")
    fill(made.lake, EVA, BOB)

    assert [second] == [one.request for one in look().findings]


def test_assets_without_keys_are_not_swept(tmp_path):
    """A model is bytes, and an asset without subject data names no key."""
    model = dg.AssetSpec(
        "model",
        owners=["team:a"],
        metadata=holds("model", {"id": "account"}, format="binary", erasure=Erasure.DELETE_FILE),
    )
    made = project(tmp_path, [table("people", {"id": "account"}), model])

    assert ["people"] == sweepable(made.control.graph)


def test_findings_are_read_by_asset_and_state(made, look):
    """Open ones first of all; closed ones where asked."""
    fill(made.lake, EVA, file="late.parquet")
    look()
    (made.lake / "people" / "late.parquet").unlink()
    with made.ledger.read() as tx:
        assert 1 == len(findings.of_asset(tx, "people"))
        assert [] == findings.of_asset(tx, "other")
    look()
    with made.ledger.read() as tx:
        assert [] == findings.of_asset(tx)
        assert [FindingState.CLOSED] == [one.state for one in findings.of_asset(tx, closed=True)]
