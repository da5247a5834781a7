"""How each asset ended for one request: the verdict, its reason and its evidence, from the ledger alone."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rtbf_jobs.plan import Action, Kept, Plan, Step
from rtbf_ledger.certificate import AssetRecord, Evidence
from rtbf_ledger.decisions import Choice
from rtbf_ledger.evidence import AssetStep, RequestEvidence
from rtbf_ledger.evidence import Evidence as AssetEvidence
from rtbf_ledger.verdicts import Reason, Strategy, Verdict, needs_basis

KEPT_REASONS = {
    Kept.BY_LAW: Reason.KEPT_BY_LAW,
    Kept.FOR_HOLD: Reason.KEPT_FOR_HOLD,
    Kept.WITH_SOURCE: Reason.KEPT_WITH_SOURCE,
}
ERASED_REASONS = {
    Strategy.DELETE_ROWS: (Verdict.ERASED, Reason.ROWS_DELETED),
    Strategy.REDACT_COLUMNS: (Verdict.REDACTED, Reason.FIELDS_EMPTIED),
    Strategy.DELETE_FILE: (Verdict.ERASED, Reason.FILE_DELETED),
}
DECIDED_REASONS = {
    Strategy.DELETE_ROWS: (Verdict.ERASED, Reason.DELETED_AS_DECIDED),
    Strategy.REDACT_COLUMNS: (Verdict.REDACTED, Reason.EMPTIED_AS_DECIDED),
    Strategy.DELETE_FILE: (Verdict.ERASED, Reason.DELETED_AS_DECIDED),
}
NOBODY = RequestEvidence(asset="", matched=0, mentioned=0, undecided=0, erased=0)


def outcome(
    plan: Plan, ordinal: int, seen: Mapping[str, AssetEvidence], matched: Mapping[str, RequestEvidence]
) -> tuple[AssetRecord, ...]:
    """Return one record an asset, sorted by asset name.

    Args:
        plan: the approved plan.
        ordinal: the request's ordinal inside the batch.
        seen: the batch's evidence by asset.
        matched: what this request matched by asset; an asset not in it matched nothing.

    Raises:
        CertificateInvalid: the evidence does not support the verdict it leads to.
    """
    steps = sorted(plan.steps, key=lambda step: step.asset)
    return tuple(
        _record(step, ordinal, seen.get(step.asset), matched.get(step.asset, NOBODY)) for step in steps
    )


def _record(step: Step, ordinal: int, item: AssetEvidence | None, mine: RequestEvidence) -> AssetRecord:
    verdict, reason = _verdict(step, ordinal, item, mine)
    until = date.fromisoformat(step.until) if step.until and verdict is Verdict.EXEMPT else None
    basis = step.basis if needs_basis(reason) else None
    return AssetRecord(
        asset=step.asset,
        verdict=verdict,
        reason=reason,
        basis=basis,
        until=until,
        evidence=_evidence(step, ordinal, item, mine) if item is not None else Evidence(),
    )


def _verdict(
    step: Step, ordinal: int, item: AssetEvidence | None, mine: RequestEvidence
) -> tuple[Verdict, Reason]:
    if step.kept is not None:
        return Verdict.EXEMPT, KEPT_REASONS[step.kept]
    if step.strategy is Strategy.NO_SUBJECT_DATA:
        searched = step.action is Action.SEARCH
        return Verdict.NOT_AFFECTED, Reason.NO_PERSONAL_DATA if searched else Reason.NOT_SEARCHED
    rebuilt = step.action is Action.REBUILD and item is not None and item.step is AssetStep.REBUILT
    if _undecided_after(item, ordinal) or (mine.undecided and not rebuilt):
        return _undecided(step)
    if rebuilt:
        return Verdict.REBUILT, _rebuilt_reason(step)
    if step.action is Action.ERASE and (mine.matched or mine.mentioned):
        return _erased_reason(step, mine)
    return Verdict.NOT_AFFECTED, Reason.NOTHING_FOUND


def _undecided(step: Step) -> tuple[Verdict, Reason]:
    """Rows that only a shared identifier owns are there: they are kept where a person said so."""
    if step.decided is Choice.KEEP:
        return Verdict.EXEMPT, Reason.KEPT_AS_DECIDED
    return Verdict.NEEDS_DECISION, Reason.SHARED_IDENTIFIER


def _rebuilt_reason(step: Step) -> Reason:
    if step.filtered:
        return Reason.REBUILT_FILTERED
    return Reason.RETRAINED_WITHOUT if step.strategy is Strategy.RETRAIN else Reason.REBUILT_WITHOUT


def _erased_reason(step: Step, mine: RequestEvidence) -> tuple[Verdict, Reason]:
    if step.decided is Choice.ERASE and mine.matched:
        return DECIDED_REASONS[step.strategy]
    if step.strategy is Strategy.DELETE_FILE:
        return ERASED_REASONS[step.strategy]
    if not mine.matched:
        return Verdict.REDACTED, Reason.MENTIONS_REMOVED
    if mine.mentioned and step.strategy is Strategy.DELETE_ROWS:
        return Verdict.ERASED, Reason.ROWS_AND_MENTIONS
    return ERASED_REASONS[step.strategy]


def _undecided_after(item: AssetEvidence | None, ordinal: int) -> bool:
    """Whether rows keyed only by a shared identifier came, or came back, after the count before."""
    after = (item.after if item is not None else None) or {}
    return bool(after.get("undecided", {}).get(str(ordinal), 0))


def _evidence(step: Step, ordinal: int, item: AssetEvidence, mine: RequestEvidence) -> Evidence:
    before, after, receipt = item.before or {}, item.after or {}, item.receipt or {}
    has_rows = step.strategy is not Strategy.RETRAIN or bool(after.get("rows"))
    counted = step.strategy is not Strategy.NO_SUBJECT_DATA and bool(after) and has_rows
    takes_out = step.action in {Action.ERASE, Action.REBUILD}
    return Evidence(
        found_before=mine.matched + mine.mentioned + mine.undecided if counted else None,
        removed=mine.erased or 0 if counted and takes_out else None,
        found_after=_left(after, ordinal) if counted else None,
        rows_searched=after.get("rows"),
        files_searched=after.get("files"),
        files_changed=receipt.get("files") if step.action is Action.ERASE else None,
        receipt=receipt.get("digest"),
        scan_before=_digest(before),
        scan_after=_digest(after),
        materialization=item.run_id,
    )


def _left(after: Mapping[str, Any], ordinal: int) -> int:
    """Return the rows and mentions of a request that the search afterwards found."""
    return sum(int(after[part].get(str(ordinal), 0)) for part in ("owners", "mentions", "undecided"))


def _digest(scan: Mapping[str, Any]) -> str | None:
    found = scan.get("digest")
    return str(found) if found else None
