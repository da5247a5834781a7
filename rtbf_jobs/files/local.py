"""Files on this machine as jobs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from lineage_assets.declarations import Format
from rtbf_jobs.erasers import EraseOrder, FileReceipt, erase, sweep_temporary
from rtbf_jobs.erasers.atomic import Seen, check_unchanged, see
from rtbf_jobs.erasers.csv_records import survey
from rtbf_jobs.erasers.errors import EraseError, storage_words
from rtbf_jobs.erasers.files import data_files, refuse_hard_links
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.parquet import erase_found
from rtbf_jobs.erasers.parquet_file.find import scan
from rtbf_jobs.erasers.parquet_file.shape import in_our_words
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.files.counts import TOUCHED, group_counts
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.names import Names
from rtbf_jobs.files.order import ASSET, Sieve, schema_of
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import State
from rtbf_jobs.files.targets import Target
from rtbf_jobs.files.walk import Done, Job

COUNTS = ("rows", "rows_matched")
Commit: TypeAlias = Callable[[Callable[[], None]], Iterable[FileReceipt]]
Looked: TypeAlias = tuple[dict[str, Any], Commit]
"""What was counted in a file, and what writes it anew; that calls its argument right before the commit."""


def local_jobs(
    targets: Iterable[Target], sieve: Sieve, names: Names, stop: Stop, *, dry_run: bool
) -> Iterator[Job]:
    """Yield one job for each file."""
    for target in targets:
        yield Job(
            name=names.shown(str(target.path)),
            size=target.size,
            do=partial(_do, target, sieve, stop, dry_run=dry_run),
            sweep=partial(sweep_temporary, target.path),
        )


def _do(target: Target, sieve: Sieve, stop: Stop, *, dry_run: bool) -> Done:
    """Do one file.

    Raises:
        FileChanged: somebody else changed it meanwhile; what was found wrong may have been of two contents.
        EraseError: it cannot be erased.
        FileRefused: it cannot, either.
    """
    if target.refused:
        raise FileRefused(target.refused)
    with storage_words(ASSET):
        seen = see(target.path)
    try:
        return _done(target, sieve, stop, seen, dry_run=dry_run)
    except (EraseError, FileRefused):
        check_unchanged(ASSET, target.path, seen)
        raise


def _done(target: Target, sieve: Sieve, stop: Stop, seen: Seen, *, dry_run: bool) -> Done:
    with storage_words(ASSET), local(target.path) as source:
        kinds = sieve.kinds(schema_of(source, target.format))
    order = sieve.order(target.path, target.format, kinds)
    look = _look_csv if target.format is Format.CSV else _look_parquet
    counts, commit = look(order, sieve.wants(order, kinds))
    told = {str(path): str(kind) for path, kind in zip(sieve.keys, kinds, strict=True)}
    found = Done(state=State.CLEAN, kinds=told, **counts)
    check_unchanged(ASSET, target.path, seen)
    if not (found.rows_erased or found.work.get(TOUCHED)):
        return found
    if dry_run:
        return replace(found, state=State.WOULD_ERASE)
    for made in commit(stop.hold):
        moved = {"bytes_copied": made.bytes_copied, "bytes_encoded": made.bytes_encoded}
        return replace(
            found,
            state=State.ERASED,
            rows_erased=made.rows_matched,
            bytes_after=made.bytes_after,
            work=found.work | moved,
        )
    return replace(found, rows_erased=0, work={})  # somebody else was quicker


def _look_csv(order: EraseOrder, wants: tuple[Wanted, ...]) -> Looked:
    _, tallies = survey(order, wants)
    rows, matched = (sum(getattr(one.tally, name) for one in tallies) for name in COUNTS)
    counts = {"rows_before": rows, "rows_erased": matched}
    return counts, lambda hold: erase(order, still_mine=hold, progress=_unwritten).files


def _look_parquet(order: EraseOrder, wants: tuple[Wanted, ...]) -> Looked:
    (file,) = data_files(order)
    with in_our_words(order.asset, file.name), local(file.path) as source:
        found = scan(order, wants, file, source)
    if found.groups:
        refuse_hard_links(order, file)
    counts = {
        "rows_before": found.tally.rows,
        "rows_erased": found.tally.rows_matched,
        "work": group_counts(found.looked, len(found.groups)),
    }
    return counts, lambda hold: (erase_found(order, wants, found, hold, _unwritten),)


def _unwritten(_receipt: FileReceipt) -> None:
    """Keep no receipt: there is no ledger here."""
