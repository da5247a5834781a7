"""Mismatches in the ledger, on both engines; what they are made from is tested with the scan."""

import json

import pytest
from sqlalchemy import inspect

from rtbf_ledger import log, undeclared, undeclared_scans
from rtbf_ledger.errors import LedgerError, LogFieldError, UnknownRequestError
from rtbf_ledger.mismatches import Because, Code, MismatchState, Seen, UndeclaredKind
from rtbf_ledger.sweeps import SweepState
from rtbf_ledger.undeclared_scans import LastScan

ALL = frozenset(UndeclaredKind)


def seen(place="user_id", **changes):
    """Return a mismatch of a column."""
    plain = {"kind": UndeclaredKind.LINEAGE, "code": Code.NAMED_LIKE_KEY, "owners": ("team:people",)}
    return Seen(place=place, fingerprint=place.encode().hex().ljust(64, "0"), **plain | changes)


@pytest.fixture
def record(ledger):
    """Record what was seen in one target; returns the new ones."""

    def one(*found, target="people", looked=ALL):
        with ledger.write() as tx:
            return undeclared.record(ledger, tx, target, found, looked=looked)

    return one


def entries(ledger):
    """Return (kind, fields) of the log's entries about mismatches."""
    with ledger.read() as tx:
        read = [json.loads(text) for text in log.entries(tx)]
    return [one for one in read if one["kind"].startswith("Undeclared")]


def test_a_mismatch_is_new_once_and_closed_when_it_is_gone(ledger, record, clock):
    """A scan that did not look at its kind closes nothing; what comes back later is new."""
    (first,) = record(seen(count=3), seen(count=3))
    assert ("people", "people", None, MismatchState.OPEN) == (
        first.target,
        first.asset,
        first.root,
        first.state,
    )
    clock.forward(days=1)
    assert not record(seen(count=4))
    assert not record(looked=ALL - {UndeclaredKind.LINEAGE})
    with ledger.read() as tx:
        (same,) = undeclared.open_ones(tx)
    assert (first.id, first.opened_at, 4) == (same.id, same.opened_at, same.count)
    assert first.seen_at < same.seen_at

    assert not record()
    with ledger.read() as tx:
        assert not undeclared.of_target(tx, "people")
        assert [MismatchState.CLOSED] == [one.state for one in undeclared.of_target(tx, closed=True)]
    (again,) = record(seen())
    assert first.id != again.id
    told = [("UndeclaredFound", first.id), ("UndeclaredClosed", first.id), ("UndeclaredFound", again.id)]
    assert told == [(one["kind"], one["finding"]) for one in entries(ledger)]
    assert ("named_like_key", 3, "people") == tuple(entries(ledger)[0][n] for n in ("code", "count", "asset"))


def test_a_person_accepts_a_mismatch_and_takes_that_back(ledger, record):
    """An accepted one is neither open nor untold while it stays; only a staff code can accept."""
    (one,) = record(seen("{lake}/*.csv", kind=UndeclaredKind.ORPHAN_FILE, code="backup"), target="{lake}")
    assert (None, "lake") == (one.asset, one.root)
    with ledger.write() as tx:
        taken = undeclared.accept(ledger, tx, one.id, because=Because.BELONGS_THERE, staff="dpo-7")
        undeclared.tell(ledger, tx, [one.id])
    assert (MismatchState.ACCEPTED, "dpo-7", Because.BELONGS_THERE) == (
        taken.state,
        taken.accepted_by,
        taken.because,
    )
    assert not record(seen("{lake}/*.csv", kind=UndeclaredKind.ORPHAN_FILE, code="backup"), target="{lake}")
    with ledger.read() as tx:
        assert not undeclared.open_ones(tx)
        assert not undeclared.untold(tx, "{lake}")
        assert [one.id] == [each.id for each in undeclared.of_target(tx, "{lake}")]
    with ledger.write() as tx:
        undeclared.withdraw(ledger, tx, one.id, staff="dpo-7")
    with ledger.read() as tx:
        assert [one.id] == [each.id for each in undeclared.untold(tx, "{lake}")]
    for staff in ("Erika Mustermann", "4711"):
        with pytest.raises(LogFieldError), ledger.write() as tx:
            undeclared.accept(ledger, tx, one.id, because=Because.CHANCE, staff=staff)
    record(target="{lake}")
    with pytest.raises(LedgerError, match="closed"), ledger.write() as tx:
        undeclared.accept(ledger, tx, one.id, because=Because.CHANCE, staff="dpo-7")
    with pytest.raises(UnknownRequestError), ledger.read() as tx:
        undeclared.get(tx, "ud-none")
    kinds = ["UndeclaredFound", "UndeclaredAccepted", "UndeclaredWithdrawn", "UndeclaredClosed"]
    assert kinds == [each["kind"] for each in entries(ledger)]
    assert not any("asset" in each for each in entries(ledger)), "a root is no asset"


def test_a_code_is_a_word(record):
    """A sentence, or a value, is no code: the log would take it for one."""
    for word in ("Erika M", "a@b.example", ""):
        with pytest.raises(LedgerError, match="word"):
            seen(code=word)


def test_the_last_scan_of_a_target_is_kept_with_its_last_clean_time(ledger):
    """A migration made the same columns as the schema's; could not look leaves the last clean time."""
    clean = LastScan(target="people", at="2026-11-01T00:00:00.000000Z", state=SweepState.CLEAN, files=2)
    could_not = LastScan(
        target="people",
        at="2026-11-02T00:00:00.000000Z",
        state=SweepState.COULD_NOT,
        reason="unreadable",
    )
    with ledger.write() as tx:
        undeclared_scans.record(tx, clean)
        undeclared_scans.record(tx, could_not)
    with ledger.read() as tx:
        last = undeclared_scans.last(tx)["people"]
    assert (SweepState.COULD_NOT, "unreadable", clean.at) == (last.state, last.reason, last.clean_at)
    assert "rtbf_undeclared_scan" in inspect(ledger.engine).get_table_names()
