"""Decisions about rows that only a shared identifier owns: kept with their log entry, or refused."""

import json

import pytest
from sqlalchemy import insert

from lineage_assets.declaration_json import read_declaration
from lineage_assets.declarations import METADATA_KEY, Erasure
from lineage_assets.declaring import mention, subject_data
from lineage_assets.graph import LineageGraph, Node
from rtbf_ledger import decision_store, log, schema, versions
from rtbf_ledger.decisions import REASONS, WORDS, Because, Choice, Decision, erasable
from rtbf_ledger.errors import LogFieldError, StateError, UnknownRequestError
from rtbf_ledger.states import State

STAFF = {"staff": "dpo-2"}
HOUSEHOLD = {"device": "device"}


def declared(keys, erasure=Erasure.DELETE_ROWS, **more):
    """Return the declaration of an asset."""
    made = subject_data("{lake}/x/", keys=keys, purposes={"x"}, erasure=erasure, retention_days=9, **more)
    return read_declaration(made[METADATA_KEY])


@pytest.mark.parametrize(
    ("keys", "erasure", "more", "expected"),
    [
        (HOUSEHOLD, Erasure.DELETE_ROWS, {}, True),
        ({"device": "device", "other": "device"}, Erasure.DELETE_ROWS, {}, True),
        ({"device": "device", "seen": mention("account")}, Erasure.DELETE_ROWS, {}, True),
        (HOUSEHOLD, Erasure.REDACT_COLUMNS, {"redact": ["device"]}, True),
        (HOUSEHOLD, Erasure.DELETE_FILE, {}, True),
        (HOUSEHOLD, Erasure.REBUILD, {}, False),
        (HOUSEHOLD, Erasure.NO_ACTION, {}, False),
        ({"device": "device", "user": "account"}, Erasure.DELETE_ROWS, {}, False),
        ({"device": "device", "seen": mention("device")}, Erasure.DELETE_ROWS, {}, False),
    ],
)
def test_only_where_no_row_can_be_somebody_elses_such_rows_are_erasable(keys, erasure, more, expected):
    """One kind of owner key, no mention of that kind, and an eraser that takes rows or files."""
    assert expected is erasable(declared(keys, erasure, **more))


@pytest.fixture
def waiting(ledger, in_state):
    """A request for which a search found rows to decide about in `sessions` and `tv`, and none in `clean`."""

    def made(*states):
        request_id = in_state(*states)
        shared = declared(HOUSEHOLD | {"user": "account"})
        nodes = {"sessions": declared(HOUSEHOLD), "tv": shared, "clean": declared(HOUSEHOLD)}
        graph = LineageGraph(
            code_location="films",
            namespaces={},
            nodes={name: Node(asset=name, declaration=one) for name, one in nodes.items()},
            edges=frozenset(),
        )
        versions.save_graph(ledger, graph)
        batch = {"id": ledger.new_id("bt"), "purpose": "prepare", "state": "done", "attempt": 1, "fence": 1}
        found = [("sessions", 2), ("tv", 1), ("clean", 0)]
        with ledger.write() as tx:
            tx.execute(insert(schema.batch).values(batch | {"created_at": ledger.now(), "strikes": 0}))
            for asset, undecided in found:
                row = {"batch_id": batch["id"], "request_id": request_id, "asset": asset}
                row |= {"matched": 1, "mentioned": 0, "undecided": undecided}
                tx.execute(insert(schema.request_evidence).values(row))
        return request_id

    return made


def decided(ledger, request_id):
    """Return the newest decisions of a request, and its log entries about them."""
    with ledger.read() as tx:
        entries = [json.loads(text) for text in log.entries_of(tx, request_id)]
        found = decision_store.of_request(tx, request_id)
    return found, [entry for entry in entries if entry["kind"].endswith("Decided")]


def test_a_decision_is_kept_with_its_entry(ledger, waiting):
    """Who, where, what, why: codes only."""
    request_id = waiting(State.PLANNED)
    decision_store.decide(ledger, request_id, "sessions", Choice.ERASE, because=Because.OTHERS_AGREE, **STAFF)
    found, entries = decided(ledger, request_id)
    expected = Decision(asset="sessions", choice=Choice.ERASE, because=Because.OTHERS_AGREE, staff="dpo-2")
    assert {"sessions": expected} == found
    assert "decided by dpo-2: the others who use the identifier agree" == expected.words
    told = [(one["kind"], one["asset"], one["code"], one["staff"]) for one in entries]
    assert [("EraseDecided", "sessions", "others_agree", "dpo-2")] == told
    with ledger.read() as tx:
        assert {request_id} == decision_store.erased_at(tx, [request_id], "sessions")
        assert set() == decision_store.erased_at(tx, [request_id], "tv")
        assert set() == decision_store.erased_at(tx, ["rq-other"], "sessions")


def test_the_newest_decision_holds(ledger, waiting, clock):
    """Both are in the log."""
    request_id = waiting(State.PLANNED)
    steps = [(Choice.ERASE, Because.ONLY_THEIRS), (Choice.KEEP, Because.OTHERS_ROWS)]
    for choice, because in steps:
        decision_store.decide(ledger, request_id, "sessions", choice, because=because, **STAFF)
        clock.forward(seconds=1)
    found, entries = decided(ledger, request_id)
    assert (Choice.KEEP, 2) == (found["sessions"].choice, len(entries))
    with ledger.read() as tx:
        assert set() == decision_store.erased_at(tx, [request_id], "sessions")


@pytest.mark.parametrize(
    ("asset", "choice", "because", "why"),
    [
        ("sessions", Choice.ERASE, Because.OTHERS_ROWS, "erase is because of only_theirs or others_agree"),
        ("sessions", Choice.KEEP, Because.OTHERS_AGREE, "keep is because of cannot_tell or others_rows"),
        ("clean", Choice.KEEP, Because.OTHERS_ROWS, "no search found rows"),
        ("sesions", Choice.KEEP, Because.OTHERS_ROWS, "no search found rows"),
        ("tv", Choice.ERASE, Because.OTHERS_AGREE, "cannot be told from somebody else's"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_not_logged(ledger, waiting, asset, choice, because, why):
    """Another choice's reason, nothing to decide, a name that is not there, rows of somebody else."""
    request_id = waiting(State.PLANNED)
    with pytest.raises(StateError, match=why) as refused:
        decision_store.decide(ledger, request_id, asset, choice, because=because, **STAFF)
    assert "sesions" not in str(refused.value)
    assert ({}, []) == decided(ledger, request_id)


@pytest.mark.parametrize("state", [State.ERASING, State.VERIFYING, State.CLOSED, State.CANCELLED])
def test_what_is_being_erased_or_has_ended_is_not_decided(ledger, waiting, state):
    """The plan that is carried out is the one that was approved."""
    ways = {
        State.ERASING: [State.PLANNED, State.APPROVED, State.ERASING],
        State.VERIFYING: [State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING],
        State.CLOSED: [State.PLANNED, State.APPROVED, State.ERASING, State.VERIFYING, State.CLOSED],
        State.CANCELLED: [State.CANCELLED],
    }
    request_id = waiting(*ways[state])
    with pytest.raises(StateError, match=f"is {state}"):
        decision_store.decide(
            ledger, request_id, "sessions", Choice.KEEP, because=Because.OTHERS_ROWS, **STAFF
        )
    assert ({}, []) == decided(ledger, request_id)


def test_a_name_is_no_staff_code_and_an_unknown_request_is_refused(ledger, waiting):
    """Before anything is written."""
    request_id = waiting(State.PLANNED)
    with pytest.raises(LogFieldError, match="staff code"):
        decision_store.decide(
            ledger, request_id, "sessions", Choice.KEEP, because=Because.OTHERS_ROWS, staff="Eva Berg"
        )
    with pytest.raises(UnknownRequestError):
        decision_store.decide(
            ledger, "rq-none", "sessions", Choice.KEEP, because=Because.OTHERS_ROWS, **STAFF
        )
    assert ({}, []) == decided(ledger, request_id)


def test_every_reason_has_words_and_belongs_to_one_choice():
    """And every choice has a reason."""
    assert set(Because) == set(WORDS)
    assert set(Choice) == set(REASONS)
    assert sorted(Because) == sorted(one for reasons in REASONS.values() for one in reasons)
