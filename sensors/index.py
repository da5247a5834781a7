"""Asks for a refresh of the sidecar indexes when an indexed asset has materialised, and once at first."""

import json
from collections.abc import Mapping

import dagster as dg

from rtbf_jobs.control import Control
from rtbf_jobs.index_job import INDEX_JOB


def index_sensor(tick_seconds: int, job: object) -> dg.SensorDefinition:
    """Return the sensor; it runs by default."""

    def evaluate(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        newest = newest_events(context.resources.rtbf_control, context.instance)
        cursor = json.dumps(newest, sort_keys=True)
        if cursor == context.cursor:
            return dg.SkipReason("no indexed asset has materialised since the last refresh was asked for")
        context.update_cursor(cursor)
        return dg.RunRequest(run_key=cursor)

    return dg.SensorDefinition(  # the decorator warns about a parameter of its own
        name="rtbf_index_refresh",
        evaluation_fn=evaluate,
        jobs=[job],  # type: ignore[list-item]
        minimum_interval_seconds=tick_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={"rtbf_control"},
        description=f"Starts {INDEX_JOB} when an asset with a sidecar index has materialised.",
    )


def newest_events(control: Control, instance: dg.DagsterInstance) -> Mapping[str, int]:
    """Return indexed asset -> the storage id of its newest materialisation; 0 where there is none."""
    found = {}
    for asset in sorted(control.settings.indexed):
        records = instance.fetch_materializations(dg.AssetKey.from_user_string(asset), limit=1).records
        found[asset] = records[0].storage_id if records else 0
    return found
