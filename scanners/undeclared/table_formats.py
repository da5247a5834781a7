"""Files of table formats that the newest version does not need: old versions that are kept, and orphans.

A row that was deleted from a Delta or Iceberg table is still in the files of earlier versions. The readers of
the formats are the projects' own, in the extra `tables`; a table whose reader is not installed, or that it
cannot read, could not be looked at.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

from rtbf_ledger.mismatches import Code
from scanners.errors import Reason
from scanners.undeclared.files import Orphan, TableFolder, Unlooked

YOUNG = 3600.0
"""An unreferenced file that was written in the last hour may belong to a commit under way: in seconds."""


@dataclass(frozen=True, kw_only=True)
class References:
    """The files that a table's newest version needs, and those that only older ones refer to."""

    current: frozenset[Path] = field(repr=False)
    older: frozenset[Path] = field(repr=False)


def superseded(table: TableFolder, now: float) -> tuple[list[Orphan], Unlooked | None]:
    """Return the files of one table that its newest version does not need.

    Args:
        table: the table.
        now: in seconds since 1970.
    """
    read = _READERS.get(table.format)
    if read is None:
        return [], _unlooked(table, "no reader of its format is known here")
    try:
        found = read(table.path)
        there = _there(table.path)
    except ImportError:
        return [], _unlooked(table, "its reader is not installed; `pip install 'dagster-rtbf[tables]'`")
    except Exception:  # noqa: BLE001 - a foreign reader raises what it likes, with paths in its text
        return [], _unlooked(table, "its metadata cannot be read")
    if found.current and not found.current & there:
        return [], _unlooked(table, "its metadata names files that are not there; was it moved?")
    old = there & found.older - found.current
    orphans = {path for path in there - found.current - found.older if not _young(path, now)}
    groups = ((Code.OLD_VERSION, old), (Code.TABLE_ORPHAN, orphans))
    return [_orphan(table, code, len(files)) for code, files in groups if files], None


def _orphan(table: TableFolder, code: Code, files: int) -> Orphan:
    real, kind = str(table.path), table.format
    return Orphan(target=table.target, code=code, place=table.place, real=real, files=files, reason=kind)


def _unlooked(table: TableFolder, why: str) -> Unlooked:
    sentence = f"{table.target}: the {table.format} table {table.place}: {why}"
    return Unlooked(target=table.target, reason=Reason.FOREIGN_FILE, why=sentence)


def _delta(folder: Path) -> References:
    from deltalake import DeltaTable  # noqa: PLC0415 - an extra

    table = DeltaTable(str(folder))
    removed = table.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
    return References(
        current=_paths(folder, table.file_uris()), older=_paths(folder, (str(one) for one in removed))
    )


def _iceberg(folder: Path) -> References:
    from pyiceberg.table import StaticTable  # noqa: PLC0415 - an extra

    newest = max((folder / "metadata").glob("*.metadata.json"), key=_version)
    inspect = StaticTable.from_metadata(str(newest)).inspect
    current = inspect.files().column("file_path").to_pylist()
    every = inspect.all_files().column("file_path").to_pylist()
    return References(
        current=_paths(folder, map(str, current)),
        older=_paths(folder, map(str, every)) - _paths(folder, map(str, current)),
    )


_READERS: dict[str, Callable[[Path], References]] = {"delta": _delta, "iceberg": _iceberg}


def _version(path: Path) -> tuple[int, float]:
    """Order metadata files: "v12.metadata.json" and "00012-<uuid>.metadata.json" are both the twelfth."""
    digits = path.name.removeprefix("v").partition("-")[0].partition(".")[0]
    return (int(digits) if digits.isdigit() else -1), path.stat().st_mtime


def _paths(folder: Path, names: Iterable[str]) -> frozenset[Path]:
    """Return what a table calls its files (URIs, or names in its folder) as resolved paths."""
    return frozenset((folder / _local(name)).resolve() for name in names)


def _local(name: str) -> str:
    return unquote(urlparse(name).path) if name.startswith("file:") else name


def _there(folder: Path) -> frozenset[Path]:
    """Return the data files of a table; what a format keeps in folders of its own is metadata."""
    own = {"_delta_log", "metadata", ".hoodie", "_change_data"}
    return frozenset(
        path.resolve()
        for path in folder.rglob("*")
        if path.is_file() and not own & set(path.relative_to(folder).parts) and _is_data(path.name)
    )


def _is_data(name: str) -> bool:
    """Whether a name is that of a data file, and not of a checksum, a marker or a leftover."""
    return name.endswith((".parquet", ".orc", ".avro", ".bin", ".puffin")) and not name.startswith(".")


def _young(path: Path, now: float) -> bool:
    return now - path.stat().st_mtime < YOUNG
