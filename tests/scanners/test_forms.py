"""Forms that real libraries write, found again: each row holds one, in whatever case or alphabet."""

import base64
import hashlib
import hmac
import html
import json
import random
import uuid
from urllib.parse import quote, quote_plus

import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from email_validator import validate_email
from phonenumbers import PhoneNumberFormat

from lineage_assets.identifiers import Choice, Kind, Namespace, Sought, canonical
from scanners.residual import Hit

DICE = random.Random(20_261_122)
MAIL = validate_email("Zoë.O'Neil+x@Straße.Example.com", check_deliverability=False).normalized
PHONE = phonenumbers.format_number(phonenumbers.example_number("DE"), PhoneNumberFormat.E164)
DEVICE = str(uuid.UUID(int=DICE.getrandbits(128), version=4))
KEY = b"a key of a test"


def base64s(data):
    """Every way in which the standard library writes base64 of bytes, padding or none."""
    made = {base64.b64encode(data), base64.urlsafe_b64encode(data)}
    return sorted({one.decode() for one in made} | {base64.urlsafe_b64encode(data).rstrip(b"=").decode()})


def forms_of(value, kind):
    """(text, form) of an identifier, as libraries write it."""
    cells = [(quote(value, safe=""), "percent"), (quote(quote(value, safe=""), safe=""), "percent")]
    cells += [("to=" + quote_plus(f"<{value}> x"), "percent")]
    cells += [(html.escape(json.dumps({"a": json.dumps({"b": value})})), "token")]
    cells += [
        ("".join(f"&#{ord(c)};" for c in value), "token"),
        ("".join(f"&#x{ord(c):X};" for c in value), "token"),
    ]
    for before in ("", "a", "ab", "to: "):
        cells += [(one, "base64") for one in base64s(f"{before} {value}, bye".encode())]
    spelled = {value, value.lower(), value.upper()}
    for name in ("md5", "sha1", "sha256"):
        for digest in (hashlib.new(name, text.encode()).digest() for text in sorted(spelled)):
            written = [digest.hex(), digest.hex().upper(), *base64s(digest)]
            cells += [
                (text, name) for one in written for text in (one, f'{{"h": "{one}"}}' if "=" in one else one)
            ]
    keyed = hmac.new(KEY, canonical(kind, value).encode(), "sha256")
    cells += [(text, "pseudonym:training") for text in (keyed.hexdigest(), *base64s(keyed.digest()))]
    return cells


@pytest.mark.parametrize(
    ("namespace", "kind", "value"),
    [("email", Kind.EMAIL, MAIL), ("phone", Kind.PHONE, PHONE), ("device", Kind.UUID, DEVICE)],
)
def test_what_libraries_write_is_found_in_its_form(order, look, namespace, kind, value):
    """One row each, and every form has as many rows as were written."""
    value = canonical(kind, value)
    asked = order((Sought(namespace=namespace, value=value, request=0),))
    cells = forms_of(value, kind)
    if kind is Kind.PHONE:
        cells = [one for one in cells if not one[0].startswith("to=+")]
    unquoted = {form for _, form in cells if quote(value, safe="") == value and form == "percent"}
    wanted = [(text, form) for text, form in cells if form not in unquoted]
    pq.write_table(pa.table({"note": [text for text, _ in wanted]}), asked.root / "a.parquet")

    found = {hit.form: hit.count for hit in look(asked).residual if hit.column == "note"}

    assert found == {form: sum(each == form for _, each in wanted) for _, form in wanted}


def test_sixteen_bytes_of_a_uuid_are_found_in_either_order(order, look):
    asked = order((Sought(namespace="device", value=DEVICE, request=0),))
    values = [uuid.UUID(DEVICE).bytes, uuid.UUID(DEVICE).bytes_le, uuid.uuid4().bytes, None]
    pq.write_table(pa.table({"raw": pa.array(values, pa.binary(16))}), asked.root / "a.parquet")

    assert look(asked).residual == (Hit(column="raw", form="plain", request=0, count=2),)


def test_choices_of_a_namespace_hold_in_free_text_and_for_that_namespace_only(order, look):
    """Plus-tags and dots are ignored where declared, a national number is read where a region is."""
    spaces = {
        "box": Namespace(name="box", kind=Kind.EMAIL, plus_tags=Choice.IGNORE, dots=Choice.IGNORE),
        "email": Namespace(name="email", kind=Kind.EMAIL),
        "home": Namespace(name="home", kind=Kind.PHONE, region="DE"),
    }
    sought = [("box", "bob@x.com", 0), ("email", "bob@x.com", 1), ("home", "+49301234567", 2)]
    asked = order(
        tuple(Sought(namespace=name, value=value, request=request) for name, value, request in sought),
        namespaces=spaces,
    )
    notes = ["to B.o.b+news@X.com, hi", "bob@x.com", "call (030) 123-4567 now", "031 1234567", "bo@x.com"]
    pq.write_table(pa.table({"note": notes}), asked.root / "a.parquet")

    seen = {(hit.request, hit.form): hit.count for hit in look(asked).residual if hit.column == "note"}

    assert seen == {(0, "token"): 1, (0, "plain"): 1, (1, "plain"): 1, (2, "token"): 1}
