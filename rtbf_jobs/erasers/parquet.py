"""Erases inside Parquet files: deletes rows or redacts columns, and moves nobody else's bytes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rtbf_jobs.erasers import digests
from rtbf_jobs.erasers.atomic import (
    StillMine,
    check_same,
    discard,
    dress,
    replace,
    sync,
    temporary_beside,
)
from rtbf_jobs.erasers.matching import Wanted, wanted
from rtbf_jobs.erasers.order import EraseOrder, FileReceipt, Receipt, Tally, receipt_of
from rtbf_jobs.erasers.parquet_file.find import Found, survey
from rtbf_jobs.erasers.parquet_file.local import compose, prepare
from rtbf_jobs.erasers.parquet_file.prove import prove
from rtbf_jobs.erasers.parquet_file.recipe import Copy, Recipe, spool
from rtbf_jobs.erasers.parquet_file.rewrite import kept_extents, recipe_for
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
        receipts.append(erase_found(order, wants, item, still_mine, progress))
        tally.add(item.tally)
    return receipt_of(order, scanned, receipts, tally)


def erase_found(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    found: Found,
    still_mine: StillMine,
    progress: Callable[[FileReceipt], None],
) -> FileReceipt:
    """Erase the subjects from one file in which they were found.

    Raises:
        FileChanged: it is not the file that was looked at, or not any more.
        TripleBroken: the new file does not prove itself.
        StorageFailed: the file system refused.
    """
    target, name = found.file.path, found.file.name
    with in_our_words(order.asset, name):
        temporary = temporary_beside(target, found.file.seen)
    try:
        with in_our_words(order.asset, name):
            contents, recipe = _written(order, wants, found, temporary)
            dress(order.asset, temporary, target)
            receipt = _receipt(order, found, contents, recipe)
        progress(receipt)
        replace(order.asset, temporary, target, found.file.seen, still_mine)
    finally:
        discard(temporary)
    return receipt


def _written(
    order: EraseOrder, wants: tuple[Wanted, ...], found: Found, temporary: Path
) -> tuple[tuple[str, str], Recipe]:
    """Write and prove the new file; return the digests of the old and the new one, and what it is made of.

    What waits for the disk goes beside what computes: copies beside encoding, fsync and digests beside proof.
    """
    target = found.file.path
    with local(target) as old, spool(target.parent) as spooled, ThreadPoolExecutor(2) as beside:
        check_same(order.asset, old.identity, found.file.seen)
        before = beside.submit(digests.hashed, old.size, old.read, digests.numbers(old.size))
        prepared = beside.submit(prepare, old, kept_extents(found), temporary)
        recipe = recipe_for(order, wants, found, old, spooled)
        compose(recipe, old, spooled, temporary, cloned=prepared.result())
        durable = beside.submit(sync, temporary)
        kept = _kept_leaves(recipe)
        with local(temporary) as new, ThreadPoolExecutor(1) as hashing:
            changed = [number for number in digests.numbers(new.size) if number not in kept]
            after = hashing.submit(digests.hashed, new.size, new.read, changed)
            prove(order, wants, found, old, new)
            was, now = before.result(), after.result()
        now |= {number: was[number] for number in kept}  # the proof said that they are the same
        durable.result()
        key = order.digest_key
        return (digests.keyed(key, old.size, was), digests.keyed(key, recipe.size, now)), recipe


def _kept_leaves(recipe: Recipe) -> frozenset[int]:
    """Return the digest's leaves that are the old file's, at the same place."""
    same = (one for one in recipe.segments if isinstance(one, Copy) and one.at == one.offset)
    return frozenset(number for one in same for number in digests.inside(one.at, one.at + one.length))


def _receipt(order: EraseOrder, found: Found, contents: tuple[str, str], recipe: Recipe) -> FileReceipt:
    rows, tally = found.tally.rows, found.tally
    return FileReceipt(
        file=found.file.digest,
        before=contents[0],
        after=contents[1],
        rows_before=rows,
        rows_matched=tally.rows_matched,
        rows_after=rows if order.declaration.redact else rows - tally.rows_matched,
        mentions_matched=tally.mentions_matched,
        cells_changed=tally.cells_changed,
        bytes_before=found.file.seen.size,
        bytes_after=recipe.size,
        bytes_copied=recipe.copied,
        bytes_encoded=recipe.size - recipe.copied - recipe.dead,
        owners=dict(tally.owners),
        mentions=dict(tally.mentions),
    )
