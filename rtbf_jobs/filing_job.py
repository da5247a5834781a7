"""The job `file_erasure_request`: files what a handle holds, for engineers who use Dagster's launchpad.

Dagster's config errors repeat the value that was typed, into the event log too. So the op's config is of no
type at all, and the op reads what the run was launched with, whole, and repeats nothing of it.
"""

import dagster as dg

from rtbf_jobs.control import Control
from rtbf_jobs.dagster_jobs import desk_link, told
from rtbf_jobs.errors import JobError
from rtbf_jobs.filing_config import FILING_JOB, FILING_OP, REFUSAL, read_launch
from rtbf_ledger.handles import file_handle

PASTE = {"law": "gdpr", "handle": "paste here what rtbf seal printed"}


def filing_job() -> dg.JobDefinition:
    """Return the job; the launchpad opens with the two lines that it takes."""

    @dg.job(
        name=FILING_JOB,
        executor_def=dg.in_process_executor,
        config={"ops": {FILING_OP: {"config": PASTE}}},
        description="File an erasure request by a handle of `rtbf seal`. Never type an identifier here.",
    )
    def job() -> None:
        _filing_op()()

    return job


def _filing_op() -> dg.OpDefinition:
    @dg.op(
        name=FILING_OP,
        config_schema=dg.Field(dg.Any, is_required=False),
        out=dg.Out(dg.Nothing),
        required_resource_keys={"rtbf_control"},
        description="Files what the handle holds, once; the log says as which request.",
    )
    def run(context: dg.OpExecutionContext) -> None:
        try:
            request_id, sentence = _file(context)
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            refusal = told(error)
        else:
            context.log.info(sentence)
            context.add_output_metadata(desk_link(f"/rtbf/requests/{request_id}"))
            return
        raise dg.Failure(description=refusal, allow_retries=False)

    return run


def _file(context: dg.OpExecutionContext) -> tuple[str, str]:
    """File, and return the request's id and the sentence about it.

    Raises:
        JobError: the run was launched with anything but a law and a handle.
        HandleError: there is no such handle, or it has expired.
    """
    asked = read_launch(context.run.run_config, context.run.tags)
    if asked is None:
        raise JobError(REFUSAL)
    control: Control = context.resources.rtbf_control
    where = control.settings
    request_id, now = file_handle(
        control.ledger, asked.handle, law=asked.law, zone=where.zone, country=where.country
    )
    sentence = f"filed as {request_id}" if now else f"already filed as {request_id}; nothing was filed now"
    return request_id, sentence
