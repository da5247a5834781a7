"""Objects of a bucket: each is copied into a private folder, looked into, and deleted there at once.

Every range is read on condition that the ETag is the one the copy began with, and it is asked for again when
the look is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rtbf_desk.files_scan.items import CHANGED, Item
from rtbf_jobs.erasers.errors import EraseError, FileChanged
from rtbf_jobs.erasers.objects import Identity, ObjectSource, Stored
from rtbf_jobs.erasers.parquet_file.source import chunks
from rtbf_jobs.files.bucket_targets import Bucket, open_bucket
from rtbf_jobs.files.walk import sentence_of
from scanners.files import NotLookedAt

UNTOLD = "old versions and soft-deleted copies in gs:// and az:// buckets are not looked at: check the bucket"
OLD = "{count} old versions were not looked at; --old-versions looks into them"
FULL = "the temporary folder cannot hold it: set TMPDIR to one with more space"


def bucket_items(url: str, folder: Path, *, old_versions: bool) -> tuple[list[Item], list[str], list[str]]:
    """Return the objects that a URL means, what of it is not looked at, and what cannot be known.

    Args:
        url: an object, a folder, or a glob.
        folder: where copies are put, one at a time.
        old_versions: whether the old versions of a versioned bucket are looked into, too.

    Raises:
        UsageRefused: there is no such object, or the bucket cannot be used.
    """
    bucket = open_bucket(url, data_only=False)
    current = [_item(bucket, stored, folder) for stored in bucket.objects]
    commit = bucket.place.commit
    if not commit.tells_versions:
        return current, [], [UNTOLD]
    try:
        old = [stored for stored in commit.old_versions(bucket.place.prefix) if bucket.means(stored.key)]
    except EraseError as error:
        return current, [f"old versions: {sentence_of(error)}"], []
    if old_versions or not old:
        return current + [_item(bucket, stored, folder) for stored in old], [], []
    return current, [OLD.format(count=len(old))], []


def _item(bucket: Bucket, stored: Stored, folder: Path) -> Item:
    return Item(
        key=f"{bucket.url}/{stored.key}#{stored.version}",
        name=bucket.named(stored),
        size=stored.size,
        opened=partial(_fetched, bucket, stored, folder),
    )


@contextmanager
def _fetched(bucket: Bucket, stored: Stored, folder: Path) -> Iterator[Path]:
    copy = folder / f"object{Path(stored.key).suffix.lower()}"
    try:
        identity = _copy(bucket, stored, copy)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
    if _source(bucket, stored).identity != identity:
        raise NotLookedAt(CHANGED)


def _copy(bucket: Bucket, stored: Stored, copy: Path) -> Identity:
    source = _source(bucket, stored)
    if source.size != stored.size:
        raise NotLookedAt(CHANGED)
    try:
        with copy.open("xb") as out:
            for at, length in chunks(0, source.size):
                out.write(source.read(at, length))
    except EraseError as error:
        raise NotLookedAt(_words(error)) from None
    except OSError:
        raise NotLookedAt(FULL) from None
    return source.identity


def _source(bucket: Bucket, stored: Stored) -> ObjectSource:
    try:
        return bucket.place.source(stored)
    except EraseError as error:
        raise NotLookedAt(_words(error)) from None


def _words(error: EraseError) -> str:
    return CHANGED if isinstance(error, FileChanged) else sentence_of(error)
