"""The log: one append-only table, written in the transaction of the state change it records (RFC 6962 tree).

Format: `docs/formats/log.md`. A field is an enum, a number, a time, an opaque id, a staff code, a digest or a
salted commitment; `append` refuses everything else, so that no free text and no path can get in.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from lineage_assets.canonical import canonical_json
from rtbf_ledger import merkle, schema
from rtbf_ledger.certificate import LOG_FORMAT
from rtbf_ledger.checkpoint import Checkpoint
from rtbf_ledger.errors import LogFieldError
from rtbf_ledger.store import origin


class Kind(StrEnum):
    """What happened."""

    REQUEST_RECEIVED = "RequestReceived"
    SUBJECT_RESOLVED = "SubjectResolved"
    PLANNED = "Planned"
    APPROVED = "Approved"
    STOPPED = "Stopped"
    EXEMPTED = "Exempted"
    HOLD_RELEASED = "HoldReleased"
    ERASE_DECIDED = "EraseDecided"
    KEEP_DECIDED = "KeepDecided"
    REFUSED = "Refused"
    CANCELLED = "Cancelled"
    RETRIED = "Retried"
    TOMBSTONED = "Tombstoned"
    READMITTED = "Readmitted"
    FOUND = "Found"
    ERASED = "Erased"
    REBUILT = "Rebuilt"
    VERIFIED = "Verified"
    RESIDUAL_FOUND = "ResidualFound"
    FAILED = "Failed"
    KEY_DESTROYED = "KeyDestroyed"
    HANDLE_SEALED = "HandleSealed"
    HANDLE_DESTROYED = "HandleDestroyed"
    CERTIFIED = "Certified"
    RESURRECTED = "Resurrected"
    FINDING_CLOSED = "FindingClosed"
    UNDECLARED_FOUND = "UndeclaredFound"
    UNDECLARED_ACCEPTED = "UndeclaredAccepted"
    UNDECLARED_WITHDRAWN = "UndeclaredWithdrawn"
    UNDECLARED_CLOSED = "UndeclaredClosed"


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# A code that has no letter, or is as long as a UUID, may be a person's number pasted into the wrong field.
STAFF = re.compile(r"(?=[0-9_-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_-]{0,23}")
_HEX = re.compile(r"[0-9a-f]{64}")
_ASSET = re.compile(r"[A-Za-z0-9_/.-]{1,250}")
FIELDS: dict[str, re.Pattern[str] | type[int]] = {
    "request_id": _ID,
    "batch_id": _ID,
    "run_id": _ID,
    "handle": _ID,
    "finding": _ID,
    "asset": _ASSET,
    "code": _ID,
    "law": _ID,
    "staff": STAFF,
    "commitment": _HEX,
    "plan": _HEX,
    "graph": _HEX,
    "receipt": _HEX,
    "scan": _HEX,
    "certificate_sha256": _HEX,
    "count": int,
}


def check_staff(staff: str) -> None:
    """Refuse what is no staff code, before anything is written: what is rolled back stays in a server's WAL.

    Raises:
        LogFieldError: it is none; the message does not repeat it.
    """
    if not STAFF.fullmatch(staff):
        raise LogFieldError(
            "staff code: write at most 24 letters, digits, - and _, with a letter among them; no name"
        )


def entry_bytes(kind: Kind, at: str, fields: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an entry; `at` is UTC in whole seconds.

    Raises:
        LogFieldError: a field is unknown, or is not what its name promises.
    """
    for name, value in fields.items():
        rule = FIELDS.get(name)
        if rule is None or not _fits(rule, value):
            raise LogFieldError(f"log: the field {name!r} of {kind} is not one the log takes")
    return canonical_json({"kind": str(kind), "at": at, "format": LOG_FORMAT, **fields})


def _fits(rule: re.Pattern[str] | type[int], value: object) -> bool:
    if isinstance(rule, re.Pattern):
        return isinstance(value, str) and rule.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def append(tx: Connection, kind: Kind, now: str, **fields: Any) -> int:
    """Append an entry in the caller's write transaction; returns its index.

    Args:
        tx: a transaction of `Ledger.write`.
        kind: what happened.
        now: the ledger's time, cut to whole seconds here.
        fields: see `FIELDS`.
    """
    about = {name: fields[name] for name in ("request_id", "batch_id") if name in fields}
    return append_bytes(tx, kind, entry_bytes(kind, whole_seconds(now), fields), **about)


def append_bytes(
    tx: Connection, kind: Kind, entry: bytes, *, request_id: str | None = None, batch_id: str | None = None
) -> int:
    """Append an entry whose canonical bytes are made already; returns its index."""
    index = size(tx)
    about = {"request_id": request_id, "batch_id": batch_id}
    row = {"index": index, "kind": str(kind), "body": entry.decode()}
    tx.execute(insert(schema.log_entry).values(row | about))
    nodes = merkle.append(index, merkle.leaf_hash(entry), reader(tx))
    rows = [{"level": node.level, "index": node.index, "hash": node.hash} for node in nodes]
    tx.execute(insert(schema.log_node), rows)
    return index


def whole_seconds(now: str) -> str:
    """Return a ledger time cut to whole seconds."""
    return now.partition(".")[0].removesuffix("Z") + "Z"


def size(tx: Connection) -> int:
    """Return how many entries there are."""
    last = tx.execute(select(func.max(schema.log_entry.c.index))).scalar()
    return 0 if last is None else int(last) + 1


def reader(tx: Connection) -> merkle.NodeReader:
    """Return a reader of stored tree nodes."""
    table = schema.log_node

    def read(level: int, index: int) -> bytes:
        found = tx.execute(select(table.c.hash).where(table.c.level == level, table.c.index == index))
        return bytes(found.scalar_one())

    return read


def checkpoint(tx: Connection) -> Checkpoint:
    """Return what the log commits to now."""
    count = size(tx)
    return Checkpoint(origin=origin(tx), size=count, root=merkle.root(count, reader(tx)))


def entries(tx: Connection) -> list[str]:
    """Return all entries as canonical JSON text, oldest first."""
    return list(tx.execute(select(schema.log_entry.c.body).order_by(schema.log_entry.c.index)).scalars())


def entries_of(tx: Connection, request_id: str, batch_ids: Sequence[str] = ()) -> list[str]:
    """Return the entries of one request, and of the batches it was in, oldest first."""
    table = schema.log_entry
    mine = or_(table.c.request_id == request_id, table.c.batch_id.in_(batch_ids))
    return list(tx.execute(select(table.c.body).where(mine).order_by(table.c.index)).scalars())
