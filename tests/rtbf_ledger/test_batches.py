"""Batches: one claim, one open batch of a purpose, and fences that stop whoever was taken over."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from rtbf_ledger import batches, requests, schema
from rtbf_ledger.batches import BatchState, Purpose
from rtbf_ledger.errors import LeaseLostError
from rtbf_ledger.states import State
from rtbf_ledger.store import moment

LEASE = timedelta(minutes=15)
DAY = timedelta(hours=24)


@pytest.fixture
def claim(ledger):
    """Claim what waits for the preparation, or for the erasure."""
    return lambda purpose=Purpose.PREPARE, **given: batches.claim(ledger, purpose, lease=LEASE, **given)


@pytest.fixture
def batch(claim, file_one):
    """A batch of two requests."""
    file_one()
    file_one()
    return claim()


def now_of(ledger, batch):
    """Return a batch as it is now."""
    with ledger.read() as tx:
        return batches.get(tx, batch.id)


def done(ledger, batch):
    """Finish a batch."""
    with ledger.write() as tx:
        batches.set_state(tx, batch, BatchState.DONE)


def members_of(ledger, batch, **given):
    """Return a batch's requests by ordinal."""
    with ledger.read() as tx:
        return batches.members(tx, batch.id, **given)


def test_nothing_waiting_is_no_batch(ledger, claim):
    """An empty claim leaves no row."""
    assert claim() is None
    with ledger.read() as tx:
        assert [] == tx.execute(select(schema.batch)).all()


def test_a_claim_takes_all_that_waits_oldest_first(ledger, claim, file_one, clock):
    """By time of receipt: that is the ordinal by which everything later names a person."""
    clock.forward(hours=2)
    later = file_one(received_at=clock.now)
    earlier = file_one()
    batch = claim()
    assert {0: earlier, 1: later} == members_of(ledger, batch)
    assert (Purpose.PREPARE, BatchState.OPEN, 1, 1) == (
        batch.purpose,
        batch.state,
        batch.attempt,
        batch.fence,
    )
    assert clock.now + LEASE == moment(batch.lease_until)


def test_each_purpose_claims_its_own_state(ledger, claim, file_one, in_state):
    """Filed requests are prepared, approved ones erased; each other state waits for a person."""
    filed, approved = file_one(), in_state(State.PLANNED, State.APPROVED)
    in_state(State.PLANNED)
    in_state(State.FAILED)
    assert {0: filed} == members_of(ledger, claim(Purpose.PREPARE))
    assert {0: approved} == members_of(ledger, claim(Purpose.ERASE))


def test_one_batch_of_a_purpose_is_under_way_at_a_time(ledger, claim, file_one, batch):
    """Open or waiting for rebuilds; what comes in meanwhile goes into the next one."""
    late = file_one()
    assert claim() is None
    with ledger.write() as tx:
        batches.set_state(tx, batch, BatchState.WAITING)
        for request_id in batches.members(tx, batch.id).values():
            requests.move(tx, request_id, State.PLANNED)
    assert claim() is None
    done(ledger, batch)
    assert {0: late} == members_of(ledger, claim())


def test_claimers_at_once_make_one_batch(claim, file_one, ledger):
    """Eight ticks in the same moment: the claim is one transaction."""
    file_one()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: claim(), range(8)))
    assert 1 == len([one for one in made if one is not None])
    with ledger.read() as tx:
        assert 1 == len(batches.unfinished(tx))


def test_a_tick_killed_after_its_claim_leaves_the_batch_to_the_next(ledger, batch):
    """It is found unfinished, the same batch and attempt, so the same run key: it launches once."""
    with ledger.read() as tx:
        assert [batch] == batches.unfinished(tx)
        assert [batch] == batches.unfinished(tx, Purpose.PREPARE)
        assert [] == batches.unfinished(tx, Purpose.ERASE)


def test_a_claim_that_fails_leaves_nothing(ledger, claim, file_one, monkeypatch):
    """Batch and members are one transaction: a crash between them claims nothing."""
    request_id = file_one()

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(batches, "get", killed)
        with pytest.raises(KeyboardInterrupt):
            claim()
    with ledger.read() as tx:
        assert [] == batches.unfinished(tx)
    assert {0: request_id} == members_of(ledger, claim())


def test_a_cadence_collects(ledger, claim, in_state, clock):
    """The first batch at once, the next not before a day has passed since the last was made; then all."""
    in_state(State.PLANNED, State.APPROVED)
    first = claim(Purpose.ERASE, cadence=DAY)
    with ledger.write() as tx:
        requests.move(tx, batches.members(tx, first.id)[0], State.FAILED)
    done(ledger, first)
    waiting = [in_state(State.PLANNED, State.APPROVED) for _ in range(2)]
    clock.forward(hours=23, minutes=59)
    assert claim(Purpose.ERASE, cadence=DAY) is None
    clock.forward(minutes=1)
    second = claim(Purpose.ERASE, cadence=DAY)
    assert sorted(waiting) == sorted(members_of(ledger, second).values())


def test_a_cadence_counts_batches_of_its_purpose_only(claim, batch, in_state):
    """A preparation just now does not put the erasure off."""
    in_state(State.PLANNED, State.APPROVED)
    assert claim(Purpose.ERASE, cadence=DAY) is not None


def test_a_new_attempt_has_a_new_fence(ledger, batch, clock):
    """And its own lease; asking again for the attempt that was already made changes nothing."""
    clock.forward(hours=1)
    second = batches.again(ledger, batch.id, attempt=1, lease=LEASE)
    assert (2, 2, clock.now + LEASE) == (second.attempt, second.fence, moment(second.lease_until))
    assert second == batches.again(ledger, batch.id, attempt=1, lease=LEASE)
    assert 3 == batches.again(ledger, batch.id, attempt=2, lease=LEASE).attempt


def test_two_ticks_that_take_over_at_once_make_one_attempt(ledger, batch):
    """Both saw attempt 1; there is one attempt 2."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: batches.again(ledger, batch.id, attempt=1, lease=LEASE), range(8)))
    assert {(2, 2)} == {(one.attempt, one.fence) for one in made}


def test_a_waiting_batch_is_open_again_in_its_next_attempt(ledger, batch):
    """A done one stays done."""
    with ledger.write() as tx:
        batches.set_state(tx, batch, BatchState.WAITING)
    second = batches.again(ledger, batch.id, attempt=1, lease=LEASE)
    assert BatchState.OPEN == second.state
    done(ledger, second)
    assert (2, BatchState.DONE) == (
        (last := batches.again(ledger, batch.id, attempt=2, lease=LEASE)).attempt,
        last.state,
    )


def steps_of(ledger, batch):
    """Return everything that a run does with its batch, by name."""

    def check():
        with ledger.read() as tx:
            batches.check(tx, batch)

    return {
        "check": check,
        "renew": lambda: batches.renew(ledger, batch, lease=LEASE),
        "set_state": lambda: done(ledger, batch),
        "lease_asset": lambda: batches.lease_asset(ledger, batch, "ratings", lease=LEASE),
    }


@pytest.mark.parametrize("step", ["check", "renew", "set_state", "lease_asset"])
def test_whoever_was_taken_over_writes_nothing_more(ledger, batch, step):
    """The old attempt is refused at each step, the new one is not."""
    held = batches.lease_asset(ledger, batch, "ratings", lease=LEASE)
    second = batches.again(ledger, batch.id, attempt=1, lease=LEASE)
    for refused in (steps_of(ledger, batch)[step], held):
        with pytest.raises(LeaseLostError, match="attempt 1 was taken over; it writes nothing more"):
            refused()
    assert second == now_of(ledger, batch)
    steps_of(ledger, second)[step]()


@pytest.mark.parametrize("step", ["check", "renew", "set_state", "lease_asset"])
def test_a_done_batch_is_over_for_its_own_run_too(ledger, batch, step):
    """A late thread of the same attempt writes nothing either."""
    done(ledger, batch)
    with pytest.raises(LeaseLostError):
        steps_of(ledger, batch)[step]()


def test_a_renewal_moves_the_lease_on(ledger, batch, clock):
    """From the time of the renewal."""
    clock.forward(minutes=10)
    batches.renew(ledger, batch, lease=LEASE)
    assert clock.now + LEASE == moment(now_of(ledger, batch).lease_until)


def test_an_asset_belongs_to_the_latest_run(ledger, batch, claim, in_state):
    """A later batch takes the asset: the earlier run's check and its next lease fail."""
    mine = batches.lease_asset(ledger, batch, "ratings", lease=LEASE)
    elsewhere = batches.lease_asset(ledger, batch, "profiles", lease=LEASE)
    in_state(State.PLANNED, State.APPROVED)
    later = claim(Purpose.ERASE)
    theirs = batches.lease_asset(ledger, later, "ratings", lease=LEASE)
    with pytest.raises(LeaseLostError, match="asset ratings: a later run holds its lease"):
        mine()
    with pytest.raises(LeaseLostError, match="asset ratings: a later run holds its lease"):
        batches.lease_asset(ledger, batch, "ratings", lease=LEASE)
    theirs()
    elsewhere()


def test_the_check_before_a_rename_renews_the_batch(ledger, batch, clock):
    """A long asset keeps its lease alive by its own commits."""
    mine = batches.lease_asset(ledger, batch, "ratings", lease=LEASE)
    clock.forward(minutes=14)
    mine()
    assert clock.now + LEASE == moment(now_of(ledger, batch).lease_until)


def test_one_request_leaves_and_the_others_go_on(ledger, batch):
    """Its ordinal is not given to another, and the batch remembers it."""
    both = members_of(ledger, batch)
    with ledger.write() as tx:
        batches.leave(tx, batch.id, both[0])
    assert {1: both[1]} == members_of(ledger, batch)
    assert both == members_of(ledger, batch, active=False)


def test_an_unknown_batch_is_refused(ledger, batch):
    """The run of a ledger that was replaced stops at its first step."""
    stranger = dataclasses.replace(batch, id="bt-none")
    with pytest.raises(LeaseLostError, match="batch bt-none: the ledger does not know it"):
        batches.renew(ledger, stranger, lease=LEASE)
