"""The log: only codes, numbers, times and digests get in; what is in can be proven."""

import json
import re
from datetime import datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from rtbf_ledger import log, merkle
from rtbf_ledger.errors import LogFieldError
from rtbf_ledger.log import FIELDS, Kind, entry_bytes, whole_seconds

NOW = "2026-06-15T08:00:00.250000Z"
AT = "2026-06-15T08:00:00Z"
HEX = "0a" * 32


@pytest.mark.parametrize(
    "fields",
    [
        {"note": "x"},
        {"kind": "Found"},
        {"format": "x"},
        {"identifier": "42"},
        {"request_id": None},
        {"request_id": ""},
        {"request_id": "x" * 65},
        {"request_id": "rq-1\n"},
        {"request_id": 42},
        {"staff": "Eva Lindqvist"},
        {"staff": "eva@films.example"},
        {"staff": "éva"},
        {"staff": "482913377120554"},
        {"staff": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
        {"staff": "7c9e6679742540de944be07fc1f90ae7"},
        {"code": "key column account_id is gone"},
        {"code": "/lake/ratings"},
        {"asset": "/lake/people/eva lindqvist.parquet"},
        {"asset": "people/eva@films.example"},
        {"asset": "{lake}/ratings"},
        {"asset": "x" * 251},
        {"commitment": HEX[:-1]},
        {"commitment": HEX.upper()},
        {"plan": f"{HEX}\n"},
        {"count": -1},
        {"count": 1.0},
        {"count": True},
        {"count": "1"},
        {"count": 2**53},
    ],
    ids=str,
)
def test_a_field_that_is_not_what_it_promises_is_refused(fields):
    """Free text, paths, addresses, unknown names; the message names the field and never its value."""
    with pytest.raises(LogFieldError) as caught:
        entry_bytes(Kind.FAILED, AT, fields)
    name = next(iter(fields))
    assert f"log: the field {name!r} of Failed is not one the log takes" == str(caught.value)


VALUES = {
    "request_id": "rq-1",
    "batch_id": "bt-1",
    "run_id": "5f0c9a52-3c5e-4a57-9d5b-0d6f1c2b7a10",
    "asset": "films/ratings.v2",
    "code": "over_limit",
    "law": "gdpr",
    "staff": "staff-7",
    "count": 2**53 - 1,
}


def test_every_field_there_is_can_be_written():
    """With the values that the code writes; digests all look alike."""
    fields = {name: VALUES.get(name, HEX) for name in FIELDS}
    made = json.loads(entry_bytes(Kind.FOUND, AT, fields))
    assert fields | {"kind": "Found", "at": AT, "format": "rtbf-log/v1"} == made


def test_an_entry_is_canonical_json():
    """Sorted names, no white space: the example of `docs/formats/log.md`, to the byte."""
    expected = (
        b'{"at":"2026-11-20T09:15:00Z","format":"rtbf-log/v1",'
        b'"kind":"RequestReceived","request_id":"req-000042"}'
    )
    found = entry_bytes(Kind.REQUEST_RECEIVED, "2026-11-20T09:15:00Z", {"request_id": "req-000042"})
    assert expected == found == rfc8785.dumps(json.loads(found))


@given(st.text(max_size=40), st.sampled_from(sorted(FIELDS)))
def test_whatever_gets_in_has_the_shape_of_a_code(text, name):
    """No blank, no @, no control character, nothing outside ASCII, in any field."""
    try:
        entry = json.loads(entry_bytes(Kind.FOUND, AT, {name: text}))
    except LogFieldError:
        return
    assert re.fullmatch(r"[A-Za-z0-9_./-]+", entry[name], re.ASCII)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1)))
def test_an_entry_s_time_is_cut_to_whole_seconds(moment):
    """From the ledger's microseconds; cut already, it stays."""
    expected = moment.replace(microsecond=0).isoformat() + "Z"
    assert expected == whole_seconds(moment.isoformat(timespec="microseconds") + "Z")
    assert expected == whole_seconds(expected)


def fill(ledger, count):
    """Append entries 0, 1, 2, ...; returns their indexes."""
    with ledger.write() as tx:
        return [log.append(tx, Kind.FOUND, NOW, count=number) for number in range(count)]


def test_entries_have_their_place(ledger):
    """Indexes from 0, in the order of writing, text as it was hashed."""
    assert list(range(5)) == fill(ledger, 5)
    with ledger.read() as tx:
        expected = [entry_bytes(Kind.FOUND, AT, {"count": number}).decode() for number in range(5)]
        assert (expected, 5) == (log.entries(tx), log.size(tx))


def test_entries_of_one_request_are_only_its_own(ledger):
    """Not those of a longer id that begins alike; with those of its batches where they are asked for."""
    with ledger.write() as tx:
        for number, request_id in enumerate(("rq-1", "rq-11", "rq-1")):
            log.append(tx, Kind.APPROVED, NOW, request_id=request_id, count=number)
        log.append(tx, Kind.FOUND, NOW, code="rq-1", count=3)
        log.append(tx, Kind.FOUND, NOW, batch_id="bt-1", count=4)
        log.append(tx, Kind.FOUND, NOW, batch_id="bt-2", count=5)
        found = {
            asked: [json.loads(text)["count"] for text in log.entries_of(tx, *asked)]
            for asked in (("rq-1",), ("rq",), ("rq-1", ("bt-1",)), ("rq", ("bt-1", "bt-2")))
        }
    assert [[0, 2], [], [0, 2, 4], [4, 5]] == list(found.values())


def test_the_empty_log_has_the_empty_root(ledger):
    """Origin of the ledger, no entries, SHA-256 of nothing."""
    with ledger.read() as tx:
        point = log.checkpoint(tx)
    assert (0, merkle.EMPTY_ROOT) == (point.size, point.root)
    assert point.origin.startswith("rtbf-ledger/films/")


def test_every_entry_is_proven_at_every_size(ledger):
    """Inclusion in, and consistency between, all checkpoints of a growing log, from the stored nodes."""
    points = []
    for number in range(20):
        with ledger.write() as tx:
            log.append(tx, Kind.FOUND, NOW, count=number)
            points.append(log.checkpoint(tx))
    with ledger.read() as tx:
        read = log.reader(tx)
        leaves = [merkle.leaf_hash(text.encode()) for text in log.entries(tx)]
        for point in points:
            assert merkle.root(point.size, merkle.memory_reader(leaves)) == point.root
            for index in range(0, point.size, 3):
                merkle.verify_inclusion(
                    leaves[index],
                    index=index,
                    size=point.size,
                    proof=merkle.inclusion_proof(index, point.size, read),
                    root_hash=point.root,
                )
            last = points[-1]
            merkle.verify_consistency(
                old_size=point.size,
                new_size=last.size,
                proof=merkle.consistency_proof(point.size, last.size, read),
                old_root=point.root,
                new_root=last.root,
            )


def test_the_kinds_are_those_of_the_format():
    """The fixed names, each once."""
    assert len(set(Kind)) == len({str(kind) for kind in Kind})
    assert [] == [str(kind) for kind in Kind if not re.fullmatch(r"([A-Z][a-z]+)+", kind)]
