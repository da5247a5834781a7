"""The mismatches of the ledger: once a place, open until it is gone or a person accepts it.

Format: `docs/formats/undeclared.md`.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from rtbf_ledger import log, schema
from rtbf_ledger.errors import LedgerError, UnknownRequestError
from rtbf_ledger.log import Kind, check_staff
from rtbf_ledger.mismatches import Because, Mismatch, MismatchState, Seen, UndeclaredKind
from rtbf_ledger.store import Ledger

MOST_TEXT = 250


def record(
    ledger: Ledger,
    tx: Connection,
    target: str,
    seen: Iterable[Seen],
    *,
    looked: frozenset[UndeclaredKind],
) -> list[Mismatch]:
    """Open a mismatch of each one that is new, bring the others up to date; returns the new ones.

    Args:
        ledger: the open ledger.
        tx: a transaction of `Ledger.write`.
        target: the asset, or the root as "{name}".
        seen: what is there.
        looked: the kinds that the whole target was looked at for: those of them that are gone are closed.
    """
    table, now = schema.undeclared, ledger.now()
    wanted = (table.c.target == target, table.c.state != str(MismatchState.CLOSED))
    before = {(row.kind, row.fingerprint): row for row in tx.execute(select(table).where(*wanted))}
    new, met = [], set()
    for one in seen:
        key = (str(one.kind), one.fingerprint)
        if key in met:
            continue
        met.add(key)
        if key in before:
            tx.execute(update(table).where(table.c.id == before[key].id).values(_changing(one, now)))
        else:
            new.append(_open(ledger, tx, target, one, now))
    for key, row in before.items():
        if key not in met and UndeclaredKind(row.kind) in looked:
            closed = {"state": str(MismatchState.CLOSED), "closed_at": now}
            tx.execute(update(table).where(table.c.id == row.id).values(closed))
            log.append(tx, Kind.UNDECLARED_CLOSED, now, finding=row.id, **_about(target))
    return [get(tx, one) for one in new]


def _open(ledger: Ledger, tx: Connection, target: str, one: Seen, now: str) -> str:
    made = ledger.new_id("ud")
    opened = {
        "id": made,
        "target": target,
        "kind": str(one.kind),
        "fingerprint": one.fingerprint,
        "state": str(MismatchState.OPEN),
        "opened_at": now,
    }
    tx.execute(insert(schema.undeclared).values(opened | _changing(one, now)))
    about = _about(target)
    log.append(tx, Kind.UNDECLARED_FOUND, now, finding=made, code=one.code, count=one.count, **about)
    return made


def _changing(one: Seen, now: str) -> dict[str, Any]:
    return {
        "seen_at": now,
        "code": one.code,
        "place": one.place[:MOST_TEXT],
        "owners": json.dumps(one.owners),
        "reason": one.reason,
        "beside": one.beside[:MOST_TEXT] if one.beside else None,
        "count": one.count,
        "permille": one.permille,
    }


def _about(target: str) -> dict[str, str]:
    return {} if target.startswith("{") else {"asset": target}


def accept(ledger: Ledger, tx: Connection, mismatch: str, *, because: Because, staff: str) -> Mismatch:
    """Accept an open mismatch: it alarms no more while it stays as it is.

    Raises:
        LogFieldError: `staff` is no staff code.
        UnknownRequestError: there is no mismatch of that id.
        LedgerError: it is closed.
    """
    check_staff(staff)
    now = ledger.now()
    decided = {
        "state": str(MismatchState.ACCEPTED),
        "accepted_at": now,
        "accepted_by": staff,
        "because": str(because),
    }
    _decide(tx, mismatch, decided)
    log.append(tx, Kind.UNDECLARED_ACCEPTED, now, finding=mismatch, code=str(because), staff=staff)
    return get(tx, mismatch)


def withdraw(ledger: Ledger, tx: Connection, mismatch: str, *, staff: str) -> Mismatch:
    """Take an acceptance back: the mismatch is open again and is told again.

    Raises:
        LogFieldError: `staff` is no staff code.
        UnknownRequestError: there is no mismatch of that id.
        LedgerError: it is closed.
    """
    check_staff(staff)
    gone = dict.fromkeys(("accepted_at", "accepted_by", "because", "told_at"))
    _decide(tx, mismatch, gone | {"state": str(MismatchState.OPEN)})
    log.append(tx, Kind.UNDECLARED_WITHDRAWN, ledger.now(), finding=mismatch, staff=staff)
    return get(tx, mismatch)


def _decide(tx: Connection, mismatch: str, values: dict[str, Any]) -> None:
    if get(tx, mismatch).state is MismatchState.CLOSED:
        raise LedgerError(f"mismatch {mismatch}: it is closed, since it is not there any more")
    table = schema.undeclared
    tx.execute(update(table).where(table.c.id == mismatch).values(values))


def tell(ledger: Ledger, tx: Connection, ids: Iterable[str]) -> None:
    """Remember that mismatches were told, so that the next scan tells only newer ones."""
    table = schema.undeclared
    tx.execute(update(table).where(table.c.id.in_(list(ids))).values(told_at=ledger.now()))


def get(tx: Connection, mismatch: str) -> Mismatch:
    """Return one mismatch.

    Raises:
        UnknownRequestError: there is none of that id.
    """
    row = tx.execute(select(schema.undeclared).where(schema.undeclared.c.id == mismatch)).first()
    if row is None:
        raise UnknownRequestError("mismatch: there is none of that id; `rtbf scan --undeclared` lists them")
    return _read(row)


def of_target(tx: Connection, target: str | None = None, *, closed: bool = False) -> list[Mismatch]:
    """Return the open and accepted mismatches of an asset or root, or of all, oldest first.

    Args:
        tx: a transaction.
        target: an asset's name, or a root as "{name}"; all where None.
        closed: the closed ones too.
    """
    table = schema.undeclared
    wanted = select(table).order_by(table.c.opened_at, table.c.id)
    if target is not None:
        wanted = wanted.where(table.c.target == target)
    if not closed:
        wanted = wanted.where(table.c.state != str(MismatchState.CLOSED))
    return [_read(row) for row in tx.execute(wanted)]


def open_ones(tx: Connection, target: str | None = None) -> list[Mismatch]:
    """Return the mismatches that nobody accepted, oldest first."""
    return [one for one in of_target(tx, target) if one.state is MismatchState.OPEN]


def untold(tx: Connection, target: str) -> list[Mismatch]:
    """Return the open mismatches of a target that were not told yet."""
    return [one for one in open_ones(tx, target) if one.told_at is None]


def _read(row: Row[Any]) -> Mismatch:
    plain = dict(row._mapping)  # noqa: SLF001 - its public name
    plain |= {
        "kind": UndeclaredKind(row.kind),
        "state": MismatchState(row.state),
        "owners": tuple(json.loads(row.owners)),
        "because": Because(row.because) if row.because else None,
    }
    return Mismatch(**plain)
