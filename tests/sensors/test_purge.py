"""Launches that went round the webserver: purged from rows and files; what may remain is in the docs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster_home import QUIET, dagster_home
from erasure_project import Project, settings_in
from postgres import fresh_database, run_on, server
from small_lakes import table
from sqlalchemy import create_engine, text

from rtbf_jobs.filing_config import FILING_JOB, FILING_OP, REFUSAL, FilingConfig, as_run_config
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.store import normalised_url
from sensors import purge

CANARY = "zq7canary9x"
BOTH = pytest.mark.parametrize("stored", ["sqlite", "postgresql"], indirect=True)
WRONG = {
    "instead of a handle": {"ops": {FILING_OP: {"config": {"law": "gdpr", "handle": CANARY}}}},
    "as text": {"ops": {FILING_OP: {"config": CANARY}}},
    "as a key": {"ops": {FILING_OP: {"config": {CANARY: [1]}}}},
    "to a resource": {"resources": {"rtbf_control": {"config": CANARY}}},
}


@contextmanager
def storage(kind: str, home: Path) -> Iterator[tuple[dg.DagsterInstance, str | None]]:
    """A Dagster home on SQLite or PostgreSQL; yields the instance and the URL of its database."""
    if kind == "sqlite":
        with dagster_home(home) as instance:
            yield instance, None
        return
    home.mkdir()
    with fresh_database() as url:
        said = f"storage: {{postgres: {{postgres_url: '{normalised_url(url)}'}}}}\n"
        (home / "dagster.yaml").write_text(QUIET + said)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance, normalised_url(url)


@pytest.fixture
def stored(request, tmp_path):
    """An instance, its home and its database's URL; on SQLite where nothing else is asked for."""
    with storage(getattr(request, "param", "sqlite"), tmp_path / "home") as (instance, url):
        yield instance, tmp_path / "home", url


@pytest.fixture
def made(stored, tmp_path):
    """A deployment on that instance."""
    theirs = dg.Definitions(assets=[table("people", {"account": "account"})])
    return Project(settings=settings_in(tmp_path / "shop"), theirs=theirs, instance=stored[0])


def executed(made, config, **tags):
    """Execute the filing job as Dagster's own command line does; returns the result."""
    job = made.defs.resolve_job_def(FILING_JOB)
    return job.execute_in_process(run_config=config, tags=tags, instance=made.instance, raise_on_error=False)


def tick(made, **later):
    """Purge; returns how many went and how many wait."""
    return purge.tick(made.instance, since=None, now=datetime.now(UTC) + timedelta(**later))


def remains(stored, word=CANARY):
    """Return where a word is: files of the home, and tables of the database."""
    _, home, url = stored
    found = [
        str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and word in content(path)
    ]
    if url is not None:
        engine = create_engine(url)
        with engine.connect() as connection:
            for name in engine.dialect.get_table_names(connection):
                rows = connection.execute(
                    text(f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE :word'), {"word": f"%{word}%"}
                )
                found += [f"table {name}"] * bool(rows.scalar_one())
        engine.dispose()
    return sorted(found)


def content(path):
    """Return a file's bytes as text."""
    return path.read_bytes().decode("latin-1")


def good(made):
    """Return the config of a fresh handle."""
    sealing = Sealing(identifiers=[("account", "42")], received_at=datetime.now(UTC), filed_by="test")
    return as_run_config(FilingConfig("gdpr", seal_handle(made.ledger, sealing).id))


@BOTH
def test_the_op_refuses_without_an_echo_and_the_runs_are_purged(made, stored):
    """Their config is stored by Dagster, in one place; after one tick it is nowhere. Again: nothing."""
    ids = []
    for wrong in WRONG.values():
        result = executed(made, wrong)
        told = [event.step_failure_data.user_failure_data for event in result.get_step_failure_events()]
        assert [REFUSAL] == [one.description for one in told]
        ids.append(result.run_id)
    assert remains(stored) in (
        ["history/runs.db"],
        ["history/runs.db", "history/runs.db-wal"],
        ["table runs"],
    )
    assert ((len(WRONG), 0), (0, 0)) == (tick(made), tick(made))
    assert [] == [place for word in (CANARY, *ids) for place in remains(stored, word)]


def test_a_tag_of_ones_own_is_an_identifier_to_us(made, stored):
    """With a handle too: it files nothing, and goes with the run."""
    config = good(made)
    assert not executed(made, config, who=CANARY).success
    assert [] != remains(stored)
    assert (1, 0) == tick(made)
    assert [] == remains(stored)
    assert executed(made, config).success


def test_a_handles_run_and_other_jobs_stay(made):
    """What they hold is what they may."""
    filed = executed(made, good(made))
    assert filed.success

    @dg.job(executor_def=dg.in_process_executor)
    def other():
        pass

    kept = other.execute_in_process(instance=made.instance, run_config={}, tags={"who": CANARY})
    assert (0, 0) == tick(made)
    assert {filed.run_id, kept.run_id} == {run.run_id for run in made.instance.get_runs()}


@dg.op(name=FILING_OP, config_schema=dg.Any)
def leak(context):
    """Do with the config all that an op should not."""
    print(context.op_config)
    context.log.info(context.op_config)
    context.log_event(dg.AssetObservation("people", metadata={"who": context.op_config}))
    yield dg.Output(context.op_config)
    raise ValueError(context.op_config)


@BOTH
def test_what_a_leaky_op_left_goes_as_well(stored):
    """Events, what was printed, the pickle of its output. So the search above does see such places."""
    instance, home, url = stored

    on_disk = {"io_manager": dg.FilesystemIOManager()}

    @dg.job(name=FILING_JOB, executor_def=dg.in_process_executor, resource_defs=on_disk)
    def job():
        leak()

    run_id = job.execute_in_process(
        run_config=WRONG["as text"], instance=instance, raise_on_error=False
    ).run_id
    left = remains(stored)
    printed = [name for name in left if "compute_logs" in name]
    assert printed
    assert f"storage/{run_id}/{FILING_OP}/result" in left
    rows = (
        {"table event_logs", "table runs"}
        if url
        else {"history/runs.db", "history/runs/index.db", f"history/runs/{run_id}.db"}
    )
    assert rows <= set(left)
    assert (1, 0) == purge.tick(instance, since=None, now=datetime.now(UTC))
    assert [] == remains(stored)
    assert [] == [path for path in home.rglob("*") if run_id in str(path)]


def created(made, status):
    """Store a run of the filing job as an API does, without executing it; returns its id."""
    job = made.defs.resolve_job_def(FILING_JOB)
    run = made.instance.create_run_for_job(job, run_config=WRONG["as text"], status=status)
    return run.run_id


def test_a_run_that_was_never_started_is_purged(made, stored):
    """It is stored already."""
    created(made, dg.DagsterRunStatus.NOT_STARTED)
    assert (1, 0) == tick(made)
    assert [] == remains(stored)


def test_a_run_under_way_is_told_to_stop_and_then_purged(made, stored):
    """One whose process says nothing goes after five minutes; the sensor looks at it again until then."""
    run_id = created(made, dg.DagsterRunStatus.STARTED)
    assert (0, 1) == tick(made)
    assert [run_id] == [run.run_id for run in made.instance.get_runs()]
    assert ((0, 1), (1, 0)) == (tick(made, minutes=4), tick(made, minutes=6))
    assert [] == remains(stored)


def test_only_what_changed_since_is_looked_at(made):
    """So that a tick costs what the last minutes brought; a late launch is seen whenever it was stored."""
    executed(made, WRONG["as text"])
    ahead = datetime.now(UTC) + timedelta(minutes=1)
    assert (0, 0) == purge.tick(made.instance, since=ahead, now=ahead)
    assert (1, 0) == purge.tick(made.instance, since=ahead - timedelta(minutes=10), now=ahead)


@pytest.mark.parametrize("cursor", [None, CANARY])
def test_the_sensor_purges_and_moves_its_cursor(made, cursor):
    """It runs by default; a cursor that somebody typed counts as none, and is not repeated."""
    sensor = next(one for one in made.defs.sensors if one.name == "rtbf_purge")
    assert dg.DefaultSensorStatus.RUNNING is sensor.default_status
    executed(made, WRONG["as text"])
    with dg.build_sensor_context(instance=made.instance, cursor=cursor) as context:
        told = sensor(context)
        assert "1 purged, 0 still to be purged" == told.skip_message
        assert timedelta(minutes=9) < datetime.now(UTC) - datetime.fromisoformat(context.cursor)
    assert [] == made.instance.get_runs()


@pytest.mark.slow
def test_postgresql_keeps_bytes_as_the_threat_model_says(tmp_path):
    """No row has it any more; its bytes stay in the tables' files until VACUUM FULL."""
    with storage("postgresql", tmp_path / "home") as (instance, url):
        theirs = dg.Definitions(assets=[table("people", {"account": "account"})])
        made = Project(settings=settings_in(tmp_path / "shop"), theirs=theirs, instance=instance)
        executed(made, WRONG["as text"])
        tick(made)
        run_on(url, "CHECKPOINT")
        bases = lambda: [
            path
            for path in (Path(server().pgdata) / "base").rglob("*")
            if path.is_file() and CANARY in content(path)
        ]
        assert [] != bases()
        run_on(url, "VACUUM FULL", "CHECKPOINT")
        assert [] == bases()
