"""What three readers see of the person in a data file, and whether an erasure left everybody else's rows."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from whole_files import ACCOUNT, MAIL

Told = Iterator[tuple[str, Any]]


def read_by_pyarrow(path: Path) -> Told:
    """What pyarrow sees of the person: the whole, then row group by row group and column by column."""
    if path.suffix == ".csv":
        yield from _seen("pyarrow", lambda: pyarrow.csv.read_csv(path))
        return
    yield from _seen("pyarrow", lambda: pq.ParquetFile(path).read())
    for column in _names(path):
        yield from _seen(
            f"pyarrow {column}", lambda column=column: pq.ParquetFile(path).read(columns=[column])
        )
        for group in range(min(4, pq.ParquetFile(path).num_row_groups)):
            yield from _seen(
                f"pyarrow {column} {group}",
                lambda column=column, group=group: pq.ParquetFile(path).read_row_group(
                    group, columns=[column]
                ),
            )


def read_by_duckdb(path: Path) -> Told:
    """What DuckDB sees of the person."""
    read = "read_csv" if path.suffix == ".csv" else "read_parquet"
    engine = duckdb.connect(config={"memory_limit": "500MB", "threads": 2})
    yield from _seen("duckdb", lambda: engine.sql(f"FROM {read}($1)", params=[str(path)]).to_arrow_table())
    for column in ("id", "mail", "who"):
        yield from _seen(
            f"duckdb {column}",
            lambda column=column: engine.sql(
                f"SELECT {column} FROM {read}($1)", params=[str(path)]
            ).to_arrow_table(),
        )


def read_by_polars(path: Path) -> Told:
    """What polars sees of the person."""
    read = pl.read_csv if path.suffix == ".csv" else pl.read_parquet
    yield from _seen("polars", lambda: read(path).to_arrow())
    for column in ("id", "mail", "who"):
        yield from _seen(f"polars {column}", lambda column=column: read(path, columns=[column]).to_arrow())


def _names(path: Path) -> list[str]:
    try:
        return pq.ParquetFile(path).schema_arrow.names[:8]
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError):
        return []


def _seen(name: str, read: Callable[[], Any]) -> Told:
    """Tell what a reader sees: the number under `id`, the address anywhere; nothing where it cannot read."""
    yield name, None
    try:
        table = read()
        seen = [
            *("account" for _ in range(1) if _has_account(table)),
            *("mail" for _ in range(1) if _has_mail(table)),
        ]
    except BaseException as error:  # noqa: BLE001 - a panic of polars is no Exception
        seen = ["error", type(error).__name__]
    yield name, seen


def _has_account(table: pa.Table) -> bool:
    return "id" in table.column_names and any(
        str(value) == str(ACCOUNT) for column in table.select(_all_called(table, "id")).columns
        for value in column.to_pylist()
    )  # fmt: skip


def _all_called(table: pa.Table, name: str) -> list[int]:
    return [number for number, one in enumerate(table.column_names) if one == name]


def _has_mail(table: pa.Table) -> bool:
    return any(MAIL in json.dumps(column.to_pylist(), default=_letters) for column in table.columns)


def _letters(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def rows_kept(before: Path, after: Path) -> Told:
    """Tell of each column whether an erasure left all rows but the person's; `skip` if unreadable before."""
    if before.suffix == ".csv":
        yield "kept", _csv_rows(before) == _csv_rows(after)
        return
    ids, mine = _cells(before, "id"), _cells(after, "id")
    keep = [n for n, one in enumerate(ids or ()) if one != repr(ACCOUNT)]
    for column in dict.fromkeys(pq.ParquetFile(before).schema_arrow.names):
        old, new = _cells(before, column), _cells(after, column)
        if ids is None or mine is None or old is None or len(old) != len(ids):
            yield f"kept {column}", "skip"  # damaged before, where nobody was looked for
        else:
            yield f"kept {column}", [old[n] for n in keep] == new


def _cells(path: Path, column: str) -> list[str] | None:
    """Return a column's cells as text, or None where pyarrow cannot read it."""
    try:
        read = pq.ParquetFile(path).read(columns=[column])
        return [
            repr(tuple(cells)) if len(cells) > 1 else repr(cells[0])
            for cells in zip(*map(_texts, read.columns), strict=True)
        ]
    except (pa.ArrowException, OSError, ValueError, TypeError):
        return None


def _texts(column: pa.ChunkedArray) -> list[object]:
    return column.to_pylist()


def _csv_rows(path: Path) -> list[bytes]:
    return [
        line
        for line in path.read_bytes().split(b"\n")
        if not line.strip(b'"').startswith(str(ACCOUNT).encode())
    ]
