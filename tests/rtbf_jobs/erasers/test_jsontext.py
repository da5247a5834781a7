"""Identifiers inside JSON text."""

import json

import pytest

from rtbf_jobs.erasers.jsontext import NotJson, parsed, texts_at, without


def gone(text):
    """Return whether a text is the sought one."""
    return text == "42"


@pytest.mark.parametrize(
    ("text", "steps", "expected"),
    [
        ('{"a": {"b": "42"}}', ("a", "b"), ["42"]),
        ('{"a": {"b": 42}}', ("a", "b"), ["42"]),
        ('{"a": [{"b": 1}, {"b": 2}, {"c": 3}]}', ("a[]", "b"), ["1", "2"]),
        ('{"a": ["x", 4, true, null, 4.5]}', ("a",), ["x", "4"]),
        ('{"a": null}', ("a", "b"), []),
        ("[]", ("a",), []),
    ],
)
def test_texts_at_a_path(text, steps, expected):
    """Objects and lists are walked; booleans, floats and nulls are no identifiers."""
    assert expected == list(texts_at(parsed(text), steps))


@pytest.mark.parametrize(
    ("text", "steps", "expected"),
    [
        ('{"a": {"b": "42", "c": 1}}', ("a", "b"), '{"a": {"c": 1}}'),
        ('{"a":["42","43"],"z":"42"}', ("a",), '{"a":["43"],"z":"42"}'),
        ('{"a": [{"b": 42}, {"b": 43}]}', ("a", "b"), '{"a": [{}, {"b": 43}]}'),
        ('{"é": 1, "a": 42}', ("a",), '{"é": 1}'),
        ('{"e": "\\u00e9", "a": 42}', ("a",), '{"e": "\\u00e9"}'),
    ],
)
def test_without_takes_only_the_field(text, steps, expected):
    """The rest of the document keeps its order, its spacing style and its escapes."""
    assert expected == without(text, steps, gone)


def test_lone_surrogates_survive():
    """Text that UTF-8 cannot hold stays escaped."""
    left = without('{"é": "\\ud800", "a": 42}', ("a",), gone)
    assert {"é": "\ud800"} == json.loads(left)


@pytest.mark.parametrize("text", ["{", "no", '{"a": 1, "a": 2}', "[" * 100_000])
def test_what_readers_disagree_about_is_not_json(text):
    """Broken text, and a name said twice."""
    with pytest.raises(NotJson):
        parsed(text)
