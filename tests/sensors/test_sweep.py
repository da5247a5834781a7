"""The sweep in a real Dagster: a blocking check, a daily job, a sensor for what others build."""

from pathlib import Path

import dagster as dg
import pytest
from dagster_home import dagster_home
from erasure_project import Project, settings_in
from small_lakes import holds, table, write

from lineage_assets import no_subject_data
from rtbf_ledger import findings
from rtbf_ledger.findings import FindingKind, Since
from sensors.sweep import ASSETS_TAG, CAME_BACK_CHECK, SWEEP_JOB

EVA, BOB, MAIL = 770011223344, 770011223355, "eva.lindqvist@films.example"


@pytest.fixture
def made(tmp_path: Path):
    """A deployment on disk: `people` is copied from a list of the test, `late` comes from elsewhere."""
    lake, source = tmp_path / "lake", [EVA, BOB]

    @dg.asset(owners=["team:a"], metadata=holds("people", {"id": "account"}))
    def people() -> None:
        write(lake, "people", {"id": source})

    @dg.asset(deps=[people], owners=["team:a"], metadata=holds("copy", {"id": "account"}))
    def copy() -> None:
        write(lake, "copy", {"id": source})

    nobody = no_subject_data(because="counts", location="{lake}/free/")
    free = dg.AssetSpec("free", owners=["team:b"], metadata=nobody)
    with dagster_home(tmp_path / "home") as instance:
        theirs = dg.Definitions(assets=[people, copy, free, table("late", {"id": "account"})])
        one = Project(settings=settings_in(tmp_path), theirs=theirs, instance=instance)
        one.source = source
        write(lake, "late", {"id": [EVA, BOB]})
        write(lake, "free", {"n": [1]})
        assert build(one).success
        request = one.file(f"account={EVA}", f"email={MAIL}")
        one.settle_directly()
        one.approve(request, confirm_nothing=True)
        one.settle_directly()
        assert "closed" == one.state(request)
        one.request = request
        yield one


def build(made):
    """Materialise what our code builds, in one run, as the UI does."""
    job = made.defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=made.instance, raise_on_error=False)


def checks(made, run_id):
    """Return asset -> the evaluation of our check in a run."""
    entries = made.instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    told = [entry.dagster_event.asset_check_evaluation_data for entry in entries]
    return {one.asset_key.to_user_string(): one for one in told if one.check_name == CAME_BACK_CHECK}


def built(run):
    """Return the assets that a run materialised."""
    return {event.asset_key.to_user_string() for event in run.get_asset_materialization_events()}


def open_findings(made, asset):
    """Return the open findings of an asset."""
    with made.ledger.read() as tx:
        return findings.of_asset(tx, asset)


def unsaid(made, tmp_path):
    """Assert that no byte of Dagster's home holds the person."""
    made.instance.get_runs()
    bodies = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert [] == [body for body in bodies if str(EVA).encode() in body or MAIL.encode() in body]


def test_a_backfill_that_brings_somebody_back_stops_before_what_is_downstream(made, tmp_path):
    """The check of the new materialisation fails, names its run, and downstream assets do not run."""
    made.source.remove(EVA)
    clean = build(made)
    assert (True, {"people", "copy"}) == (clean.success, built(clean))
    assert all(one.passed for one in checks(made, clean.run_id).values())

    made.source.append(EVA)
    run = build(made)

    assert (False, {"people"}) == (run.success, built(run))
    told = checks(made, run.run_id)["people"]
    assert (False, 1) == (told.passed, told.metadata["rtbf/findings_open"].value)
    assert [] == [name for name in told.metadata if name in {"rtbf/rows_came_back", "rtbf/people_came_back"}]
    assert "team:a" == told.metadata["rtbf/owners"].value
    (one,) = open_findings(made, "people")
    assert (made.request, Since.DURING, run.run_id) == (one.request, one.since, one.run)
    assert f"during run {run.run_id}" in told.description
    unsaid(made, tmp_path)


def test_what_stands_where_no_key_is_declared_warns_and_stops_nothing(made, tmp_path):
    """The check names the column and says what its owner does, of an asset that holds nobody too."""
    made.source.remove(EVA)
    write(made.lake, "late", {"id": [BOB], "note": [f"of {MAIL}"]}, file="partner.parquet")
    write(made.lake, "free", {"note": [MAIL]}, file="b.parquet")

    run = build(made)

    assert (True, {"people", "copy"}) == (run.success, built(run))
    told = checks(made, run.run_id)["free"]
    assert (False, dg.AssetCheckSeverity.WARN) == (told.passed, told.severity)
    assert (1, 1, 0) == tuple(
        told.metadata[f"rtbf/{name}"].value for name in ("findings_open", "elsewhere_open", "cases_open")
    )
    where = "1 of them where no key is declared: note; declare it (keys=..., in_text(...)) or take it out"
    assert where in told.description
    swept = made.execute(dg.RunRequest(job_name=SWEEP_JOB))
    assert not swept.success
    assert {"people": True, "copy": True, "free": False, "late": False} == {
        name: one.passed for name, one in checks(made, swept.run_id).items()
    }
    assert [FindingKind.ELSEWHERE] == [one.kind for one in open_findings(made, "late")]
    assert [None] == [one.child for one in open_findings(made, "free")]
    unsaid(made, tmp_path)


@pytest.mark.slow
def test_what_cannot_be_read_stops_what_is_downstream_too(made, tmp_path):
    """Could not look is never clean."""
    made.source.remove(EVA)
    (made.lake / "people" / "part.parquet").write_bytes(b"PAR1 not a table at all PAR1")

    run = build(made)

    assert {"people"} == built(run)
    assert "cannot be read" in checks(made, run.run_id)["people"].description


@pytest.mark.slow
def test_a_file_that_is_no_table_warns_and_stops_nothing(made):
    """It may be there for ever; its bytes cannot be compared with the list."""
    made.source.remove(EVA)
    (made.lake / "people" / "notes.txt").write_text("whatever")

    run = build(made)

    told = checks(made, run.run_id)["people"]
    assert {"people", "copy"} == built(run)
    assert (False, dg.AssetCheckSeverity.WARN) == (told.passed, told.severity)
    assert 1 == told.metadata["rtbf/not_looked_at"].value


def test_the_daily_job_tells_each_asset_and_fails_where_somebody_came_back(made, tmp_path):
    """So that whatever is alerted of failed runs is alerted; the sentences hold counts only."""
    schedule = made.defs.resolve_schedule_def("rtbf_sweep_daily")
    assert (dg.DefaultScheduleStatus.RUNNING, SWEEP_JOB) == (schedule.default_status, schedule.job_name)
    clean = made.execute(dg.RunRequest(job_name=SWEEP_JOB))
    assert clean.success
    assert {"people": True, "copy": True, "free": True, "late": True} == {
        name: one.passed for name, one in checks(made, clean.run_id).items()
    }

    write(made.lake, "late", {"id": [EVA]}, file="partner.parquet")
    run = made.execute(dg.RunRequest(job_name=SWEEP_JOB))

    assert not run.success
    told = checks(made, run.run_id)
    assert {"late"} == {name for name, one in told.items() if not one.passed}
    assert {"people", "copy", "free", "late"} == set(told)
    assert (2, 1) == tuple(told["late"].metadata[f"rtbf/{name}"].value for name in ("files", "files_skipped"))
    (failed,) = [event for event in run.all_events if event.is_step_failure]
    said = failed.step_failure_data.user_failure_data.description
    which = "`rtbf scan late` tells which (owners: team:a)"
    assert f"asset late: people of 1 erased requests are there again; {which}" == said
    unsaid(made, tmp_path)


@pytest.mark.slow
def test_what_others_build_is_swept_when_they_tell_of_it(made):
    """An event of an asset that no code here builds asks for its sweep, once; ours do not."""
    sensor = made.defs.resolve_sensor_def("rtbf_came_back_elsewhere")
    assert dg.DefaultSensorStatus.RUNNING is sensor.default_status
    control = (made.defs.resources or {})["rtbf_control"]

    def tick(cursor):
        """Evaluate the sensor as the daemon does."""
        context = dg.build_sensor_context(
            instance=made.instance,
            repository_def=made.defs.get_repository_def(),
            resources={"rtbf_control": control},
            cursor=cursor,
        )
        data = sensor.evaluate_tick(context)
        return list(data.run_requests or []), data.cursor

    before = tick(None)[1]
    assert ([], before) == (tick(before)[0], before)
    write(made.lake, "late", {"id": [EVA]}, file="partner.parquet")
    made.instance.report_runless_asset_event(dg.AssetMaterialization("late"))

    (asked,), after = tick(before)

    assert (SWEEP_JOB, "late") == (asked.job_name, asked.tags[ASSETS_TAG])
    assert [] == tick(after)[0]
    run = made.execute(asked)
    assert {"late": False} == {name: one.passed for name, one in checks(made, run.run_id).items()}
    made.settle()
    assert [] == tick(after)[0]
    made.instance.report_runless_asset_event(dg.AssetObservation("late"))
    assert 1 == len(tick(after)[0])
