"""Batches: the physical pass for many requests, claimed in one transaction and fenced.

A batch is `open` (a run may work on it), `waiting` (for rebuilds) or `done`. One batch of a purpose is under
way at a time. Each attempt has a new fence; a run whose fence is no longer the batch's writes nothing more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, func, insert, select, update

from rtbf_ledger import schema
from rtbf_ledger.errors import LeaseLostError
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger, moment, stamp


class Purpose(StrEnum):
    """What a batch does with its requests."""

    PREPARE = "prepare"
    ERASE = "erase"


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"


CLAIMS = {Purpose.PREPARE: State.FILED, Purpose.ERASE: State.APPROVED}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One attempt at a batch. `fence` grows with every attempt of every batch."""

    id: str
    purpose: Purpose
    state: BatchState
    attempt: int
    fence: int
    lease_until: str | None
    created_at: str


def claim(
    ledger: Ledger, purpose: Purpose, *, lease: timedelta, cadence: timedelta | None = None
) -> Batch | None:
    """Claim every request that waits for this purpose into a new batch, in one transaction.

    Returns None where nothing waits, a batch of this purpose is still under way, or the cadence is not due.
    """
    with ledger.write() as tx:
        if unfinished(tx, purpose) or not _due(ledger, tx, purpose, cadence):
            return None
        waiting = tx.execute(
            select(schema.request.c.id)
            .where(schema.request.c.state == str(CLAIMS[purpose]))
            .order_by(schema.request.c.received_at, schema.request.c.id)
        ).scalars()
        ids = list(waiting)
        if not ids:
            return None
        batch_id = ledger.new_id("bt")
        row = {
            "id": batch_id,
            "purpose": str(purpose),
            "state": str(BatchState.OPEN),
            "attempt": 1,
            "fence": _next_fence(tx),
            "lease_until": stamp(ledger.clock() + lease),
            "created_at": ledger.now(),
        }
        tx.execute(insert(schema.batch).values(row))
        members = [
            {"batch_id": batch_id, "request_id": request_id, "ordinal": number, "active": True}
            for number, request_id in enumerate(ids)
        ]
        tx.execute(insert(schema.batch_request), members)
        return get(tx, batch_id)


def _due(ledger: Ledger, tx: Connection, purpose: Purpose, cadence: timedelta | None) -> bool:
    at = next_at(tx, purpose, cadence)
    return at is None or ledger.clock() >= at


def next_at(tx: Connection, purpose: Purpose, cadence: timedelta | None) -> datetime | None:
    """Return the earliest time of the next batch; None where nothing makes it wait."""
    table = schema.batch
    last = tx.execute(select(func.max(table.c.created_at)).where(table.c.purpose == str(purpose))).scalar()
    return None if cadence is None or last is None else moment(last) + cadence


def get(tx: Connection, batch_id: str) -> Batch:
    """Return a batch.

    Raises:
        LeaseLostError: there is none of that id.
    """
    row = tx.execute(select(schema.batch).where(schema.batch.c.id == batch_id)).first()
    if row is None:
        raise LeaseLostError(f"batch {batch_id}: the ledger does not know it")
    return _batch(row)


def _batch(row: Row[tuple[object, ...]]) -> Batch:
    return Batch(
        id=row.id,
        purpose=Purpose(row.purpose),
        state=BatchState(row.state),
        attempt=row.attempt,
        fence=row.fence,
        lease_until=row.lease_until,
        created_at=row.created_at,
    )


def unfinished(tx: Connection, purpose: Purpose | None = None) -> list[Batch]:
    """Return the batches that are not done, oldest first."""
    table = schema.batch
    found = select(table).where(table.c.state != str(BatchState.DONE)).order_by(table.c.created_at)
    if purpose is not None:
        found = found.where(table.c.purpose == str(purpose))
    return [_batch(row) for row in tx.execute(found)]


def done(tx: Connection, batch_ids: Iterable[str]) -> set[str]:
    """Return which of some batches are done; one that the ledger does not know is not."""
    table = schema.batch
    found = select(table.c.id).where(table.c.id.in_(batch_ids), table.c.state == str(BatchState.DONE))
    return set(tx.execute(found).scalars())


def members(tx: Connection, batch_id: str, *, active: bool = True) -> dict[int, str]:
    """Return ordinal -> request id of a batch; `active` leaves out those that left it."""
    table = schema.batch_request
    found = select(table.c.ordinal, table.c.request_id).where(table.c.batch_id == batch_id)
    if active:
        found = found.where(table.c.active.is_(True))
    return {row.ordinal: row.request_id for row in tx.execute(found.order_by(table.c.ordinal))}


def leave(tx: Connection, batch_id: str, request_id: str) -> None:
    """Take one request out of a batch; the others go on."""
    table = schema.batch_request
    tx.execute(
        update(table)
        .where(table.c.batch_id == batch_id, table.c.request_id == request_id)
        .values(active=False)
    )


def again(ledger: Ledger, batch_id: str, *, attempt: int, lease: timedelta) -> Batch:
    """Begin the next attempt after `attempt`, with a new fence; done already it changes nothing."""
    with ledger.write() as tx:
        table = schema.batch
        now = get(tx, batch_id)
        if now.attempt == attempt and now.state is not BatchState.DONE:
            values = {
                "attempt": attempt + 1,
                "fence": _next_fence(tx),
                "state": str(BatchState.OPEN),
                "lease_until": stamp(ledger.clock() + lease),
            }
            tx.execute(update(table).where(table.c.id == batch_id).values(values))
        return get(tx, batch_id)


def set_state(tx: Connection, batch: Batch, state: BatchState) -> None:
    """Set the state of a batch that is still ours.

    Raises:
        LeaseLostError: another attempt took over.
    """
    check(tx, batch)
    tx.execute(update(schema.batch).where(schema.batch.c.id == batch.id).values(state=str(state)))


def check(tx: Connection, batch: Batch) -> None:
    """Refuse to go on where another attempt took over.

    Raises:
        LeaseLostError: the fence is no longer ours, or the batch is done.
    """
    now = get(tx, batch.id)
    if now.fence != batch.fence or now.state is BatchState.DONE:
        raise LeaseLostError(
            f"batch {batch.id}: attempt {batch.attempt} was taken over; it writes nothing more"
        )


def renew(ledger: Ledger, batch: Batch, *, lease: timedelta, owner: str | None = None) -> None:
    """Renew the batch's lease; `owner` is the id of the run that begins to work on it.

    Raises:
        LeaseLostError: another attempt took over.
    """
    with ledger.write() as tx:
        check(tx, batch)
        values = {"lease_until": stamp(ledger.clock() + lease)} | ({"lease_owner": owner} if owner else {})
        tx.execute(update(schema.batch).where(schema.batch.c.id == batch.id).values(values))


def _next_fence(tx: Connection) -> int:
    return int(tx.execute(select(func.coalesce(func.max(schema.batch.c.fence), 0))).scalar_one()) + 1


def lease_asset(ledger: Ledger, batch: Batch, asset: str, *, lease: timedelta) -> Callable[[], None]:
    """Take the fenced lease of an asset; returns the check to make right before each rename.

    Raises:
        LeaseLostError: a later attempt holds the asset, or took over the batch.
    """
    table = schema.asset_lease
    with ledger.write() as tx:
        check(tx, batch)
        held = tx.execute(select(table).where(table.c.asset == asset)).first()
        if held is not None and held.fence > batch.fence:
            raise LeaseLostError(f"asset {asset}: a later run holds its lease")
        values = {"batch_id": batch.id, "fence": batch.fence, "until": stamp(ledger.clock() + lease)}
        if held is None:
            tx.execute(insert(table).values(asset=asset, **values))
        else:
            tx.execute(update(table).where(table.c.asset == asset).values(values))

    def still_mine() -> None:
        renew(ledger, batch, lease=lease)
        with ledger.read() as tx:
            fence = tx.execute(select(table.c.fence).where(table.c.asset == asset)).scalar()
        if fence != batch.fence:
            raise LeaseLostError(f"asset {asset}: a later run holds its lease")

    return still_mine
