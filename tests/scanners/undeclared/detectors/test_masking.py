import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.undeclared.detectors.masking import LONGEST, masked, shape, shown_name


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("anna.smith@example.com", "a.a@a.a"),
        ("Anna Smith", "Aa Aa"),
        ("ANNA", "A"),
        ("+49 170 1234567", "+99 999 9999999"),
        ("DE89370400440532013000", "A99999999999999999999"),
        ("1" * 500, "9" * 20),
        ("Łukasz", "Aa"),
        ("\u5f20\u4f1f", "x"),
        ("a|b\n", "a?a?"),
        ("", ""),
    ],
)
def test_a_shape_tells_neither_letters_nor_digits_nor_the_length_of_words(value, told):
    assert shape(value) == told


@given(st.text(max_size=200))
def test_no_shape_of_whatever_text_has_a_sign_of_its_own(value):
    found = shape(value)
    assert set(found) <= set("aAx9?@._-+/:()#, ")
    assert len(found) <= LONGEST


def test_a_shape_that_few_share_is_left_out(column):
    values = [f"user{number}@example.com" for number in range(100, 160)]
    told = json.loads(masked(column("contact", [*values, "X AE A-12 / M(u)sk #1"])))
    assert told["shapes"] == [{"shape": "a999@a.a", "share": 1.0}]
    assert told["distinct_values"] == 100


def test_a_small_column_is_told_without_shapes(column):
    assert json.loads(masked(column("c", ["Anna", "Ben", "Cleo"])))["shapes"] == []


@pytest.mark.parametrize("name", ["email", "user.address[].street", "scores{value}", "Straße", "ip_v4"])
def test_a_plain_name_is_sent(name):
    assert shown_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "scores.anna@example.com",
        "user_4711",
        "a3f2c9d1-77aa-4b1c-9d10-0123456789ab",
        "x" * 80,
        "a\nb",
        "+49170",
    ],
)
def test_a_name_that_may_be_a_value_is_masked(name):
    told = shown_name(name)
    assert told != name
    assert set(told) <= set("aAx9?@._-+/:()#, ")
