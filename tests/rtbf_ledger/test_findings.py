"""Findings and sweeps in the ledger, on both engines; what they are made from is tested with the sweep."""

import json

import pytest
from sqlalchemy import select

from rtbf_ledger import findings, log, schema, sweeps
from rtbf_ledger.findings import FindingKind, FindingState, Sighting, Since, Standing
from rtbf_ledger.states import State
from rtbf_ledger.sweeps import LastSweep, SweepState


def seen(request, **changes):
    """Return a sighting of a request's people."""
    plain = {"kind": FindingKind.RESURRECTION, "rows": 3, "digests": ("a" * 64,), "written": 1_790_000_000.25}
    return Sighting(request=request, **plain | changes)


@pytest.fixture
def record(ledger):
    """Record what was seen in one asset; returns the findings."""

    def one(*sightings, still=frozenset(), whole=True):
        with ledger.write() as tx:
            return findings.record(ledger, tx, "people", sightings, still=still, whole=whole)

    return one


def entries(ledger):
    """Return the log's entries about findings."""
    with ledger.read() as tx:
        return [one for text in log.entries(tx) if "finding" in (one := json.loads(text))]


def test_a_finding_is_opened_once_and_closed_by_a_whole_sweep(ledger, file_one, record, clock):
    """A sweep that could not look at everything closes nothing."""
    request = file_one()
    (first,) = record(seen(request, since=Since.DURING, run="run-7"), still={request})
    clock.forward(days=1)
    (second,) = record(seen(request, rows=4, run="run-8"), still={request})
    assert (first.id, first.opened_at, "run-7", 4) == (second.id, second.opened_at, second.run, second.rows)
    assert first.seen_at < second.seen_at
    assert "2026-09-21T14:13:20.250000Z" == first.written_at

    for still, whole, is_open in (
        (frozenset(), False, True),
        ({request}, True, True),
        (frozenset(), True, False),
    ):
        record(still=still, whole=whole)
        with ledger.read() as tx:
            assert is_open == bool(findings.of_asset(tx, "people"))
    kinds = [(one["kind"], one["finding"], one["request_id"], one["asset"]) for one in entries(ledger)]
    assert [(kind, first.id, request, "people") for kind in ("Resurrected", "FindingClosed")] == kinds
    assert "run-7" == entries(ledger)[0]["run_id"]


def test_a_finding_and_its_entry_are_written_together_or_not_at_all(ledger, file_one):
    """An error after it undoes both."""
    request = file_one()

    def half():
        """Record, and fail before the transaction ends."""
        with ledger.write() as tx:
            findings.record(ledger, tx, "people", [seen(request)], still=frozenset({request}), whole=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()

    with ledger.read() as tx:
        assert ([], []) == (findings.of_asset(tx, closed=True), entries(ledger))


def test_a_case_becomes_a_resurrection_and_never_less(file_one, record, ledger):
    """The graver of what was seen stands, and each step is logged."""
    request = file_one()
    case, elsewhere, back = FindingKind.CASE, FindingKind.ELSEWHERE, FindingKind.RESURRECTION
    kinds = [
        record(seen(request, kind=kind), still={request})[0].kind
        for kind in (case, elsewhere, case, back, elsewhere, case)
    ]

    assert [case, elsewhere, elsewhere, back, back, back] == kinds
    assert ["case", "elsewhere", "resurrection"] == [one["code"] for one in entries(ledger)]


def test_places_are_those_of_the_last_sweep_and_at_most_a_hundred(file_one, record, ledger):
    """A finding names where they are now; a file of a thousand columns is still a small row."""
    request = file_one()
    record(seen(request, places=("note",)), still={request})
    many = tuple(f"c{n}" for n in range(250))

    (one,) = record(seen(request, places=many), still={request})

    assert many[:100] == one.places
    assert () == record(seen(request), still={request})[0].places
    with ledger.read() as tx:
        assert [()] == [each.places for each in findings.of_asset(tx)]


def test_only_the_first_files_are_kept_and_all_are_counted(file_one, record):
    """A finding over a million files is still a small row."""
    digests = tuple(f"{n:064x}" for n in range(250))

    (one,) = record(seen(file_one(), digests=digests), whole=False)

    assert (250, digests[:100], FindingState.OPEN) == (one.files, one.digests, one.state)


@pytest.mark.parametrize("states", [(), (State.PLANNED,), (State.PLANNED, State.APPROVED, State.ERASING)])
def test_who_is_not_erased_yet_has_not_come_back(ledger, in_state, states):
    """Whatever the request waits for."""
    request = in_state(*states)

    with ledger.read() as tx:
        assert Standing.UNDER_WAY is findings.standing(tx, request, "people")


def test_files_are_known_by_their_rules_and_the_lists_number(ledger):
    """Newer tombstones, another declaration, another asset: read again."""
    files = [f"{n:064x}" for n in range(1201)]
    sweeps.keep(ledger, "people", files, rules="a" * 64, number=7)
    sweeps.keep(ledger, "people", files[:2], rules="a" * 64, number=9)
    with ledger.read() as tx:
        assert set(files) == sweeps.known(tx, "people", rules="a" * 64, number=7)
        assert set(files[:2]) == sweeps.known(tx, "people", rules="a" * 64, number=8)
        assert set() == sweeps.known(tx, "people", rules="b" * 64, number=1)
        assert set() == sweeps.known(tx, "other", rules="a" * 64, number=1)

    with ledger.write() as tx:
        sweeps.forget_others(tx, "people", frozenset(files[:3]))
    with ledger.read() as tx:
        assert 3 == len(tx.execute(select(schema.swept_file)).all())


def test_the_last_clean_sweep_stays_known(ledger, clock):
    """A sweep that found somebody, or could not look, does not move it."""
    counts = {"reason": None, "listed": 4, "files": 2, "skipped": 1, "clean_at": None}
    times = []
    for state in (SweepState.CLEAN, SweepState.FOUND, SweepState.COULD_NOT):
        clock.forward(hours=1)
        times.append(ledger.now())
        with ledger.write() as tx:
            sweeps.record(tx, LastSweep(asset="people", at=ledger.now(), state=state, **counts))

    with ledger.read() as tx:
        (last,) = sweeps.last(tx).values()
    assert (SweepState.COULD_NOT, times[2], times[0]) == (last.state, last.at, last.clean_at)
