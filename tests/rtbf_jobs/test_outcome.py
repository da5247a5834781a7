"""How an asset ends in a request: every plan, evidence and count, against the format's table."""

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rtbf_jobs.outcome import outcome
from rtbf_jobs.plan import Action, Kept, Plan, Step
from rtbf_ledger.asset_record import AssetRecord
from rtbf_ledger.decisions import Choice
from rtbf_ledger.errors import CertificateInvalid
from rtbf_ledger.evidence import AssetStep, Evidence, RequestEvidence
from rtbf_ledger.verdicts import MAY_END_IN, Reason, Strategy, Verdict

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats" / "verdicts.md"
DIGEST = "a" * 64
ERASING = (Strategy.DELETE_ROWS, Strategy.REDACT_COLUMNS, Strategy.DELETE_FILE)
REBUILDING = (Strategy.REBUILD, Strategy.RETRAIN)


def step(strategy: Strategy, action: Action, **more: Any) -> Step:
    """Return the step of the asset `x`."""
    basis = "the owner's words" if strategy is Strategy.NO_SUBJECT_DATA or "kept" in more else None
    return Step(asset="x", strategy=strategy, action=action, basis=basis, **more)


def all_steps() -> list[Step]:
    """Return every step that a plan can have."""
    kept = [
        step(strategy, Action.KEEP, kept=why)
        for strategy in (*ERASING, *REBUILDING, Strategy.NO_ACTION)
        for why in Kept
    ]
    decided = [
        replace(one, decided=choice, basis="decided by dpo-2")
        for one, choice in [
            *((step(strategy, Action.ERASE), choice) for strategy in ERASING for choice in Choice),
            *((step(strategy, Action.REBUILD), Choice.KEEP) for strategy in REBUILDING),
            (step(Strategy.NO_ACTION, Action.SEARCH), Choice.KEEP),
        ]
    ]
    return [
        *decided,
        *[step(strategy, Action.ERASE) for strategy in ERASING],
        *[step(strategy, Action.REBUILD) for strategy in REBUILDING],
        step(Strategy.NO_ACTION, Action.SEARCH),
        step(Strategy.NO_SUBJECT_DATA, Action.SEARCH),
        step(Strategy.NO_SUBJECT_DATA, Action.STATE),
        *kept,
    ]


def scan(owners: int = 0, mentions: int = 0, undecided: int = 0) -> dict[str, Any]:
    """Return a search as the ledger keeps it, for a request with the ordinal 0."""
    counts = {"owners": owners, "mentions": mentions, "undecided": undecided}
    plain: dict[str, Any] = {name: {"0": count} if count else {} for name, count in counts.items()}
    return plain | {"rows": 9, "files": 1, "digest": DIGEST}


def ended(one: Step, found: tuple[int, int, int], left: tuple[int, int, int], how: AssetStep) -> AssetRecord:
    """Return how one asset ended: found before, left after, and what the walk did."""
    mine = RequestEvidence(
        asset="x", matched=found[0], mentioned=found[1], undecided=found[2], erased=found[0] + found[1]
    )
    receipt = {"files": 1, "digest": DIGEST} if how is AssetStep.ERASED else None
    run_id = "run-1" if how is AssetStep.REBUILT else None
    seen = Evidence(
        asset="x", before=scan(*found), step=how, receipt=receipt, run_id=run_id, after=scan(*left)
    )
    (record,) = outcome(Plan(steps=(one,), outside=()), 0, {"x": seen}, {"x": mine})
    return record


def documented() -> dict[str, set[str]]:
    """Return the table of the format's page: strategy -> verdicts that it may end in."""
    lines = [line.strip("| \n").split(" | ") for line in DOCUMENT.read_text().splitlines() if "|" in line]
    header = next(line for line in lines if line[0] == "strategy")
    rows = [line for line in lines if len(line) == len(header) and line[0] in list(Strategy)]
    return {row[0]: {name for name, cell in zip(header, row, strict=True) if cell == "yes"} for row in rows}


def test_no_step_ends_in_a_verdict_that_its_strategy_forbids() -> None:
    """Every step with every evidence ends as the format's table allows, or is refused as contradictory."""
    table = documented()
    assert {str(strategy) for strategy in Strategy} == set(table)
    counts = list(itertools.product((0, 1, 3), repeat=3))
    ends: set[tuple[Strategy, Verdict]] = set()
    for one, found, left, how in itertools.product(all_steps(), counts, counts, AssetStep):
        try:
            record = ended(one, found, left, how)
        except CertificateInvalid:
            continue
        assert record.verdict in MAY_END_IN[one.strategy]
        assert str(record.verdict) in table[one.strategy]
        ends.add((one.strategy, record.verdict))
    assert {(Strategy.DELETE_ROWS, Verdict.ERASED), (Strategy.DELETE_ROWS, Verdict.REDACTED)} <= ends
    assert {(Strategy.RETRAIN, Verdict.REBUILT), (Strategy.DELETE_FILE, Verdict.NEEDS_DECISION)} <= ends


DONE = {Action.ERASE: AssetStep.ERASED, Action.REBUILD: AssetStep.REBUILT}


@pytest.mark.parametrize(
    ("one", "found", "verdict", "reason"),
    [
        (step(Strategy.DELETE_ROWS, Action.ERASE), (3, 0, 0), Verdict.ERASED, Reason.ROWS_DELETED),
        (step(Strategy.DELETE_ROWS, Action.ERASE), (3, 1, 0), Verdict.ERASED, Reason.ROWS_AND_MENTIONS),
        (step(Strategy.DELETE_ROWS, Action.ERASE), (0, 2, 0), Verdict.REDACTED, Reason.MENTIONS_REMOVED),
        (step(Strategy.DELETE_ROWS, Action.ERASE), (0, 0, 0), Verdict.NOT_AFFECTED, Reason.NOTHING_FOUND),
        (step(Strategy.REDACT_COLUMNS, Action.ERASE), (1, 0, 0), Verdict.REDACTED, Reason.FIELDS_EMPTIED),
        (step(Strategy.REDACT_COLUMNS, Action.ERASE), (0, 1, 0), Verdict.REDACTED, Reason.MENTIONS_REMOVED),
        (step(Strategy.DELETE_FILE, Action.ERASE), (1, 0, 0), Verdict.ERASED, Reason.FILE_DELETED),
        (step(Strategy.DELETE_FILE, Action.ERASE), (0, 1, 0), Verdict.ERASED, Reason.FILE_DELETED),
        (step(Strategy.REBUILD, Action.REBUILD), (2, 0, 0), Verdict.REBUILT, Reason.REBUILT_WITHOUT),
        (step(Strategy.RETRAIN, Action.REBUILD), (0, 0, 0), Verdict.REBUILT, Reason.RETRAINED_WITHOUT),
        (step(Strategy.NO_ACTION, Action.SEARCH), (0, 0, 0), Verdict.NOT_AFFECTED, Reason.NOTHING_FOUND),
        (
            step(Strategy.NO_ACTION, Action.KEEP, kept=Kept.BY_LAW),
            (4, 0, 0),
            Verdict.EXEMPT,
            Reason.KEPT_BY_LAW,
        ),
        (
            step(Strategy.REBUILD, Action.KEEP, kept=Kept.WITH_SOURCE),
            (4, 0, 0),
            Verdict.EXEMPT,
            Reason.KEPT_WITH_SOURCE,
        ),
    ],
)
def test_what_was_found_and_done_decides(
    one: Step, found: tuple[int, int, int], verdict: Verdict, reason: Reason
) -> None:
    """Verdict and reason of the usual ends."""
    left = found if one.kept else (0, 0, 0)
    record = ended(one, found, left, DONE.get(one.action, AssetStep.KEPT))
    assert (verdict, reason) == (record.verdict, record.reason)
    assert (sum(found), sum(left)) == (record.evidence.found_before, record.evidence.found_after)


@pytest.mark.parametrize("one", [one for one in all_steps() if one.kept is None and one.basis is None])
@pytest.mark.parametrize(
    ("found", "left"), [((0, 0, 2), (0, 0, 2)), ((2, 0, 1), (0, 0, 1)), ((0, 0, 0), (0, 0, 1))]
)
def test_shared_rows_wait_for_a_person(
    one: Step, found: tuple[int, int, int], left: tuple[int, int, int]
) -> None:
    """Rows keyed only by a shared identifier need a decision, also where they came after the count before."""
    record = ended(one, found, left, DONE.get(one.action, AssetStep.KEPT))
    assert (Verdict.NEEDS_DECISION, Reason.SHARED_IDENTIFIER) == (record.verdict, record.reason)


@pytest.mark.parametrize("one", [one for one in all_steps() if one.decided is Choice.KEEP])
def test_shared_rows_are_kept_where_a_person_decided_so(one: Step) -> None:
    """What else is about the person goes; the rows stay, and the record says who said so."""
    record = ended(one, (2, 0, 1), (0, 0, 1), DONE.get(one.action, AssetStep.KEPT))
    assert (Verdict.EXEMPT, Reason.KEPT_AS_DECIDED) == (record.verdict, record.reason)
    assert "decided by dpo-2" == record.basis


@pytest.mark.parametrize("one", [one for one in all_steps() if one.decided is Choice.ERASE])
def test_shared_rows_are_erased_where_a_person_decided_so(one: Step) -> None:
    """They count as the person's own; with none, or only a mention, the decision is not what did it."""
    redacts = one.strategy is Strategy.REDACT_COLUMNS
    verdict = Verdict.REDACTED if redacts else Verdict.ERASED
    reason = Reason.EMPTIED_AS_DECIDED if redacts else Reason.DELETED_AS_DECIDED
    record = ended(one, (3, 1, 0), (0, 0, 0), AssetStep.ERASED)
    assert (verdict, reason, "decided by dpo-2") == (record.verdict, record.reason, record.basis)
    others = [ended(one, found, (0, 0, 0), AssetStep.ERASED) for found in ((0, 1, 0), (0, 0, 0))]
    assert [None, None] == [other.basis for other in others]
    late = ended(one, (0, 0, 0), (0, 0, 1), AssetStep.ERASED)
    assert Verdict.NEEDS_DECISION is late.verdict


def test_a_rebuild_is_judged_by_what_is_left_after_it() -> None:
    """Shared rows that are gone with their source wait for nobody."""
    record = ended(step(Strategy.REBUILD, Action.REBUILD), (0, 0, 2), (0, 0, 0), AssetStep.REBUILT)
    assert (Verdict.REBUILT, Reason.REBUILT_WITHOUT) == (record.verdict, record.reason)


@pytest.mark.parametrize("strategy", ERASING)
def test_an_erasure_that_left_something_is_refused(strategy: Strategy) -> None:
    """Before must equal receipts and after must be nothing; else there is no record at all."""
    with pytest.raises(CertificateInvalid, match=re.escape("its evidence does not support the verdict")):
        ended(step(strategy, Action.ERASE), (2, 0, 0), (1, 0, 0), AssetStep.ERASED)


def test_an_asset_that_was_not_searched_has_no_counts() -> None:
    """Declared free of personal data and without a place: stated with its reason, and nothing is claimed."""
    plan = Plan(steps=(step(Strategy.NO_SUBJECT_DATA, Action.STATE),), outside=())
    (record,) = outcome(plan, 0, {}, {})
    assert (Verdict.NOT_AFFECTED, "the owner's words") == (record.verdict, record.basis)
    assert (None, None, None) == (
        record.evidence.found_before,
        record.evidence.found_after,
        record.evidence.scan_after,
    )


def test_a_last_day_is_told_only_of_what_is_kept() -> None:
    """An exemption names its last day."""
    one = step(Strategy.NO_ACTION, Action.KEEP, kept=Kept.BY_LAW, until="2034-12-31")
    assert "2034-12-31" == str(ended(one, (1, 0, 0), (1, 0, 0), AssetStep.KEPT).until)


def test_records_are_sorted_by_asset() -> None:
    """The plan's order is topological; the record's is by name."""
    free = [
        Step(asset=name, strategy=Strategy.NO_SUBJECT_DATA, action=Action.STATE, basis="counts")
        for name in ("b", "a", "c")
    ]
    assert ["a", "b", "c"] == [one.asset for one in outcome(Plan(steps=tuple(free), outside=()), 0, {}, {})]
