"""Deletes our own finished runs from Dagster after `keep_runs_days`: what was done is in the ledger.

A deleted run does not start again, although its run key is free again: the ledger says its batch is done, and
nothing asks for a run of a batch that is done.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from rtbf_jobs.control import BATCH_TAG, LOCATION_TAG, Control
from rtbf_jobs.dagster_jobs import told
from rtbf_jobs.filing_config import FILING_JOB, read_launch
from rtbf_jobs.index_job import INDEX_JOB
from rtbf_ledger import batches, handles
from sensors.daily import daily_schedule
from sensors.rebuilds import REBUILD_JOB
from sensors.removal import delete_files, delete_rows, has_events
from sensors.request_filed import JOBS
from sensors.sweep import SWEEP_JOB
from sensors.undeclared import UNDECLARED_JOB

RETENTION_JOB = "rtbf_retention"
OWN_JOBS = (RETENTION_JOB, SWEEP_JOB, UNDECLARED_JOB, INDEX_JOB)
DAILY = "17 4 * * *"
PAGE = 200
FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def retention_schedule(code_location: str, zone: str) -> dg.ScheduleDefinition:
    """Return the daily schedule, with its job; it runs by default."""

    @dg.op(name="rtbf_delete_old_runs", out=dg.Out(dg.Nothing), required_resource_keys={"rtbf_control"})
    def delete_old_runs(context: dg.OpExecutionContext) -> None:
        control: Control = context.resources.rtbf_control
        try:
            deleted = tick(control, context.instance)
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            sentence = told(error)
        else:
            days = control.settings.keep_runs_days
            context.log.info("%d runs of ours that ended more than %d days ago were deleted", deleted, days)
            return
        raise dg.Failure(description=sentence, allow_retries=False)

    @dg.job(
        name=RETENTION_JOB,
        executor_def=dg.in_process_executor,
        tags={LOCATION_TAG: code_location},
        description="Delete old runs of the erasure from Dagster: events, compute logs, files.",
    )
    def job() -> None:
        delete_old_runs()

    return daily_schedule(job, DAILY, zone)


def tick(control: Control, instance: dg.DagsterInstance) -> int:
    """Delete our finished runs that are older than the setting; returns how many.

    Ours are the runs of batches and of handles that this ledger knows, those of this job, the
    sweep and the index; the runs of a batch that is not done all stay. A rebuild that an asset's newest
    materialisation is from stays too, for it belongs to the owner: only its compute logs and files go.
    """
    deleted = 0
    for run in _old_runs(control, instance):
        delete_files(instance, run.run_id)
        if not _built_what_is_there(instance, run.run_id):
            delete_rows(instance, run.run_id)
            deleted += 1
    return deleted


def _old_runs(control: Control, instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return the runs to delete. All are read first: a cursor that is a deleted run finds nothing more."""
    before = control.ledger.clock() - timedelta(days=control.settings.keep_runs_days)
    own = {LOCATION_TAG: control.settings.code_location}
    own_jobs = dg.RunsFilter(tags=own, updated_before=before)
    found = [page for job in OWN_JOBS for page in _pages(instance, job, own_jobs)]
    for job in (*JOBS.values(), REBUILD_JOB):
        for page in _pages(instance, job, dg.RunsFilter(updated_before=before)):
            with control.ledger.read() as tx:
                done = batches.done(tx, {run.tags[BATCH_TAG] for run in page if BATCH_TAG in run.tags})
            found.append([run for run in page if run.tags.get(BATCH_TAG) in done])
    filings = _pages(instance, FILING_JOB, dg.RunsFilter(updated_before=before))
    found += [_filed_by_handles_of(control, page) for page in filings]
    return [run for page in found for run in page]


def _filed_by_handles_of(control: Control, page: list[dg.DagsterRun]) -> list[dg.DagsterRun]:
    """Return the runs that were launched with a handle of this ledger; any other may be another ledger's."""
    launched = [(run, read_launch(run.run_config, run.tags)) for run in page]
    with control.ledger.read() as tx:
        ours = handles.known(tx, {asked.handle for _, asked in launched if asked is not None})
    return [run for run, asked in launched if asked is not None and asked.handle in ours]


def _pages(instance: dg.DagsterInstance, job: str, which: dg.RunsFilter) -> Iterator[list[dg.DagsterRun]]:
    """Yield the finished runs of a job, newest first."""
    asked = dg.RunsFilter(
        job_name=job, statuses=FINISHED, tags=which.tags, updated_before=which.updated_before
    )
    cursor = None
    while page := list(instance.get_runs(asked, cursor=cursor, limit=PAGE)):
        yield page
        cursor = page[-1].run_id


def _built_what_is_there(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the newest materialisation of an asset is from this run."""
    if not has_events(instance, run_id):
        return False
    made = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    keys = {entry.get_dagster_event().asset_key for entry in made}
    newest = [instance.get_latest_materialization_event(key) for key in keys if key is not None]
    return any(event is not None and event.run_id == run_id for event in newest)
