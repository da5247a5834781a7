"""The words of the pages: every state, step and code has them, and they are a lawyer's, not ours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rtbf_desk.web import steps, words
from rtbf_ledger.holds import HoldReason
from rtbf_ledger.log import Kind
from rtbf_ledger.mismatches import Because, Code
from rtbf_ledger.states import TERMINAL, Attention, State


def test_every_state_has_words():
    """A label, a sentence, and what it waits for unless it has ended."""
    assert set(State) == set(words.STATES)
    assert set(State) - TERMINAL == set(words.WAITS)
    assert set(Attention) == set(words.ATTENTION)


def test_every_kind_of_log_entry_has_a_sentence():
    """What is logged can be told."""
    assert set(Kind) == set(steps.SENTENCES)


def test_every_code_of_what_nobody_declared_has_words():
    """And every reason why it is accepted."""
    assert {str(code) for code in Code} <= set(words.CODES)
    assert set(Because) == set(words.BECAUSE)


def test_every_reason_of_a_hold_has_words():
    """No code reaches the page."""
    assert set(HoldReason) <= set(words.CODES)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-2, "2 days late"), (-1, "1 day late"), (0, "today"), (1, "tomorrow"), (2, "2 days left")],
)
def test_days_left(days, expected):
    """In words."""
    today = date(2026, 2, 28)
    assert expected == words.days_left(today + timedelta(days=days), today)


def test_a_time_names_its_zone():
    """Winter and summer time differ in name and hour."""
    assert "1 Jan 2026, 13:00 CET" == words.time(datetime(2026, 1, 1, 12, tzinfo=UTC), "Europe/Berlin")
    assert "1 Jul 2026, 14:00 CEST" == words.time(datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (None, ""),
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (20_480, "20 KiB"),
        (5 * 2**50, "5120 TiB"),
    ],
)
def test_sizes(number, expected):
    """Two figures are enough for people."""
    assert expected == words.size(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("asset x: gone", "Asset x: gone."), ("Done.", "Done."), ("did you mean 'a'?", "Did you mean 'a'?")],
)
def test_sentences(text, expected):
    """A capital letter and an end."""
    assert expected == words.sentence(text)


@pytest.mark.parametrize(
    ("value", "expected"), [("moved", words.CODES["moved"]), ("hard_link", "hard link"), ("", "")]
)
def test_codes(value, expected):
    """Words of ours, or the code itself readable."""
    assert expected == words.code(value)


def entry(kind: Kind, second: int, **fields: object) -> dict[str, object]:
    """Return a log entry as it is stored."""
    return {"kind": str(kind), "at": f"2026-03-01T10:00:{second:02}Z", **fields}


def test_steps_of_one_kind_are_told_as_one():
    """Data sets and runs are collected; entries of another batch or kind begin a new line."""
    told = steps.steps(
        [
            entry(Kind.REQUEST_RECEIVED, 0, law="ccpa", staff="jd"),
            entry(Kind.FOUND, 1, asset="a", batch_id="b1"),
            entry(Kind.FOUND, 2, asset="b", batch_id="b1"),
            entry(Kind.FOUND, 3, asset="a", batch_id="b2"),
            entry(Kind.REBUILT, 4, asset="c", batch_id="b2", run_id="r1"),
            entry(Kind.REBUILT, 5, asset="d", batch_id="b2", run_id="r1"),
            entry(Kind.FAILED, 6, asset="a", code="moved"),
            entry(Kind.FAILED, 6, asset="b", code="residual"),
            entry(Kind.APPROVED, 7, staff="jd"),
            entry(Kind.APPROVED, 7, staff="jd"),
        ]
    )
    assert [(), ("a", "b"), ("a",), ("c", "d"), ("a",), ("b",), (), ()] == [step.assets for step in told]
    assert [("r1",)] == [step.runs for step in told if step.runs]
    assert "Filed under CCPA 1798.105 by jd." == told[0].sentence
    assert "It could not go on: its data is in another place than declared." == told[4].sentence
    assert "2 data sets" == told[1].where


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, ""),
        ("legal_claims", "(legal claims)"),
        ("built from ratings: legal_claims", "(built from ratings: legal claims)"),
        ("Section 147 AO: invoices_are kept", "(Section 147 AO: invoices_are kept)"),
    ],
)
def test_what_a_verdict_rests_on_is_told_without_codes(text, told):
    """The owner's own words stay as they are."""
    assert told == words.basis(text)
