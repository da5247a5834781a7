"""The strict JSON of certificates: one spelling, exactly the fields, each of its form."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from rtbf_ledger.certificate import SIZE_LIMIT, Coverage, verify
from rtbf_ledger.errors import CertificateInvalid
from tests.rtbf_ledger.certificate_example import BODY, DATA, VKEY, at, issued, resigned, set_in


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (set_in("title", "Final record"), "title is not the one"),
        (set_in("title", None), "title is not the one"),
        (lambda body: body.pop("title"), "title is not the one"),
        (set_in("format", "rtbf-certificate/v2"), "body.format is not of the format"),
        (set_in("extra", 1), "certificate.body does not have exactly the fields"),
        (lambda body: body.pop("law"), "certificate.body does not have exactly the fields"),
        (set_in("assets", 0, "extra", 1), r"assets\[0\] does not have exactly the fields"),
        (set_in("assets", 0, "evidence", []), "evidence does not have exactly the fields"),
        (set_in("assets", {}), "assets is not a list"),
        (set_in("assets", 3, "evidence", "removed", -1), "removed is not of the format"),
        (set_in("assets", 3, "evidence", "removed", True), "removed is not of the format"),
        (set_in("assets", 3, "evidence", "removed", "70"), "removed is not of the format"),
        (set_in("assets", 3, "verdict", "vanished"), "verdict is not of the format"),
        (set_in("assets", 3, "reason", "We did what we could."), "reason is not of the format"),
        (set_in("hold_open", 0), "hold_open is not of the format"),
        (set_in("received_at", "2026-11-20T09:15:00+00:00"), "received_at is not of the format"),
        (set_in("received_at", "2026-13-20T09:15:00Z"), "received_at is not of the format"),
        (set_in("due_on", "20261220"), "due_on is not of the format"),
        (set_in("due_on", None), "due_on is not of the format"),
        (set_in("plan", "A" * 64), "plan is not of the format"),
        (set_in("request_id", "someone@example.org"), "request_id is not of the format"),
        (set_in("controller", "Example\nValid, signed"), "controller is not of the format"),
        (set_in("controller", "Example \u202eB.V."), "controller is not of the format"),
        (set_in("controller", ""), "controller is not of the format"),
        (set_in("log_origin", "films.example/other"), "names another log"),
        (set_in("request_id", "req-000043"), "log entry is about another request"),
        (set_in("covers", "assets", 4), "another number of assets"),
    ],
)
def test_a_well_signed_body_that_breaks_the_format_is_refused(change, why):
    """A good signature, proof and checkpoint do not make a certificate."""
    with pytest.raises(CertificateInvalid, match=why):
        verify(resigned(change), VKEY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null\n",
        b"[]\n",
        b"\xff\xfe",
        DATA[:-1],
        b" " + DATA,
        b"\xef\xbb\xbf" + DATA,
        DATA.decode().encode("utf-16"),
        DATA.replace(b":5,", b":3.0,"),
        DATA.replace(b":5,", b":NaN,"),
        DATA.replace(b":5,", b":" + b"3" * 5000 + b","),
        DATA.replace(b":5,", b":9007199254740993,"),
        DATA.replace(b'{"asset":"billing"', b'{"asset":"billing","asset":"billing"'),
        DATA.replace(b'"phone"', b'"ph\\u006fne"'),
        json.dumps(json.loads(DATA), indent=1).encode() + b"\n",
        b"[" * 100_000,
        b" " * (SIZE_LIMIT + 1),
    ],
    ids=range(17),
)
def test_any_other_spelling_is_refused(data):
    """Duplicate names, NaN, fractions, huge numbers, white space, escapes, other encodings, deep nesting."""
    with pytest.raises(CertificateInvalid):
        verify(data, VKEY)


@pytest.mark.parametrize(
    "change",
    [
        {"received_at": at(9).astimezone(timezone(timedelta(hours=1)))},
        {"received_at": at(9).replace(microsecond=5)},
        {"plan": "not a digest"},
        {"covers": Coverage(assets=3, inventory="not a digest")},
        {"law": "\ud800"},
    ],
)
def test_values_that_are_not_of_the_format_are_not_issued(change):
    """Other zones, fractions of a second and other digests are refused rather than rounded."""
    with pytest.raises(CertificateInvalid):
        issued(replace(BODY, **change))
