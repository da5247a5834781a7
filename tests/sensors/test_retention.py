"""Old runs of ours leave Dagster, rows and files; what the ledger or an owner needs stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster_home import QUIET, dagster_home
from erasure_project import Project, settings_in
from postgres import fresh_database
from small_lakes import holds, read, table, write
from sqlalchemy import create_engine, text

from lineage_assets import Erasure
from rtbf_jobs.control import BATCH_TAG, LOCATION_TAG
from rtbf_jobs.filing_config import FILING_JOB, FilingConfig, as_run_config
from rtbf_jobs.index_job import index_job
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.store import normalised_url
from sensors import retention
from sensors.rebuilds import REBUILD_JOB
from sensors.sweep import sweep_job

LATER = timedelta(days=31)
OWN = {LOCATION_TAG: "test"}


@contextmanager
def storage(kind: str, home: Path) -> Iterator[tuple[dg.DagsterInstance, list[str]]]:
    """A Dagster home on SQLite or PostgreSQL; yields the instance and the URLs of what it keeps."""
    if kind == "sqlite":
        with dagster_home(home) as instance:
            yield instance, [f"sqlite:///{home}/history/{name}.db" for name in ("runs", "runs/index")]
        return
    home.mkdir()
    with fresh_database() as url:
        said = f"storage: {{postgres: {{postgres_url: '{normalised_url(url)}'}}}}\n"
        (home / "dagster.yaml").write_text(QUIET + said)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance, [normalised_url(url)]


def deployment(folder: Path, instance: dg.DagsterInstance) -> Project:
    """People, and a copy of them that a rebuild makes and that prints while it is made."""
    lake = folder / "lake"
    people = table("people", {"id": "account"})

    @dg.asset(
        deps=[people], owners=["team:a"], metadata=holds("copy", {"id": "account"}, erasure=Erasure.REBUILD)
    )
    def copy(context: dg.AssetExecutionContext) -> None:
        print("a line of the owner's")
        outputs = Path(context.instance.storage_directory()) / context.run.run_id / "step"
        outputs.mkdir(parents=True, exist_ok=True)
        (outputs / "result").write_bytes(b"a pickle")
        write(lake, "copy", {"id": read(lake, "people")["id"].to_list()})

    theirs = dg.Definitions(assets=[people, copy], jobs=[dg.define_asset_job("theirs", [copy])])
    made = Project(settings=settings_in(folder, attempts=2), theirs=theirs, instance=instance)
    for name in ("people", "copy"):
        write(lake, name, {"id": list(range(10))})
    return made


def later(made: Project, span: timedelta = LATER):
    """The control of the same deployment when time has gone by."""
    ledger = replace(made.ledger, clock=lambda: datetime.now(UTC) + span)
    return replace(made.control, ledger=ledger)


def runs(made: Project) -> dict[str, list[str]]:
    """Return job -> the runs that Dagster knows."""
    found: dict[str, list[str]] = {}
    for run in made.instance.get_runs():
        found.setdefault(run.job_name, []).append(run.run_id)
    return found


def rows(urls: list[str], run_id: str) -> int:
    """Count a run's rows in the tables of runs and events."""
    total = 0
    for url in urls:
        engine = create_engine(url)
        with engine.connect() as connection:
            present = {"runs", "event_logs"} & {*engine.dialect.get_table_names(connection)}
            for name in present:
                asked = text(f"SELECT count(*) FROM {name} WHERE run_id = :run_id")
                total += connection.execute(asked, {"run_id": run_id}).scalar_one()
        engine.dispose()
    return total


def files(home: Path, run_id: str) -> list[str]:
    """Return every file of a home whose path holds a run's id."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if run_id in str(path))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def erased(request, tmp_path):
    """A deployment that erased one person and rebuilt an asset, the home, and the URLs of its storage."""
    home = tmp_path / "home"
    with storage(request.param, home) as (instance, urls):
        made = deployment(tmp_path / "shop", instance)
        assert "closed" == made.state(made.erase("account=3"))
        yield made, home, urls


def test_old_runs_go_with_everything_they_left(erased):
    """Run, events, compute logs, outputs and SQLite's file of the run; the owner's runs stay as they are."""
    made, home, urls = erased
    theirs = made.defs.resolve_job_def("theirs").execute_in_process(instance=made.instance).run_id
    ours = [run_id for job, ids in runs(made).items() if job != "theirs" for run_id in ids]
    assert {"rtbf_prepare": 1, "rtbf_erase": 2, REBUILD_JOB: 1, "theirs": 1} == {
        job: len(ids) for job, ids in runs(made).items()
    }
    before = {run_id: (rows(urls, run_id), files(home, run_id)) for run_id in (*ours, theirs)}
    assert all(count > 1 for count, _ in before.values())
    assert all(any("compute_logs" in name for name in names) for _, names in before.values())

    assert 0 == retention.tick(later(made, timedelta(days=29)), made.instance)
    assert before == {run_id: (rows(urls, run_id), files(home, run_id)) for run_id in before}
    assert len(ours) == retention.tick(later(made), made.instance)
    assert {"theirs": [theirs]} == runs(made)
    assert [(0, [])] * len(ours) == [(rows(urls, run_id), files(home, run_id)) for run_id in ours]
    assert before[theirs] == (rows(urls, theirs), files(home, theirs))

    people = read(made.lake, "people").rows()
    assert [] == list(made.ticks())  # their run keys are free again, but the ledger says what is done
    made.settle()
    assert ({"theirs": [theirs]}, people) == (runs(made), read(made.lake, "people").rows())


def test_the_rebuild_that_an_asset_is_from_stays_without_its_files(erased):
    """Its event is the owner's, and says where the asset is; what was printed and pickled goes."""
    made, home, urls = erased
    rebuilt = runs(made)[REBUILD_JOB][0]
    assert any(name.endswith("result") for name in files(home, rebuilt))
    assert 3 == retention.tick(later(made), made.instance)
    assert {REBUILD_JOB: [rebuilt]} == runs(made)
    assert rows(urls, rebuilt) > 1
    assert [] == [name for name in files(home, rebuilt) if name.startswith("storage")]
    newest = made.instance.get_latest_materialization_event(dg.AssetKey("copy"))
    assert rebuilt == newest.run_id


@pytest.fixture
def waiting(tmp_path):
    """A deployment on SQLite with a request whose batch was claimed, and the run it asked for."""
    with storage("sqlite", tmp_path / "home") as (instance, _):
        made = deployment(tmp_path / "shop", instance)
        made.file("account=3")
        yield made, next(made.ticks())


def ended(made: Project, job: str, **tags: str) -> str:
    """Make a run that ended; returns its id."""
    run = made.instance.create_run_for_job(made.defs.resolve_job_def(job), tags=tags)
    made.instance.report_run_canceled(run)
    return run.run_id


def test_old_filings_by_a_handle_of_this_ledger_go(waiting):
    """Used, used twice or expired; a handle that this ledger never made may be another one's."""
    made, _ = waiting
    sealing = Sealing(identifiers=[("account", "4")], received_at=datetime.now(UTC), filed_by="jd")
    mine = seal_handle(made.ledger, sealing).id
    job = made.defs.resolve_job_def(FILING_JOB)
    for handle in (mine, mine, "hd-" + "0" * 24):
        config = as_run_config(FilingConfig("gdpr", handle))
        job.execute_in_process(run_config=config, instance=made.instance, raise_on_error=False)
    other, *ids = runs(made)[FILING_JOB]
    assert 0 == retention.tick(later(made, timedelta(days=29)), made.instance)
    assert len(ids) == retention.tick(later(made), made.instance)
    assert [other] == runs(made)[FILING_JOB]


def test_the_runs_of_a_batch_that_is_not_done_stay(waiting):
    """However old: the next attempt looks at them. So do the runs of a batch that another ledger knows."""
    made, asked = waiting
    ids = {ended(made, "rtbf_prepare", **tags) for tags in (asked.tags, {BATCH_TAG: "bt-other"}, {})}
    assert 0 == retention.tick(later(made), made.instance)
    assert ids == set(runs(made)["rtbf_prepare"])


def test_a_run_under_way_stays(waiting):
    """However long ago it began."""
    made, _ = waiting
    job = made.defs.resolve_job_def("rtbf_retention")
    going = made.instance.create_run_for_job(job, tags=OWN).run_id
    assert 0 == retention.tick(later(made), made.instance)
    assert [going] == runs(made)["rtbf_retention"]


def test_what_a_killed_tick_left_goes_with_the_next(waiting, tmp_path, monkeypatch):
    """The run itself goes last, so that it is found again."""
    made, _ = waiting
    run_id = ended(made, "rtbf_retention", **OWN)
    assert [f"history/runs/{run_id}.db"] == files(tmp_path / "home", run_id)

    def killed(_run_id):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(made.instance.run_storage, "delete_run", killed)
        with pytest.raises(KeyboardInterrupt):
            retention.tick(later(made), made.instance)
    assert 1 == retention.tick(later(made), made.instance)
    assert ({}, []) == (runs(made), files(tmp_path / "home", run_id))


@pytest.mark.parametrize("make", [index_job, sweep_job])
def test_runs_of_the_other_jobs_of_ours_go(waiting, make):
    """They belong to no batch; those of another code location stay."""
    made, _ = waiting
    job = make("test", dg.ResourceDefinition.hardcoded_resource(made.control))
    ours, others = (
        made.instance.create_run_for_job(job, tags={LOCATION_TAG: location})
        for location in ("test", "another")
    )
    for run in (ours, others):
        made.instance.report_run_canceled(run)
    assert 1 == retention.tick(later(made), made.instance)
    assert {job.name: [others.run_id]} == runs(made)


def test_pages_do_not_hide_runs(waiting, monkeypatch):
    """More runs than are read at once; a cursor that is a deleted run would find nothing more."""
    made, _ = waiting
    monkeypatch.setattr(retention, "PAGE", 2)
    ids = [ended(made, "rtbf_retention", **OWN) for _ in range(5)]
    other = ended(made, "rtbf_retention", **{LOCATION_TAG: "another"})
    assert len(ids) == retention.tick(later(made), made.instance)
    assert {"rtbf_retention": [other]} == runs(made)


def test_it_runs_every_day_by_default(tmp_path):
    """By the controller's clock; its job deletes through the resource, and its own runs are found again."""
    with storage("sqlite", tmp_path / "home") as (instance, _):
        made = deployment(tmp_path / "shop", instance)
        schedule = made.defs.resolve_schedule_def("rtbf_retention_daily")
        assert ("17 4 * * *", "UTC") == (schedule.cron_schedule, schedule.execution_timezone)
        assert dg.DefaultScheduleStatus.RUNNING is schedule.default_status
        job = made.defs.resolve_job_def(schedule.job_name)
        first = job.execute_in_process(instance=instance).run_id
        said = [entry.user_message for entry in instance.all_logs(first)]
        assert "0 runs of ours that ended more than 30 days ago were deleted" in said
        assert 1 == retention.tick(later(made), instance)
        assert {} == runs(made)


def test_what_fails_is_told_in_our_own_words(tmp_path, monkeypatch):
    """An engine's text may hold a value; the run fails all the same."""
    with storage("sqlite", tmp_path / "home") as (instance, _):
        made = deployment(tmp_path / "shop", instance)

        def broken(*_args):
            raise OSError("canary@example.org")

        monkeypatch.setattr(retention, "tick", broken)
        job = made.defs.resolve_job_def("rtbf_retention")
        done = job.execute_in_process(instance=instance, raise_on_error=False)
        failed = [entry for entry in instance.all_logs(done.run_id) if entry.dagster_event.is_step_failure]
        assert (
            "unexpected OSError at" in failed[0].dagster_event.step_failure_data.user_failure_data.description
        )
        assert "canary" not in repr(instance.all_logs(done.run_id))
