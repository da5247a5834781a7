"""Erases inside Parquet files: deletes rows or redacts columns, and moves nobody else's bytes."""

from collections.abc import Callable
from pathlib import Path

from rtbf_jobs.erasers.atomic import StillMine, check_unchanged, discard, dress, replace, temporary_beside
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.order import EraseOrder, FileReceipt, Receipt, Tally, receipt_of
from rtbf_jobs.erasers.parquet_file.find import Found, survey
from rtbf_jobs.erasers.parquet_file.local import compose
from rtbf_jobs.erasers.parquet_file.prove import prove
from rtbf_jobs.erasers.parquet_file.recipe import spool
from rtbf_jobs.erasers.parquet_file.rewrite import recipe_for
from rtbf_jobs.erasers.parquet_file.shape import in_our_words
from rtbf_jobs.erasers.parquet_file.source import local


def erase_parquet(
    order: EraseOrder, still_mine: StillMine, progress: Callable[[FileReceipt], None]
) -> Receipt:
    """Erase the subjects from every Parquet file of the asset.

    Raises:
        EraseRefused: the asset cannot be erased faithfully.
        FileChanged: a file was changed by somebody else meanwhile.
        TripleBroken: a new file does not prove itself.
        StorageFailed: the file system refused.
    """
    wants = wanted(order)
    scanned, found = survey(order, wants)
    tally, receipts = Tally(), []
    for item in found:
        receipts.append(_rewrite(order, wants, item, still_mine, progress))
        tally.add(item.tally)
    return receipt_of(order, scanned, receipts, tally)


def _rewrite(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    found: Found,
    still_mine: StillMine,
    progress: Callable[[FileReceipt], None],
) -> FileReceipt:
    target = found.file.path
    with in_our_words(order.asset, found.file.name):
        temporary = temporary_beside(target, found.file.seen)
    try:
        with in_our_words(order.asset, found.file.name):
            _write(order, wants, found, temporary)
            dress(order.asset, temporary, target)
            receipt = _receipt(order, found, temporary)
        progress(receipt)
        replace(order.asset, temporary, target, found.file.seen, still_mine)
    finally:
        discard(temporary)
    return receipt


def _write(order: EraseOrder, wants: tuple[Wanted, ...], found: Found, temporary: Path) -> None:
    target = found.file.path
    with local(target) as old:
        check_unchanged(order.asset, target, found.file.seen)
        with spool(target.parent) as spooled:
            recipe = recipe_for(order, wants, found, old, spooled)
            compose(recipe, old, spooled, temporary)
        with local(temporary) as new:
            prove(order, wants, found, old, new)


def _receipt(order: EraseOrder, found: Found, temporary: Path) -> FileReceipt:
    rows, tally = found.tally.rows, found.tally
    return FileReceipt(
        file=found.file.digest,
        before=order.content_digest(found.file.path),
        after=order.content_digest(temporary),
        rows_before=rows,
        rows_matched=tally.rows_matched,
        rows_after=rows if order.declaration.redact else rows - tally.rows_matched,
        mentions_matched=tally.mentions_matched,
        cells_changed=tally.cells_changed,
        bytes_before=found.file.seen.size,
        bytes_after=temporary.stat().st_size,
        owners=dict(tally.owners),
        mentions=dict(tally.mentions),
    )
