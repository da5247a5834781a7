"""Handles: sealed once, filed once, unreadable afterwards; whatever is killed where."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from rtbf_ledger import handles, log, requests, schema, vault
from rtbf_ledger.errors import DayError, HandleError, LogFieldError, SettingsError, VaultError
from rtbf_ledger.handles import Sealing
from rtbf_ledger.states import State
from rtbf_ledger.store import open_ledger

WHERE = {"law": "gdpr", "zone": "Europe/Berlin", "country": "DE"}
RECEIVED = datetime(2026, 6, 14, 22, 30, tzinfo=UTC)


def sealing(person, **changed):
    """Return what is sealed about a person, with parts exchanged."""
    parts = {
        "identifiers": person,
        "received_at": RECEIVED,
        "filed_by": "staff-7",
        "evidence": "logged in as eva.lindqvist@films.example",
        "note": "called twice",
    }
    return Sealing(**parts | changed)


@pytest.fixture
def handle(ledger, person):
    """The id of a sealed handle."""
    return handles.seal_handle(ledger, sealing(person)).id


def row_of(ledger, handle_id):
    """Return a handle's row."""
    with ledger.read() as tx:
        return tx.execute(select(schema.handle).where(schema.handle.c.id == handle_id)).one()


def logged(ledger):
    """Return all log entries as (kind, the other fields)."""
    with ledger.read() as tx:
        found = [json.loads(text) for text in log.entries(tx)]
    return [
        (one.pop("kind"), {name: one[name] for name in one if name not in ("at", "format")}) for one in found
    ]


def keys(ledger):
    """Return whose data keys there are."""
    return {path.stem for path in ledger.keys.vault.iterdir()}


def filed(ledger):
    """Return the ids of all requests."""
    with ledger.read() as tx:
        return requests.in_state(tx, State)


def test_a_handle_says_nothing_and_lives_a_day(ledger, person, clock):
    """Its form is what the launchpad takes; two handles of one person have nothing in common."""
    one, two = (handles.seal_handle(ledger, sealing(person)) for _ in range(2))
    assert re.fullmatch("hd-[0-9a-f]{24}", one.id)
    assert one.id != two.id
    assert clock.now + timedelta(hours=24) == one.expires_at
    assert {one.id, two.id} == keys(ledger)
    assert [("HandleSealed", {"handle": each.id, "staff": "staff-7"}) for each in (one, two)] == logged(
        ledger
    )
    assert [] == filed(ledger)


def test_a_sealing_shows_nothing_of_the_person(person):
    """Where a debugger or an error prints it."""
    assert "Sealing(identifiers=2)" == repr(sealing(person))


def test_a_handle_files_what_was_sealed(ledger, handle, person):
    """The request is the same as one filed by hand, with the time it was received and who sealed it."""
    request_id, now = handles.file_handle(ledger, handle, **WHERE)
    assert now
    with ledger.read() as tx:
        row = requests.get(tx, request_id)
        part = vault.unseal(ledger, tx, request_id, "filed")
    assert ("filed", "gdpr", "staff-7", "2026-07-15") == (row.state, row.law, row.filed_by, row.due_on)
    assert sorted(map(list, person)) == part["identifiers"]
    assert ("logged in as eva.lindqvist@films.example", "called twice") == (part["evidence"], part["note"])


def test_a_filed_handle_holds_nothing_any_more(ledger, handle):
    """Its key and its ciphertext are gone; the log says when, and which request it became."""
    request_id, _ = handles.file_handle(ledger, handle, **WHERE)
    row = row_of(ledger, handle)
    assert (None, None, request_id, ledger.now()) == (
        row.nonce,
        row.ciphertext,
        row.request_id,
        row.key_destroyed_at,
    )
    assert {request_id} == keys(ledger)
    kinds = [kind for kind, _ in logged(ledger)]
    assert ["HandleSealed", "RequestReceived", "HandleDestroyed"] == kinds
    assert {"handle": handle, "request_id": request_id} == logged(ledger)[-1][1]


def test_a_second_launch_is_told_the_first_ones_request(ledger, handle, clock):
    """It files nothing, also after the day is over."""
    request_id, _ = handles.file_handle(ledger, handle, **WHERE)
    clock.forward(hours=30)
    handles.expire(ledger)
    assert (request_id, False) == handles.file_handle(ledger, handle, **WHERE)
    assert [request_id] == filed(ledger)


def test_eight_launches_at_once_file_one_request(ledger, handle):
    """Whoever loses leaves no key and no entry behind."""
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: handles.file_handle(ledger, handle, **WHERE), range(8)))
    (request_id,) = filed(ledger)
    assert {request_id} == {one for one, _ in told} == keys(ledger)
    assert [False] * 7 + [True] == sorted(now for _, now in told)
    assert 1 == [kind for kind, _ in logged(ledger)].count("RequestReceived")


def test_a_wrong_law_leaves_the_handle_usable(ledger, handle):
    """Nothing is filed, no key is left; the right law then files it."""
    with pytest.raises(SettingsError, match="known: ccpa"):
        handles.file_handle(ledger, handle, **WHERE | {"law": "hammurabi"})
    assert ([], {handle}) == (filed(ledger), keys(ledger))
    assert handles.file_handle(ledger, handle, **WHERE)[1]


@pytest.mark.parametrize(("hours", "usable"), [(23.99, True), (24, False), (48, False)])
def test_after_a_day_a_handle_is_refused_before_any_tick(ledger, handle, clock, hours, usable):
    """The limit holds where no daemon runs."""
    clock.forward(hours=hours)
    if usable:
        assert handles.file_handle(ledger, handle, **WHERE)[1]
        return
    with pytest.raises(HandleError, match="it has expired"):
        handles.file_handle(ledger, handle, **WHERE)
    assert [] == filed(ledger)


def test_the_tick_destroys_old_handles_and_no_others(ledger, handle, person, clock):
    """With the day over its key and ciphertext go, once; a younger one stays."""
    sealed = row_of(ledger, handle)
    clock.forward(hours=12)
    younger = handles.seal_handle(ledger, sealing(person)).id
    clock.forward(hours=12)
    handles.expire(ledger)
    handles.expire(ledger)
    assert {younger} == keys(ledger)
    assert (None, None) == (row_of(ledger, handle).ciphertext, row_of(ledger, handle).nonce)
    assert ("HandleDestroyed", {"handle": handle}) == logged(ledger)[-1]
    assert 3 == len(logged(ledger))
    with pytest.raises(HandleError, match="it has expired"):
        handles.file_handle(ledger, handle, **WHERE)
    with pytest.raises(VaultError, match="not in the key folder"):
        vault.decrypt(ledger, handle, handles.PART, sealed.nonce, sealed.ciphertext)


@pytest.mark.parametrize("typed", ["hd-000000000000000000000000", "eva.lindqvist@films.example"])
def test_an_unknown_handle_is_refused_without_repeating_it(ledger, typed):
    """What was typed may be a person."""
    with pytest.raises(HandleError, match="`rtbf seal` makes one") as caught:
        handles.file_handle(ledger, typed, **WHERE)
    assert typed not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"filed_by": "Eva Lindqvist"}, LogFieldError), ({"received_at": datetime(2026, 6, 15)}, ValueError)],
)
def test_a_sealing_that_cannot_be_leaves_nothing(ledger, person, changed, error):
    """No row, no entry, no key."""
    with pytest.raises(error):
        handles.seal_handle(ledger, sealing(person, **changed))
    with ledger.read() as tx:
        assert ([], 0) == (tx.execute(select(schema.handle)).all(), log.size(tx))
    assert set() == keys(ledger)


def test_no_byte_of_the_person_is_on_disk(tmp_path, person):
    """Sealed, filed, expired: ledger, write-ahead log and key folder hold no value of it."""
    now = [datetime(2026, 6, 15, tzinfo=UTC)]
    ledger = open_ledger(
        f"sqlite:///{tmp_path}/ledger.db",
        tmp_path / "keys",
        code_location="films",
        clock=lambda: now[0],
        randomness=os.urandom,
    )
    first, second = (handles.seal_handle(ledger, sealing(person)).id for _ in range(2))
    handles.file_handle(ledger, first, **WHERE)
    now[0] += timedelta(days=2)
    handles.expire(ledger)
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert second.encode() in everything
    assert not re.search(rb"4242424242|lindqvist|called twice", everything)
    ledger.engine.dispose()


def killed_at(ledger, point, work):
    """Do work in a fork that dies around its N-th commit; return whether it got that far."""
    side, _, number = point.partition(":")
    pid = os.fork()
    if pid == 0:
        seen, commit = count(1), ledger.engine.dialect.do_commit

        def do_commit(connection):
            last = next(seen) == int(number)
            if last and side == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            commit(connection)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            ledger.engine.dispose(close=False)
            ledger.engine.dialect.do_commit = do_commit
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("side", ["before", "after"])
def test_kill_9_leaves_it_usable_or_filed_once(tmp_path, person, side):
    """Around every commit: the next launch, whoever it is, ends with one request and no handle's key."""
    ledger = open_ledger(
        f"sqlite:///{tmp_path}/ledger.db",
        tmp_path / "keys",
        code_location="films",
        clock=lambda: RECEIVED,
        randomness=os.urandom,
    )
    survived = 0
    for number in range(1, 9):
        handle_id = handles.seal_handle(ledger, sealing(person)).id
        before = set(filed(ledger))
        killed = killed_at(
            ledger, f"{side}:{number}", lambda made=handle_id: handles.file_handle(ledger, made, **WHERE)
        )
        survived += not killed
        request_id, _ = handles.file_handle(ledger, handle_id, **WHERE)
        handles.expire(ledger)
        assert {request_id} == set(filed(ledger)) - before
        assert row_of(ledger, handle_id).key_destroyed_at is not None
        assert not (ledger.keys.vault / f"{handle_id}.key").exists()
    assert 1 <= survived <= 6  # so the last points come after the work, and the first in it
    ledger.engine.dispose()


def test_the_vault_tells_a_handle_from_another(ledger, person):
    """A ciphertext is bound to its handle: exchanged rows do not open."""
    one, two = (handles.seal_handle(ledger, sealing(person)).id for _ in range(2))
    row = row_of(ledger, one)
    with pytest.raises(VaultError, match=f"vault: {two}: its sealed part does not open"):
        vault.decrypt(ledger, two, handles.PART, row.nonce, row.ciphertext)


def test_a_receipt_in_the_future_is_not_sealed(ledger, person):
    """Where no zone has that day yet; nothing is left of it."""
    with pytest.raises(DayError, match=r"^received: this day is in the future"):
        handles.seal_handle(ledger, sealing(person, received_at=RECEIVED + timedelta(days=2)))
    with ledger.read() as tx:
        assert [] == tx.execute(select(schema.handle)).all()
