"""Valid data files of several writers, each with one person in it: what `mangled` damages."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

ACCOUNT, MAIL = 551199331, "grace.hopper@example.com"
ROWS, GROUP, PLANTED = 120, 40, (17, 93)
PARQUET, CSV = "a.parquet", "a.csv"
DAY = dt.datetime(2024, 2, 29)


def columns() -> dict[str, pa.Array]:
    """Return the rows: an id, an address, a text that repeats, and what Parquet writes in other ways."""
    ids = [ACCOUNT if n in PLANTED else 1000 + n for n in range(ROWS)]
    mails = [MAIL if n in PLANTED else f"user{n}@example.net" for n in range(ROWS)]
    return {
        "id": pa.array(ids, pa.int64()),
        "mail": pa.array(mails),
        "kind": pa.array([None if n % 7 == 0 else f"kind {n % 3}" for n in range(ROWS)]),
        "n": pa.array(range(ROWS), pa.int32()),
        "cost": pa.array([Decimal(n) / 4 for n in range(ROWS)], pa.decimal128(12, 2)),
        "at": pa.array([DAY + dt.timedelta(hours=n) for n in range(ROWS)], pa.timestamp("ns")),
    }


def nested() -> dict[str, pa.Array]:
    """Return the rows with the address in a struct in a list, and a map."""
    flat = columns()
    inside = [[{"mail": mail, "n": n}] * (n % 3) for n, mail in enumerate(flat["mail"].to_pylist())]
    inside[PLANTED[0]] = [{"mail": MAIL, "n": 1}]
    pairs = [[("a", n), ("b", None)] for n in range(ROWS)]
    return {
        "id": flat["id"],
        "who": pa.array(inside, pa.list_(pa.struct([("mail", pa.string()), ("n", pa.int32())]))),
        "more": pa.array(pairs, pa.map_(pa.string(), pa.int64())),
    }


class Kms(pe.KmsClient):
    """A key service that wraps keys in plain sight."""

    def wrap_key(self, key, _):
        return key

    def unwrap_key(self, key, _):
        return key


def _sealed(*, plain: bool):
    config = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["mail"]}, plaintext_footer=plain
    )
    keys = {"footer": "0123456789012345", "column": "1234567890123450"}
    connection = pe.KmsConnectionConfig(custom_kms_conf=keys)
    return pe.CryptoFactory(lambda _: Kms()).file_encryption_properties(connection, config)


def _arrow(made: Callable[[], dict[str, pa.Array]] = columns, **options) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table(made()), path, **{"row_group_size": GROUP} | options)


def _no_rows(path: Path) -> None:
    pq.write_table(pa.table(columns()).slice(0, 0), path)


def _encrypted(*, plain: bool) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table(columns()), path, encryption_properties=_sealed(plain=plain))


def _duckdb(path: Path) -> None:
    with duckdb.connect() as engine:
        engine.register("t", pa.table(columns() | {"at": pa.array(range(ROWS))}))
        engine.sql("FROM t").write_parquet(str(path), row_group_size=2048)


def _polars(path: Path) -> None:
    pl.from_arrow(pa.table(columns())).write_parquet(path, row_group_size=GROUP, statistics="full")


def _csv(separator: str, end: str = "\n", *, quoted: bool = False) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        names = ("id", "mail", "kind", "n")
        rows = zip(*(columns()[name].to_pylist() for name in names), strict=True)
        lines = [names, *([str("" if cell is None else cell) for cell in row] for row in rows)]
        mark = '"' if quoted else ""
        text = end.join(separator.join(f"{mark}{cell}{mark}" for cell in line) for line in lines) + end
        path.write_text(text, encoding="utf-8", newline="")

    return write


WHOLE: Mapping[str, Callable[[Path], None]] = {
    "plain": _arrow(use_dictionary=False, compression="none"),
    "dictionaries": _arrow(compression="none", write_page_index=True),
    "snappy": _arrow(compression="snappy", row_group_size=15),
    "zstd v2": _arrow(compression="zstd", data_page_version="2.0", data_page_size=200),
    "gzip, sums": _arrow(compression="gzip", write_page_checksum=True),
    "blooms": _arrow(bloom_filter_options={"id": True, "mail": True}, write_page_index=True),
    "delta": _arrow(
        use_dictionary=False,
        column_encoding={"id": "DELTA_BINARY_PACKED", "mail": "DELTA_BYTE_ARRAY", "n": "BYTE_STREAM_SPLIT"},
    ),
    "int96": _arrow(use_deprecated_int96_timestamps=True, version="1.0"),
    "nested": _arrow(nested, compression="none"),
    "nested v2": _arrow(nested, compression="zstd", data_page_version="2.0", write_page_index=True),
    "many groups": _arrow(row_group_size=2),
    "no rows": _no_rows,
    "encrypted column": _encrypted(plain=True),
    "encrypted footer": _encrypted(plain=False),
    "duckdb": _duckdb,
    "polars": _polars,
    "csv": _csv(","),
    "csv quoted": _csv(";", "\r\n", quoted=True),
}


def write(name: str, folder: Path) -> Path:
    """Write one of `WHOLE` into a folder, and return its path."""
    path = folder / (CSV if name.startswith("csv") else PARQUET)
    WHOLE[name](path)
    return path
