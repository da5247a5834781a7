"""Requests: filed, moved from state to state, each move logged in its own transaction."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lineage_assets.canonical import canonical_json
from rtbf_ledger import log, schema, vault
from rtbf_ledger.clocks import check_received, due_on, erase_by, law_named
from rtbf_ledger.errors import ReadmittedError, StateError, UnknownRequestError
from rtbf_ledger.log import Kind
from rtbf_ledger.readmissions import came_back_lawfully, lift
from rtbf_ledger.states import TERMINAL, Attention, State, advance
from rtbf_ledger.store import Ledger, stamp

SALT_BYTES = 32
RETRIABLE = frozenset({State.FAILED, State.PARTLY_CLOSED})


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a request failed at an asset: a code and a sentence of ours, never a value."""

    code: str
    asset: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What is filed. `identifiers` are (namespace, canonical value); `note` and `evidence` are sealed too."""

    law: str
    identifiers: Sequence[tuple[str, str]]
    received_at: datetime
    zone: str
    country: str
    filed_by: str
    evidence: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Return a text without anything about the person."""
        return f"Filing(law={self.law!r}, identifiers={len(self.identifiers)})"


InSameTransaction = Callable[[Connection, str], None]


def file(ledger: Ledger, filing: Filing, *, also: InSameTransaction | None = None) -> str:
    """File a request: its data key first, then one transaction with the sealed part and the log entry.

    Args:
        ledger: the open ledger.
        filing: what is filed.
        also: what else belongs to that transaction; it is given the request's id. An error of it undoes all.

    Raises:
        SettingsError: the law, the zone or the country is unknown.
        DayError: the day of receipt is in the future.
        LogFieldError: `filed_by` is no staff code.
        ValueError: the time of receipt has no zone.
    """
    log.check_staff(filing.filed_by)
    law = law_named(filing.law)
    received_at = stamp(filing.received_at)
    check_received(filing.received_at, ledger.clock(), zone=filing.zone)
    row = {
        "law": filing.law,
        "received_at": received_at,
        "zone": filing.zone,
        "country": filing.country,
        "due_on": due_on(law, filing.received_at, zone=filing.zone, country=filing.country).isoformat(),
        "erase_by": erase_by(filing.received_at, zone=filing.zone).isoformat(),
        "filed_by": filing.filed_by,
        "state": str(State.FILED),
        "nothing_confirmed": False,
    }
    request_id = ledger.new_id("rq")
    vault.make_key(ledger, request_id)
    try:
        with ledger.write() as tx:
            _file(ledger, tx, filing, row | {"id": request_id})
            if also is not None:
                also(tx, request_id)
    except BaseException:
        vault.shred_key(ledger, request_id)
        raise
    return request_id


def _file(ledger: Ledger, tx: Connection, filing: Filing, row: dict[str, Any]) -> None:
    request_id = row["id"]
    tx.execute(insert(schema.request).values(row))
    identifiers = [list(pair) for pair in sorted(set(filing.identifiers))]
    salt = ledger.randomness(SALT_BYTES).hex()
    part = {"identifiers": identifiers, "salt": salt, "evidence": filing.evidence, "note": filing.note}
    vault.seal(ledger, tx, request_id, "filed", part)
    log.append(
        tx,
        Kind.REQUEST_RECEIVED,
        ledger.now(),
        request_id=request_id,
        law=filing.law,
        staff=filing.filed_by,
        commitment=commitment(salt, identifiers),
    )


def commitment(salt: str, value: Any) -> str:
    """Return the HMAC-SHA-256 of a JSON value's canonical bytes, keyed with the salt (64 hex digits).

    With the salt destroyed it says nothing (`docs/formats/log.md`).
    """
    return hmac.new(bytes.fromhex(salt), canonical_json(value), hashlib.sha256).hexdigest()


def get(tx: Connection, request_id: str) -> Row[Any]:
    """Return a request's row.

    Raises:
        UnknownRequestError: there is none of that id.
    """
    row = tx.execute(select(schema.request).where(schema.request.c.id == request_id)).first()
    if row is None:
        raise UnknownRequestError("request: none of that id; `rtbf requests` lists them")
    return row


def in_state(tx: Connection, states: Iterable[State]) -> list[str]:
    """Return the ids of the requests in some states, oldest first."""
    table = schema.request
    found = select(table.c.id).where(table.c.state.in_([str(state) for state in states]))
    return list(tx.execute(found.order_by(table.c.received_at, table.c.id)).scalars())


def move(tx: Connection, request_id: str, new: State, **columns: Any) -> None:
    """Move a request to a state, with other columns of its row.

    Raises:
        StateError: there is no such transition.
    """
    old = State(get(tx, request_id).state)
    if old is not new:
        advance(old, new)
    tx.execute(
        update(schema.request).where(schema.request.c.id == request_id).values(state=str(new), **columns)
    )


def fail(ledger: Ledger, tx: Connection, request_id: str, failures: Sequence[Failure]) -> None:
    """Mark a request failed, with what failed where. It keeps its vault entry until retried or cancelled."""
    if State(get(tx, request_id).state) in TERMINAL | {State.FAILED}:
        return
    body = json.dumps([[item.code, item.asset, item.sentence] for item in failures])
    move(tx, request_id, State.FAILED, failures=body, attention=None)
    for item in failures:
        log.append(
            tx, Kind.FAILED, ledger.now(), request_id=request_id, code=item.code, **_named_asset(item.asset)
        )


def _named_asset(asset: str) -> dict[str, str]:
    return {"asset": asset} if asset else {}


def failures_of(row: Row[Any]) -> list[Failure]:
    """Return why a request failed."""
    found = json.loads(row.failures) if row.failures else []
    return [Failure(code=code, asset=asset, sentence=sentence) for code, asset, sentence in found]


def approve(
    ledger: Ledger, *request_ids: str, staff: str, share: float | None = None, confirm_nothing: bool = False
) -> None:
    """Approve planned requests, all or none; nothing is erased before.

    Args:
        ledger: the open ledger.
        request_ids: which ones.
        staff: code of the person who approves.
        share: the largest share of an asset's rows each may erase, where above the setting's limit.
        confirm_nothing: a person has checked that an identifier is really found nowhere.

    Raises:
        StateError: one is not planned, or waits for a confirmation that was not given; none is approved.
        ReadmittedError: a sweep filed one about somebody who was readmitted; none is approved.
    """
    log.check_staff(staff)
    with ledger.write() as tx:
        for request_id in request_ids:
            row = get(tx, request_id)
            _check_approvable(row, share=share, confirm_nothing=confirm_nothing)
            _check_not_readmitted(tx, request_id)
            columns: dict[str, Any] = {
                "approved_at": ledger.now(),
                "approved_by": staff,
                "attention": None,
                "suppressed_at": None,
            }
            if share is not None:
                columns["accepted_share"] = share
            if confirm_nothing:
                columns["nothing_confirmed"] = True
            move(tx, request_id, State.APPROVED, **columns)
            log.append(
                tx, Kind.APPROVED, ledger.now(), request_id=request_id, staff=staff, plan=row.plan_digest
            )


def _check_approvable(row: Row[Any], *, share: float | None, confirm_nothing: bool) -> None:
    if State(row.state) is not State.PLANNED:
        raise StateError(f"request {row.id} is {row.state}; only a planned one can be approved")
    if row.attention == Attention.NOTHING_FOUND and not confirm_nothing:
        raise StateError(
            f"request {row.id}: an identifier was found nowhere; check it with the person, then "
            "approve with --confirm-nothing-found"
        )
    if row.attention == Attention.OVER_LIMIT and share is None:
        raise StateError(
            f"request {row.id}: it would erase more of an asset than the limit; look at its preview, "
            "then approve with --accept-share"
        )


def _check_not_readmitted(tx: Connection, request_id: str) -> None:
    if came_back_lawfully(tx, request_id):
        raise ReadmittedError(
            f"request {request_id}: a sweep filed it, and somebody it is about was readmitted; cancel it "
            f"(`rtbf cancel {request_id}`), or file a new one if they are to be erased nevertheless"
        )


def retry(ledger: Ledger, request_id: str, *, staff: str) -> None:
    """File a failed or partly closed request again, with the identifiers it has.

    What was approved, confirmed or accepted was about the old plan: the new one is approved anew.

    Raises:
        StateError: it is in another state.
    """
    log.check_staff(staff)
    with ledger.write() as tx:
        state = State(get(tx, request_id).state)
        if state not in RETRIABLE:
            raise StateError(
                f"request {request_id} is {state}; only a failed or partly closed one is retried"
            )
        forgotten = dict.fromkeys(("failures", "attention", "approved_at", "approved_by", "accepted_share"))
        move(tx, request_id, State.FILED, nothing_confirmed=False, **forgotten)
        log.append(tx, Kind.RETRIED, ledger.now(), request_id=request_id, staff=staff)


def end(ledger: Ledger, request_id: str, state: State, *, staff: str) -> None:
    """Refuse or cancel a request: it ends, its people are suppressed no more, its data key is destroyed.

    Raises:
        StateError: it has ended already, or is being erased.
    """
    log.check_staff(staff)
    kind = {State.REFUSED: Kind.REFUSED, State.CANCELLED: Kind.CANCELLED}[state]
    with ledger.write() as tx:
        advance(State(get(tx, request_id).state), state)
        move(tx, request_id, state, closed_at=ledger.now())
        lift(tx, request_id, reason=str(state), staff=staff, now=ledger.now())
        log.append(tx, kind, ledger.now(), request_id=request_id, staff=staff)
    destroy(ledger, request_id)


def destroy(ledger: Ledger, request_id: str) -> None:
    """Destroy a request's data key and record when. Doing it again changes nothing."""
    vault.shred_key(ledger, request_id)
    with ledger.write() as tx:
        vault.drop_sealed(tx, request_id)
        if get(tx, request_id).key_destroyed_at is None:
            now = ledger.now()
            table = schema.request
            tx.execute(update(table).where(table.c.id == request_id).values(key_destroyed_at=now))
            log.append(tx, Kind.KEY_DESTROYED, now, request_id=request_id)


def finish_shredding(ledger: Ledger) -> None:
    """Destroy the keys of requests that ended while a crash came between: for every tick."""
    table = schema.request
    with ledger.read() as tx:
        ended = [str(state) for state in TERMINAL]
        left = select(table.c.id).where(table.c.state.in_(ended), table.c.key_destroyed_at.is_(None))
        ids = list(tx.execute(left).scalars())
    for request_id in ids:
        destroy(ledger, request_id)
