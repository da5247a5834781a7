"""Which files of an asset are data, and what makes the whole folder untouchable."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lineage_assets.declarations import Erasure, Format
from rtbf_jobs.erasers.atomic import Seen, see
from rtbf_jobs.erasers.errors import EraseRefused, Reason, storage_words
from rtbf_jobs.erasers.order import EraseOrder

SUFFIXES = {Format.PARQUET: (".parquet", ".parq", ".pq"), Format.CSV: (".csv",)}
SIDECARS = frozenset({"_metadata", "_common_metadata"})
TABLE_LOGS = frozenset({"_delta_log", ".hoodie"})
ICEBERG_METADATA = ".metadata.json"


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A data file as it was when it was listed. `name` is what messages may say: ordinal and keyed digest."""

    path: Path
    seen: Seen
    digest: str
    name: str


def data_files(order: EraseOrder) -> tuple[DataFile, ...]:
    """Return the data files of the asset, sorted by path.

    Raises:
        EraseRefused: the location is missing, or holds a symbolic link, a sidecar or a table's log.
    """
    with storage_words(order.asset):
        if not order.root.exists() and not order.root.is_symlink():
            if _was_deleted(order):
                return ()
            hint = "check the declared location and its variables"
            raise EraseRefused(order.asset, Reason.MISSING_LOCATION, hint)
        found = sorted(_below(order))
        return tuple(_data_file(order, number, path) for number, path in enumerate(found, start=1))


def refuse_hard_links(order: EraseOrder, file: DataFile) -> None:
    """Refuse a file to be changed that has a second name.

    Raises:
        EraseRefused: it has one.
    """
    if file.seen.links > 1:
        raise EraseRefused(order.asset, Reason.HARD_LINK, f"{file.name}: remove the other name")


def of_table(folder: Path) -> bool:
    """Whether a folder, or one above it, is a table with a log of its own."""
    whole = folder.absolute()
    return any(_has_log(each) for each in (whole, *whole.parents))


def _has_log(folder: Path) -> bool:
    iceberg = (folder / "metadata").glob(f"*{ICEBERG_METADATA}")
    return any((folder / name).exists() for name in TABLE_LOGS) or any(iceberg)


def _was_deleted(order: EraseOrder) -> bool:
    one_file = not (order.declaration.location or "/").endswith("/")
    return one_file and order.declaration.erasure is Erasure.DELETE_FILE and order.root.parent.is_dir()


def _data_file(order: EraseOrder, number: int, path: Path) -> DataFile:
    digest = order.file_digest(path)
    return DataFile(path=path, seen=see(path), digest=digest, name=f"file {number} ({digest[:12]})")


def _below(order: EraseOrder) -> Iterator[Path]:
    if order.root.is_symlink():
        raise EraseRefused(order.asset, Reason.SYMLINK, "declare the place that the link leads to")
    if of_table(order.root.parent):
        raise _table(order)
    if order.root.is_file():
        if any((order.root.parent / name).is_file() for name in SIDECARS):
            raise _sidecar(order)
        yield order.root
        return
    suffixes = SUFFIXES[order.declaration.format]
    for folder, folders, names in os.walk(order.root, onerror=_raise):
        _check_names(order, Path(folder), [*folders, *names])
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(suffixes):
                yield Path(folder, name)


def _check_names(order: EraseOrder, folder: Path, names: list[str]) -> None:
    if TABLE_LOGS & set(names) or any(name.endswith(ICEBERG_METADATA) for name in names):
        raise _table(order)
    if SIDECARS & set(names):
        raise _sidecar(order)
    if any((folder / name).is_symlink() for name in names):
        raise EraseRefused(order.asset, Reason.SYMLINK, "replace it by the data, or declare that place")


def _table(order: EraseOrder) -> EraseRefused:
    return EraseRefused(order.asset, Reason.TABLE_FORMAT, "erase it through the table format's own delete")


def _sidecar(order: EraseOrder) -> EraseRefused:
    return EraseRefused(order.asset, Reason.SIDECAR, "remove it, or write the data without it")


def _raise(error: OSError) -> None:
    raise error
