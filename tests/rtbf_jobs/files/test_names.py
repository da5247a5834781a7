"""Names of files that hold an id are masked; other names stay as they are."""

import pytest

from rtbf_jobs.files.names import Names

NAMES = Names(["42", "Bob@Example.com", "1234567"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("lake/part-0042.parquet", "lake/part-0042.parquet"),
        ("lake/user=42/a.parquet", "lake/user=***/a.parquet"),
        ("42.parquet", "***.parquet"),
        ("lake/142/421.parquet", "lake/142/421.parquet"),
        ("export_of_bob@example.com.csv", "export_of_***.csv"),
        ("xbob@example.comx", "x***x"),
        ("x1234567y", "x***y"),
        ("mail=bob%40example.com/a.parquet", "mail=***/a.parquet"),
        ("100%25/a.parquet", "100%25/a.parquet"),
    ],
)
def test_ids_in_names_are_masked(name, shown):
    """A short id only where it stands alone: 42 is in many numbers."""
    assert shown == NAMES.shown(name)


def test_letters_that_change_their_length_in_lower_case_do_not_shift_the_mask():
    """The Turkish capital I becomes two characters: the name is looked at letter by letter all the same."""
    assert "İ/***" == NAMES.shown("İ/bob@example.com")


def test_ids_in_keys_and_in_quotes_are_masked_and_sentences_stay():
    """A short id may be any number of a sentence; only what is quoted was typed or is a column's name."""
    assert ("***", r"a\.b") == (NAMES.column(r"bob@example\.com"), NAMES.column(r"a\.b"))
    for key, shown in {r"bob@example\.com": "'***'", "o'x.42": '"o\'x.***"', "x": "'x'"}.items():
        said = "line 42 of the ids is no email, as the key's column or --kind asks for (key {})"
        assert said.format(shown) == NAMES.sentence(said.format(repr(key)))
