"""Erases in one object of a bucket: reads what it needs by ranges, proves the new object, then commits it.

Parquet goes the way of a local file, with the layout SHIFT: row groups that hold nobody's rows are copied
inside the store. Until the commit nothing is written to the bucket, and on this machine only a file without
a name. CSV is fetched whole into a private folder, erased there, and put back.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lineage_assets.declarations import Format
from rtbf_jobs.erasers import erase
from rtbf_jobs.erasers.atomic import Seen
from rtbf_jobs.erasers.errors import storage_words
from rtbf_jobs.erasers.files import DataFile
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.objects import ObjectSource, Place, Stored
from rtbf_jobs.erasers.objects_proof import Addressed, untouched
from rtbf_jobs.erasers.order import EraseOrder
from rtbf_jobs.erasers.parquet_file.find import Found, scan
from rtbf_jobs.erasers.parquet_file.prove import prove
from rtbf_jobs.erasers.parquet_file.prune import Looked
from rtbf_jobs.erasers.parquet_file.recipe import Composed, Layout, New, Recipe, Spool, spool
from rtbf_jobs.erasers.parquet_file.rewrite import recipe_for
from rtbf_jobs.erasers.parquet_file.shape import in_our_words
from rtbf_jobs.erasers.parquet_file.source import chunks

PRIVATE = "rtbf-object-"


@dataclass(frozen=True, kw_only=True)
class ObjectReceipt:
    """What happened to one object; nothing where no row matched. Bytes are those of the new object."""

    rows_before: int = 0
    rows_matched: int = 0
    bytes_after: int = 0
    looked: Mapping[Looked, int] = field(default_factory=dict)
    row_groups: int = 0
    bytes_copied: int = 0
    bytes_encoded: int = 0

    @property
    def touched(self) -> bool:
        """Whether there is something to erase: rows, or what is left of them in a dictionary or statistic."""
        return bool(self.rows_matched or self.row_groups)


def erase_object(
    order: EraseOrder,
    wants: tuple[Wanted, ...],
    place: Place,
    stored: Stored,
    source: ObjectSource,
    *,
    before_commit: Callable[[], None] | None,
) -> ObjectReceipt:
    """Erase the subjects of an order from one object.

    Args:
        order: `root` is the object's key.
        wants: what the order looks for.
        place: its bucket.
        stored: the object.
        source: what the order was made from: another content by now is not overwritten.
        before_commit: called before the bucket is written to; None only counts, and nothing is written.

    Raises:
        EraseRefused: it cannot be erased faithfully.
        FileChanged: somebody else changed it since it was read.
        StoreRefused: the store said no.
        TripleBroken: the new object does not prove itself.
        StorageFailed: the local file system refused.
    """
    if order.declaration.format is Format.CSV:
        return _csv(order, place, stored, source, before_commit)
    file = _as_file(order, stored, source)
    with in_our_words(order.asset, file.name):
        found = scan(order, wants, file, source)
        seen = ObjectReceipt(
            rows_before=found.tally.rows,
            rows_matched=found.tally.rows_matched,
            looked=found.looked,
            row_groups=len(found.groups),
        )
        if not found.groups or before_commit is None:
            return seen
        with spool(Path(tempfile.gettempdir())) as spooled:
            recipe = _proven(order, wants, found, source, spooled)
            before_commit()
            place.commit.replace(stored.key, source, recipe, Composed(recipe, source, spooled))
    encoded = recipe.size - recipe.copied
    return replace(seen, bytes_after=recipe.size, bytes_copied=recipe.copied, bytes_encoded=encoded)


def _proven(
    order: EraseOrder, wants: tuple[Wanted, ...], found: Found, source: ObjectSource, spooled: Spool
) -> Recipe:
    """Make the new object's recipe, and prove it without fetching what the store copies by itself."""
    recipe = recipe_for(order, wants, found, source, spooled, Layout.SHIFT)
    lean = Addressed(source, untouched(source, found.groups))
    prove(order, wants, found, lean, Composed(recipe, lean, spooled))
    return recipe


def sweep_private(folder: Path) -> int:
    """Delete the private folders that killed runs of ours left; returns how many. A live run locks its own.

    Raises:
        StorageFailed: the file system refused.
    """
    swept = 0
    for left in folder.glob(f"{PRIVATE}*"):
        with storage_words("private"):
            if left.stat().st_uid != os.getuid():
                continue
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
                swept += 1
            except BlockingIOError:
                continue
            finally:
                os.close(handle)
    return swept


def _csv(
    order: EraseOrder,
    place: Place,
    stored: Stored,
    source: ObjectSource,
    before_commit: Callable[[], None] | None,
) -> ObjectReceipt:
    with storage_words(order.asset), _private() as folder:
        local = folder / "object.csv"
        with local.open("xb") as out:
            for at, length in chunks(0, source.size):
                out.write(source.read(at, length))
        receipt = erase(replace(order, root=local), still_mine=_nothing, progress=lambda _: None)
        if not receipt.files:
            return ObjectReceipt()
        (made,) = receipt.files
        if before_commit is not None:
            before_commit()
            with spool(folder) as spooled:
                recipe = _whole(local, spooled)
                place.commit.replace(stored.key, source, recipe, Composed(recipe, source, spooled))
    size = made.bytes_after
    return ObjectReceipt(
        rows_before=made.rows_before, rows_matched=made.rows_matched, bytes_after=size, bytes_encoded=size
    )


def _whole(file: Path, spooled: Spool) -> Recipe:
    with file.open("rb") as opened:
        while data := opened.read(1 << 20):
            spooled.append(data)
    return Recipe(Layout.SHIFT, (New(0, 0, spooled.size),))


@contextmanager
def _private() -> Iterator[Path]:
    """Make a folder that only we may read, locked as long as we live."""
    with tempfile.TemporaryDirectory(prefix=PRIVATE) as folder:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Path(folder)
        finally:
            os.close(handle)


def _as_file(order: EraseOrder, stored: Stored, source: ObjectSource) -> DataFile:
    seen = Seen(device=0, inode=0, size=source.size, mtime_ns=0, links=1)
    return DataFile(path=Path(stored.key), seen=seen, digest=order.file_digest(order.root), name="object")


def _nothing() -> None:
    """Hold no lease: the condition of the commit is what keeps others' writes."""
