"""Findings: people who came back after their erasure, once an asset and request, logged as they are opened.

Format: `docs/formats/finding.md`. A finding names a request, an asset, a run and counts; never a value, and
never a path. It is open until a sweep of the whole asset sees nobody of the request any more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from rtbf_ledger import certificates, log, requests, schema
from rtbf_ledger.log import Kind
from rtbf_ledger.states import State
from rtbf_ledger.store import Ledger, stamp
from rtbf_ledger.verdicts import Verdict

MOST_DIGESTS = 100
MOST_PLACES = 100
KEPT = frozenset(
    {
        Verdict.EXEMPT,
        Verdict.NEEDS_DECISION,
        Verdict.RETRAIN_DUE,
        Verdict.QUARANTINED,
        Verdict.BEYOND_USE,
    }
)


class FindingKind(StrEnum):
    """What it is, the gravest first.

    Somebody erased is there again under a declared key; an identifier of theirs stands where none is
    declared; or a person has to decide whether it is them.
    """

    RESURRECTION = "resurrection"
    ELSEWHERE = "elsewhere"
    CASE = "case"


class FindingState(StrEnum):
    """Whether they are still there."""

    OPEN = "open"
    CLOSED = "closed"


class Standing(StrEnum):
    """Why an erased person's tombstone is met in an asset."""

    UNDER_WAY = "under_way"
    KEPT = "kept"
    CAME_BACK = "came_back"


class Since(StrEnum):
    """How the file that somebody came back in was written: by a run, after one by something else, unknown."""

    DURING = "during"
    AFTER = "after"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """The people of one request, seen in one asset.

    Attributes:
        request: whose tombstones name them.
        kind: what it is.
        rows: distinct rows.
        later: how many of them are about a time after the erasure.
        digests: keyed digests of the files.
        written: when the first of the files was written, in seconds since 1970.
        since: how it was written; `run` is the Dagster run of the materialisation, where one is known.
        places: where no declared key holds them: labels of columns as they may be shown, `(path)` for names.
    """

    request: str
    kind: FindingKind
    rows: int
    digests: tuple[str, ...]
    written: float
    since: Since = Since.UNKNOWN
    run: str | None = None
    later: int = 0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding as the ledger has it: digests of its first 100 files, and its first 100 places."""

    id: str
    asset: str
    request: str
    kind: FindingKind
    state: FindingState
    opened_at: str
    seen_at: str
    closed_at: str | None
    written_at: str
    since: Since
    run: str | None
    rows: int
    files: int
    digests: tuple[str, ...]
    child: str | None
    later: int = 0
    places: tuple[str, ...] = ()


def standing(tx: Connection, request_id: str, asset: str) -> Standing:
    """Return why people of a request can be in an asset, by the request's state and newest certificate."""
    state = State(requests.get(tx, request_id).state)
    if state not in {State.CLOSED, State.PARTLY_CLOSED}:
        return Standing.UNDER_WAY
    body = json.loads(certificates.newest(tx, request_id))["body"]
    verdicts = {item["asset"]: Verdict(item["verdict"]) for item in body["assets"]}
    return Standing.KEPT if verdicts.get(asset) in KEPT else Standing.CAME_BACK


def record(
    ledger: Ledger,
    tx: Connection,
    asset: str,
    seen: Iterable[Sighting],
    *,
    still: frozenset[str],
    whole: bool,
) -> list[Finding]:
    """Open a finding of each sighting, or bring the open one up to date; returns them.

    Args:
        ledger: the open ledger.
        tx: a transaction of `Ledger.write`.
        asset: where it was looked.
        seen: who came back.
        still: every request of which somebody was met, whatever the reason.
        whole: whether the whole asset was looked at: then findings of all others are closed.
    """
    table = schema.finding
    found = [_record(ledger, tx, asset, one) for one in seen]
    mine = select(table.c.id, table.c.request_id).where(
        table.c.asset == asset, table.c.state == str(FindingState.OPEN)
    )
    for row in tx.execute(mine).all() if whole else ():
        if row.request_id not in still:
            now = ledger.now()
            closed = {"state": str(FindingState.CLOSED), "closed_at": now}
            tx.execute(update(table).where(table.c.id == row.id).values(closed))
            log.append(tx, Kind.FINDING_CLOSED, now, request_id=row.request_id, asset=asset, finding=row.id)
    return [_get(tx, one) for one in found]


def _record(ledger: Ledger, tx: Connection, asset: str, one: Sighting) -> str:
    table, now = schema.finding, ledger.now()
    is_open = (
        table.c.asset == asset,
        table.c.request_id == one.request,
        table.c.state == str(FindingState.OPEN),
    )
    row = tx.execute(select(table.c.id, table.c.kind).where(*is_open)).first()
    counts = {
        "seen_at": now,
        "rows": one.rows,
        "files": len(one.digests),
        "later": one.later,
        "digests": json.dumps(one.digests[:MOST_DIGESTS]),
        "places": json.dumps(one.places[:MOST_PLACES]),
    }
    if row is None:
        finding = ledger.new_id("fd")
        opened = {
            "id": finding,
            "asset": asset,
            "request_id": one.request,
            "kind": str(one.kind),
            "state": str(FindingState.OPEN),
            "opened_at": now,
            "written_at": stamp(datetime.fromtimestamp(one.written, UTC)),
            "since": str(one.since),
            "since_run": one.run,
        }
        tx.execute(insert(table).values(opened | counts))
        _log(tx, now, finding, asset, one)
        return finding
    gravest_first = list(FindingKind)
    graver = gravest_first.index(one.kind) < gravest_first.index(FindingKind(row.kind))
    kind = {"kind": str(one.kind)} if graver else {}
    tx.execute(update(table).where(table.c.id == row.id).values(counts | kind))
    if graver:
        _log(tx, now, row.id, asset, one)
    return str(row.id)


def _log(tx: Connection, now: str, finding: str, asset: str, one: Sighting) -> None:
    run = {"run_id": one.run} if one.run else {}
    about: dict[str, Any] = {"request_id": one.request, "asset": asset, "finding": finding}
    log.append(tx, Kind.RESURRECTED, now, **about, code=str(one.kind), count=one.rows, **run)


def of_asset(tx: Connection, asset: str | None = None, *, closed: bool = False) -> list[Finding]:
    """Return the open findings of an asset, or of all, oldest first; the closed ones too where asked."""
    table = schema.finding
    wanted = select(table).order_by(table.c.opened_at, table.c.id)
    if asset is not None:
        wanted = wanted.where(table.c.asset == asset)
    if not closed:
        wanted = wanted.where(table.c.state == str(FindingState.OPEN))
    return [_read(row) for row in tx.execute(wanted)]


def without_child(tx: Connection, ids: Iterable[str]) -> list[str]:
    """Return those of some findings whose people no request is to erase again, or one that has closed.

    One that was refused or cancelled is a decision.
    """
    table, child = schema.finding, schema.request
    over = or_(table.c.child_id.is_(None), child.c.state == str(State.CLOSED))
    mine = select(table.c.id).outerjoin_from(table, child, child.c.id == table.c.child_id)
    return list(tx.execute(mine.where(table.c.id.in_(list(ids)), over).order_by(table.c.id)).scalars())


def child_ahead(tx: Connection, request_id: str) -> str | None:
    """Return the request that is to erase people of a request again and waits to be planned or approved."""
    table, child = schema.finding, schema.request
    ahead = child.c.state.in_([str(State.FILED), str(State.PLANNED)])
    mine = select(child.c.id).join(table, table.c.child_id == child.c.id)
    mine = mine.where(table.c.request_id == request_id, ahead).order_by(
        child.c.received_at.desc(), child.c.id
    )
    return tx.execute(mine.limit(1)).scalar()


def planned_children(tx: Connection) -> list[str]:
    """Return the requests filed for open findings that are planned, oldest first."""
    table, child = schema.finding, schema.request
    mine = select(child.c.id).where(
        child.c.id.in_(select(table.c.child_id).where(table.c.state == str(FindingState.OPEN))),
        child.c.state == str(State.PLANNED),
    )
    return list(tx.execute(mine.order_by(child.c.received_at, child.c.id)).scalars())


def set_child(tx: Connection, ids: Iterable[str], child: str) -> None:
    """Link findings to the request that erases their people again."""
    table = schema.finding
    tx.execute(update(table).where(table.c.id.in_(list(ids))).values(child_id=child))


def _get(tx: Connection, finding: str) -> Finding:
    return _read(tx.execute(select(schema.finding).where(schema.finding.c.id == finding)).one())


def _read(row: Row[Any]) -> Finding:
    return Finding(
        id=row.id,
        asset=row.asset,
        request=row.request_id,
        kind=FindingKind(row.kind),
        state=FindingState(row.state),
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
        written_at=row.written_at,
        since=Since(row.since),
        run=row.since_run,
        rows=row.rows,
        files=row.files,
        digests=tuple(json.loads(row.digests)),
        child=row.child_id,
        later=row.later,
        places=tuple(json.loads(row.places)),
    )
