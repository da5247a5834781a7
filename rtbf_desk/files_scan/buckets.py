"""Objects of a bucket: each is copied into a private folder, looked into, and deleted there at once.

Every range is read on condition that the ETag is the one the copy began with, and it is asked for again when
the look is over.
"""

import secrets
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
    current: list[Item] = [ObjectFile(bucket, stored, folder) for stored in bucket.objects]
    commit = bucket.place.commit
    if not commit.tells_versions:
        return current, [], [UNTOLD]
    try:
        old = [stored for stored in commit.old_versions(bucket.place.prefix) if bucket.means(stored.key)]
    except EraseError as error:
        return current, [f"old versions: {sentence_of(error)}"], []
    if old_versions or not old:
        return current + [ObjectFile(bucket, stored, folder) for stored in old], [], []
    return current, [OLD.format(count=len(old))], []


class ObjectFile:
    """An object, and while it is taken its copy in a folder of ours."""

    def __init__(self, bucket: Bucket, stored: Stored, folder: Path) -> None:
        self.key = f"{bucket.url}/{stored.key}#{stored.version}"
        self.name, self.size = bucket.named(stored), stored.size
        self._bucket, self._stored = bucket, stored
        self._copy = folder / f"object-{secrets.token_hex(8)}{Path(stored.key).suffix.lower()}"
        self._taken: Identity | None = None

    def take(self) -> Path:
        """See `Item`."""
        source = _source(self._bucket, self._stored)
        if source.size != self.size:
            raise NotLookedAt(CHANGED)
        try:
            with self._copy.open("xb") as out:
                for at, length in chunks(0, source.size):
                    out.write(source.read(at, length))
        except EraseError as error:
            raise NotLookedAt(_words(error)) from None
        except OSError:
            raise NotLookedAt(FULL) from None
        self._taken = source.identity
        return self._copy

    def release(self) -> None:
        """See `Item`."""
        self._copy.unlink(missing_ok=True)
        if self._taken is not None and _source(self._bucket, self._stored).identity != self._taken:
            raise NotLookedAt(CHANGED)


def _source(bucket: Bucket, stored: Stored) -> ObjectSource:
    try:
        return bucket.place.source(stored)
    except EraseError as error:
        raise NotLookedAt(_words(error)) from None


def _words(error: EraseError) -> str:
    return CHANGED if isinstance(error, FileChanged) else sentence_of(error)
