"""Handles: identifiers sealed now and filed later, by a name that says nothing about the person.

Whoever launches the filing job types a handle and never an identifier. It is filed once, within 24 hours;
then its data key is destroyed, as it is when nobody used it. The row stays, without ciphertext, so that a
second launch is told which request the first one filed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from rtbf_ledger import log, requests, schema, vault
from rtbf_ledger.clocks import check_received
from rtbf_ledger.errors import HandleError
from rtbf_ledger.log import Kind
from rtbf_ledger.requests import Filing
from rtbf_ledger.store import Ledger, moment, stamp

LIFETIME = timedelta(hours=24)
PREFIX, PART = "hd", "sealed"
FIRST_ZONE = "Etc/GMT-14"
"""Where each day begins first: whose zone counts is known only where a handle is filed, and checked there."""


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """What is sealed. `identifiers` are (namespace, canonical value); `note`, `evidence` are sealed too."""

    identifiers: Sequence[tuple[str, str]]
    received_at: datetime
    filed_by: str
    evidence: str = ""
    note: str = ""

    def __repr__(self) -> str:
        """Return a text without anything about the person."""
        return f"Sealing(identifiers={len(self.identifiers)})"


@dataclass(frozen=True, kw_only=True)
class Handle:
    """A name for sealed identifiers, and the moment from which it cannot be filed any more."""

    id: str
    expires_at: datetime


class _Used(Exception):
    """Somebody else filed the handle meanwhile, as the request of this id."""


def seal_handle(ledger: Ledger, sealing: Sealing) -> Handle:
    """Seal identifiers under a data key of their own; nothing is filed.

    Raises:
        LogFieldError: `filed_by` is no staff code.
        DayError: the day of receipt is in the future everywhere.
        ValueError: the time of receipt has no zone.
    """
    log.check_staff(sealing.filed_by)
    now = ledger.clock()
    check_received(sealing.received_at, now, zone=FIRST_ZONE)
    made = Handle(id=ledger.new_id(PREFIX), expires_at=now + LIFETIME)
    row = {
        "id": made.id,
        "created_at": stamp(now),
        "expires_at": stamp(made.expires_at),
        "received_at": stamp(sealing.received_at),
        "filed_by": sealing.filed_by,
    }
    identifiers = [list(pair) for pair in sorted(set(sealing.identifiers))]
    value = {"identifiers": identifiers, "evidence": sealing.evidence, "note": sealing.note}
    vault.make_key(ledger, made.id)
    try:
        nonce, ciphertext = vault.encrypt(ledger, made.id, PART, value)
        with ledger.write() as tx:
            tx.execute(insert(schema.handle).values(row | {"nonce": nonce, "ciphertext": ciphertext}))
            log.append(tx, Kind.HANDLE_SEALED, stamp(now), handle=made.id, staff=sealing.filed_by)
    except BaseException:
        vault.shred_key(ledger, made.id)
        raise
    return made


def file_handle(ledger: Ledger, handle_id: str, *, law: str, zone: str, country: str) -> tuple[str, bool]:
    """File what a handle holds, once, then destroy the handle.

    Returns:
        the request's id, and whether it was filed now; False stands for an earlier launch.

    Raises:
        HandleError: there is no such handle, or it has expired.
        SettingsError: the law, the zone or the country is unknown; the handle can still be used.
    """
    with ledger.read() as tx:
        row = _get(tx, handle_id)
        if row.request_id is not None:
            return row.request_id, False
        _refuse_expired(ledger, row)
        sealed = vault.decrypt(ledger, handle_id, PART, row.nonce, row.ciphertext)
    filing = Filing(
        law=law,
        identifiers=[(namespace, value) for namespace, value in sealed["identifiers"]],
        received_at=moment(row.received_at),
        zone=zone,
        country=country,
        filed_by=row.filed_by,
        evidence=sealed["evidence"],
        note=sealed["note"],
    )
    try:
        request_id = requests.file(ledger, filing, also=lambda tx, made: _mark(ledger, tx, handle_id, made))
    except _Used as used:
        return str(used), False
    destroy(ledger, handle_id)
    return request_id, True


def _mark(ledger: Ledger, tx: Connection, handle_id: str, request_id: str) -> None:
    """Mark a handle filed, in the transaction of the filing; whoever comes second files nothing."""
    row = _get(tx, handle_id)
    if row.request_id is not None:
        raise _Used(row.request_id)
    _refuse_expired(ledger, row)
    table = schema.handle
    tx.execute(update(table).where(table.c.id == handle_id).values(request_id=request_id))


def _get(tx: Connection, handle_id: str) -> Row[Any]:
    row = tx.execute(select(schema.handle).where(schema.handle.c.id == handle_id)).first()
    if row is None:
        raise HandleError("handle: there is none of that name in this ledger; `rtbf seal` makes one")
    return row


def _refuse_expired(ledger: Ledger, row: Row[Any]) -> None:
    if row.key_destroyed_at is not None or ledger.clock() >= moment(row.expires_at):
        raise HandleError("handle: it has expired, and what it held is destroyed; make another: `rtbf seal`")


def known(tx: Connection, handle_ids: Iterable[str]) -> set[str]:
    """Return which of some handles are or were of this ledger, used and expired ones too."""
    table = schema.handle
    return set(tx.execute(select(table.c.id).where(table.c.id.in_(list(handle_ids)))).scalars())


def destroy(ledger: Ledger, handle_id: str) -> None:
    """Destroy a handle's data key and drop its ciphertext. Doing it again changes nothing."""
    vault.shred_key(ledger, handle_id)
    with ledger.write() as tx:
        row = _get(tx, handle_id)
        if row.key_destroyed_at is not None:
            return
        now, table = ledger.now(), schema.handle
        emptied = {"key_destroyed_at": now, "nonce": None, "ciphertext": None}
        tx.execute(update(table).where(table.c.id == handle_id).values(emptied))
        about = {} if row.request_id is None else {"request_id": row.request_id}
        log.append(tx, Kind.HANDLE_DESTROYED, now, handle=handle_id, **about)


def expire(ledger: Ledger) -> None:
    """Destroy the handles that are too old, and the filed ones that a crash left: for every tick."""
    table = schema.handle
    over = or_(table.c.request_id.is_not(None), table.c.expires_at <= ledger.now())
    with ledger.read() as tx:
        found = select(table.c.id).where(table.c.key_destroyed_at.is_(None), over)
        ids = list(tx.execute(found).scalars())
    for handle_id in ids:
        destroy(ledger, handle_id)
