"""Certificates: the document's example, what is refused, and what is never issued."""

import json
from dataclasses import replace

import pytest

from rtbf_ledger.certificate import Coverage, Inclusion, certified_entry, verify
from rtbf_ledger.certificate_text import render
from rtbf_ledger.checkpoint import SigningKey, encode_base64
from rtbf_ledger.errors import CertificateInvalid, KeyFileInvalid, LedgerError
from rtbf_ledger.merkle import leaf_hash
from rtbf_ledger.verdicts import Reason, Title, Verdict
from tests.rtbf_ledger.certificate_example import (
    BILLING,
    BODY,
    DATA,
    FIRST_ENTRIES,
    FORMATS,
    KEY,
    RANKER,
    RATINGS,
    VKEY,
    at,
    block,
    body_of,
    changed,
    issued,
    record_of,
    resigned,
    set_in,
    sha,
)

EVERY_BIT = (1, 2, 4, 8, 16, 32, 64, 128)
PROOF = DATA.index(b'"inclusion":')
"""Where inclusion proof and signature begin, which go on to the end of the file."""


def test_the_documents_example_is_this_file_byte_for_byte():
    """docs/formats/certificate.md shows the very file, key and text."""
    assert block("certificate.md", "certificate") == DATA.decode()
    assert block("certificate.md", "key") == VKEY + "\n"
    assert block("certificate.md", "rendered") == render(verify(DATA, VKEY))


def test_the_log_documents_example_is_this_log_byte_for_byte():
    """docs/formats/log.md shows the three entries, their leaf hashes and the checkpoint."""
    entries = (*FIRST_ENTRIES, certified_entry(BODY, at(10, 2, 32)).to_bytes())
    assert block("log.md", "entries") == "".join(each.decode() + "\n" for each in entries)
    assert block("log.md", "leaves") == "".join(leaf_hash(each).hex() + "\n" for each in entries)
    assert block("log.md", "checkpoint") == json.loads(DATA)["checkpoint"]


def test_the_document_names_every_field():
    """A field that is not in the document is not in the format."""
    text = (FORMATS / "certificate.md").read_text(encoding="utf-8")
    document = json.loads(DATA)
    parts = (document, document["body"], document["entry"], document["inclusion"], document["body"]["covers"])
    asset = document["body"]["assets"][0]
    names = {name for part in (*parts, asset, asset["evidence"]) for name in part}
    assert set() == {name for name in names if f"`{name}`" not in text}


def test_a_certificate_is_read_back_as_it_was_written():
    """Verify returns the values that were issued."""
    assert verify(DATA, VKEY).body == BODY
    assert issued() == DATA


def assert_refused(place, masks):
    """Check that the example is refused with the byte at a place changed by each of some masks."""
    for mask in masks:
        flipped = DATA[:place] + bytes([DATA[place] ^ mask]) + DATA[place + 1 :]
        with pytest.raises(CertificateInvalid):
            verify(flipped, VKEY)


def test_every_changed_byte_is_refused():
    """Each byte of the file, with one bit flipped, and each time another one."""
    for place in range(len(DATA)):
        assert_refused(place, [EVERY_BIT[place % 8]])


def test_changed_bits_of_the_proof_are_refused():
    """Each bit of every third byte of what no hash covers: inclusion proof, signature, end of the file."""
    for place in range(len(DATA) - 1, PROOF, -3):
        assert_refused(place, EVERY_BIT)


@pytest.mark.slow
def test_every_changed_bit_is_refused():
    """Each byte of the file, with each single bit flipped and all of them."""
    for place in range(len(DATA)):
        assert_refused(place, [*EVERY_BIT, 0xFF])


def test_every_shortened_or_lengthened_file_is_refused():
    """No prefix of the file is a certificate, nor is the file with something after it."""
    for end in range(len(DATA)):
        with pytest.raises(CertificateInvalid):
            verify(DATA[:end], VKEY)
    for more in (b"\n", b" ", b"{}", b"\x00"):
        with pytest.raises(CertificateInvalid):
            verify(DATA + more, VKEY)


def test_signed_anew_with_another_key_is_refused():
    """Not even a key of the same name, with a log and a checkpoint of its own."""
    assert resigned(lambda _: None) == DATA
    other = SigningKey(name=KEY.name, secret=bytes(32))
    forged = resigned(lambda _: None, other)
    verify(forged, other.verifier.to_vkey())
    with pytest.raises(CertificateInvalid, match="the signature does not match"):
        verify(forged, VKEY)


def test_without_a_proper_key_nothing_is_verified():
    """A malformed key is the caller's mistake, not the certificate's."""
    with pytest.raises(KeyFileInvalid):
        verify(DATA, "no key")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (set_in("signature", encode_base64(bytes(64))), "signature does not match"),
        (set_in("signature", "AAB="), "signature is not of the format"),
        (set_in("signature", ""), "signature does not match"),
        (set_in("entry", "certificate_sha256", sha("other")), "commits to another content"),
        (set_in("entry", "at", "2026-11-20T10:02:33Z"), "does not lead from entry 2"),
        (set_in("entry", "kind", "Erased"), "entry.kind is not of the format"),
        (set_in("inclusion", "index", 1), "does not lead from entry 1"),
        (set_in("inclusion", "index", 3), "does not have"),
        (set_in("inclusion", "hashes", []), "does not lead"),
        (set_in("inclusion", "hashes", [encode_base64(b"x")]), "32 bytes"),
        (set_in("checkpoint", ""), "empty line"),
        (set_in("checkpoint", 3), "checkpoint is not of the format"),
        (set_in("body", None), "body does not have exactly the fields"),
        (set_in("key", VKEY), "certificate does not have exactly the fields"),
    ],
)
def test_a_changed_proof_is_refused(change, why):
    """Signature, entry, proof and checkpoint each hold by themselves."""
    with pytest.raises(CertificateInvalid, match=why):
        verify(changed(change), VKEY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"assets": (), "covers": Coverage(assets=0, inventory=sha("i"))}, "at least one asset"),
        ({"assets": (RATINGS, BILLING, RANKER)}, "not sorted"),
        ({"assets": (BILLING, BILLING, RANKER)}, "not sorted"),
        ({"nothing_found": ("phone", "email")}, "not sorted"),
        ({"closed_at": None}, "unless it is interim"),
        ({"key_destroyed_at": None}, "unless it is interim"),
        ({"hold_open": True}, "unless it is interim"),
        ({"approved_at": at(8)}, "out of order"),
        ({"not_covered": ("We erased all data.",)}, "claim more"),
        ({"assets": (replace(BILLING, basis="Anonymised."), *BODY.assets[1:])}, "claim more"),
    ],
)
def test_a_body_that_contradicts_itself_is_never_made(change, why):
    """Neither to be issued nor to be verified."""
    with pytest.raises(CertificateInvalid, match=why):
        replace(BODY, **change)


@pytest.mark.parametrize(
    "changed",
    [
        {"entry": certified_entry(replace(BODY, law="CCPA"), at(10, 2, 32))},
        {"inclusion": Inclusion(index=0, hashes=())},
        {"checkpoint_note": ""},
        {"signing_key": SigningKey(name=KEY.name, secret=bytes(32))},
    ],
)
def test_what_would_not_verify_is_not_issued(changed):
    """Issue ends with verify."""
    with pytest.raises(CertificateInvalid):
        issued(**changed)


def test_titles_follow_verdicts_and_holds():
    """Interim, Partial and Final are computed."""
    kept = body_of(record_of(Verdict.EXEMPT, Reason.KEPT_BY_LAW))
    done = body_of(record_of(Verdict.ERASED, Reason.ROWS_DELETED))
    held = body_of(record_of(Verdict.ERASED, Reason.ROWS_DELETED), hold_open=True)
    assert [Title.PARTIAL, Title.FINAL, Title.INTERIM] == [kept.title, done.title, held.title]


def test_a_bad_certificate_is_an_error_of_the_ledger():
    """One `except LedgerError` is enough for a caller."""
    assert issubclass(CertificateInvalid, LedgerError)
