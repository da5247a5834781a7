"""Every way in which an identifier may be written in bytes is found, and each by its name."""

import base64
import hashlib
import hmac
import json
import pickle
import struct
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import ACCOUNT, CARD, DEVICE, MAIL, NICK, PEOPLE, PHONE, matcher

from lineage_assets.identifiers import Kind
from scanners.traces.matching import Piece
from scanners.traces.spellings import spellings

TRAINING = bytes(range(32))
FORMS = {
    "plain": [v.encode() for v in PEOPLE.values()],
    "url": [quote(MAIL, safe="").encode(), quote(PHONE).encode().lower()],
    "hex": [MAIL.encode().hex().encode(), ACCOUNT.encode().hex().upper().encode()],
    "utf-16-le": [v.encode("utf-16-le") for v in PEOPLE.values()],
    "utf-16-be": [v.upper().encode("utf-16-be") for v in PEOPLE.values()],
    "md5 hex": [hashlib.md5(v.encode()).hexdigest().encode() for v in PEOPLE.values()],
    "sha1 hex": [hashlib.sha1(v.encode()).hexdigest().upper().encode() for v in PEOPLE.values()],
    "sha256 hex": [hashlib.sha256(v.upper().encode()).hexdigest().encode() for v in PEOPLE.values()],
    "sha256 bytes": [hashlib.sha256(MAIL.encode()).digest()],
    "sha1 base64": [base64.b64encode(hashlib.sha1(ACCOUNT.encode()).digest())],
    "md5 base64": [base64.urlsafe_b64encode(hashlib.md5(DEVICE.encode()).digest())],
    "little-endian": [
        struct.pack("<q", int(ACCOUNT)),
        pickle.dumps(int(ACCOUNT)),
        uuid.UUID(DEVICE).bytes_le,
    ],
    "big-endian": [struct.pack(">q", int(ACCOUNT)), uuid.UUID(DEVICE).bytes],
    "float little-endian": [struct.pack("<d", float(ACCOUNT))],
    "float big-endian": [struct.pack(">d", float(ACCOUNT))],
    "pseudonym:training hex": [hmac.new(TRAINING, MAIL.encode(), "sha256").hexdigest().encode()],
    "pseudonym:training bytes": [hmac.new(TRAINING, NICK.encode(), "sha256").digest()],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found_by_its_name(form):
    """Between other bytes of any kind."""
    for written in FORMS[form]:
        data = b"\x01ab7" + written + b"9yz\xff"
        assert form in {hit.form for hit in matcher().find(data, Piece.BINARY)}, form


@pytest.mark.parametrize("how", [str.upper, str.lower, str.title])
def test_case_does_not_matter(how):
    """Also not in the middle of a word, and not in hex or UTF-16."""
    for text in (MAIL, DEVICE, NICK, CARD):
        assert list(matcher().find(how(text).encode(), Piece.BINARY))
        assert list(matcher().find(how(text).encode("utf-16-le"), Piece.BINARY))


@given(
    before=st.binary(max_size=9), after=st.binary(max_size=9), value=st.sampled_from(list(PEOPLE.values()))
)
def test_base64_is_found_whatever_stands_around_it(before, after, value):
    """Bytes fall on base64's letters in three ways; both alphabets."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        written = encode(before + value.encode() + after)
        assert "base64" in {hit.form for hit in matcher().find(written, Piece.TEXT)}


def test_letters_beyond_ascii_are_found_escaped_and_in_either_case():
    """As JSON writes them, composed or not, and in capitals."""
    people = {"email": "jürgen.öz@bücher.example"}
    by = matcher(people)
    assert {"json"} == {
        hit.form for hit in by.find(json.dumps("JÜRGEN.ÖZ@BÜCHER.EXAMPLE").encode(), Piece.TEXT)
    }
    assert {"plain"} == {hit.form for hit in by.find("JÜRGEN.ÖZ@BÜCHER.EXAMPLE".encode(), Piece.TEXT)}
    assert {"plain"} == {
        hit.form for hit in by.find("ju\u0308rgen.o\u0308z@bu\u0308cher.example".encode(), Piece.TEXT)
    }


@pytest.mark.parametrize(
    "written", ["+49 30 901820045", "004930901820045", "030 901820045", "+49-30-901820045"]
)
def test_a_phone_number_is_found_as_people_write_it(written):
    """As the country writes it, and with 00 for +."""
    assert {"phone"} == {hit.namespace for hit in matcher().find(written.encode(), Piece.TEXT)}


def test_what_was_typed_is_found_as_it_was_typed():
    """Its canonical form has other blanks."""
    by = matcher({"phone": PHONE}, phone="(+49) 30//90 18 20 0 45")
    assert list(by.find(b"number=(+49) 30//90 18 20 0 45;", Piece.TEXT))


@pytest.mark.parametrize(
    "other", ["482913377120553", "zq81kxv@canary.example", "quux_9311_zebra", "482913 377120554"]
)
def test_another_value_is_not_found(other):
    """One character apart."""
    assert [] == list(matcher().find(other.encode(), Piece.TEXT))


def test_a_short_number_is_a_word_in_text_and_never_decided():
    """It is everywhere; in binary files it is not even looked for."""
    by = matcher({"account": "4711"})
    hits = list(by.find(b"run 4711 took 47110 ms, or 04711", Piece.TEXT))
    assert [("plain", False, 4), ("plain", False, 27)] == [(hit.form, hit.decided, hit.start) for hit in hits]
    assert [] == list(by.find(b"run 4711\0", Piece.BINARY))


def test_no_spelling_holds_another_of_its_form():
    """One place in the data counts once."""
    for kind, value in ((Kind.PHONE, PHONE), (Kind.EMAIL, MAIL), (Kind.UUID, DEVICE)):
        made = spellings(kind, value, typed=f" {value} ")
        for one in made:
            inside = [o for o in made if o is not one and o.form == one.form and o.data in one.data]
            assert [] == [o for o in inside if o.folded == one.folded]


def test_no_repr_holds_a_value():
    """They end in tracebacks."""
    told = repr(spellings(Kind.EMAIL, MAIL)) + repr(list(matcher().find(MAIL.encode(), Piece.TEXT)))
    assert MAIL not in told
    assert MAIL.encode().hex() not in told
