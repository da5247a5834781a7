"""Purges runs of the filing job launched with anything but a handle: a second net, not the design.

Our webserver refuses such a launch before Dagster stores it. One that went round it (the command line,
another webserver, the API) is stored with what was typed. What can be removed is removed here;
THREAT-MODEL.md says what may remain where.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from rtbf_jobs.filing_config import FILING_JOB, read_launch
from sensors.removal import cut_logs, delete_files, delete_rows

OVERLAP = timedelta(minutes=10)  # clocks of run storage and daemon may differ by this much
PATIENCE = timedelta(minutes=5)  # how long a run may say nothing: the op takes milliseconds
GIVEN_UP = "It was told to stop and says nothing; it is purged."


def purge_sensor(tick_seconds: int) -> dg.SensorDefinition:
    """Return the sensor; it runs by default."""

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = datetime.now(UTC)
        purged, left = tick(context.instance, since=_read_cursor(context.cursor), now=now)
        if not left:
            context.update_cursor((now - OVERLAP).isoformat())
        return dg.SkipReason(f"{purged} purged, {left} still to be purged")

    return dg.SensorDefinition(  # the decorator warns about a parameter of its own
        name="rtbf_purge",
        evaluation_fn=evaluate,
        minimum_interval_seconds=tick_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Purges runs of {FILING_JOB} that were launched with anything but a handle.",
    )


def _read_cursor(cursor: str | None) -> datetime | None:
    """Return the time of a cursor of ours; None, for ever, where there is none or somebody typed another."""
    try:
        return datetime.fromisoformat(cursor) if cursor else None
    except ValueError:
        return None


def tick(instance: dg.DagsterInstance, *, since: datetime | None, now: datetime) -> tuple[int, int]:
    """Purge what was stored or changed since a time; None stands for ever.

    Returns:
        how many runs were purged, and how many have to wait for their process to stop.
    """
    changed = instance.get_run_records(dg.RunsFilter(job_name=FILING_JOB, updated_after=since))
    wrong = [one for one in changed if read_launch(one.dagster_run.run_config, one.dagster_run.tags) is None]
    stopped = [one.dagster_run for one in wrong if _stopped(instance, one, now)]
    for run in stopped:
        delete_files(instance, run.run_id)
        delete_rows(instance, run.run_id)
    if stopped:
        cut_logs(instance)
    return len(stopped), len(wrong) - len(stopped)


def _stopped(instance: dg.DagsterInstance, record: dg.RunRecord, now: datetime) -> bool:
    """Tell whether nobody writes to a run any more; one that is under way is told to stop."""
    run = record.dagster_run
    if run.is_finished or run.status is dg.DagsterRunStatus.NOT_STARTED:
        return True
    if now - record.update_timestamp.replace(tzinfo=UTC) > PATIENCE:
        instance.report_run_canceled(run, message=GIVEN_UP)
        return True
    if run.status is not dg.DagsterRunStatus.CANCELING:
        instance.run_coordinator.cancel_run(run.run_id)
    again = instance.get_run_by_id(run.run_id)
    return again is None or again.is_finished
