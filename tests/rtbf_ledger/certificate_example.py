"""The example of docs/formats/certificate.md and log.md as values, and how to make others like it."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import rfc8785

from rtbf_ledger.certificate import (
    AssetRecord,
    Body,
    Coverage,
    Evidence,
    Inclusion,
    certified_entry,
    issue,
)
from rtbf_ledger.checkpoint import Checkpoint, SigningKey, encode_base64, sign_checkpoint
from rtbf_ledger.merkle import inclusion_proof, leaf_hash, memory_reader, root
from rtbf_ledger.verdicts import NEEDS_UNTIL, OPEN, Reason, Verdict, needs_basis

FORMATS = Path(__file__).parents[2] / "docs" / "formats"
KEY = SigningKey(name="films.example/erasure-log", secret=bytes(range(32)))
VKEY = KEY.verifier.to_vkey()


def sha(text):
    """Return a digest that stands for something that is not in the example."""
    return hashlib.sha256(text.encode()).hexdigest()


def at(hour, minute=0, second=0):
    """Return a time on the day of the example."""
    return datetime(2026, 11, 20, hour, minute, second, tzinfo=UTC)


SEARCHED = {"scan_before": sha("scan before"), "scan_after": sha("scan after")}
RATINGS = AssetRecord(
    asset="ratings",
    verdict=Verdict.ERASED,
    reason=Reason.ROWS_DELETED,
    evidence=Evidence(
        found_before=70, removed=70, found_after=0, rows_searched=100034, files_searched=114, files_changed=9,
        receipt=sha("receipt of ratings"), **SEARCHED,
    ),
)  # fmt: skip
BILLING = AssetRecord(
    asset="billing",
    verdict=Verdict.EXEMPT,
    reason=Reason.KEPT_BY_LAW,
    basis="invoices are kept for ten years under tax law",
    until=date(2036, 12, 31),
    evidence=Evidence(),
)
RANKER = AssetRecord(
    asset="ranker",
    verdict=Verdict.REBUILT,
    reason=Reason.RETRAINED_WITHOUT,
    evidence=Evidence(
        found_after=0, files_searched=1, scan_after=sha("scan after"),
        materialization="5f0c9a52-3c5e-4a57-9d5b-0d6f1c2b7a10",
    ),
)  # fmt: skip
TAGS = AssetRecord(
    asset="tags",
    verdict=Verdict.REDACTED,
    reason=Reason.MENTIONS_REMOVED,
    evidence=Evidence(
        found_before=4, removed=4, found_after=0, rows_searched=1296, files_searched=1, files_changed=1,
        receipt=sha("receipt of tags"), **SEARCHED,
    ),
)  # fmt: skip
MOVIES = AssetRecord(
    asset="movies",
    verdict=Verdict.NOT_AFFECTED,
    reason=Reason.NO_PERSONAL_DATA,
    basis="titles and genres of films",
    evidence=Evidence(found_before=0, found_after=0, rows_searched=9125, files_searched=1, **SEARCHED),
)
BODY = Body(
    request_id="req-000042",
    law="GDPR, Article 17",
    controller="Example Films B.V.",
    received_at=at(9, 15),
    due_on=date(2026, 12, 20),
    approved_at=at(9, 40),
    closed_at=at(10, 2, 31),
    key_destroyed_at=at(10, 2, 30),
    plan=sha("plan"),
    graph=sha("graph"),
    log_origin=KEY.name,
    assets=(BILLING, MOVIES, RANKER, RATINGS, TAGS),
    hold_open=False,
    nothing_found=("phone",),
    covers=Coverage(assets=5, inventory=sha("inventory")),
    not_covered=("The copy of crm_export that the partner keeps.",),
)
FIRST_ENTRIES = tuple(
    rfc8785.dumps({"format": "rtbf-log/v1", "kind": kind, "at": time, "request_id": "req-000042"})
    for kind, time in (
        ("RequestReceived", "2026-11-20T09:15:00Z"),
        ("KeyDestroyed", "2026-11-20T10:02:30Z"),
    )
)


def log_of(entry):
    """Return proof and signed checkpoint of a log of three entries, the last of them given."""
    leaves = [leaf_hash(each) for each in (*FIRST_ENTRIES, entry.to_bytes())]
    read = memory_reader(leaves)
    checkpoint = Checkpoint(origin=KEY.name, size=3, root=root(3, read))
    return Inclusion(index=2, hashes=inclusion_proof(2, 3, read)), sign_checkpoint(checkpoint, KEY)


def issued(body=BODY, **changed):
    """Issue a certificate of a body, with parts exchanged."""
    entry = certified_entry(body, at(10, 2, 32))
    inclusion, note = log_of(entry)
    parts = {"entry": entry, "inclusion": inclusion, "checkpoint_note": note, "signing_key": KEY} | changed
    return issue(body, **parts)


DATA = issued()


def block(document, name):
    """Return the text of a fenced block of a document by the name after its language."""
    text = (FORMATS / document).read_text(encoding="utf-8")
    return re.search(rf"^```\w+ {name}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]


def changed(change):
    """Return the example's file with its JSON changed, in canonical form again."""
    document = json.loads(DATA)
    change(document)
    return rfc8785.dumps(document) + b"\n"


def resigned(change, key=KEY):
    """Return the example's file with its body changed and everything proven anew by a key."""
    document = json.loads(DATA)
    change(document["body"])
    body = rfc8785.dumps(document["body"])
    document["entry"]["certificate_sha256"] = hashlib.sha256(body).hexdigest()
    leaves = [leaf_hash(each) for each in (*FIRST_ENTRIES, rfc8785.dumps(document["entry"]))]
    made = Checkpoint(origin=key.name, size=3, root=root(3, memory_reader(leaves)))
    document["checkpoint"] = sign_checkpoint(made, key)
    document["signature"] = encode_base64(key.sign(b"rtbf-certificate/v1\n" + body))
    return rfc8785.dumps(document) + b"\n"


def set_in(*path):
    """Return a change that puts the last of its arguments at the place the others name."""

    def change(document):
        *way, name, value = path
        for step in way:
            document = document[step]
        document[name] = value

    return change


def evidence_for(verdict):
    """Return evidence that supports a verdict."""
    found = 0 if verdict is Verdict.NOT_AFFECTED else 3
    counts = {"found_before": found, "removed": found, "found_after": 0}
    return Evidence(receipt=sha("receipt"), materialization="run-1", **counts, **SEARCHED)


def record_of(verdict, reason, asset="some_asset"):
    """Return the least record of a verdict and a reason."""
    return AssetRecord(
        asset=asset,
        verdict=verdict,
        reason=reason,
        basis="counts of 50 people or more" if needs_basis(reason) else None,
        until=date(2027, 1, 1) if verdict in NEEDS_UNTIL else None,
        evidence=evidence_for(verdict),
    )


def body_of(*records, hold_open=False):
    """Return a body of some assets, closed unless it must not be."""
    open_still = hold_open or any(record.verdict in OPEN for record in records)
    ends = {"closed_at": None, "key_destroyed_at": None} if open_still else {}
    covers = Coverage(assets=len(records), inventory=sha("inventory"))
    return replace(BODY, assets=records, covers=covers, hold_open=hold_open, nothing_found=(), **ends)
