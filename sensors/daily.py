"""Jobs that look once a day, and fail where there is something to tell."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from rtbf_jobs.control import LOCATION_TAG
from rtbf_jobs.dagster_jobs import told

Look = Callable[[dg.OpExecutionContext], Sequence[str]]
"""Looks, and returns a sentence for all that alarms."""


def alarming_job(
    name: str,
    look: Look,
    *,
    op: str,
    control: object,
    code_location: str,
    **options: Any,
) -> dg.JobDefinition:
    """Return a job of one op; its run fails with what the look says: what is alerted of failed runs is of it.

    Args:
        name: the job's name.
        look: what it does.
        op: the op's name.
        control: the resource `rtbf_control`, as a definition.
        code_location: what its runs are tagged with.
        options: description and metadata of the job.
    """

    @dg.op(name=op, out=dg.Out(dg.Nothing), required_resource_keys={"rtbf_control"})
    def run(context: dg.OpExecutionContext) -> None:
        try:
            found = look(context)
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            found = [told(error)]
        if found:
            raise dg.Failure(description="\n".join(found), allow_retries=False)

    @dg.job(
        name=name,
        executor_def=dg.in_process_executor,
        resource_defs={"rtbf_control": control, "io_manager": dg.mem_io_manager},
        tags={LOCATION_TAG: code_location},
        **options,
    )
    def job() -> None:
        run()

    return job


def daily_schedule(job: dg.JobDefinition, at: str, zone: str) -> dg.ScheduleDefinition:
    """Return a job's daily schedule; it runs by default.

    Args:
        job: what is run; the schedule is named for it.
        at: when, as cron writes it.
        zone: whose time that is.
    """
    return dg.ScheduleDefinition(
        name=f"{job.name}_daily",
        job=job,
        cron_schedule=at,
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
