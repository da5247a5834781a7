"""Canonical bytes: one spelling of a value, and its digest as the value's version."""

import hashlib

import pytest
import rfc8785

from lineage_assets.canonical import canonical_json, digest


def test_one_value_has_one_spelling():
    """Names sorted, no white space, UTF-8; the digest is of these bytes."""
    value = {"b": [1, None, True], "a": "é"}
    expected = '{"a":"é","b":[1,null,true]}'.encode()
    assert expected == canonical_json(value) == canonical_json(dict(reversed(value.items())))
    assert hashlib.sha256(expected).hexdigest() == digest(value)


def test_a_number_that_readers_would_round_is_refused():
    """Integers beyond 2**53: big identifiers are strings."""
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json({"id": 2**53 + 1})
