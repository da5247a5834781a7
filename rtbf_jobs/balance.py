"""Do the numbers of an asset add up? What went is what the receipts say, and nobody else's rows went with it.

People write while we erase: rows that came in between are no fault, rows that are gone without a receipt are.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lineage_assets.declarations import Declaration, Erasure
from rtbf_jobs.erasers import EraseOrder
from rtbf_jobs.look import order_for
from rtbf_jobs.work import Work
from rtbf_ledger import evidence
from rtbf_ledger.evidence import Evidence
from rtbf_ledger.requests import Failure
from scanners.residual import Scan, scan


def uneven(asset: str, item: Evidence, ordinal: int) -> Failure | None:
    """Return a failure where a person's receipts do not add up to the count before."""
    erased = ((item.receipt or {}).get("people") or {}).get(str(ordinal), 0)
    if erased == count(item.before or {}, ordinal):
        return None
    sentence = (
        f"asset {asset}: the erasure's receipts and the count before differ; data changed meanwhile: retry"
    )
    return Failure(code="uneven", asset=asset, sentence=sentence)


def count(before: Mapping[str, Any], ordinal: int) -> int:
    """Return the rows and mentions that the search before found for a request."""
    return int(before["owners"].get(str(ordinal), 0)) + int(before["mentions"].get(str(ordinal), 0))


def held(found: Mapping[str, Any], ordinal: int) -> int:
    """Return what a search found for a request, with the rows that only a shared identifier owns."""
    return count(found, ordinal) + int(found["undecided"].get(str(ordinal), 0))


def lost(work: Work, order: EraseOrder, item: Evidence, after: Scan) -> Failure | None:
    """Return a failure where rows of the asset went that were nobody's to erase, or stayed against a receipt.

    Args:
        work: the run's work.
        order: what the eraser was told.
        item: the asset's evidence, with the count before and the receipts.
        after: the search after the erasure.
    """
    before, receipt = item.before or {}, item.receipt or {}
    expected = int(before.get("rows", 0)) - int(receipt.get("rows", 0))
    if not _triple(order.declaration, before, receipt) or after.rows < expected:
        why = "rows are gone that were not the person's, or that no receipt names; compare with a backup"
    elif after.rows > expected and not _files_hold(work, order):
        why = "a file does not hold as many rows as its receipt says; do not trust this erasure"
    else:
        return None
    return Failure(code="uneven", asset=order.asset, sentence=f"asset {order.asset}: {why}")


def _triple(declared: Declaration, before: Mapping[str, Any], receipt: Mapping[str, Any]) -> bool:
    """Whether the receipts' own counts are those of the strategy: delete takes the matches, redact no row."""
    gone = int(receipt.get("rows", 0))
    if declared.erasure is Erasure.DELETE_FILE:
        return True
    if declared.erasure is Erasure.REDACT_COLUMNS:
        return gone == 0
    return gone == int(receipt.get("rows_matched", 0)) and gone <= sum(before.get("owners", {}).values())


def _files_hold(work: Work, order: EraseOrder) -> bool:
    """Whether each file that still is what its receipt says holds as many rows as that receipt says."""
    with work.ledger.read() as tx:
        written = evidence.file_receipts(tx, work.batch.id, order.asset)
    known = {(item["file"], item["after"]): item["rows_after"] for item in written if item["after"]}
    names = {name for name, _ in known}
    base = order.root if order.root.is_dir() else order.root.parent
    files = (path for path in base.rglob("*") if path.is_file() and order.file_digest(path) in names)
    claimed = ((path, known.get((order.file_digest(path), order.content_digest(path)))) for path in files)
    return all(_rows(work, order, path) == rows for path, rows in claimed if rows is not None)


def _rows(work: Work, order: EraseOrder, path: Path) -> int:
    one = replace(order_for(work, order.asset, ()), root=path)
    return scan(one, connection=work.connection, progress=lambda _done, _of: None).rows
