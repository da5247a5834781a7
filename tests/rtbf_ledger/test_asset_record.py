"""How one asset ended: what each verdict asks for, and that without it no record is made."""

from dataclasses import replace
from datetime import date

import pytest

from rtbf_ledger.asset_record import Evidence
from rtbf_ledger.errors import CertificateInvalid
from rtbf_ledger.verdicts import Reason, Verdict
from tests.rtbf_ledger.certificate_example import BILLING, MOVIES, RANKER, RATINGS, evidence_for

TAKEN_OUT = (Verdict.ERASED, Verdict.REDACTED)
NO_RULE = tuple(set(Verdict) - {*TAKEN_OUT, Verdict.REBUILT, Verdict.NOT_AFFECTED})


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_can_be_supported(verdict):
    """What a verdict rests on is enough for it."""
    assert evidence_for(verdict).supports(verdict)


@pytest.mark.parametrize("verdict", sorted(TAKEN_OUT))
@pytest.mark.parametrize(
    "change",
    [
        {"receipt": None},
        {"scan_before": None},
        {"scan_after": None},
        {"found_after": None},
        {"found_after": 1},
        {"found_before": None},
        {"found_before": None, "removed": None},
        {"found_before": 0, "removed": 0},
        {"found_before": 4},
        {"removed": None},
        {"removed": 2},
        {"removed": 4},
    ],
)
def test_erased_means_found_and_taken_out_and_gone(verdict, change):
    """Receipt, both searches, something found before, all of it removed, nothing found after."""
    assert not replace(evidence_for(verdict), **change).supports(verdict)


@pytest.mark.parametrize("change", [{"materialization": None}, {"found_after": 1}])
def test_rebuilt_means_a_run_and_nothing_found(change):
    """The run is known, and a search afterwards, where there was one, found nothing."""
    assert not replace(evidence_for(Verdict.REBUILT), **change).supports(Verdict.REBUILT)


def test_rebuilt_needs_no_counts():
    """A model has no rows to count."""
    assert Evidence(materialization="run-1").supports(Verdict.REBUILT)


@pytest.mark.parametrize(
    "change", [{"found_before": 1}, {"found_after": 1}, {"found_before": 1, "removed": 1}]
)
def test_not_affected_means_nothing_found(change):
    """Whoever was found, before or after, was affected."""
    assert not replace(evidence_for(Verdict.NOT_AFFECTED), **change).supports(Verdict.NOT_AFFECTED)


def test_not_affected_needs_no_counts():
    """An asset that names no place to search has none."""
    assert Evidence().supports(Verdict.NOT_AFFECTED)


@pytest.mark.parametrize("verdict", sorted(NO_RULE))
@pytest.mark.parametrize("evidence", [Evidence(), Evidence(found_before=3, removed=0, found_after=3)])
def test_what_is_kept_or_open_may_still_be_found(verdict, evidence):
    """The other verdicts say that something is left, so counts cannot contradict them."""
    assert evidence.supports(verdict)


@pytest.mark.parametrize(
    ("record", "change", "why"),
    [
        (RATINGS, {"reason": Reason.NOTHING_FOUND}, "belongs to another verdict"),
        (RATINGS, {"until": date(2027, 1, 1)}, "has no date"),
        (RATINGS, {"evidence": Evidence()}, "evidence does not support"),
        (RATINGS, {"evidence": replace(RATINGS.evidence, removed=69)}, "evidence does not support"),
        (RANKER, {"evidence": Evidence()}, "evidence does not support"),
        (MOVIES, {"evidence": RATINGS.evidence}, "evidence does not support"),
        (MOVIES, {"basis": None}, "needs a declared basis"),
        (BILLING, {"basis": None}, "needs a declared basis"),
        (BILLING, {"verdict": Verdict.BEYOND_USE, "reason": Reason.PUT_BEYOND_USE, "until": None}, "a date"),
    ],
)
def test_a_verdict_without_what_it_rests_on_is_never_made(record, change, why):
    """Reason, basis, date and evidence fit the verdict."""
    with pytest.raises(CertificateInvalid, match=why):
        replace(record, **change)


def test_a_refusal_names_asset_and_verdict():
    """The message says which asset and why; a name that is no plain text cannot disguise itself."""
    with pytest.raises(CertificateInvalid) as refused:
        replace(RATINGS, asset="rat\u202eings", evidence=Evidence())
    expected = r"asset 'rat\u202eings', erased: its evidence does not support the verdict"
    assert expected == str(refused.value)
