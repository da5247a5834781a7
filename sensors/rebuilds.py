"""Requests the rebuilds that the walk asked for, waits for their runs, and lets the walk go on.

A rebuild counts when the run that was asked for has materialised the asset; nothing else counts. A run that
hangs is ended by Dagster's run monitoring after `run_hours`; where that is off, the request fails after twice
as long, and says so.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from lineage_assets.from_dagster import asset_keys
from rtbf_jobs.control import BATCH_TAG, DESK_TAG, WAVE_TAG, Control
from rtbf_jobs.dagster_jobs import desk_page
from rtbf_ledger import batches, evidence, log, requests
from rtbf_ledger.batches import Batch, BatchState
from rtbf_ledger.evidence import AssetStep
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Failure

REBUILD_JOB = "rtbf_rebuild"
MOST_TRIES = 3
FAILS = f"its code failed to build it {MOST_TRIES} times; mend it, then retry"
HANGS = "the run that builds it does not end; stop that run in Dagster, mend the asset, then retry"


def rebuild_sensor(tick_seconds: int, job: object) -> dg.SensorDefinition:
    """Return the sensor; it runs by default."""

    def evaluate(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
        yield from tick(context.resources.rtbf_control, context.instance)

    return dg.SensorDefinition(  # the decorator warns about a parameter of its own
        name="rtbf_rebuilds",
        evaluation_fn=evaluate,
        jobs=[job],  # type: ignore[list-item]
        minimum_interval_seconds=tick_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={"rtbf_control"},
        description="Runs the owners' assets that an erasure asks to build again, and resumes the erasure.",
    )


def tick(control: Control, instance: dg.DagsterInstance) -> Iterator[dg.RunRequest]:
    """Yield a run request for what was asked for and has no run; settle what has run."""
    with control.ledger.read() as tx:
        waiting = [one for one in batches.unfinished(tx) if one.state is BatchState.WAITING]
    for batch in waiting:
        request = _wave(control, instance, batch)
        if request is not None:
            yield request


def _wave(control: Control, instance: dg.DagsterInstance, batch: Batch) -> dg.RunRequest | None:
    """Return the run to request for a waiting batch; settles it instead where the run has ended."""
    with control.ledger.read() as tx:
        items = evidence.of_batch(tx, batch.id).values()
    asked = sorted(item.asset for item in items if item.step is AssetStep.ASKED)
    tries = max((item.tries for item in items if item.asset in asked), default=0)
    wave = f"{batch.attempt}.{tries}"
    tags = {BATCH_TAG: batch.id, WAVE_TAG: wave}
    records = instance.get_run_records(dg.RunsFilter(tags=tags), limit=1)
    if asked and not records:
        most = str(int(control.settings.run_hours * 3600))
        return dg.RunRequest(
            run_key=f"{batch.id}:{wave}",
            job_name=REBUILD_JOB,
            asset_selection=asset_keys(asked),
            asset_check_keys=[],
            tags={**tags, DESK_TAG: desk_page(batch.id), dg.MAX_RUNTIME_SECONDS_TAG: most},
        )
    if records and not records[0].dagster_run.is_finished:
        if _hangs(control, records[0]):
            _give_up(control, batch, asked, HANGS)
        return None
    missing = [
        asset
        for asset in asked
        if not _settled(control, instance, batch, asset, records[0].dagster_run.run_id)
    ]
    if not missing:
        lease = timedelta(minutes=control.settings.lease_minutes)
        batches.again(control.ledger, batch.id, attempt=batch.attempt, lease=lease)
    elif tries + 1 >= MOST_TRIES:
        _give_up(control, batch, missing, FAILS)
    else:
        with control.ledger.write() as tx:
            for asset in missing:
                evidence.record(tx, batch.id, asset, tries=tries + 1)
    return None


def _settled(control: Control, instance: dg.DagsterInstance, batch: Batch, asset: str, run_id: str) -> bool:
    """Record an asset as rebuilt where that very run materialised it."""
    event = instance.get_latest_materialization_event(dg.AssetKey.from_user_string(asset))
    if event is None or event.run_id != run_id:
        return False
    with control.ledger.write() as tx:
        batches.check(tx, batch)
        evidence.record(tx, batch.id, asset, step=AssetStep.REBUILT, run_id=run_id)
        log.append(tx, Kind.REBUILT, control.ledger.now(), batch_id=batch.id, asset=asset, run_id=run_id)
    return True


def _hangs(control: Control, record: dg.RunRecord) -> bool:
    """Whether a run goes on although Dagster should have ended it long ago."""
    began = record.start_time or record.create_timestamp.timestamp()
    limit = timedelta(hours=control.settings.run_hours * 2)
    return control.ledger.clock() - datetime.fromtimestamp(began, UTC) > limit


def _give_up(control: Control, batch: Batch, missing: list[str], why: str) -> None:
    """Fail the batch's requests: the owner's code does not build these assets."""
    failures = [
        Failure(code="rebuild_failed", asset=asset, sentence=f"asset {asset}: {why}") for asset in missing
    ]
    with control.ledger.write() as tx:
        for request_id in batches.members(tx, batch.id).values():
            requests.fail(control.ledger, tx, request_id, failures)
        batches.set_state(tx, batch, BatchState.DONE)
