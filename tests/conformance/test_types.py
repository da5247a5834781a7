"""Every type that Parquet can hold, beside the keys of somebody who goes."""

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rtbf_jobs.erasers import EraseRefused, Reason
from tests.conformance.people import GROUP, KEYS, READERS, ROWS, SUBJECTS, columns, erase_and_check
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought

DAY = dt.date(2024, 2, 29)
STAMP = 1_700_000_000_123_456_789
DEEP = pa.list_(
    pa.struct([("m", pa.map_(pa.string(), pa.list_(pa.struct([("x", pa.int32()), ("y", pa.string())]))))])
)


def deep(n):
    """Return a list of structs of maps to lists of structs, with nulls and empties at every depth."""
    inner = [None, [], [None, {"x": n, "y": None}], [{"x": None, "y": f"y{n}"}]][n % 4]
    return [None, [], [None], [{"m": None}, {"m": []}], [{"m": [("a", inner), ("b", None)]}]][n % 5]


TYPES = {
    "null": (pa.null(), lambda _: None),
    "bool": (pa.bool_(), lambda n: n % 3 == 0),
    "int8": (pa.int8(), lambda n: n % 256 - 128),
    "int16": (pa.int16(), lambda n: n - 120),
    "int32": (pa.int32(), lambda n: -(2**31) + n),
    "int64": (pa.int64(), lambda n: 2**63 - 1 - n),
    "uint8": (pa.uint8(), lambda n: 255 - n % 256),
    "uint16": (pa.uint16(), lambda n: 2**16 - 1 - n),
    "uint32": (pa.uint32(), lambda n: 2**32 - 1 - n),
    "uint64": (pa.uint64(), lambda n: 2**64 - 1 - n),
    "float16": (pa.float16(), lambda n: [math.nan, -0.0, n / 2, math.inf][n % 4]),
    "float": (pa.float32(), lambda n: [math.nan, -0.0, n / 2, -math.inf][n % 4]),
    "double": (pa.float64(), lambda n: [math.nan, -0.0, n / 3, math.inf][n % 4]),
    "decimal in 4 bytes": (pa.decimal32(9, 2), lambda n: Decimal(n) / 4),
    "decimal in 8 bytes": (pa.decimal64(18, 4), lambda n: Decimal(-n) / 8),
    "decimal in 16 bytes": (pa.decimal128(38, 10), lambda n: Decimal(n) * 10**20),
    "decimal in 32 bytes": (pa.decimal256(76, 0), lambda n: Decimal(10**60 + n)),
    "date": (pa.date32(), lambda n: DAY + dt.timedelta(n)),
    "date64": (pa.date64(), lambda n: DAY - dt.timedelta(n)),
    "time ms": (pa.time32("ms"), lambda n: dt.time(n % 24, 1, 2, 3000)),
    "time us": (pa.time64("us"), lambda n: dt.time(n % 24, 1, 2, 3)),
    "time ns": (pa.time64("ns"), lambda n: n * 1_000_000_007),
    "timestamp s": (pa.timestamp("s"), lambda n: n * 86_400),
    "timestamp ms": (pa.timestamp("ms", "UTC"), lambda n: -n),
    "timestamp us": (pa.timestamp("us"), lambda n: STAMP // 1000 + n),
    "timestamp ns": (pa.timestamp("ns", "Europe/Berlin"), lambda n: STAMP + n),
    "duration": (pa.duration("us"), lambda n: n),
    "string": (pa.string(), lambda n: ["", "ä", "\0", "x" * 300, "😀"][n % 5]),
    "large string": (pa.large_string(), lambda n: f"s{n}"),
    "string view": (pa.string_view(), lambda n: f"long enough not to be inlined {n}"),
    "binary": (pa.binary(), lambda n: bytes([n % 256, 0, 255])),
    "large binary": (pa.large_binary(), lambda n: b"\0" * (n % 3)),
    "fixed bytes": (pa.binary(5), lambda n: n.to_bytes(5, "big")),
    "uuid": (pa.uuid(), lambda n: uuid.UUID(int=n).bytes),
    "json": (pa.json_(), lambda n: json.dumps({"n": n, "q": '"'})),
    "bool8": (pa.bool8(), lambda n: n % 2),
    "dictionary": (pa.dictionary(pa.int16(), pa.string()), lambda n: f"kind {n % 4}"),
    "dictionary of bytes": (pa.dictionary(pa.int8(), pa.binary()), lambda n: bytes([n % 4])),
    "list": (pa.list_(pa.int64()), lambda n: [None, n][: n % 3]),
    "large list": (pa.large_list(pa.string()), lambda n: [f"{n}"] * (n % 3)),
    "fixed list": (pa.list_(pa.float32(), 3), lambda n: [n, None, 1.5]),
    "struct": (pa.struct([("a", pa.int8()), ("b", pa.string())]), lambda n: {"a": None, "b": f"{n}"}),
    "map": (pa.map_(pa.string(), pa.int32()), lambda n: [(f"k{i}", i or None) for i in range(n % 3)]),
    "four deep": (DEEP, deep),
}
READ_BY_ALL_BUT = {"decimal in 32 bytes": ("polars",)}
NATIVE = {
    "geometry": "('POINT(' || n || ' 1)')::geometry",
    "bit string": "'101'::bit",
    "enum": "(['a', 'b'])[1 + n % 2]::enum('a', 'b')",
    "huge integer": "n::hugeint",
    "decimal": "n::decimal(4, 1)",
    "time with zone": "timetz '01:02:03+02'",
}
NOT_WRITTEN_BY_ARROW = {
    "interval": "interval (n) month",
    "variant": "{'a': n, 'b': 'x'}::variant",
}


def readers_of(*not_these):
    """Return the readers that can read a type at all."""
    return tuple(reader for reader in READERS if reader not in not_these)


def made(kind, value):
    """Return a column of a type, every seventh value null."""
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    built = pa.array([None if n % 7 == 5 else value(n) for n in range(ROWS)], storage)
    return kind.wrap_array(built) if isinstance(kind, pa.BaseExtensionType) else built


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("version", ["1.0", pytest.param("2.0", marks=pytest.mark.slow)])
def test_type(tmp_path, name, version):
    """As pyarrow writes it: nullable, beside the keys, in six row groups."""
    table = pa.table(columns(value=made(*TYPES[name])))
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=GROUP, data_page_version=version, write_page_index=True)
    erase_and_check(path, readers_of(*READ_BY_ALL_BUT.get(name, ())))


@pytest.mark.parametrize("name", TYPES)
def test_required_type(tmp_path, name):
    """The same without a null: in Parquet such a column has no definition levels."""
    kind, value = TYPES[name]
    if name == "null":
        kind, value = pa.bool_(), lambda _: True
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    filled = pa.array([value(n) or value(n + 4) for n in range(ROWS)], storage)
    if isinstance(kind, pa.BaseExtensionType):
        filled = kind.wrap_array(filled)
    made = columns(value=filled)
    fields = [pa.field(name, column.type, nullable=name != "value") for name, column in made.items()]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(made, schema=pa.schema(fields)), path, row_group_size=GROUP)
    erase_and_check(path, readers_of(*READ_BY_ALL_BUT.get(name, ())))


@pytest.mark.parametrize("stored", [True, False])
def test_int96(tmp_path, stored):
    """Nanoseconds in twelve bytes, as Spark and Impala wrote them; before 1970 too."""
    at = pa.array([None if n % 7 == 5 else (n - 100) * 86_400 * 10**9 + n for n in range(ROWS)])
    path = tmp_path / "a.parquet"
    options = {"use_deprecated_int96_timestamps": True, "store_schema": stored}
    table = pa.table(columns(value=at.cast(pa.timestamp("ns"))))
    pq.write_table(table, path, row_group_size=GROUP, **options)
    erase_and_check(path)


def written_by_duckdb(path, expression):
    """Write the people beside a column of an expression over n, every seventh value null."""
    with duckdb.connect() as connection:
        connection.register("source", pa.table(columns()))
        connection.execute(
            f"copy (select n, account, email, case when n % 7 <> 5 then {expression} end as value "
            f"from source order by n) to '{path}' (format parquet, row_group_size 40)"
        )
    return path


@pytest.mark.parametrize("name", NATIVE)
def test_type_of_duckdb(tmp_path, name):
    """What only DuckDB has a name for."""
    erase_and_check(written_by_duckdb(tmp_path / "a.parquet", NATIVE[name]))


@pytest.mark.parametrize("name", NOT_WRITTEN_BY_ARROW)
def test_type_that_cannot_be_kept_is_refused(tmp_path, name):
    """Arrow would write another logical type; a file where nobody is found is read and left alone."""
    path = written_by_duckdb(tmp_path / "a.parquet", NOT_WRITTEN_BY_ARROW[name])
    before = snapshot(tmp_path)
    assert () == run(order_for(path, KEYS, sought("account", "5")))[0].files
    with pytest.raises(EraseRefused) as told:
        run(order_for(path, KEYS, *SUBJECTS))
    assert (Reason.UNFAITHFUL, before) == (told.value.reason, snapshot(tmp_path))
