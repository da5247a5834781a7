"""Tokens of identifier shape in free text."""

import pytest

from lineage_assets.identifiers import Kind, Namespace
from rtbf_jobs.erasers.tokens import searchable, tokens, words

EMAIL = Namespace(name="email", kind=Kind.EMAIL)
PHONE = Namespace(name="phone", kind=Kind.PHONE)
DEVICE = Namespace(name="device", kind=Kind.UUID)
TICKET = Namespace(name="ticket", kind=Kind.TEXT, distinctive=r"(?i)TK-[0-9]{4}")

HELD = [
    (EMAIL, "write to Bob@X.com.", "bob@x.com"),
    (EMAIL, "<mailto:bob@x.com>", "bob@x.com"),
    (EMAIL, "('bob@x.com')", "bob@x.com"),
    (EMAIL, "url?mail=bob@x.com&x=1", "bob@x.com"),
    (EMAIL, "_bob@x.com_", "bob@x.com"),
    (EMAIL, "saved as bob@x.com.CSV.bak, twice", "bob@x.com"),
    (EMAIL, "'bob@x.com_2024.csv'", "bob@x.com"),
    (PHONE, "call +49 170 1234567 2 times", "+491701234567"),
    (PHONE, "0049 (0)170/123-4567.", "+491701234567"),
    (DEVICE, "id {6F9619FF-8B86-D011-B42D-00CF4FC964FF}!", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    (DEVICE, "urn:uuid:6f9619ff8b86d011b42d00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    (TICKET, "see TK-1234, please", "TK-1234"),
]
NOT_HELD = [
    (EMAIL, "bigbob@x.com bob@x.company bob@x.com.au", "bob@x.com"),
    (EMAIL, "o'bob@x.com", "bob@x.com"),
    (EMAIL, "bob@x.com.uk.csv export-bob@x.com.csv bob@x.com.zip", "bob@x.com"),
    (PHONE, "+4917012345678", "+491701234567"),
    (PHONE, "1+491701234567", "+491701234567"),
    (DEVICE, "6f9619ff8b86d011b42d00cf4fc964ff0", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    (TICKET, "TK-12345 XTK-1234", "TK-1234"),
]


@pytest.mark.parametrize(("namespace", "text", "form"), HELD)
def test_token_is_found(namespace, text, form):
    """However it is wrapped, the token comes out in canonical form."""
    assert form in set(tokens(namespace, text))


@pytest.mark.parametrize(("namespace", "text", "form"), NOT_HELD)
def test_near_miss_is_not_found(namespace, text, form):
    """A longer value that contains a sought one is somebody else's."""
    assert form not in set(tokens(namespace, text))


def test_only_strong_namespaces_are_searchable():
    """Short numbers are everywhere: they cannot be told apart in text."""
    weak = Namespace(name="account", kind=Kind.INTEGER)
    assert [False, True, True] == [searchable(n) for n in (weak, EMAIL, TICKET)]


def test_words_are_tried_whole_and_apart():
    """The search of broken JSON sees bare numbers too."""
    assert {"42", "7"} == set(words(Kind.INTEGER, '{"id": 42, x: 007'))
