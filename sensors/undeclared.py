"""What nobody declared: a daily look at every asset and storage root, told as an asset check that plots.

The job alarms (its run fails) where something is new, or where something could not be looked at. What was
told stays open in the ledger until it is gone or a person accepts it (`rtbf accept`, `/rtbf/scans`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from lineage_assets.from_dagster import asset_keys
from lineage_assets.graph import LineageGraph
from rtbf_jobs.control import Control
from rtbf_jobs.dagster_jobs import desk_link
from rtbf_jobs.looking import open_looking
from rtbf_ledger import undeclared, undeclared_scans
from rtbf_ledger.mismatches import Mismatch, MismatchState, UndeclaredKind
from rtbf_ledger.sweeps import SweepState
from rtbf_ledger.undeclared_scans import LastScan
from scanners.undeclared.judged_asset import NO_LOCATION
from scanners.undeclared.order import Told
from scanners.undeclared.scan import scan_undeclared
from sensors.daily import alarming_job, daily_schedule

UNDECLARED_CHECK = "rtbf_undeclared"
UNDECLARED_JOB = "rtbf_undeclared"
DAILY = "32 3 * * *"
MOST_TOLD = 100
"""How many new mismatches one event names; the desk has all."""
NEVER = "never looked at yet: the job rtbf_undeclared, or `rtbf scan --undeclared`, looks"


def undeclared_checks(graph: LineageGraph) -> list[dg.AssetChecksDefinition]:
    """Return the check of every asset: it says what the last look found, and looks at nothing itself."""
    if not graph.nodes:
        return []
    specs = [dg.AssetCheckSpec(UNDECLARED_CHECK, asset=key) for key in asset_keys(sorted(graph.nodes))]

    @dg.multi_asset_check(
        specs=specs, name="rtbf_undeclared_checks", can_subset=True, required_resource_keys={"rtbf_control"}
    )
    def rtbf_undeclared_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        control: Control = context.resources.rtbf_control
        for key in context.selected_asset_check_keys:
            asset = key.asset_key.to_user_string()
            with control.ledger.read() as tx:
                known = undeclared.of_target(tx, asset)
                last = undeclared_scans.last(tx).get(asset)
            new = [one for one in known if one.state is MismatchState.OPEN and one.told_at is None]
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=UNDECLARED_CHECK,
                passed=not new and last is not None and last.state is not SweepState.COULD_NOT,
                severity=dg.AssetCheckSeverity.WARN,
                description=_sentence(asset, known, new, last),
                metadata=_numbers(known, new, last),
            )

    return [rtbf_undeclared_checks]


def undeclared_job(code_location: str, control: object) -> dg.JobDefinition:
    """Return the job that looks at everything. `control` is the resource `rtbf_control`, as a definition."""
    return alarming_job(
        UNDECLARED_JOB,
        lambda context: _short(list(_look(context))),
        op="rtbf_look_for_undeclared",
        control=control,
        code_location=code_location,
        metadata=desk_link("/rtbf/scans"),
        description="Look for personal data, files and lineage that nobody declared.",
    )


def undeclared_schedule(job: dg.JobDefinition, zone: str) -> dg.ScheduleDefinition:
    """Return the daily schedule of the job; it runs by default."""
    return daily_schedule(job, DAILY, zone)


def _look(context: dg.OpExecutionContext) -> Iterator[str]:
    """Look, tell each asset's check, and yield a sentence for all that alarms."""
    control: Control = context.resources.rtbf_control
    with open_looking(control.settings, control.ledger, control.graph) as looking:
        results = scan_undeclared(looking, progress=lambda _target, _done, _of: None)
    for one in results:
        with control.ledger.read() as tx:
            new = undeclared.untold(tx, one.target)
            last = undeclared_scans.last(tx)[one.target]
        if not one.target.startswith("{"):
            evaluation = dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey.from_user_string(one.target),
                check_name=UNDECLARED_CHECK,
                passed=not new and last.state is not SweepState.COULD_NOT and not one.unlooked,
                severity=dg.AssetCheckSeverity.WARN,
                description=_sentence(one.target, one.known, new, last),
                metadata=_numbers(one.known, new, last),
            )
            context.log_event(evaluation)  # type: ignore[arg-type] # its annotation forgets this event
        yield from (_alarm(mismatch) for mismatch in new)
        yield from _unlooked(one)
        with control.ledger.write() as tx:
            undeclared.tell(control.ledger, tx, [mismatch.id for mismatch in new])


def _short(sentences: list[str]) -> list[str]:
    more = len(sentences) - MOST_TOLD
    return sentences[:MOST_TOLD] + ([f"and {more} more: see /rtbf/scans"] if more > 0 else [])


def _alarm(one: Mismatch) -> str:
    """Return what is said of a new mismatch: where, what, and who is to be told; never a value."""
    owners = ", ".join(one.owners) or "nobody owns it"
    beside = f", beside {one.beside}" if one.beside else ""
    return f"{one.target}: {one.kind} {one.code} at {one.place}{beside} ({one.id}); owner: {owners}"


def _unlooked(one: Told) -> Iterator[str]:
    yield from (each.why for each in one.unlooked if each.reason != NO_LOCATION)
    if one.unsure:
        yield f"{one.target}: {one.unsure} columns of which a detector could not tell"


def _sentence(target: str, known: Sequence[Mismatch], new: Sequence[Mismatch], last: LastScan | None) -> str:
    if last is None:
        return f"asset {target}: {NEVER}"
    open_ones = [one for one in known if one.state is MismatchState.OPEN]
    parts = [f"{len(new)} new, {len(open_ones)} open, {len(known) - len(open_ones)} accepted"]
    parts += [f"could not look: {last.reason}"] if last.reason else []
    parts += _short([_alarm(one) for one in new])
    return f"asset {target}: " + "; ".join(parts)


def _numbers(known: Sequence[Mismatch], new: Sequence[Mismatch], last: LastScan | None) -> Mapping[str, int]:
    """Return the numbers that plot."""
    open_ones = [one for one in known if one.state is MismatchState.OPEN]
    kinds = Counter(one.kind for one in open_ones)
    never = LastScan(target="", at="", state=SweepState.COULD_NOT, reason="never")
    of_last = last or never
    return {
        "rtbf/new": len(new),
        "rtbf/open": len(open_ones),
        "rtbf/accepted": len(known) - len(open_ones),
        **{f"rtbf/open_{kind}": kinds[kind] for kind in UndeclaredKind},
        "rtbf/columns": of_last.columns,
        "rtbf/files": of_last.files,
        "rtbf/files_skipped": of_last.skipped,
        "rtbf/not_looked_at": int(of_last.reason is not None),
    }
