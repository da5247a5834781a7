"""Who came back: a daily sweep of every asset, and a blocking check of each new materialisation.

Both tell the same asset check, `rtbf_came_back`, so that its numbers plot over time. A check that finds
somebody fails before downstream assets run.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import dagster as dg

from lineage_assets.from_dagster import asset_keys
from lineage_assets.graph import LineageGraph
from rtbf_jobs.control import Control
from rtbf_jobs.dagster_jobs import told
from rtbf_jobs.re_erase import file_children
from rtbf_jobs.report import shown
from rtbf_jobs.sweeping import made_in, open_sweeping
from rtbf_ledger.findings import Finding, FindingKind
from rtbf_ledger.sweeps import SweepState
from scanners.errors import Reason
from scanners.sweep import Report, Sweeping, sweep_asset, sweepable
from sensors.daily import alarming_job, daily_schedule

CAME_BACK_CHECK = "rtbf_came_back"
SWEEP_JOB = "rtbf_sweep"
ASSETS_TAG = "rtbf/assets"
DAILY = "47 2 * * *"
MOST_PLACES = 10
"""Places that one sentence names."""


def came_back_checks(graph: LineageGraph) -> list[dg.AssetChecksDefinition]:
    """Return a blocking check of every asset that is swept, each an op that downstream waits for."""
    return [_check(key) for key in asset_keys(sweepable(graph))]


def _check(key: dg.AssetKey) -> dg.AssetChecksDefinition:
    asset = key.to_user_string()

    @dg.asset_check(
        asset=key,
        name=CAME_BACK_CHECK,
        blocking=True,
        required_resource_keys={"rtbf_control"},
        description="Fails where somebody is in it again who was erased.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        control: Control = context.resources.rtbf_control
        owners = control.graph.nodes[asset].owners
        try:
            with _sweeping(control, context.instance) as sweeping:
                report = sweep_asset(sweeping, asset, progress=lambda _done, _of: None)
            file_children(control.ledger, control.graph, [report])
        except Exception as error:  # noqa: BLE001 - every error is told in our own words, and none is swallowed
            sentence = told(error)
        else:
            return dg.AssetCheckResult(
                passed=report.state is SweepState.CLEAN,
                severity=severity(report),
                description=sentence_of(report, owners),
                metadata=told_of(report, owners),
            )
        raise dg.Failure(description=sentence, allow_retries=False)

    return check


def sweep_job(code_location: str, control: object) -> dg.JobDefinition:
    """Return the job that sweeps every asset, or those that its run's tag names.

    It fails where somebody came back, or something could not be looked at. `control` is the resource
    `rtbf_control`, as a definition.
    """
    return alarming_job(
        SWEEP_JOB,
        _sweep_assets,
        op="rtbf_sweep_assets",
        control=control,
        code_location=code_location,
        description="Compare every declared asset with the suppression list: who came back?",
    )


def sweep_schedule(job: dg.JobDefinition, zone: str) -> dg.ScheduleDefinition:
    """Return the daily schedule of the sweep; it runs by default."""
    return daily_schedule(job, DAILY, zone)


def _sweep_assets(context: dg.OpExecutionContext) -> list[str]:
    """Sweep, tell each asset's check, and return a sentence for each asset that is not clean."""
    control: Control = context.resources.rtbf_control
    named = context.run.tags.get(ASSETS_TAG)
    known = sweepable(control.graph)
    assets = known if named is None else [one for one in named.split(",") if one in known]
    sentences, reports = [], []
    with _sweeping(control, context.instance) as sweeping:
        for asset in assets:
            report = sweep_asset(sweeping, asset, progress=lambda _done, _of: None)
            reports.append(report)
            owners = control.graph.nodes[asset].owners
            evaluation = dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey.from_user_string(asset),
                check_name=CAME_BACK_CHECK,
                passed=report.state is SweepState.CLEAN,
                severity=severity(report),
                description=sentence_of(report, owners),
                metadata=told_of(report, owners),
            )
            context.log_event(evaluation)  # type: ignore[arg-type] # its annotation forgets this event
            if report.state is not SweepState.CLEAN:
                sentences.append(sentence_of(report, owners))
    file_children(control.ledger, control.graph, reports)
    return sentences


def _sweeping(control: Control, instance: dg.DagsterInstance) -> AbstractContextManager[Sweeping]:
    return open_sweeping(control.settings, control.ledger, control.graph, made_in(instance))


def severity(report: Report) -> dg.AssetCheckSeverity:
    """Return whether downstream assets wait.

    They do where somebody came back, or a file of an asset with declared keys cannot be read. A case may be
    a customer who came back lawfully; what stands elsewhere nothing of ours can take out; a file that another
    writer changes meanwhile is looked at by the check of that writer's run; a file that is no table may be
    there for ever.
    """
    changing = {one.reason for one in report.swept.failures} <= {Reason.CHANGED_WHILE_READ}
    unread = report.swept.keyed and not changing
    waits = unread or any(is_sure(one) for one in report.findings)
    return dg.AssetCheckSeverity.ERROR if waits else dg.AssetCheckSeverity.WARN


def is_sure(finding: Finding) -> bool:
    """Whether data of before the erasure is there under a declared key; all else is for a person."""
    return finding.kind is FindingKind.RESURRECTION and finding.later < finding.rows


def _is_case(finding: Finding) -> bool:
    """Whether a person decides if it is the same person."""
    return finding.kind is not FindingKind.ELSEWHERE and not is_sure(finding)


def _where(found: Sequence[Finding]) -> str:
    """Say where identifiers stand that no declared key holds, and what their owner does about it."""
    places = sorted({place for one in found for place in one.places})
    if not places:
        return ""
    more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    return (
        f", {sum(bool(one.places) for one in found)} of them where no key is declared:"
        f" {', '.join(places[:MOST_PLACES])}{more}; declare it (keys=..., in_text(...)) or take it out"
    )


def sentence_of(report: Report, owners: Sequence[str]) -> str:
    """Return what the check says: counts, a run, the asset, whose it is; never a value."""
    asset, swept = report.swept.asset, report.swept
    if report.findings:
        runs = sorted({f"{one.since} run {one.run}" for one in report.findings if one.run})
        since = f" (written {', '.join(runs)})" if runs else ""
        cases = sum(_is_case(one) for one in report.findings)
        decide = f", {cases} of them to be decided" if cases else ""
        return (
            f"asset {asset}: people of {len(report.findings)} erased requests are there again{since}{decide}"
            f"{_where(report.findings)};"
            f" `rtbf scan {asset}` tells which (owners: {', '.join(owners)})"
        )
    if swept.failures:
        return str(swept.failures[0])
    if not swept.whole:
        return f"asset {asset}: {swept.unsearched} files are no tables, so no key can be read there"
    if not swept.listed:
        return f"asset {asset}: nobody is on the suppression list yet"
    skipped = f"{swept.skipped} of {swept.files} files unchanged and skipped"
    return f"asset {asset}: nobody came back; {skipped}{_unlooked(report)}"


def _unlooked(report: Report) -> str:
    """Say how many files no look was taken into, of an asset that need not have tables."""
    return (
        f", {report.swept.unsearched} that are no tables not looked into" if report.swept.unsearched else ""
    )


def told_of(report: Report, owners: Sequence[str]) -> Mapping[str, int | float | str]:
    """Return the numbers that plot, people and rows only from 5 people on, and whose the asset is."""
    swept, people = report.swept, {one.request for one in report.findings if is_sure(one)}
    plain = {
        "rtbf/findings_open": len(report.findings),
        "rtbf/cases_open": sum(_is_case(one) for one in report.findings),
        "rtbf/elsewhere_open": sum(one.kind is FindingKind.ELSEWHERE for one in report.findings),
        "rtbf/files": swept.files,
        "rtbf/files_skipped": swept.skipped,
        "rtbf/not_looked_at": len(swept.failures) + swept.unsearched,
    }
    back = {
        "rtbf/people_came_back": len(people),
        "rtbf/rows_came_back": sum(one.rows - one.later for one in report.findings if is_sure(one)),
    }
    return {**shown(plain, back, people=len(people)), "rtbf/owners": ", ".join(owners)}
