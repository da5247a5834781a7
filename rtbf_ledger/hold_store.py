"""Where holds are kept: placed and released, each with its log entry."""

from datetime import date

from sqlalchemy import Connection, insert, select, update

from rtbf_ledger import log, requests, schema, versions
from rtbf_ledger.clocks import check_until
from rtbf_ledger.errors import StateError, UnknownRequestError
from rtbf_ledger.holds import Hold, HoldReason
from rtbf_ledger.log import Kind
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import Ledger


def place(
    ledger: Ledger,
    request_id: str,
    reason: HoldReason,
    *,
    staff: str,
    asset: str | None = None,
    until: date | None = None,
) -> str:
    """Place a hold on a request, whole or at one asset; returns the hold's id.

    Raises:
        StateError: the request has ended, or the newest inventory has no such asset: a hold of a misspelt one
            would hold nothing.
        DayError: its last day is over.
        UnknownRequestError: there is no such request, or no inventory yet.
    """
    log.check_staff(staff)
    with ledger.write() as tx:
        row = requests.get(tx, request_id)
        if State(row.state) in TERMINAL:
            raise StateError(f"request {request_id} is {row.state}; nothing is left to hold")
        if until is not None:
            check_until(until, ledger.clock(), zone=row.zone)
        if asset is not None and asset not in versions.graph_of(tx).nodes:
            raise StateError("hold: the inventory has no asset of that name; `rtbf inventory` lists them")
        hold_id = ledger.new_id("ho")
        values = {
            "id": hold_id,
            "request_id": request_id,
            "asset": asset,
            "reason": str(reason),
            "until": until.isoformat() if until else None,
            "placed_at": ledger.now(),
            "placed_by": staff,
        }
        tx.execute(insert(schema.hold).values(values))
        at = {"asset": asset} if asset else {}
        log.append(
            tx, Kind.EXEMPTED, ledger.now(), request_id=request_id, code=str(reason), staff=staff, **at
        )
    return hold_id


def release(ledger: Ledger, hold_id: str, *, staff: str) -> str:
    """Release a hold; returns its request, which is to be retried so that what was held is erased.

    Raises:
        UnknownRequestError: there is no open hold of that id.
    """
    log.check_staff(staff)
    table = schema.hold
    with ledger.write() as tx:
        found = select(table.c.request_id).where(table.c.id == hold_id, table.c.released_at.is_(None))
        request_id = tx.execute(found).scalar()
        if request_id is None:
            raise UnknownRequestError("hold: no open one of that id")
        tx.execute(update(table).where(table.c.id == hold_id).values(released_at=ledger.now()))
        log.append(tx, Kind.HOLD_RELEASED, ledger.now(), request_id=request_id, staff=staff)
    return str(request_id)


def of_request(tx: Connection, request_id: str) -> list[Hold]:
    """Return a request's holds, oldest first."""
    table = schema.hold
    rows = tx.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.placed_at))
    return [
        Hold(
            id=row.id,
            request_id=row.request_id,
            reason=HoldReason(row.reason),
            asset=row.asset,
            until=date.fromisoformat(row.until) if row.until else None,
            released=row.released_at is not None,
        )
        for row in rows
    ]
