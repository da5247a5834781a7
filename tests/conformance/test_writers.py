"""Files of five writers under the settings that change a file's layout.

parquet-mr is not among them: it comes with Java only, and no file of it is kept here as a binary.
"""

import shutil
import subprocess

import deltalake
import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from rtbf_jobs.erasers import EraseRefused, Reason
from tests.conformance.inside import Inside, excluded
from tests.conformance.people import (
    ACCOUNTS,
    EMAILS,
    GONE,
    GROUP,
    KEYS,
    NEEDLES,
    READERS,
    ROWS,
    STAY,
    SUBJECTS,
    account,
    by_pyarrow,
    check_pushdown,
    columns,
    email,
    erase_and_check,
)
from tests.rtbf_jobs.erasers.lake import CHILD, PYTHON, order_for, run, snapshot

CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
FIELDS = [
    pa.field("n", pa.int32(), nullable=False, metadata={"PARQUET:field_id": "1"}),
    pa.field("account", pa.int64(), metadata={"PARQUET:field_id": "7", "unit": "none"}),
    pa.field("email", pa.string(), metadata={"PARQUET:field_id": "9"}),
    pa.field("price", pa.decimal128(9, 2)),
    pa.field("score", pa.float64()),
    pa.field("tags", pa.list_(pa.field("element", pa.string(), nullable=False))),
    pa.field("kind", pa.string()),
]
SCHEMA = pa.schema(FIELDS, metadata={"owner": "team", "pandas": "{}"})
BLOOM = {"account": {"ndv": 100, "fpp": 0.01}, "email": {"ndv": 100, "fpp": 0.01}}
DELTAS = {"n": "DELTA_BINARY_PACKED", "account": "DELTA_BINARY_PACKED", "kind": "DELTA_LENGTH_BYTE_ARRAY"}
PYARROW = {
    "defaults": {},
    **{codec: {"compression": codec} for codec in CODECS},
    **{f"{codec}, v2 pages": {"compression": codec, "data_page_version": "2.0"} for codec in CODECS},
    "a codec for each column": {"compression": {"n": "none", "account": "zstd", "email": "gzip"}},
    "plain": {"use_dictionary": False, "compression": "none"},
    "dictionary of one column": {"use_dictionary": ["email"]},
    "dictionaries that overflow": {"dictionary_pagesize_limit": 64, "write_batch_size": 8},
    "delta encodings": {"use_dictionary": False, "column_encoding": DELTAS | {"email": "DELTA_BYTE_ARRAY"}},
    "byte stream split": {"use_dictionary": ["email"], "use_byte_stream_split": ["n", "account", "score"]},
    "tiny pages": {"data_page_size": 1, "write_batch_size": 3, "write_page_index": True},
    "tiny v2 pages": {"max_rows_per_page": 5, "data_page_version": "2.0", "write_page_index": True},
    "page index": {"write_page_index": True},
    "checksums": {"write_page_checksum": True},
    "checksums, v2 pages": {"write_page_checksum": True, "data_page_version": "2.0"},
    "bloom filters": {"bloom_filter_options": BLOOM},
    "bloom filters and page index": {"bloom_filter_options": BLOOM, "write_page_index": True},
    "sorted": {"sorting_columns": [pq.SortingColumn(0), pq.SortingColumn(1, nulls_first=True)]},
    "no statistics": {"write_statistics": False},
    "statistics of one column": {"write_statistics": ["account"]},
    "no Arrow schema": {"store_schema": False},
    "format 1.0": {"version": "1.0"},
    "format 2.4": {"version": "2.4"},
    "decimals in integers": {"store_decimal_as_integer": True},
    "old list names": {"use_compliant_nested_type": False},
    "content-defined chunks": {"use_content_defined_chunking": True},
    "one row group": {"row_group_size": ROWS},
    "a row group for each row": {
        "row_group_size": 1,
        "write_page_index": True,
        "bloom_filter_options": BLOOM,
    },
    "a row group for each person": {"row_group_size": 8},
}


def arrow_table():
    """Return the people's table as pyarrow writes it."""
    more = {
        "price": [None if n % 5 == 0 else n for n in range(ROWS)],
        "score": [n / 7 for n in range(ROWS)],
        "tags": [None if n % 4 == 0 else ["a", f"t{n}"][: n % 3] for n in range(ROWS)],
        "kind": [f"kind {n % 3}" for n in range(ROWS)],
    }
    made = columns(**more)
    return pa.table([pa.array(made[field.name], field.type) for field in FIELDS], schema=SCHEMA)


@pytest.mark.parametrize("name", PYARROW)
def test_pyarrow(tmp_path, name):
    """With field ids, a REQUIRED column, decimals, lists and key-value metadata in every file."""
    path = tmp_path / "a.parquet"
    pq.write_table(arrow_table(), path, **({"row_group_size": GROUP} | PYARROW[name]))
    expected = arrow_table().filter(pa.array([n in STAY for n in range(ROWS)]))
    erase_and_check(path)
    check_pushdown(path)
    after = by_pyarrow(path)
    if "store_schema" not in PYARROW[name]:
        assert expected.schema.equals(after.schema, check_metadata=True)
    assert expected.to_pylist() == after.to_pylist()


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_bloom_filters_forget(tmp_path, codec):
    """Whoever stays is never ruled out; who went is, as often as a filter rules out strangers."""
    path = tmp_path / "a.parquet"
    pq.write_table(arrow_table(), path, row_group_size=GROUP, compression=codec, bloom_filter_options=BLOOM)
    every = {"account": account, "email": email}
    before = {column: excluded(path, column, [made(p) for p in GONE]) for column, made in every.items()}
    erase_and_check(path)
    check_pushdown(path)
    groups = pq.read_metadata(path).num_row_groups
    for column, made in every.items():
        assert 5 / 6 - 0.05 < before[column] < 1
        assert 0.95 < excluded(path, column, [made(p) for p in GONE])
        strangers = [made(p) for p in range(30) if p not in GONE]
        assert (groups - 1) / groups >= excluded(path, column, strangers)


DUCKDB = {
    "defaults": "",
    **{codec: f"codec {codec}" for codec in ("uncompressed", "gzip", "zstd", "brotli", "lz4_raw")},
    "v2 pages": "parquet_version v2",
    "v2 pages, zstd": "parquet_version v2, codec zstd",
    "field ids": "field_ids {n: 1, account: 7, email: 9}",
    "key-value metadata": "kv_metadata {owner: 'team', note: 'kept'}",
    "no dictionaries": "dictionary_size_limit 1",
    "wide bloom filters": "bloom_filter_false_positive_ratio 0.001",
    "no bloom filters": "write_bloom_filter false",
}
DUCK_COLUMNS = """n, account, email, decode('c0ffee'::blob::varchar::blob)::varchar as fixed,
    n::decimal(4, 1) as d2, n::decimal(9, 2) as d4, n::decimal(18, 3) as d8, n::decimal(38, 4) as d16,
    n::utinyint as u1, n::smallint as i2, n::ubigint as u8, n::hugeint as huge, (n % 2 = 0) as yes,
    make_time(n % 24, 1, 2.5) as t, date '2024-02-29' + n as day, timestamp_ns '2024-01-01 00:00:00.123456789'
    as ns, timestamptz '2024-01-01 00:00:00+00' as tz, ('k' || n % 3) as kind,
    json_object('n', n) as js, md5(n::varchar)::uuid as id, map {'a': n} as m, [n, null] as l,
    {'x': {'y': [n]}} as s, (['a', 'b'])[1 + n % 2]::enum('a', 'b') as e, encode('b' || n) as raw"""


@pytest.mark.parametrize("name", DUCKDB)
def test_duckdb(tmp_path, name):
    """All its types in one file, sorted by row and cut into groups of 40."""
    path = tmp_path / "a.parquet"
    source = pa.table(columns())
    with duckdb.connect() as connection:
        connection.register("source", source)
        options = ", ".join(filter(None, ["format parquet", "row_group_size 40", DUCKDB[name]]))
        connection.execute(f"copy (select {DUCK_COLUMNS} from source order by n) to '{path}' ({options})")
    erase_and_check(path)
    check_pushdown(path)


POLARS = {
    "defaults": {},
    **{codec: {"compression": codec} for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4")},
    "no statistics": {"statistics": False},
    "full statistics": {"statistics": "full"},
    "tiny pages": {"data_page_size": 64},
    "key-value metadata": {"metadata": {"owner": "team"}},
}


@pytest.mark.parametrize("name", POLARS)
def test_polars(tmp_path, name):
    """Written through its streaming engine as far as the setting allows."""
    path = tmp_path / "a.parquet"
    frame = pl.from_arrow(arrow_table()).with_columns(pl.col("kind").cast(pl.Categorical))
    frame.write_parquet(path, row_group_size=GROUP, **POLARS[name])
    erase_and_check(path)
    check_pushdown(path)


DELTA = {
    "defaults": None,
    "uncompressed, page statistics": deltalake.WriterProperties(
        compression="UNCOMPRESSED",
        max_row_group_size=GROUP,
        default_column_properties=deltalake.ColumnProperties(statistics_enabled="PAGE"),
    ),
    "gzip, bloom filters": deltalake.WriterProperties(
        compression="GZIP",
        max_row_group_size=GROUP,
        default_column_properties=deltalake.ColumnProperties(
            bloom_filter_properties=deltalake.BloomFilterProperties(True, 0.01, 50)
        ),
    ),
    "tiny pages, no dictionaries": deltalake.WriterProperties(
        max_row_group_size=GROUP,
        data_page_row_count_limit=7,
        write_batch_size=7,
        default_column_properties=deltalake.ColumnProperties(dictionary_enabled=False),
    ),
}


@pytest.mark.parametrize("name", DELTA)
def test_delta_rs(tmp_path, name):
    """Its data files, laid beside no log: with the log the folder is a table, and refused by name."""
    table = tmp_path / "table"
    deltalake.write_deltalake(table, arrow_table().drop_columns(["kind"]), writer_properties=DELTA[name])
    with pytest.raises(EraseRefused) as told:
        run(order_for(table, KEYS, *SUBJECTS))
    assert Reason.TABLE_FORMAT is told.value.reason
    shutil.rmtree(table / "_delta_log")
    (path,) = table.rglob("*.parquet")
    erase_and_check(path)
    check_pushdown(path)


FASTPARQUET = {
    "defaults": {},
    **{codec: {"compression": codec} for codec in ("GZIP", "ZSTD", "SNAPPY", "BROTLI")},
    "row groups": {"row_group_offsets": list(range(0, ROWS, GROUP))},
    "no statistics": {"stats": False, "row_group_offsets": list(range(0, ROWS, GROUP))},
    "INT96": {"times": "int96"},
    "metadata": {"custom_metadata": {"owner": "team"}, "compression": "SNAPPY"},
}


@pytest.mark.parametrize("name", FASTPARQUET)
def test_fastparquet(tmp_path, name):
    """It writes what few others do: converted types only, whole-file key-value metadata of pandas."""
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame(
        {
            "n": range(ROWS),
            "account": pd.array(ACCOUNTS, "Int64"),
            "email": pd.array(EMAILS, object),
            "at": pd.date_range("2024-01-01", periods=ROWS),
            "yes": [n % 2 == 0 for n in range(ROWS)],
        }
    )
    fastparquet.write(str(path), frame, **FASTPARQUET[name])
    erase_and_check(path)
    check_pushdown(path)


def test_chunks_with_metadata_of_their_own_are_refused(tmp_path):
    """fastparquet notes there how many categories a column has, which would be about the old rows."""
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"email": pd.Categorical(EMAILS), "account": pd.array(ACCOUNTS, "Int64")})
    fastparquet.write(str(path), frame)
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(path, KEYS, *SUBJECTS))
    assert (Reason.UNFAITHFUL, before) == (told.value.reason, snapshot(tmp_path))


def test_empty_file(tmp_path):
    """No rows, one empty row group or none: nothing is found, nothing is touched."""
    empty = arrow_table().slice(0, 0)
    pq.write_table(empty, tmp_path / "a.parquet")
    with pq.ParquetWriter(tmp_path / "b.parquet", empty.schema):
        pass
    assert [1, 0] == [pq.read_metadata(tmp_path / n).num_row_groups for n in ("a.parquet", "b.parquet")]
    before = snapshot(tmp_path)
    receipt, _ = run(order_for(tmp_path, KEYS, *SUBJECTS))
    assert ((), before) == (receipt.files, snapshot(tmp_path))


def test_empty_row_groups_between_others(tmp_path):
    """They hold nobody; whether they stay or go, no reader sees another row."""
    path, table = tmp_path / "a.parquet", arrow_table()
    with pq.ParquetWriter(path, table.schema) as writer:
        for start in range(0, ROWS, GROUP):
            writer.write_table(table.slice(0, 0))
            writer.write_table(table.slice(start, GROUP))
    assert pq.read_metadata(path).num_row_groups > ROWS // GROUP
    erase_and_check(path)
    check_pushdown(path)


def test_file_whose_every_row_goes(tmp_path):
    """What is left is a file with the schema and no row, which every reader reads."""
    path = tmp_path / "a.parquet"
    mine = arrow_table().filter(pa.array([n not in STAY for n in range(ROWS)]))
    pq.write_table(mine, path, row_group_size=5, write_page_index=True, bloom_filter_options=BLOOM)
    run(order_for(path, KEYS, *SUBJECTS))
    for name, read in READERS.items():
        assert (0, arrow_table().column_names) == (read(path).num_rows, read(path).column_names), name
    assert arrow_table().schema.equals(pq.read_schema(path), check_metadata=True)
    assert [] == Inside(path).hiding(NEEDLES)


@pytest.mark.parametrize("plain_footer", [False, True])
def test_encrypted_file_is_refused(tmp_path, plain_footer):
    """Really encrypted, with the footer or one column only: refused by name, and the process lives."""
    path = tmp_path / "a.parquet"
    config = pe.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["email"]}, plaintext_footer=plain_footer
    )
    connection = pe.KmsConnectionConfig(
        custom_kms_conf={"footer": "0123456789012345", "column": "1234567890123450"}
    )
    factory = pe.CryptoFactory(lambda _: Kms())
    sealed = factory.file_encryption_properties(connection, config)
    pq.write_table(arrow_table(), path, encryption_properties=sealed)
    before = snapshot(tmp_path)
    child = subprocess.run(
        [PYTHON, "-c", CHILD, ERASE_ONE, path], capture_output=True, text=True, check=False
    )
    assert (0, "encrypted", before) == (child.returncode, child.stdout.strip(), snapshot(tmp_path)), (
        child.stderr
    )


ERASE_ONE = """
from rtbf_jobs.erasers import EraseRefused
try:
    lake.run(lake.order_for(sys.argv[2], {"email": "email"}, lake.sought("email", "a@canary.example")))
except EraseRefused as refused:
    print(refused.reason)
"""


class Kms(pe.KmsClient):
    """A key service that wraps keys in plain sight."""

    def wrap_key(self, key, _):
        return key

    def unwrap_key(self, key, _):
        return key
