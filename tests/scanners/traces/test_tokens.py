"""What is cut out of bytes as a candidate: the same as by one plain expression a kind, which takes longer."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage_assets.identifiers import Kind, Namespace
from scanners.traces.matching import Piece
from scanners.traces.tokens import token_matcher

CARD = "[0-9]-[0-9]-?[0-9]"
PLAIN_WAYS = {
    "uuid": rb"(?i)(?=([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])))",
    "integer": rb"(?<![0-9])([0-9]{10,40})(?![0-9])",
    "phone": rb"((?:\+|(?<![0-9])00)\(?[1-9](?:[ ()./\t-]*[0-9]){6,18})",
    "digest": rb"(?i)(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])",
    "card": rb"(?<![0-9A-Za-z])(" + CARD.encode() + rb")(?![0-9A-Za-z])",
}
NAMESPACES = {
    "uuid": Namespace(name="uuid", kind=Kind.UUID),
    "integer": Namespace(name="integer", kind=Kind.INTEGER),
    "phone": Namespace(name="phone", kind=Kind.PHONE),
    "card": Namespace(name="card", kind=Kind.TEXT, distinctive=CARD),
}
CARDS = ("1-2-3", "12-3", "1-2")
UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NUMBERS = ("+49301234567", "0030123456789", "00490012345678", "1234567890" * 4, "0049 30", "(9)", "0")
IDS = (UUID, UUID.upper(), UUID.replace("-", ""), UUID[:-1], "ab12" * 16, "AB12" * 8)
near = st.sampled_from([*CARDS, *NUMBERS, *IDS, *"-aF "])
data = st.lists(near, max_size=12).map(lambda parts: b"\0" + "".join(parts).encode())


def cut(name, data):
    """Return what the matcher cuts out for one namespace, or as a digest."""
    spaces = {name: NAMESPACES[name]} if name in NAMESPACES else {"uuid": NAMESPACES["uuid"]}
    form = "plain" if name in NAMESPACES else "pseudonym"
    matcher = token_matcher(spaces, lambda _name, told, _value: told == form, hashed=form != "plain")
    return {(hit.start, hit.end) for hit in matcher.find(data, Piece.BINARY)}


@pytest.mark.parametrize("name", ["uuid", "integer", "digest", "card"])
@settings(max_examples=300)
@given(data=data)
def test_the_same_is_cut_as_by_one_plain_expression(name, data):
    """At edges, in runs that are too long, and where a cut that does not stand alone hides one that does."""
    assert cut(name, data) == {found.span(1) for found in re.finditer(PLAIN_WAYS[name], data)}


@settings(max_examples=300)
@given(data=data)
def test_every_phone_number_is_cut(data):
    """Numbers after a plus and after two zeros are cut apart from each other, so that more is cut."""
    whole = {found.span(1) for found in re.finditer(PLAIN_WAYS["phone"], data)}
    known = {(start, end) for start, end in whole if (0, end - start) in cut("phone", data[start:end])}
    assert known <= cut("phone", data)


def test_a_cut_that_does_not_stand_alone_hides_no_other():
    assert {(3, 8)} == cut("card", b"x1-1-2-3")
