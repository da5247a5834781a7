"""Where decisions are kept: the newest of a request and an asset holds, and each has its log entry."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from rtbf_ledger import log, requests, schema, versions
from rtbf_ledger.decisions import REASONS, Because, Choice, Decision, erasable
from rtbf_ledger.errors import StateError
from rtbf_ledger.log import Kind
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger

KINDS = {Choice.ERASE: Kind.ERASE_DECIDED, Choice.KEEP: Kind.KEEP_DECIDED}
DECIDABLE = frozenset({State.FILED, State.PLANNED, State.APPROVED, State.PARTLY_CLOSED, State.FAILED})


def decide(
    ledger: Ledger, request_id: str, asset: str, choice: Choice, *, because: Because, staff: str
) -> None:
    """Record what becomes of an asset's rows that only a shared identifier of the request owns.

    It changes the plan: an approved request is planned and approved anew, a partly closed one is retried.

    Raises:
        StateError: the request has ended or is being erased; no search found such rows in the asset; the
            reason is not one of the choice; or they cannot be erased apart from somebody else's.
        UnknownRequestError: there is no such request, or no inventory yet.
        LogFieldError: `staff` is no staff code.
    """
    log.check_staff(staff)
    if because not in REASONS[choice]:
        raise StateError(f"decision: {choice} is because of {' or '.join(sorted(REASONS[choice]))}")
    with ledger.write() as tx:
        _check(tx, request_id, asset, choice)
        now = ledger.now()
        row = {"id": ledger.new_id("de"), "request_id": request_id, "asset": asset, "choice": str(choice)}
        row |= {"because": str(because), "decided_at": now, "decided_by": staff}
        tx.execute(insert(schema.decision).values(row))
        log.append(tx, KINDS[choice], now, request_id=request_id, asset=asset, code=str(because), staff=staff)


def _check(tx: Connection, request_id: str, asset: str, choice: Choice) -> None:
    state = State(requests.get(tx, request_id).state)
    if state not in DECIDABLE:
        raise StateError(f"request {request_id} is {state}; decide before it is erased, or when it waits")
    node = versions.graph_of(tx).nodes.get(asset)
    if node is None or node.declaration is None or not _undecided(tx, request_id, asset):
        raise StateError(
            "decision: no search found rows in that asset that only a shared identifier of the request owns; "
            "`rtbf preview` shows where"
        )
    if choice is Choice.ERASE and not erasable(node.declaration):
        raise StateError(
            f"asset {asset}: such rows cannot be told from somebody else's there, or are built again from "
            "another asset; decide at that one, or erase them by your own means and retry"
        )


def _undecided(tx: Connection, request_id: str, asset: str) -> bool:
    table = schema.request_evidence
    mine = (table.c.request_id == request_id, table.c.asset == asset, table.c.undecided > 0)
    return tx.execute(select(table.c.asset).where(*mine).limit(1)).first() is not None


def of_request(tx: Connection, request_id: str) -> dict[str, Decision]:
    """Return asset -> the newest decision of a request."""
    table = schema.decision
    rows = tx.execute(
        select(table).where(table.c.request_id == request_id).order_by(table.c.decided_at, table.c.id)
    )
    return {
        row.asset: Decision(
            asset=row.asset,
            choice=Choice(row.choice),
            because=Because(row.because),
            staff=row.decided_by,
        )
        for row in rows
    }


def erased_at(tx: Connection, request_ids: Iterable[str], asset: str) -> set[str]:
    """Return which of some requests erase what only a shared identifier owns in an asset."""
    table = schema.decision
    rows = tx.execute(
        select(table.c.request_id, table.c.choice)
        .where(table.c.asset == asset, table.c.request_id.in_(list(request_ids)))
        .order_by(table.c.decided_at, table.c.id)
    )
    newest = {row.request_id: Choice(row.choice) for row in rows}
    return {request_id for request_id, choice in newest.items() if choice is Choice.ERASE}
