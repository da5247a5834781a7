"""The labelled corpus, and what the detectors are worth on its made part."""

import pytest

from benchmarks.detectors.corpus import SEED, made_columns
from benchmarks.detectors.look_alikes import LOOK_ALIKES
from benchmarks.detectors.measure import ask_all, score_of_all
from benchmarks.detectors.personal import PERSONAL
from benchmarks.detectors.report import BEGIN, false_alarms, missed, spliced
from benchmarks.published import END
from scanners.undeclared.detectors import core_detectors


def test_the_corpus_has_forty_kinds_of_each_and_is_the_same_for_a_seed():
    assert len({made.what for made in PERSONAL}) >= 40
    assert len({made.what for made in LOOK_ALIKES}) >= 40
    first, again = made_columns(3, 4), made_columns(3, 4)
    assert [one.sample for one in first] == [one.sample for one in again]
    assert [one.sample for one in made_columns(4, 4)] != [one.sample for one in first]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [SEED, 1])
def test_on_columns_made_from_any_seed_the_detectors_fail_only_where_the_document_says(seed):
    said = ask_all(made_columns(seed, 250), core_detectors("DE"))
    told = [one for one in said if one.column.part == "made"]
    mute = [one for one in said if one.column.part != "made"]
    assert {one.column.what for one in missed(told)} == {
        "hashed e-mail addresses, mute",
        "people in texts",
        "German health insurance numbers",
        "FINs of Singapore",
    }
    assert {one.column.what for one in false_alarms(told)} == {
        "Dutch organisations (RSIN, elfproef)",
        "part numbers like SSNs",
        "public addresses of servers",
        "coordinates in a table of shops",
        "streets of shops",
        "telephone numbers of shops",
    }
    assert false_alarms(mute) == []
    assert score_of_all("mute", mute).recall >= 0.55


def test_only_what_is_between_the_two_lines_is_written_anew():
    assert spliced(f"a\n{BEGIN}\nold\n{END}\nb\n", "new") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb\n"
    with pytest.raises(ValueError, match="once each"):
        spliced("no lines", "new")
