"""Evidence: kept once a (batch, asset), added up over a request's batches, receipts kept before renames."""

from datetime import timedelta

import pytest

from rtbf_ledger import batches, evidence, requests
from rtbf_ledger.batches import BatchState, Purpose
from rtbf_ledger.evidence import AssetStep, Evidence, RequestEvidence
from rtbf_ledger.requests import Failure
from rtbf_ledger.states import State

LEASE = timedelta(minutes=15)


@pytest.fixture
def made(ledger, in_state, clock):
    """One request, and the ids of three batches that it was in, one after the other."""
    request_id = in_state(State.PLANNED, State.APPROVED)
    ids = []
    for _ in range(3):
        clock.forward(hours=1)
        batch = batches.claim(ledger, Purpose.ERASE, lease=LEASE)
        ids.append(batch.id)
        with ledger.write() as tx:
            batches.set_state(tx, batch, BatchState.DONE)
    return request_id, ids


def test_evidence_is_set_column_by_column(ledger, made):
    """Each step of a batch adds its part; mappings come back as mappings."""
    _, (batch_id, other, _) = made
    with ledger.write() as tx:
        assert {} == evidence.of_batch(tx, batch_id)
        evidence.record(tx, batch_id, "ratings", before={"rows": 7})
        evidence.record(tx, batch_id, "ratings", step=AssetStep.ERASED, receipt={"files": 1}, tries=2)
        evidence.record(tx, batch_id, "ranker", step=AssetStep.ASKED, asked_at=ledger.now(), run_id="r-1")
        evidence.record(tx, other, "ratings", after={"rows": 0})
    with ledger.read() as tx:
        assert {
            "ratings": Evidence(
                asset="ratings",
                before={"rows": 7},
                step=AssetStep.ERASED,
                receipt={"files": 1},
                tries=2,
            ),
            "ranker": Evidence(asset="ranker", step=AssetStep.ASKED, asked_at=ledger.now(), run_id="r-1"),
        } == evidence.of_batch(tx, batch_id)
        assert {"ratings": Evidence(asset="ratings", after={"rows": 0})} == evidence.of_batch(tx, other)


def matched_of(ledger, request_id, ids):
    """Return what a request matched in `ratings`."""
    with ledger.read() as tx:
        return evidence.of_request(tx, request_id, batches=ids).get("ratings")


def found(ledger, batch_id, request_id, counts, erased=None):
    """Keep what a batch counted, and what it erased."""
    with ledger.write() as tx:
        evidence.record_matches(tx, batch_id, "ratings", {request_id: counts})
        if erased is not None:
            evidence.record_erased(tx, batch_id, "ratings", {request_id: erased})


def total(matched, mentioned, undecided, erased):
    """Return what a request matched in `ratings`."""
    return RequestEvidence(
        asset="ratings", matched=matched, mentioned=mentioned, undecided=undecided, erased=erased
    )


def test_a_request_keeps_rows_only_where_it_matched(ledger, made):
    """Nothing found leaves no row, so that many requests over many assets stay small."""
    request_id, (batch_id, *_) = made
    found(ledger, batch_id, request_id, (0, 0, 0), erased=0)
    assert matched_of(ledger, request_id, [batch_id]) is None
    found(ledger, batch_id, request_id, (0, 0, 2))
    assert total(0, 0, 2, None) == matched_of(ledger, request_id, [batch_id])


def test_a_new_count_of_the_same_batch_replaces_the_old_one(ledger, made):
    """Even by nothing: a resumed batch counts again."""
    request_id, (batch_id, *_) = made
    found(ledger, batch_id, request_id, (7, 1, 0))
    found(ledger, batch_id, request_id, (0, 0, 0))
    assert total(0, 0, 0, None) == matched_of(ledger, request_id, [batch_id])


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ([((70, 2, 0), 72)], total(70, 2, 0, 72)),
        ([((70, 2, 1), 72), ((3, 0, 0), 3)], total(73, 2, 0, 75)),
        ([((70, 0, 0), None), ((70, 0, 0), 70)], total(70, 0, 0, 70)),
        ([((70, 0, 0), 70), ((3, 0, 0), None)], total(73, 0, 0, 70)),
        ([((70, 0, 0), 70), ((3, 0, 0), None), ((0, 0, 0), None)], total(70, 0, 0, 70)),
        ([((70, 0, 1), 40), ((30, 0, 0), 30)], total(70, 0, 0, 70)),
        ([((70, 0, 0), 70), ((3, 0, 0), None), ((3, 0, 0), 3)], total(73, 0, 0, 73)),
        ([((70, 0, 0), None), ((71, 0, 0), None)], total(71, 0, 0, None)),
        ([((70, 0, 0), None), ((0, 0, 0), None)], None),
    ],
    ids=[
        "one batch",
        "a late one added up",
        "stopped, then erased",
        "erased, then a late one not yet",
        "erased, then nothing left",
        "erased in part, then the rest",
        "erased, stopped, erased",
        "stopped twice",
        "stopped, then nothing there",
    ],
)
def test_what_was_erased_adds_up_over_batches(ledger, made, counted, expected):
    """Of an earlier batch what it really erased; of the last one what it found, erased or not."""
    request_id, ids = made
    for batch_id, (counts, erased) in zip(ids, counted, strict=False):
        found(ledger, batch_id, request_id, counts, erased)
    assert expected == matched_of(ledger, request_id, ids[: len(counted)])


def test_a_file_s_receipt_is_kept_once_for_each_state_it_was_in(ledger, made):
    """Written before the rename: the attempt after a kill writes the same again, with its own numbers."""
    _, (batch_id, other, _) = made
    first = {"file": "a" * 64, "before": "1" * 64, "after": "2" * 64}
    again = first | {"after": "3" * 64}
    later = {"file": "a" * 64, "before": "3" * 64, "after": "4" * 64}
    with ledger.write() as tx:
        for receipt in (first, again, later):
            evidence.keep_file(tx, batch_id, "ratings", receipt)
        evidence.keep_file(tx, other, "ratings", first)
    with ledger.read() as tx:
        kept = evidence.file_receipts(tx, batch_id, "ratings")
        assert sorted([again, later], key=str) == sorted(kept, key=str)
        assert [first] == evidence.file_receipts(tx, other, "ratings")
        assert [] == evidence.file_receipts(tx, batch_id, "profiles")


def test_the_batches_of_a_request_come_oldest_first(ledger, made):
    """Those that erased; the newest that prepared is its preview."""
    request_id, ids = made
    with ledger.read() as tx:
        assert ids == evidence.erase_batches_of(tx, request_id)
        assert evidence.latest_prepare(tx, request_id) is None
        assert [] == evidence.erase_batches_of(tx, "rq-none")


def test_the_newest_preview_is_the_one_that_counts(ledger, file_one, clock):
    """After a retry there are two."""
    request_id = file_one()
    previews = []
    for _ in range(2):
        clock.forward(hours=1)
        batch = batches.claim(ledger, Purpose.PREPARE, lease=LEASE)
        with ledger.write() as tx:
            batches.set_state(tx, batch, BatchState.DONE)
        previews.append(batch.id)
    with ledger.read() as tx:
        assert previews[-1] == evidence.latest_prepare(tx, request_id)


def test_failures_are_counted_at_their_asset(ledger, file_one):
    """Requests that failed there and are not retried yet."""
    ids = [file_one() for _ in range(3)]
    for request_id, asset in zip(ids, ("ratings", "ratings", "profiles"), strict=True):
        with ledger.write() as tx:
            failure = Failure(code="missing", asset=asset, sentence="it is not there")
            requests.fail(ledger, tx, request_id, [failure])
    requests.retry(ledger, ids[0], staff="staff-7")
    with ledger.read() as tx:
        counted = [evidence.last_failures(tx, asset) for asset in ("ratings", "profiles", "devices")]
    assert [1, 1, 0] == counted
