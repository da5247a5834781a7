"""Batches: claimed once, launched once, fenced; a late run writes nothing; endless failing ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from erasure_project import Project, project
from small_lakes import check_failed, read, table, tree, write
from sqlalchemy import select, update

from rtbf_jobs.control import ATTEMPT_TAG
from rtbf_jobs.dagster_jobs import ERASE_PHASES, PREPARE_PHASES
from rtbf_ledger import batches, log, requests, schema
from rtbf_ledger.batches import BatchState, Purpose
from rtbf_ledger.errors import LeaseLostError
from rtbf_ledger.states import State

LEASE = timedelta(minutes=15)


def _made(folder: Path, **changes) -> Project:
    made = project(folder, [table("events", {"user": "account"})], **changes)
    write(made.lake, "events", {"user": [1, 2, 3, None]})
    return made


def _asked(made: Project) -> dg.RunRequest:
    (asked,) = made.ticks()
    return asked


def _entries(made: Project) -> list[str]:
    with made.ledger.read() as tx:
        return log.entries(tx)


@pytest.mark.parametrize(
    "phase",
    [
        pytest.param(name, marks=[] if name in {"walk", "certify"} else pytest.mark.slow)
        for name in (*PREPARE_PHASES, *ERASE_PHASES)
    ],
)
def test_a_run_that_was_overtaken_writes_nothing(tmp_path: Path, phase: str) -> None:
    """Whatever phase it is in when the next attempt begins: no file, no row of the ledger, no log entry."""
    made = _made(tmp_path)
    request_id = made.file("account=1")
    if phase in ERASE_PHASES:
        made.settle_directly()
        made.approve(request_id)
    asked = _asked(made)
    made.phases(asked, until=phase)
    with made.work(asked) as late:
        batches.again(made.ledger, late.batch.id, attempt=late.batch.attempt, lease=LEASE)
        files, entries = tree(made.lake), _entries(made)
        rows = _ledger_rows(made)
        with pytest.raises(LeaseLostError):
            (PREPARE_PHASES | ERASE_PHASES)[phase](late)
    assert (files, entries, rows) == (tree(made.lake), _entries(made), _ledger_rows(made))
    made.settle_directly()
    assert {"planned", "closed"} >= {made.state(request_id)}
    assert (phase in PREPARE_PHASES) == (made.state(request_id) == "planned")


def _ledger_rows(made: Project) -> dict[str, list[tuple[object, ...]]]:
    with made.ledger.read() as tx:
        return {
            name: [tuple(row) for row in tx.execute(select(one)).all()]
            for name, one in sorted(schema.metadata.tables.items())
        }


def test_an_overtaken_run_cannot_begin_a_phase(tmp_path: Path) -> None:
    """Work on an attempt that is over does not open at all."""
    made = _made(tmp_path)
    made.file("account=1")
    asked = _asked(made)
    batches.again(made.ledger, asked.tags["rtbf/batch"], attempt=1, lease=LEASE)
    with pytest.raises(LeaseLostError, match="no longer the one under way"), made.work(asked):
        pass


def test_a_later_attempt_takes_the_asset(tmp_path: Path) -> None:
    """The fence of the asset's lease turns away an eraser that was overtaken between two renames."""
    made = _made(tmp_path)
    request_id = made.file("account=1")
    made.settle_directly()
    made.approve(request_id)
    with made.work(_asked(made)) as early:
        mine = batches.lease_asset(made.ledger, early.batch, "events", lease=LEASE)
        mine()
        later = batches.again(made.ledger, early.batch.id, attempt=1, lease=LEASE)
        batches.lease_asset(made.ledger, later, "events", lease=LEASE)()
        with pytest.raises(LeaseLostError):
            mine()
        with pytest.raises(LeaseLostError):
            batches.lease_asset(made.ledger, early.batch, "events", lease=LEASE)


def test_a_tick_killed_between_claim_and_launch_launches_once(tmp_path: Path) -> None:
    """The same run is asked for under the same key until it exists; then nothing is asked."""
    made = _made(tmp_path)
    request_id = made.file("account=1")
    lost = _asked(made)
    again = _asked(made)
    assert (lost.run_key, lost.job_name, lost.tags) == (again.run_key, again.job_name, again.tags)
    started = made.instance.create_run_for_job(
        made.defs.resolve_job_def("rtbf_prepare"), tags=dict(again.tags), status=dg.DagsterRunStatus.STARTED
    )
    assert [] == list(made.ticks())
    made.instance.delete_run(started.run_id)
    made.execute(again)
    assert ("planned", []) == (made.state(request_id), list(made.ticks()))
    with made.ledger.read() as tx:
        assert 1 == len(tx.execute(select(schema.batch.c.id)).all())


def test_a_run_that_ended_early_gets_a_next_attempt(tmp_path: Path) -> None:
    """A finished run with an open batch is followed by another attempt with a key and a fence of its own."""
    made = _made(tmp_path)
    made.file("account=1")
    first = _asked(made)
    run = made.instance.create_run_for_job(
        made.defs.resolve_job_def("rtbf_prepare"), tags=dict(first.tags), status=dg.DagsterRunStatus.FAILURE
    )
    assert run.is_finished
    second = _asked(made)
    assert ("1", "2") == (first.tags[ATTEMPT_TAG], second.tags[ATTEMPT_TAG])
    assert first.run_key != second.run_key
    assert second.run_key == _asked(made).run_key


def test_runs_that_always_fail_are_given_up_with_a_sentence(tmp_path: Path) -> None:
    """After the setting's attempts the requests fail, say what the last run said, and tell no value."""
    made = _made(tmp_path, attempts=2)
    request_id = made.file("account=1")
    made.settle_directly()
    made.approve(request_id)
    made.ledger.keys.path.joinpath("receipt.key").unlink(missing_ok=True)
    (tmp_path / "lake/events/a.parquet").rename(tmp_path / "a.parquet")
    (tmp_path / "lake/events").rmdir()
    (tmp_path / "lake/events").symlink_to(tmp_path / "elsewhere")
    made.settle()
    assert "failed" == made.state(request_id)
    check_failed(made, request_id, made.failures(request_id)[0].code, "events", "account=1")


def test_a_run_that_breaks_each_time_is_given_up(tmp_path: Path, monkeypatch) -> None:
    """An error nobody foresaw: as many runs as the setting says, then a failure in our own words."""
    made = _made(tmp_path, attempts=3)
    request_id = made.file("account=1")
    runs = []

    def breaks(_self) -> dict[int, str]:
        runs.append(1)
        raise ValueError("account=1")

    monkeypatch.setattr("rtbf_jobs.work.Work.members", breaks)
    made.settle()
    assert (3, "failed") == (len(runs), made.state(request_id))
    (failure,) = made.failures(request_id)
    assert "runs_failed" == failure.code
    assert "3 runs ended before it was done" in failure.sentence
    assert "unexpected ValueError" in failure.sentence
    assert "account=1" not in failure.sentence
    assert [] == list(made.ticks())


def test_an_expired_lease_is_taken_over(tmp_path: Path) -> None:
    """A run that still looks alive, but has not renewed its lease, is overtaken."""
    made = _made(tmp_path)
    made.file("account=1")
    first = _asked(made)
    made.instance.create_run_for_job(
        made.defs.resolve_job_def("rtbf_prepare"), tags=dict(first.tags), status=dg.DagsterRunStatus.STARTED
    )
    assert [] == list(made.ticks())
    with made.ledger.write() as tx:
        tx.execute(update(schema.batch).values(lease_until="2020-01-01T00:00:00.000000Z"))
    assert "2" == _asked(made).tags[ATTEMPT_TAG]


@pytest.mark.slow
def test_a_run_ends_after_its_hours_and_the_next_ones_finish(tmp_path: Path) -> None:
    """However short the hours are each run does something, and the job is done in the end."""
    assets = [table(name, {"user": "account"}) for name in ("a", "b", "c")]
    made = project(tmp_path, assets, run_hours=1e-9, attempts=1)
    for name in ("a", "b", "c"):
        write(made.lake, name, {"user": [1, 2]})
    request_id = made.file("account=1")
    made.settle_directly()
    made.approve(request_id)
    asked = _asked(made)
    made.phases(asked)
    assert ("erasing", [1, 2]) == (made.state(request_id), read(made.lake, "a")["user"].to_list())
    made.settle()
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert [[2]] * 3 == [read(made.lake, name)["user"].to_list() for name in ("a", "b", "c")]


def test_a_cadence_collects_requests(tmp_path: Path) -> None:
    """With `every:24h` the first goes at once, the next ones wait for a day and then go together."""
    made = _made(tmp_path, batch=timedelta(hours=24))
    asked = [made.file(f"account={n}") for n in (1, 2, 3)]
    made.settle_directly()
    made.approve(asked[0])
    made.settle_directly()
    made.approve(asked[1], asked[2])
    made.settle_directly()
    assert ["closed", "approved", "approved"] == [made.state(one) for one in asked]
    later = replace(made.ledger, clock=lambda: datetime.now(UTC) + timedelta(hours=25))
    claimed = batches.claim(later, Purpose.ERASE, lease=LEASE, cadence=timedelta(hours=24))
    assert claimed is not None
    with made.ledger.read() as tx:
        assert [asked[1], asked[2]] == list(batches.members(tx, claimed.id).values())


@pytest.mark.slow
def test_one_batch_of_a_purpose_at_a_time(tmp_path: Path) -> None:
    """What is filed while a batch is under way waits for the next."""
    made = _made(tmp_path)
    first = made.file("account=1")
    asked = _asked(made)
    second = made.file("account=2")
    assert asked.run_key == _asked(made).run_key
    made.phases(asked)
    assert ["planned", "filed"] == [made.state(first), made.state(second)]
    made.settle_directly()
    assert "planned" == made.state(second)


def test_a_request_withdrawn_inside_a_batch_leaves_the_others_alone(tmp_path: Path) -> None:
    """Cancelled between claim and run, in either job: its key is gone, and the rest of the batch goes on."""
    made = _made(tmp_path)
    asked = [made.file(f"account={n}") for n in (1, 2, 3)]
    run = _asked(made)
    requests.end(made.ledger, asked[0], State.CANCELLED, staff="test")
    made.phases(run)
    assert ["cancelled", "planned", "planned"] == [made.state(one) for one in asked]
    made.approve(asked[1], asked[2])
    run = _asked(made)
    requests.end(made.ledger, asked[1], State.CANCELLED, staff="test")
    made.phases(run)
    assert ["cancelled", "cancelled", "closed"] == [made.state(one) for one in asked]
    with made.ledger.read() as tx:
        assert [] == [one for one in batches.unfinished(tx) if one.state is not BatchState.DONE]
    assert [1, 2, None] == read(made.lake, "events")["user"].to_list()


def test_a_prepare_batch_killed_before_it_is_done_leaves_planned_requests_alone(tmp_path: Path) -> None:
    """Two are planned, one is approved already: the next attempt touches neither; giving up fails none."""
    made = _made(tmp_path, attempts=1)
    asked = [made.file(f"account={n}") for n in (1, 2)]
    run = _asked(made)
    made.phases(run)
    with made.ledger.write() as tx:
        tx.execute(update(schema.batch).values(state=str(BatchState.OPEN)))
    made.approve(asked[0])
    made.phases(run)
    assert ["approved", "planned"] == [made.state(one) for one in asked]
    with made.ledger.write() as tx:
        tx.execute(update(schema.batch).values(state=str(BatchState.OPEN)))
    made.instance.create_run_for_job(
        made.defs.resolve_job_def("rtbf_prepare"), tags=dict(run.tags), status=dg.DagsterRunStatus.FAILURE
    )
    list(made.ticks())
    assert ["approved", "planned"] == [made.state(one) for one in asked]
