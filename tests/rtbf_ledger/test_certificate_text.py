"""Certificates in plain words: what is said, how it is set, and what is never said."""

import json
from dataclasses import replace

import pytest

from rtbf_ledger.asset_record import Evidence
from rtbf_ledger.certificate import verify
from rtbf_ledger.certificate_text import WIDTH, render, summary
from rtbf_ledger.verdicts import REASONS, WORDS, Reason, Verdict, immodest_words
from tests.rtbf_ledger.certificate_example import (
    BILLING,
    BODY,
    DATA,
    KEY,
    RANKER,
    RATINGS,
    VKEY,
    body_of,
    issued,
    record_of,
)


def text_of(*records, hold_open=False):
    """Return the text of a certificate of some assets."""
    return render(verify(issued(body_of(*records, hold_open=hold_open)), VKEY))


def on_one_line(text):
    """Return a text with its line breaks and indents taken out."""
    return " ".join(text.split())


def counted(**evidence):
    """Return what the text says was counted in one asset, or nothing."""
    kept = replace(BILLING, evidence=Evidence(**evidence))
    said = on_one_line(text_of(kept)).partition(BILLING.basis)[2]
    return said.partition("What this record covers")[0].strip()


@pytest.mark.parametrize("hold_open", [False, True])
@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_and_reason_is_issued_verified_and_modestly_rendered(verdict, hold_open):
    """Whatever the outcome, the text says what was done and never more."""
    for reason in REASONS[verdict]:
        body = body_of(record_of(verdict, reason), hold_open=hold_open)
        certificate = verify(issued(body), VKEY)
        text = render(certificate)
        assert body == certificate.body
        assert reason in on_one_line(text)
        assert text.startswith(f"{body.title}: ")
        assert () == immodest_words(text)
        assert () == immodest_words(json.dumps(summary(certificate)))


def test_assets_are_grouped_by_verdict_and_what_is_left_is_not_last():
    """Every verdict has one heading: done, still to be done, kept, not affected."""
    records = [
        record_of(verdict, min(REASONS[verdict]), asset=f"asset_{at}")
        for at, verdict in enumerate(reversed(Verdict))
    ]
    lines = text_of(*records).splitlines()
    order = (
        *("erased", "redacted", "rebuilt", "retrain_due", "quarantined", "needs_decision"),
        *("exempt", "beyond_use", "not_affected"),
    )
    expected = [f"{WORDS[Verdict(name)].capitalize()}: 1 asset" for name in order]
    assert expected == [line for line in lines if line.endswith(": 1 asset")]


def test_assets_with_the_same_reason_share_its_sentence():
    """A reader of forty assets reads a sentence once, and then their names."""
    names = ("a", "b", "c")
    text = text_of(
        *(record_of(Verdict.NOT_AFFECTED, Reason.NOTHING_FOUND, asset=name) for name in names),
        record_of(Verdict.NOT_AFFECTED, Reason.NO_PERSONAL_DATA, asset="d"),
    )
    assert "Not affected: 4 assets\n" in text
    assert 1 == text.count(Reason.NOTHING_FOUND)
    assert ["a", "b", "c", "d"] == [line[4:] for line in text.splitlines() if line[:4] == "  - "][:4]


def test_the_text_fits_a_page():
    """No line is wider than 80 columns or ends in a space, and every terminal can print it."""
    text = render(verify(DATA, VKEY))
    assert [] == [line for line in text.splitlines() if len(line) > WIDTH or line != line.rstrip()]
    assert text.isascii()


def test_long_words_are_never_broken():
    """A name or digest that was cut could not be looked up."""
    name = "a-name-" + "of_no_end" * 12
    assert f"  - {name}\n" in text_of(replace(RATINGS, asset=name))


def test_words_of_others_cannot_pass_for_lines_of_ours():
    """An owner's words that go on over several lines stay indented under the asset."""
    words = "kept " * 30 + "Final record: request to erase personal data"
    text = text_of(replace(BILLING, basis=words))
    assert ["Partial record: request to erase personal data"] == [
        line for line in text.splitlines() if line.startswith(("Final", "Partial"))
    ]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, ""),
        (
            {
                "found_before": 70, "removed": 70, "found_after": 0,
                "rows_searched": 100034, "files_searched": 114, "files_changed": 9,
            },
            (
                "rows and fields about the person: 70 found before, 70 removed, 0 found after; "
                "100 034 rows in 114 files searched; 9 files changed"
            ),
        ),
        ({"found_after": 0}, "rows and fields about the person: 0 found after"),
        ({"rows_searched": 1, "files_searched": 1}, "1 row in 1 file searched"),
        ({"files_searched": 2, "files_changed": 0}, "2 files searched"),
        ({"rows_searched": 1234567, "files_changed": 1}, "1 234 567 rows searched; 1 file changed"),
        ({"materialization": "run-7"}, "built by run run-7"),
    ],
)  # fmt: skip
def test_counts_are_said_in_words(evidence, expected):
    """What was not counted is not mentioned."""
    assert expected == counted(**evidence)


def test_a_number_is_not_broken_over_two_lines():
    """However long what stands before it is, its groups of digits stay together."""
    for digits in range(15):
        evidence = Evidence(found_before=10**digits, found_after=10**digits, rows_searched=100034)
        assert "100 034" in text_of(replace(BILLING, evidence=evidence))


def test_dates_are_written_out_and_times_name_their_zone():
    """In English whatever the reader's language, and in UTC."""
    text = render(verify(DATA, VKEY))
    assert "  Received       20 November 2026, 09:15:00 UTC\n" in text
    assert "  Answer due by  20 December 2026\n" in text
    assert "  Identifiers    their key was destroyed on 20 November 2026, 10:02:30 UTC\n" in text
    assert "  - billing, until 31 December 2036\n" in text


def test_what_has_not_happened_is_said():
    """An interim record is neither closed nor its key destroyed."""
    text = text_of(record_of(Verdict.QUARANTINED, Reason.USE_BLOCKED), hold_open=True)
    assert "  Closed         not yet\n" in text
    assert "  Identifiers    their key is not destroyed yet\n" in text
    assert "  Legal hold     open\n" in text


def test_an_empty_list_is_not_silent():
    """When nothing else is named as not covered, the record says that; no kinds found nowhere, no heading."""
    nothing_named = replace(BODY, not_covered=(), nothing_found=())
    text = render(verify(issued(nothing_named), VKEY))
    assert "What it does not cover\n  - The controller named nothing else.\n" in text
    assert "found nowhere" not in text


def test_the_summary_is_json_with_counts_of_verdicts():
    """What --json prints has the body, the counts and the place in the log."""
    made = summary(verify(DATA, VKEY))
    expected = {"erased": 1, "exempt": 1, "not_affected": 1, "rebuilt": 1, "redacted": 1}
    assert expected == made["verdicts"]
    assert {"origin": KEY.name, "index": 2, "size": 3} == made["log"]
    assert json.loads(DATA)["body"].items() <= json.loads(json.dumps(made)).items()


def test_the_summary_has_the_counts_of_every_asset():
    """A machine reads what a person is told."""
    evidence = {item["asset"]: item["evidence"] for item in summary(verify(DATA, VKEY))["assets"]}
    counts = [evidence["ratings"][name] for name in ("found_before", "removed", "found_after")]
    assert [70, 70, 0] == counts
    assert RANKER.evidence.materialization == evidence["ranker"]["materialization"]
