"""The table of verdicts, and that document and code agree."""

from pathlib import Path

import pytest

from rtbf_ledger.verdicts import (
    IMMODEST,
    KEPT,
    MAY_END_IN,
    NEEDS_UNTIL,
    OPEN,
    REASONS,
    WORDS,
    Reason,
    Strategy,
    Title,
    Verdict,
    immodest_words,
    needs_basis,
    title_for,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats" / "verdicts.md"


def tables():
    """Return every table of the document by its heading."""
    found, rows = {}, []
    for line in [*DOCUMENT.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif rows:
            found[rows[0]] = rows[2:]
            rows = []
    return found


def test_document_has_the_table_of_the_code():
    """Each strategy's row says yes exactly for the verdicts it may end in."""
    heading = ("strategy", *map(str, Verdict))
    expected = [
        (str(each), *("yes" if verdict in MAY_END_IN[each] else "no" for verdict in Verdict))
        for each in Strategy
    ]
    assert expected == tables()[heading]


def test_document_has_the_words_dates_and_titles_of_the_code():
    """Plain words, whether there is a date, and the record's title are those of the code."""

    def until(verdict):
        if verdict in NEEDS_UNTIL:
            return "always"
        return "if known" if verdict is Verdict.EXEMPT else "never"

    expected = [
        (str(each), WORDS[each], until(each), title_for([each], hold_open=False).split()[0].lower())
        for each in Verdict
    ]
    rows = tables()[("verdict", "in plain words", "until", "evidence", "record is")]
    assert expected == [(row[0], row[1], row[2], row[4]) for row in rows]


def test_document_has_the_reasons_of_the_code():
    """Every fixed sentence is listed under its verdict, marked where it needs a basis."""
    expected = [
        (str(verdict), f"{reason} *" if needs_basis(reason) else str(reason))
        for verdict in Verdict
        for reason in Reason
        if reason in REASONS[verdict]
    ]
    assert expected == tables()[("verdict", "reason")]


def test_document_names_the_immodest_words():
    """Who reads only the document knows what a basis must not say."""
    last = DOCUMENT.read_text(encoding="utf-8").splitlines()[-1]
    assert [] == [words for words in IMMODEST if f'"{words}"' not in last]


def test_every_reason_belongs_to_exactly_one_verdict():
    """A sentence says by itself which verdict it explains."""
    listed = [reason for reasons in REASONS.values() for reason in reasons]
    assert sorted(Reason) == sorted(listed)
    assert set(Verdict) == set(REASONS) == set(WORDS)


def test_an_undeclared_asset_is_never_a_success():
    """What nobody declared waits for a person."""
    assert {Verdict.NEEDS_DECISION} == MAY_END_IN[Strategy.UNDECLARED]


def test_strategies_are_the_declared_ones_and_two_more():
    """A new way of erasing needs a row here."""
    from lineage_assets.declarations import Erasure

    assert {*map(str, Erasure), "no_subject_data", "undeclared"} == set(map(str, Strategy))


@pytest.mark.parametrize("verdict", Verdict)
def test_an_open_hold_makes_any_record_interim(verdict):
    """As long as a hold is open nothing is final."""
    assert title_for([verdict], hold_open=True) is Title.INTERIM


@pytest.mark.parametrize("still_open", sorted(OPEN))
@pytest.mark.parametrize("kept", sorted(KEPT))
def test_the_most_cautious_title_wins(still_open, kept):
    """Interim before partial before final, in whatever order."""
    assert title_for([kept, still_open, Verdict.ERASED], hold_open=False) is Title.INTERIM
    assert title_for([Verdict.ERASED, kept], hold_open=False) is Title.PARTIAL
    assert title_for([Verdict.ERASED, Verdict.NOT_AFFECTED], hold_open=False) is Title.FINAL


def test_our_own_sentences_are_modest():
    """No fixed sentence, word or title says what a record never says."""
    ours = (*Reason, *WORDS.values(), *Title)
    assert [] == [text for text in ours if immodest_words(text)]


def test_immodest_words_are_found_across_case_and_line_breaks():
    """Spelling it differently does not help."""
    assert ("all data",) == immodest_words("We erased ALL\n  Data of the person")
    assert ("anonymised",) == immodest_words("Anonymised counts")
    assert () == immodest_words("counts of 50 people or more")
