"""The daily look for what nobody declared, as Dagster runs it: it alarms once, and its numbers plot."""

import dagster as dg
from erasure_project import Project, ephemeral, settings_in
from small_lakes import table, write

from lineage_assets import no_subject_data
from rtbf_ledger import undeclared
from rtbf_ledger.mismatches import Because
from sensors.undeclared import UNDECLARED_CHECK, UNDECLARED_JOB

MAILS = [f"erika.canary{i}@films.example" for i in range(40)]


def look(made):
    """Run the job; returns whether it succeeded, what its failure says, and asset -> evaluation."""
    job = made.defs.resolve_job_def(UNDECLARED_JOB)
    run = job.execute_in_process(instance=made.instance, raise_on_error=False)
    failed = [event.step_failure_data.error for event in run.all_events if event.is_step_failure]
    events = made.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    told = [event.dagster_event.asset_check_evaluation_data for event in events]
    assert "canary" not in repr(made.instance.all_logs(run.run_id))
    said = failed[0].cls_name and str(run.all_events) if failed else ""
    return run.success, said, {one.asset_key.to_user_string(): one for one in told}


def numbers(evaluation):
    """Return the numbers of an evaluation."""
    return {name: one.value for name, one in evaluation.metadata.items()}


def test_the_job_alarms_on_new_mismatches_only_and_names_the_owner(tmp_path):
    """What is told stays open and plots; what could not be looked at alarms each day; checks do not look."""

    @dg.asset(owners=["team:b"], metadata=no_subject_data(because="titles", location="{lake}/films/"))
    def films() -> None:
        write(tmp_path / "lake", "films", {"contact": MAILS})

    theirs = dg.Definitions(assets=[films, table("people", {"user_id": "account"})])
    made = Project(settings=settings_in(tmp_path), theirs=theirs, instance=ephemeral(tmp_path))
    write(made.lake, "people", {"user_id": [1, 2]})
    built = made.defs.resolve_implicit_global_asset_job_def().execute_in_process(instance=made.instance)
    before = {
        one.asset_key.to_user_string(): one
        for one in built.get_asset_check_evaluations()
        if one.check_name == UNDECLARED_CHECK
    }
    assert (False, dg.AssetCheckSeverity.WARN) == (before["films"].passed, before["films"].severity)
    assert "never looked at yet" in before["films"].description

    (made.lake / "erika.canary.csv").write_text("x")
    success, said, told = look(made)
    assert not success
    for part in ("films: personal_column email at contact (ud-", "owner: team:b", "{lake}: orphan_file"):
        assert part in said
    assert (False, True) == (told["films"].passed, told["people"].passed)
    plotted = numbers(told["films"])
    assert {
        "rtbf/new": 1,
        "rtbf/open": 1,
        "rtbf/open_personal_column": 1,
        "rtbf/files": 1,
    }.items() <= plotted.items()
    assert all(isinstance(value, int) for value in plotted.values())

    success, _, told = look(made)
    assert success
    assert told["films"].passed
    assert (0, 1, 1) == tuple(numbers(told["films"])[f"rtbf/{n}"] for n in ("new", "open", "files_skipped"))

    with made.ledger.write() as tx:
        (one,) = undeclared.open_ones(tx, "films")
        undeclared.accept(made.ledger, tx, one.id, because=Because.NO_PERSONAL_DATA, staff="dpo-1")
        undeclared.withdraw(made.ledger, tx, one.id, staff="dpo-1")
    (made.lake / "people" / "b.parquet").write_bytes(b"PAR1 erika.canary1@films.example")
    for alarm in (True, False):
        success, said, told = look(made)
        assert not success
        assert alarm == (one.id in said)
        assert "asset people: the Parquet footer of file 2 of 2 cannot be read" in said
        assert (not alarm, False) == (told["films"].passed, told["people"].passed)
    assert "rtbf_undeclared_daily" in {one.name for one in made.defs.schedules}
