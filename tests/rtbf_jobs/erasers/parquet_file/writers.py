"""Files as several writers make them, of many types, codecs, encodings and page versions."""

import datetime as dt
import uuid
from decimal import Decimal

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, GROUP = 60, 10
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def rows(number=ROWS):
    """Return the columns of a table with a key, nested values and nulls; 42 is in row groups 1 and 4."""
    ids = [42 if n in {12, 41, 47} else 100 + n for n in range(number)]
    return {
        "user_id": pa.array(ids, pa.int64()),
        "name": pa.array([None if n % 7 == 0 else f"name-{n % 5}" for n in range(number)]),
        "price": pa.array([Decimal(n) / 4 for n in range(number)], pa.decimal128(9, 2)),
        "at": pa.array(
            [START + dt.timedelta(microseconds=n) for n in range(number)], pa.timestamp("us", "UTC")
        ),
        "day": pa.array([dt.date(2020, 1, 1 + n % 28) for n in range(number)]),
        "score": pa.array([float("nan") if n == 3 else n / 3 for n in range(number)]),
        "flag": pa.array([None if n % 3 == 0 else n % 2 == 0 for n in range(number)]),
        "tags": pa.array([None if n % 4 == 0 else ["a", None, str(n)][: n % 4] for n in range(number)]),
        "who": pa.array([{"x": n, "y": None if n % 2 else str(n)} if n % 5 else None for n in range(number)]),
    }


def _arrow(path, more=None, **options):
    table = pa.table(rows() | (more or {}))
    pq.write_table(table, path, **{"row_group_size": GROUP, "version": "2.6"} | options)


def _rare(path):
    """Write nanoseconds, maps, UUIDs, deep lists, field ids, REQUIRED, sorting, key-value pairs."""
    columns = {
        "ns": pa.array(range(ROWS), pa.timestamp("ns")),
        "t": pa.array([dt.time(1, 2, n) for n in range(ROWS)], pa.time64("us")),
        "m": pa.array([[("k", n)] for n in range(ROWS)], pa.map_(pa.string(), pa.int64())),
        "u": pa.array([uuid.UUID(int=n).bytes for n in range(ROWS)], pa.uuid()),
        "h": pa.array([n / 2 for n in range(ROWS)], pa.float16()),
        "deep": pa.array([[[{"z": [n]}]] for n in range(ROWS)]),
        "small": pa.array([n % 9 for n in range(ROWS)], pa.uint8()),
        "null": pa.nulls(ROWS),
        "cat": pa.array([f"c{n % 3}" for n in range(ROWS)]).dictionary_encode(),
    }
    table = pa.table(rows() | columns)
    fields = [one.with_metadata({"PARQUET:field_id": str(n + 1)}) for n, one in enumerate(table.schema)]
    fields[0] = fields[0].with_nullable(nullable=False)
    table = pa.table(table.columns, schema=pa.schema(fields, metadata={"owner": "team"}))
    pq.write_table(table, path, row_group_size=GROUP, sorting_columns=[pq.SortingColumn(4)])


def _duckdb(path):
    made = pa.table(rows())  # noqa: F841 - DuckDB finds it by its name
    duckdb.sql(f"copy made to '{path}' (format parquet, codec 'zstd', row_group_size 2048)")


def _polars(path):
    pl.from_arrow(pa.table(rows())).write_parquet(path, row_group_size=GROUP, compression="zstd")


def _fastparquet(path):
    frame = pd.DataFrame(
        {
            "user_id": rows()["user_id"].to_pylist(),
            "n": range(ROWS),
            "s": [f"s{n}" for n in range(ROWS)],
            "at": pd.to_datetime(["2020-01-01"] * ROWS),
        }
    )
    fastparquet.write(str(path), frame, row_group_offsets=GROUP, compression="GZIP", times="int96")


def _required(path):
    fields = [pa.field("user_id", pa.int64(), nullable=False), pa.field("s", pa.string(), nullable=False)]
    columns = [rows()["user_id"], pa.array([f"s{n}" for n in range(ROWS)])]
    pq.write_table(
        pa.table(columns, schema=pa.schema(fields)), path, row_group_size=GROUP, compression="none"
    )


WRITERS = {
    "pyarrow": _arrow,
    "pyarrow with all indexes": lambda path: _arrow(
        path,
        compression="zstd",
        write_page_index=True,
        write_page_checksum=True,
        bloom_filter_options={"user_id": {"ndv": 100}, "name": {"ndv": 100}},
        max_rows_per_page=3,
        write_batch_size=3,
    ),
    "pyarrow, pages of version 2": lambda path: _arrow(
        path, data_page_version="2.0", compression="brotli", write_page_index=True
    ),
    "pyarrow, lz4, no dictionary": lambda path: _arrow(path, compression="lz4", use_dictionary=False),
    "pyarrow, mixed codecs": lambda path: _arrow(
        path, compression={"user_id": "gzip", "name": "snappy", "price": "zstd"}
    ),
    "pyarrow, no statistics": lambda path: _arrow(path, write_statistics=False, compression="none"),
    "pyarrow, delta": lambda path: _arrow(
        path,
        use_dictionary=["name"],
        column_encoding={"user_id": "DELTA_BINARY_PACKED", "score": "BYTE_STREAM_SPLIT"},
    ),
    "pyarrow, int96": lambda path: _arrow(
        path, {"ns": pa.array(range(ROWS), pa.timestamp("ns"))}, use_deprecated_int96_timestamps=True
    ),
    "pyarrow, rare types": _rare,
    "pyarrow, format 1.0": lambda path: _arrow(path, version="1.0", store_schema=False),
    "required": _required,
    "duckdb": _duckdb,
    "polars": _polars,
    "fastparquet": _fastparquet,
}
