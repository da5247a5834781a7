"""What leads from Dagster to the desk: each step of a run of ours, each observation, each check."""

from datetime import UTC, datetime

import dagster as dg
from erasure_project import project
from small_lakes import holds, read, table, write

from lineage_assets import Erasure
from rtbf_jobs.filing_config import FILING_JOB, FilingConfig, as_run_config
from rtbf_ledger import requests
from rtbf_ledger.handles import Sealing, seal_handle
from rtbf_ledger.states import State

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


def test_a_run_that_builds_again_names_the_requests_in_a_tag_and_its_job_links_to_the_desk(tmp_path):
    """Its events are the owner's; Dagster shows a tag as text, and a job's metadata as a link."""
    people = table("people", {"id": "account"})

    @dg.asset(
        deps=[people], owners=["team:a"], metadata=holds("copy", {"id": "account"}, erasure=Erasure.REBUILD)
    )
    def copy() -> None:
        write(tmp_path / "lake", "copy", {"id": read(tmp_path / "lake", "people")["id"].to_list()})

    made = project(tmp_path, [people, copy])
    for name in ("people", "copy"):
        write(made.lake, name, {"id": [42, *range(1000, 1050)]})
    made.erase("account=42")
    ((rebuilt, its_page),) = runs_of(made, "rtbf_rebuild")
    assert its_page == made.instance.get_run_by_id(rebuilt).tags["rtbf/desk"]
    job = made.defs.resolve_job_def("rtbf_rebuild")
    assert dg.MetadataValue.url("/rtbf/requests") == job.metadata[DESK]


def test_a_filing_leads_to_its_request(tmp_path):
    """Also the second time, when nothing is filed."""
    made = project(tmp_path, [table("people", {"id": "account"})])
    sealing = Sealing(identifiers=[("account", "42")], received_at=datetime.now(UTC), filed_by="jd")
    config = as_run_config(FilingConfig("gdpr", seal_handle(made.ledger, sealing).id))
    job = made.defs.resolve_job_def(FILING_JOB)
    runs = [job.execute_in_process(run_config=config, instance=made.instance).run_id for _ in range(2)]
    with made.ledger.read() as tx:
        (request_id,) = requests.in_state(tx, State)
    page = f"/rtbf/requests/{request_id}"
    assert [{"STEP_OUTPUT": {page}}] * 2 == [links(made.instance, run_id) for run_id in runs]
