"""Sweeps what others materialise: a new event of an asset that no code here builds asks for its sweep."""

import json
from collections.abc import Mapping

import dagster as dg

from lineage_assets.canonical import digest
from lineage_assets.from_dagster import asset_keys
from rtbf_jobs.control import Control
from scanners.sweep import sweepable
from sensors.sweep import ASSETS_TAG, SWEEP_JOB

MOST_ASSETS = 50
"""How many assets one run is asked for: their names are a tag."""
MOST_OBSERVED = 20
"""How many observations are read for one that is not ours: previews and erasures observe too."""


def sweep_sensor(tick_seconds: int, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Return the sensor; it runs by default."""

    def evaluate(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = json.loads(context.cursor) if context.cursor else {}
        newest = newest_events(context.resources.rtbf_control, context.instance)
        changed = [name for name, events in newest.items() if before.get(name) != events]
        if not changed:
            return dg.SkipReason("nothing new of the assets that others build")
        asked = [changed[at : at + MOST_ASSETS] for at in range(0, len(changed), MOST_ASSETS)]
        requests = [
            dg.RunRequest(
                run_key=digest({name: newest[name] for name in some}),
                job_name=SWEEP_JOB,
                tags={ASSETS_TAG: ",".join(some)},
            )
            for some in asked
        ]
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(newest, sort_keys=True))

    return dg.SensorDefinition(  # the decorator warns about a parameter of its own
        name="rtbf_came_back_elsewhere",
        evaluation_fn=evaluate,
        jobs=[job],
        minimum_interval_seconds=tick_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={"rtbf_control"},
        description=f"Starts {SWEEP_JOB} for assets that others materialise or observe.",
    )


def newest_events(control: Control, instance: dg.DagsterInstance) -> Mapping[str, list[int]]:
    """Return asset -> the newest materialisation and observation, of assets that no code here builds.

    Compared, never counted up: event ids of concurrent writers become visible out of their order.
    """
    foreign = [name for name in sweepable(control.graph) if not control.graph.nodes[name].materialisable]
    found = {}
    for name, key in zip(foreign, asset_keys(foreign), strict=True):
        made = instance.fetch_materializations(key, limit=1).records
        seen = instance.fetch_observations(key, limit=MOST_OBSERVED).records
        theirs = [one for one in seen if not (one.event_log_entry.job_name or "").startswith("rtbf_")]
        events = [records[0].storage_id if records else 0 for records in (made, theirs)]
        if any(events):
            found[name] = events
    return found
