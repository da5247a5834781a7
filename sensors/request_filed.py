"""Claims filed and approved requests into batches and requests a run for each attempt.

A claim is one transaction in the ledger; the run is requested with `run_key = batch:attempt` at every tick
until it exists, so a tick killed in between launches it once, later. The ledger, not run storage, says what
is done.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from sqlalchemy import select, update

from rtbf_jobs.control import ATTEMPT_TAG, BATCH_TAG, Control
from rtbf_jobs.suppress import suppress_approved
from rtbf_jobs.unattended import approve_unattended
from rtbf_jobs.work import WORKED_ON
from rtbf_ledger import batches, handles, requests, schema
from rtbf_ledger.batches import Batch, BatchState, Purpose
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import State
from rtbf_ledger.store import moment

JOBS = {Purpose.PREPARE: "rtbf_prepare", Purpose.ERASE: "rtbf_erase"}


def request_filed_sensor(tick_seconds: int, jobs: list[dg.JobDefinition]) -> dg.SensorDefinition:
    """Return the sensor; it runs by default."""

    def evaluate(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
        yield from tick(context.resources.rtbf_control, context.instance)

    return dg.SensorDefinition(  # the decorator warns about a parameter of its own
        name="rtbf_request_filed",
        evaluation_fn=evaluate,
        jobs=jobs,
        minimum_interval_seconds=tick_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={"rtbf_control"},
        description="Claims filed and approved erasure requests and requests their runs.",
    )


def tick(control: Control, instance: dg.DagsterInstance) -> Iterator[dg.RunRequest]:
    """Finish what a crash left, approve what needs nobody, suppress, claim, ask for each batch's run.

    Raises:
        KeyFolderError: a key that suppression needs is not in the key folder; nothing is claimed without it.
    """
    requests.finish_shredding(control.ledger)
    handles.expire(control.ledger)
    approve_unattended(control.ledger, control.graph)
    suppress_approved(control.ledger, control.graph)
    lease = timedelta(minutes=control.settings.lease_minutes)
    batches.claim(control.ledger, Purpose.PREPARE, lease=lease)
    batches.claim(control.ledger, Purpose.ERASE, lease=lease, cadence=control.settings.batch)
    with control.ledger.read() as tx:
        open_now = [one for one in batches.unfinished(tx) if one.state is BatchState.OPEN]
    for one in open_now:
        batch = _next_attempt(control, instance, one, lease)
        if batch is not None:
            yield dg.RunRequest(
                run_key=f"{batch.id}:{batch.attempt}",
                job_name=JOBS[batch.purpose],
                tags={BATCH_TAG: batch.id, ATTEMPT_TAG: str(batch.attempt)},
            )


def _next_attempt(
    control: Control, instance: dg.DagsterInstance, batch: Batch, lease: timedelta
) -> Batch | None:
    """Return the attempt to launch, or None where its run is under way or the batch was given up."""
    tags = {BATCH_TAG: batch.id, ATTEMPT_TAG: str(batch.attempt)}
    records = instance.get_run_records(dg.RunsFilter(tags=tags), limit=1)
    if not records:
        return batch
    record = records[0]
    expired = batch.lease_until is not None and control.ledger.clock() > moment(batch.lease_until)
    if not record.dagster_run.is_finished and not expired:
        return None
    ran = (record.end_time or 0) - (record.start_time or 0)
    words = _last_words(instance, record.dagster_run.run_id)
    if ran < control.settings.run_hours * 3600 and _struck_out(control, batch, words):
        return None
    return batches.again(control.ledger, batch.id, attempt=batch.attempt, lease=lease)


def _last_words(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return what a run of ours said when it failed: sentences of our own, never an engine's text."""
    for entry in reversed(instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)):
        told = entry.get_dagster_event().step_failure_data.user_failure_data
        if told is not None and told.description:
            return f"the last one said: {told.description}"
    return "the last one said nothing"


def _struck_out(control: Control, batch: Batch, words: str) -> bool:
    """Count a strike; at the last one give the batch up: its requests fail, and say so."""
    table = schema.batch
    with control.ledger.write() as tx:
        strikes = tx.execute(select(table.c.strikes).where(table.c.id == batch.id)).scalar_one() + 1
        tx.execute(update(table).where(table.c.id == batch.id).values(strikes=strikes))
        if strikes < control.settings.attempts:
            return False
        sentence = f"batch {batch.id}: {strikes} runs ended before it was done; {words}"
        left = [Failure(code="runs_failed", asset="", sentence=sentence)]
        for request_id in batches.members(tx, batch.id).values():
            if State(requests.get(tx, request_id).state) in WORKED_ON[batch.purpose] - {State.PARTLY_CLOSED}:
                requests.fail(control.ledger, tx, request_id, left)
        batches.set_state(tx, batch, BatchState.DONE)
    return True
