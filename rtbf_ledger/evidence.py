"""Evidence: what was counted, erased and seen, once a (batch, asset); a request keeps rows where it matched.

A file's receipt is written right BEFORE its rename: a run killed in between leaves a record without an
effect, never an effect without a record, and the next attempt writes the same record again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from rtbf_ledger import schema


class AssetStep(StrEnum):
    """How far an asset's own erasure is inside a batch."""

    ERASED = "erased"
    ASKED = "asked"
    REBUILT = "rebuilt"
    KEPT = "kept"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything known about one asset in one batch. JSON values as scanner, eraser and walk wrote them."""

    asset: str
    before: Mapping[str, Any] | None = None
    step: AssetStep | None = None
    receipt: Mapping[str, Any] | None = None
    asked_at: str | None = None
    tries: int = 0
    run_id: str | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class RequestEvidence:
    """What one request matched in one asset of one batch; `erased` None until the asset was erased."""

    asset: str
    matched: int
    mentioned: int
    undecided: int
    erased: int | None


def steps_of(tx: Connection, batch_id: str) -> dict[str, AssetStep | None]:
    """Return how far each asset of a batch is, without its counts."""
    table = schema.evidence
    rows = tx.execute(select(table.c.asset, table.c.step).where(table.c.batch_id == batch_id))
    return {row.asset: AssetStep(row.step) if row.step else None for row in rows}


def of_batch(tx: Connection, batch_id: str, asset: str | None = None) -> dict[str, Evidence]:
    """Return a batch's evidence by asset, of all its assets or of one."""
    table = schema.evidence
    wanted = select(table).where(table.c.batch_id == batch_id)
    rows = tx.execute(wanted if asset is None else wanted.where(table.c.asset == asset))
    return {
        row.asset: Evidence(
            asset=row.asset,
            before=_read(row.before),
            step=AssetStep(row.step) if row.step else None,
            receipt=_read(row.receipt),
            asked_at=row.asked_at,
            tries=row.tries,
            run_id=row.run_id,
            after=_read(row.after),
        )
        for row in rows
    }


def _read(text: str | None) -> Mapping[str, Any] | None:
    return json.loads(text) if text else None


def record(tx: Connection, batch_id: str, asset: str, **values: Any) -> None:
    """Set columns of an asset's evidence; mappings are kept as JSON."""
    table = schema.evidence
    plain = {name: json.dumps(v) if isinstance(v, Mapping) else v for name, v in values.items()}
    plain = {name: str(v) if isinstance(v, StrEnum) else v for name, v in plain.items()}
    mine = (table.c.batch_id == batch_id, table.c.asset == asset)
    if tx.execute(select(table.c.asset).where(*mine)).first() is None:
        tx.execute(insert(table).values(batch_id=batch_id, asset=asset, tries=0))
    tx.execute(update(table).where(*mine).values(plain))


def record_matches(
    tx: Connection, batch_id: str, asset: str, found: Mapping[str, tuple[int, int, int]]
) -> None:
    """Keep request id -> (matched, mentioned, undecided) of a search; only where any is above 0."""
    table = schema.request_evidence
    for request_id, (matched, mentioned, undecided) in found.items():
        mine = (table.c.batch_id == batch_id, table.c.request_id == request_id, table.c.asset == asset)
        values = {"matched": matched, "mentioned": mentioned, "undecided": undecided}
        if tx.execute(select(table.c.asset).where(*mine)).first() is None:
            if matched or mentioned or undecided:
                row = {"batch_id": batch_id, "request_id": request_id, "asset": asset}
                tx.execute(insert(table).values(row | values))
        else:
            tx.execute(update(table).where(*mine).values(values))


def record_erased(tx: Connection, batch_id: str, asset: str, erased: Mapping[str, int]) -> None:
    """Keep request id -> rows and mentions that an eraser's receipts (or a rebuild) took out."""
    table = schema.request_evidence
    for request_id, count in erased.items():
        mine = (table.c.batch_id == batch_id, table.c.request_id == request_id, table.c.asset == asset)
        tx.execute(update(table).where(*mine).values(erased=count))


def of_request(tx: Connection, request_id: str, *, batches: Iterable[str]) -> dict[str, RequestEvidence]:
    """Return what a request matched by asset, over some batches, oldest first.

    Of an earlier batch only what it really erased counts, as found and as erased: what it found and left was
    found again by the last one.
    """
    table = schema.request_evidence
    found: dict[str, RequestEvidence] = {}
    for batch_id in batches:
        found = {asset: _carried(item) for asset, item in found.items() if item.erased}
        mine = select(table).where(table.c.batch_id == batch_id, table.c.request_id == request_id)
        for row in tx.execute(mine):
            earlier = found.get(
                row.asset, RequestEvidence(asset="", matched=0, mentioned=0, undecided=0, erased=None)
            )
            counted = row.erased is not None or earlier.erased is not None
            found[row.asset] = RequestEvidence(
                asset=row.asset,
                matched=row.matched + earlier.matched,
                mentioned=row.mentioned + earlier.mentioned,
                undecided=row.undecided,
                erased=(row.erased or 0) + (earlier.erased or 0) if counted else None,
            )
    return found


def _carried(item: RequestEvidence) -> RequestEvidence:
    """Return an earlier batch's evidence with only what it erased; where not all, as rows."""
    if item.erased == item.matched + item.mentioned:
        return replace(item, undecided=0)
    return replace(item, matched=item.erased or 0, mentioned=0, undecided=0)


def keep_file(tx: Connection, batch_id: str, asset: str, receipt: Mapping[str, Any]) -> None:
    """Keep a file's receipt right before its commit; the same file from the same state is kept once."""
    table = schema.file_receipt
    mine = (
        table.c.batch_id == batch_id,
        table.c.asset == asset,
        table.c.file == receipt["file"],
        table.c.before == receipt["before"],
    )
    tx.execute(delete(table).where(*mine))
    row = {"batch_id": batch_id, "asset": asset, "file": receipt["file"], "before": receipt["before"]}
    tx.execute(insert(table).values(row | {"body": json.dumps(receipt)}))


def file_receipts(tx: Connection, batch_id: str, asset: str) -> list[dict[str, Any]]:
    """Return the receipts of an asset's files in a batch, over all attempts."""
    table = schema.file_receipt
    mine = (table.c.batch_id == batch_id, table.c.asset == asset)
    return [
        json.loads(body)
        for body in tx.execute(select(table.c.body).where(*mine).order_by(table.c.file)).scalars()
    ]


def erase_batches_of(tx: Connection, request_id: str) -> list[str]:
    """Return the erase batches a request was in, oldest first."""
    batch, member = schema.batch, schema.batch_request
    found = (
        select(batch.c.id)
        .join(member, member.c.batch_id == batch.c.id)
        .where(member.c.request_id == request_id, batch.c.purpose == "erase")
    )
    return list(tx.execute(found.order_by(batch.c.created_at)).scalars())


def latest_prepare(tx: Connection, request_id: str) -> str | None:
    """Return the newest prepare batch of a request: its preview."""
    batch, member = schema.batch, schema.batch_request
    found = (
        select(batch.c.id)
        .join(member, member.c.batch_id == batch.c.id)
        .where(member.c.request_id == request_id, batch.c.purpose == "prepare")
    )
    return tx.execute(found.order_by(batch.c.created_at.desc()).limit(1)).scalar()


def last_failures(tx: Connection, asset: str) -> int:
    """Return how many open requests failed at an asset: 0 means nothing is known to be left there."""
    table = schema.request
    failed = tx.execute(
        select(table.c.failures).where(table.c.state == "failed", table.c.failures.is_not(None))
    )
    return sum(1 for text in failed.scalars() if any(where == asset for _, where, _ in json.loads(text)))
