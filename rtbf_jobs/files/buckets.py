"""Objects in buckets as jobs, and the old versions that a versioned bucket keeps."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from lineage_assets.declarations import Format
from rtbf_jobs.erasers.errors import EraseError
from rtbf_jobs.erasers.objects import Stored
from rtbf_jobs.erasers.objects_erase import ObjectReceipt, erase_object
from rtbf_jobs.files.bucket_targets import Bucket, folder_of
from rtbf_jobs.files.counts import group_counts
from rtbf_jobs.files.errors import FileRefused
from rtbf_jobs.files.names import Names
from rtbf_jobs.files.order import Sieve, schema_of
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import State, Summary
from rtbf_jobs.files.targets import format_of
from rtbf_jobs.files.walk import Done, Job, sentence_of

KEPT = "{url} keeps {count} old versions that were not looked at; --history delete looks and deletes"
UNTOLD = "old versions and soft-deleted copies in gs:// and az:// buckets are not looked at: check the bucket"


@dataclass(frozen=True)
class Write:
    """The turn to write: what may not happen twice at a time, and what has to hold right before."""

    alone: AbstractContextManager[object]
    check: Callable[[], None]


def bucket_jobs(bucket: Bucket, sieve: Sieve, names: Names, stop: Stop, *, dry_run: bool) -> Iterator[Job]:
    """Yield one job for each object.

    They may be looked at side by side; only one is written at a time, and the first write waits until the
    store has shown to honour conditions.
    """
    writing = Lock()
    checked: list[bool] = []

    def check() -> None:
        stop.check()
        if not checked:
            bucket.place.commit.check_conditions(folder_of(bucket.objects[0].key))
            checked.append(True)

    for stored in bucket.objects:
        name = names.shown(bucket.named(stored))
        write = None if dry_run else Write(writing, check)
        do = partial(_do, bucket, stored, sieve, write)
        yield Job(name=name, size=stored.size, do=do)


def look_back(bucket: Bucket, sieve: Sieve, names: Names, summary: Summary, *, delete: bool) -> list[Job]:
    """Return one job for each old version, which is deleted if it holds one of the ids, or say what is left.

    Args:
        bucket: whose old versions, those of deleted objects among them.
        sieve: whose rows.
        names: how names may be shown.
        summary: is told what is left, and what cannot be known.
        delete: whether old versions may be deleted; else they are only counted.
    """
    commit = bucket.place.commit
    if not commit.tells_versions:
        summary.notes.append(UNTOLD)
        return []
    try:
        every = [stored for stored in commit.old_versions(bucket.place.prefix) if bucket.means(stored.key)]
    except EraseError as error:
        summary.left.append(f"old versions in {bucket.url}: {sentence_of(error)}")
        return []
    if every and not delete:
        summary.left.append(KEPT.format(count=len(every), url=bucket.url))
        return []
    return [
        Job(
            name=names.shown(bucket.named(stored)),
            size=stored.size,
            do=partial(_forget, bucket, stored, sieve, dry_run=summary.dry_run),
        )
        for stored in every
    ]


def _do(bucket: Bucket, stored: Stored, sieve: Sieve, write: Write | None) -> Done:
    if why := bucket.refused(stored.key):
        raise FileRefused(why)
    receipt, kinds = _erase(bucket, stored, sieve, before=None)
    if receipt.touched and write is not None:
        with write.alone:
            receipt, kinds = _erase(bucket, stored, sieve, before=write.check)
    work = group_counts(receipt.looked, receipt.row_groups)
    if not receipt.touched:
        return Done(state=State.CLEAN, kinds=kinds, work=work)
    moved = {"bytes_copied": receipt.bytes_copied, "bytes_encoded": receipt.bytes_encoded}
    return Done(
        state=State.WOULD_ERASE if write is None else State.ERASED,
        rows_before=receipt.rows_before,
        rows_erased=receipt.rows_matched,
        bytes_after=receipt.bytes_after,
        kinds=kinds,
        work=work | ({} if write is None else moved),
    )


def _forget(bucket: Bucket, stored: Stored, sieve: Sieve, *, dry_run: bool) -> Done:
    receipt, kinds = _erase(bucket, stored, sieve, before=None)
    if not receipt.touched:
        return Done(state=State.CLEAN, kinds=kinds)
    if not dry_run:
        bucket.place.commit.delete(stored)
    state = State.WOULD_ERASE if dry_run else State.ERASED
    return Done(state=state, rows_before=receipt.rows_before, kinds=kinds, work={"old_versions": 1})


def _erase(
    bucket: Bucket, stored: Stored, sieve: Sieve, *, before: Callable[[], None] | None
) -> tuple[ObjectReceipt, dict[str, str]]:
    made = format_of(stored.key) or Format.PARQUET
    source = bucket.place.source(stored)
    kinds = sieve.kinds(schema_of(source, made))
    order = sieve.order(Path(stored.key), made, kinds)
    wants = sieve.wants(order, kinds)
    receipt = erase_object(order, wants, bucket.place, stored, source, before_commit=before)
    return receipt, {str(path): str(kind) for path, kind in zip(sieve.keys, kinds, strict=True)}
