"""The job `rtbf_index`: makes every sidecar index be of its asset's files as they are now."""

import dagster as dg

from rtbf_jobs.control import LOCATION_TAG, Control
from rtbf_jobs.dagster_jobs import told
from rtbf_jobs.index import refresh_all

INDEX_JOB = "rtbf_index"


def index_job(code_location: str, control: object) -> dg.JobDefinition:
    """Return the job; it is safe to start at any time, and again.

    `control` is the resource `rtbf_control`, as a definition.
    """

    @dg.op(name="rtbf_refresh_indexes", out=dg.Out(dg.Nothing), required_resource_keys={"rtbf_control"})
    def refresh_indexes(context: dg.OpExecutionContext) -> None:
        control: Control = context.resources.rtbf_control
        try:
            refused = _refresh(context, control)
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            sentence = told(error)
        else:
            if not refused:
                return
            sentence = "these have no index and are read whole:\n" + "\n".join(refused)
        raise dg.Failure(description=sentence, allow_retries=False)

    @dg.job(
        name=INDEX_JOB,
        executor_def=dg.in_process_executor,
        resource_defs={"rtbf_control": control, "io_manager": dg.mem_io_manager},
        tags={LOCATION_TAG: code_location},
        description="Build the sidecar indexes that are not of their asset's files as they are now.",
    )
    def job() -> None:
        refresh_indexes()

    return job


def _refresh(context: dg.OpExecutionContext, control: Control) -> list[str]:
    refused: list[str] = []
    for name, one in refresh_all(control.settings, control.ledger, control.graph):
        counts = one.built, one.current, one.removed
        context.log.info("index of %s: %d files indexed, %d current, %d entries removed", name, *counts)
        refused += one.refused
    return refused
