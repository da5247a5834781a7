"""What leads from Dagster to the desk: each step of a run of ours, each observation, each check."""

import dagster as dg
from erasure_project import project
from small_lakes import table, write

DESK = "desk"


def links(instance, run_id):
    """Return kind of event -> where its link leads."""
    found = {}
    for entry in instance.all_logs(run_id):
        event = entry.get_dagster_event() if entry.is_dagster_event else None
        data = event.event_specific_data if event else None
        for holder in (
            data,
            getattr(data, "asset_observation", None),
            getattr(data, "user_failure_data", None),
        ):
            metadata = getattr(holder, "metadata", None) or {}
            if DESK in metadata:
                assert isinstance(metadata[DESK], dg.UrlMetadataValue)
                found.setdefault(event.event_type_value, set()).add(metadata[DESK].value)
    return found


def runs_of(made, job):
    """Return the runs of a job, with the batch of each."""
    runs = made.instance.get_runs(dg.RunsFilter(job_name=job))
    return [(run.run_id, f"/rtbf/batches/{run.tags['rtbf/batch']}") for run in runs]


def test_runs_observations_and_checks_lead_to_the_requests_of_the_batch(tmp_path):
    """By a path below the UI's own address, and with nothing but the batch's id in it."""
    made = project(tmp_path, [table("people", {"id": "account"})])
    write(made.lake, "people", {"id": [42, *range(1000, 1050)]})
    made.erase("account=42")
    ((prepared, its_page),) = runs_of(made, "rtbf_prepare")
    assert {"STEP_OUTPUT": {its_page}, "ASSET_OBSERVATION": {its_page}} == links(made.instance, prepared)
    ((erased, its_page),) = runs_of(made, "rtbf_erase")
    kinds = {"STEP_OUTPUT", "ASSET_OBSERVATION", "ASSET_CHECK_EVALUATION"}
    assert {kind: {its_page} for kind in kinds} == links(made.instance, erased)


def test_a_step_that_failed_leads_there_too(tmp_path):
    """Beside the sentence that says why; here a run of a batch that is done."""
    made = project(tmp_path, [table("people", {"id": "account"})])
    write(made.lake, "people", {"id": [42, *range(1000, 1050)]})
    made.file("account=42")
    (asked,) = made.ticks()
    assert made.execute(asked).success
    failed = made.execute(asked)
    assert not failed.success
    its_page = f"/rtbf/batches/{asked.tags['rtbf/batch']}"
    assert {its_page} == links(made.instance, failed.run_id)["STEP_FAILURE"]
