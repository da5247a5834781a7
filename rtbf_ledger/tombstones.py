"""The suppression list: who was erased, as MACs, so that nobody comes back by a late batch or a restore.

Format and worked example: `docs/formats/tombstone.md`. A tombstone is pseudonymous personal data itself. It
ends only by a counter-entry (`rtbf_ledger.readmissions`), never with time.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, Select, func, insert, or_, select, update

from lineage_assets.identifiers import pseudonym_of
from rtbf_ledger import log, schema
from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.log import Kind
from rtbf_ledger.states import TERMINAL, State
from rtbf_ledger.store import Ledger

FORM_VERSION = 1
BLOCK = 64
"""Bytes of a block of SHA-256."""
PLAIN = "plain"


class Scope(StrEnum):
    """What a tombstone suppresses: data from before it (the person may come back), or the future too."""

    DATA_BEFORE = "data_before"
    ALL_FUTURE = "all_future"


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of one identifier to suppress: the namespace, the form's name, and the value in that form."""

    namespace: str
    name: str
    value: str

    def __repr__(self) -> str:
        """Return a text without the value."""
        return f"Form(namespace={self.namespace!r}, name={self.name!r})"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the list says of one MAC.

    Attributes:
        requests: whose tombstones name it, the newest last.
        until: rows about a time after it are no data of before the erasure; None where time changes nothing.
        readmitted: whether those rows are lawful, by a counter-entry. Else they are for a person to decide.
    """

    requests: tuple[str, ...]
    until: str | None = None
    readmitted: bool = False


def forms_of(namespace: str, value: str, pseudonym_keys: Mapping[str, bytes]) -> list[Form]:
    """Return every form of a canonical identifier: plain, and its pseudonym under each named key."""
    derived = [
        Form(namespace=namespace, name=f"pseudonym:{name}", value=pseudonym_of(value, key))
        for name, key in sorted(pseudonym_keys.items())
    ]
    return [Form(namespace=namespace, name=PLAIN, value=value), *derived]


def mac_of(key: bytes, form: Form) -> str:
    """Return the MAC of a form, hex: HMAC-SHA256 over namespace, form, version, value, each ended by 0x1f."""
    parts = (form.namespace, form.name, str(FORM_VERSION), form.value)
    return hmac.new(key, b"".join(part.encode() + b"\x1f" for part in parts), hashlib.sha256).hexdigest()


def macs_of(key: bytes, namespace: str, form: str, values: Iterable[str]) -> Iterator[bytes]:
    """Yield the MAC of each value as bytes, as `mac_of` has it, for many values.

    HMAC as RFC 2104 writes it, over two states that are copied: three times as fast as `hmac` anew.
    """
    head = "".join(f"{part}\x1f" for part in (namespace, form, str(FORM_VERSION)))
    block = (key if len(key) <= BLOCK else hashlib.sha256(key).digest()).ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + head.encode())
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
    for value in values:
        each, mac = inner.copy(), outer.copy()
        each.update(value.encode() + b"\x1f")
        mac.update(each.digest())
        yield mac.digest()


def key_id(key: bytes) -> str:
    """Return the id of a tombstone key: the first 16 hex digits of SHA-256 over a label and the key."""
    return hashlib.sha256(b"rtbf tombstone key\x1f" + key).hexdigest()[:16]


def suppress(ledger: Ledger, request_id: str, forms: Iterable[Form], *, scope: Scope) -> int:
    """Put the forms of a request on the suppression list; returns how many are on it for the request.

    Doing it again adds only what is missing. A request that has ended is left alone: its counter-entries are
    written already, and nothing would answer a tombstone that came after them.

    Raises:
        KeyFolderError: the list there is was made with another tombstone key.
    """
    key = ledger.keys.named("tombstone")
    wanted = {mac_of(key, form): form for form in forms}
    table = schema.tombstone
    with ledger.write() as tx:
        check_key(tx, key)
        known = set(tx.execute(select(table.c.mac).where(table.c.request_id == request_id)).scalars())
        if _ended(tx, request_id):
            return len(known)
        now = ledger.now()
        rows = [
            {
                "key_id": key_id(key),
                "namespace": form.namespace,
                "form": form.name,
                "form_version": FORM_VERSION,
                "mac": mac,
                "scope": str(scope),
                "since": now,
                "request_id": request_id,
            }
            for mac, form in wanted.items()
            if mac not in known
        ]
        if rows:
            tx.execute(insert(table), rows)
            log.append(tx, Kind.TOMBSTONED, now, request_id=request_id, count=len(rows))
        request = schema.request
        first = (request.c.id == request_id, request.c.suppressed_at.is_(None))
        tx.execute(update(request).where(*first).values(suppressed_at=now))
    return len(known) + len(rows)


def _ended(tx: Connection, request_id: str) -> bool:
    state = tx.execute(select(schema.request.c.state).where(schema.request.c.id == request_id)).scalar_one()
    return State(state) in TERMINAL


def unsuppressed(tx: Connection, *, most: int) -> list[str]:
    """Return the approved requests whose people are not on the list since their approval, oldest first."""
    request = schema.request
    waiting = select(request.c.id).where(
        request.c.state == str(State.APPROVED), request.c.suppressed_at.is_(None)
    )
    return list(tx.execute(waiting.order_by(request.c.received_at, request.c.id).limit(most)).scalars())


def macs(tx: Connection, namespace: str, form: str) -> frozenset[str]:
    """Return the MACs in force of one namespace and form: those without a counter-entry."""
    tomb = schema.tombstone
    found = in_force(tomb.c.mac).where(tomb.c.namespace == namespace, tomb.c.form == form)
    return frozenset(tx.execute(found).scalars())


def listed(
    tx: Connection, namespace: str, form: str, *, by_time: bool = False
) -> tuple[dict[bytes, Listed], int]:
    """Return what the list says of each MAC of one namespace and form, and the largest number of a tombstone.

    A list with a larger number has newer tombstones; a counter-entry makes the number no larger.

    Args:
        tx: a transaction.
        namespace: kind of the identifiers.
        form: how they are written.
        by_time: whether rows can be told apart by their event time. Then those readmitted from a time on are
            there too; else only tombstones in force are, and time changes nothing.
    """
    tomb, back = schema.tombstone, schema.readmission
    wanted = _answered(tomb.c.id, tomb.c.mac, tomb.c.request_id, tomb.c.scope, tomb.c.since, back.c.begins)
    answer = or_(back.c.id.is_(None), back.c.begins.is_not(None)) if by_time else back.c.id.is_(None)
    wanted = wanted.where(answer, tomb.c.namespace == namespace, tomb.c.form == form)
    found: dict[bytes, Listed] = {}
    made: dict[tuple[str, str | None, bool], Listed] = {}
    newest = 0
    for number, mac, request_id, scope, since, begins in tx.execute(wanted.order_by(tomb.c.id)):
        newest, one = number, bytes.fromhex(mac)
        until = (begins or _until(scope, since)) if by_time else None
        mine = (request_id, until, begins is not None)
        alone = made.get(mine) or made.setdefault(
            mine, Listed(requests=(request_id,), until=until, readmitted=begins is not None)
        )
        found[one] = _joined(found[one], alone) if one in found else alone
    return found, newest


def entries(tx: Connection) -> tuple[int, int]:
    """Return how many tombstones and counter-entries there are: neither is ever changed or taken away."""
    tombs, backs = (select(func.count()).select_from(one) for one in (schema.tombstone, schema.readmission))
    return tx.execute(tombs).scalar_one(), tx.execute(backs).scalar_one()


def _until(scope: str, since: str) -> str | None:
    return None if Scope(scope) is Scope.ALL_FUTURE else since


def _joined(older: Listed, newer: Listed) -> Listed:
    """Return what two tombstones say together: one in force wins over one answered, then the newer."""
    if older.readmitted is not newer.readmitted:
        return newer if older.readmitted else older
    until = max(older.until, newer.until) if older.until and newer.until else None
    return Listed(requests=older.requests + newer.requests, until=until, readmitted=newer.readmitted)


def listed_forms(tx: Connection) -> list[tuple[str, str]]:
    """Return every (namespace, form) that has a tombstone in force, sorted."""
    tomb = schema.tombstone
    found = tx.execute(in_force(tomb.c.namespace, tomb.c.form).distinct())
    return sorted((row.namespace, row.form) for row in found)


def every_form(tx: Connection) -> list[tuple[str, str]]:
    """Return every (namespace, form) that ever had a tombstone, in force or answered, sorted."""
    tomb = schema.tombstone
    found = tx.execute(select(tomb.c.namespace, tomb.c.form).distinct())
    return sorted((row.namespace, row.form) for row in found)


def check_key(tx: Connection, key: bytes) -> None:
    """Refuse to go on with a tombstone key that did not make the list: nobody on it would be recognised.

    Raises:
        KeyFolderError: an entry was made with another key.
    """
    mine = select(schema.tombstone.c.id).where(schema.tombstone.c.key_id != key_id(key)).limit(1)
    if tx.execute(mine).first() is not None:
        raise KeyFolderError(
            "suppression list: it was made with another tombstone key; put that key back into the key folder"
        )


def in_force(*columns: Column[Any]) -> Select[Any]:
    """Return the query for tombstones without a counter-entry."""
    return _answered(*columns).where(schema.readmission.c.id.is_(None))


def _answered(*columns: Column[Any]) -> Select[Any]:
    """Return the query for tombstones, each beside its counter-entry where it has one."""
    tomb, back = schema.tombstone, schema.readmission
    return select(*columns).outerjoin_from(tomb, back, back.c.tombstone_id == tomb.c.id)
