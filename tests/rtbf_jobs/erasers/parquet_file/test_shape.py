"""What a rewrite keeps, and what it refuses by name."""

import datetime as dt
from decimal import Decimal

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import mention
from rtbf_jobs.erasers import EraseRefused, Reason
from rtbf_jobs.erasers.parquet_file.shape import shape
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought, write

ME = sought("account", "42")
KEYS = {"user_id": "account"}


def erased(path):
    """Erase account 42 from one file and return the footers before and after."""
    before = pq.ParquetFile(path)
    run(order_for(path, KEYS, ME))
    return before, pq.ParquetFile(path)


def refused(root, keys=None, **more):
    """Return the reason of a refusal that left every byte alone."""
    before = snapshot(root)
    with pytest.raises(EraseRefused) as told:
        run(order_for(root, keys or KEYS, ME, **more))
    assert before == snapshot(root)
    assert str(root) not in str(told.value)
    return told.value.reason


def test_everything_that_peers_lose_is_kept(tmp_path):
    """Key-value metadata, field ids, REQUIRED, codecs, sorting, page index, bloom filters, types."""
    schema = pa.schema(
        [
            pa.field("user_id", pa.int32(), nullable=False, metadata={"PARQUET:field_id": "7"}),
            pa.field("price", pa.decimal128(9, 2)),
            pa.field("at", pa.timestamp("ns")),
            pa.field("day", pa.date32()),
            pa.field("t", pa.time64("us")),
            pa.field("u", pa.uint32()),
            pa.field("d", pa.duration("s")),
            pa.field("tags", pa.list_(pa.field("item", pa.string(), nullable=False))),
            pa.field("h", pa.float16()),
            pa.field("n", pa.int64()),
        ],
        metadata={"owner": "team", "pandas": "{}"},
    )
    row = [42, Decimal("1.50"), 1, dt.date(2020, 1, 1), dt.time(1), 5, 9, ["a"], 1.5, 3]
    columns = [[value, 1 if i == 0 else value, 2 if i == 0 else None] for i, value in enumerate(row)]
    path = write(
        tmp_path / "a.parquet",
        columns,
        schema,
        row_group_size=2,
        compression={"user_id": "zstd", "price": "gzip", "n": "brotli"} | dict.fromkeys(("u", "h"), "none"),
        sorting_columns=[pq.SortingColumn(0, descending=True)],
        write_page_index=True,
        bloom_filter_options={"user_id": {"ndv": 100}},
        use_dictionary=["day"],
        column_encoding={"n": "DELTA_BINARY_PACKED"},
        data_page_version="2.0",
        write_page_checksum=True,
    )
    before, after = erased(path)
    assert shape(before) == shape(after)
    assert str(before.schema).splitlines()[1:] == str(after.schema).splitlines()[1:]
    assert before.metadata.metadata == after.metadata.metadata
    assert before.schema_arrow.equals(after.schema_arrow, check_metadata=True)
    was, now = (f.metadata.row_group(0) for f in (before, after))
    for i in range(was.num_columns):
        assert (was.column(i).compression, was.column(i).encodings) == (
            now.column(i).compression,
            now.column(i).encodings,
        )
    assert was.column(0).bloom_filter_length == now.column(0).bloom_filter_length
    assert b"\x15\x06" == path.read_bytes()[now.column(0).data_page_offset :][:2]


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "brotli", "none"])
def test_codec_stays(tmp_path, codec):
    """Zstd stays zstd; S3F2 made it snappy."""
    before, after = erased(write(tmp_path / "a.parquet", {"user_id": [42, 1]}, compression=codec))
    assert [g.codecs for g in shape(before).groups] == [g.codecs for g in shape(after).groups]


def test_statistics_and_arrow_schema_are_not_invented(tmp_path):
    """A file written without them stays without: min and max can be an identifier."""
    path = write(tmp_path / "a.parquet", {"user_id": [42, 1]}, write_statistics=False, store_schema=False)
    _, after = erased(path)
    assert (None, False) == (after.metadata.metadata, after.metadata.row_group(0).column(0).is_stats_set)


def test_int96_keeps_its_nanoseconds(tmp_path):
    """S3F2 #305 and #373: INT96 drifted. It stays INT96, to the nanosecond."""
    path = tmp_path / "a.parquet"
    stamps = [1_600_000_000_123_456_789, -1, None]
    columns = {"user_id": [42, 1, 2], "at": pa.array(stamps, pa.timestamp("ns"))}
    before, after = erased(write(path, columns, use_deprecated_int96_timestamps=True))
    assert shape(before).schema == shape(after).schema
    assert stamps[1:] == pl.read_parquet(path)["at"].dt.epoch("ns").to_list()


def test_int96_outside_what_nanoseconds_hold_is_refused(tmp_path):
    """The year 9999 of another writer would wrap around."""
    far = dt.datetime(9999, 12, 31)
    columns = {"user_id": [42, 1], "at": pa.array([far, None], pa.timestamp("us"))}
    write(tmp_path / "a.parquet", columns, use_deprecated_int96_timestamps=True, store_schema=False)
    assert Reason.TIMESTAMP_RANGE is refused(tmp_path)


def test_files_of_other_writers(tmp_path):
    """DuckDB (annotated ints, decimals in ints, UTC times), polars and fastparquet files keep their shape."""
    duck, pola, fast = (tmp_path / f"{n}.parquet" for n in ("duck", "pola", "fast"))
    rows = "(values (42, 'a', 1.25::decimal(9,2), ['x'], time '01:00'), (1, null, 2.5, null, null))"
    rows += " t(user_id, s, d, l, t)"
    duckdb.sql(f"copy (select * from {rows}) to '{duck}' (codec 'zstd')")
    pl.DataFrame({"user_id": [42, 1], "l": [["a"], None], "s": [{"x": 1}, None]}).write_parquet(pola)
    frame = pd.DataFrame({"user_id": [42, 1], "at": pd.to_datetime(["2020-01-01", "2021-01-01"])})
    fastparquet.write(str(fast), frame, times="int96")
    expected = {path: pl.read_parquet(path).filter(pl.col("user_id") != 42) for path in (duck, pola, fast)}
    for path, rest in expected.items():
        before, after = erased(path)
        assert shape(before) == shape(after)
        assert rest.equals(pl.read_parquet(path))
    with fast.open("rb") as handle:
        assert [1] == fastparquet.ParquetFile(handle).to_pandas()["user_id"].tolist()


def test_schema_that_cannot_be_written_the_same_is_refused(tmp_path):
    """A list of an older layout (as Hive writes it): refused before anything is written, in any file."""
    write(tmp_path / "a.parquet", {"user_id": [42, 1]})
    path = write(tmp_path / "b.parquet", {"user_id": [42], "l": pa.array([[1]])}, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"\x04list", b"\x04bags"))
    assert Reason.UNFAITHFUL is refused(tmp_path)


def test_unfaithful_file_without_a_match_stands_in_nobodys_way(tmp_path):
    """Only what has to be rewritten has to be writable."""
    path = write(tmp_path / "a.parquet", {"user_id": [1], "l": pa.array([[1]])}, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"\x04list", b"\x04bags"))
    assert () == run(order_for(tmp_path, KEYS, ME))[0].files


def test_row_groups_keep_their_own_codecs(tmp_path):
    """Files that were joined from others have several in one column."""
    import io

    one, two = io.BytesIO(), io.BytesIO()
    for made, codec in ((one, "zstd"), (two, "gzip")):
        pq.write_table(pa.table({"user_id": [42, 1]}), made, compression=codec, store_schema=False)
    joined = tmp_path / "a.parquet"
    _append(one.getvalue(), two.getvalue(), joined)
    before, after = erased(joined)
    assert shape(before).groups == shape(after).groups
    assert [1, 1] == pl.read_parquet(joined)["user_id"].to_list()


def _append(one, two, path):
    """Join two files of one row group each: bodies side by side, footers merged by pyarrow."""
    import fastparquet.api

    path.write_bytes(one)
    first = fastparquet.api.ParquetFile(str(path))
    (path.parent / "two.tmp").write_bytes(two)
    second = fastparquet.api.ParquetFile(str(path.parent / "two.tmp"))
    length = int.from_bytes(one[-8:-4], "little")
    body, shift = one[: -8 - length], len(one) - 8 - length - 4
    group = second.fmd.row_groups[0]
    for column in group.columns:
        meta = column.meta_data
        meta.data_page_offset += shift
        if meta.dictionary_page_offset:
            meta.dictionary_page_offset += shift
    first.fmd.row_groups = [*first.fmd.row_groups, group]
    first.fmd.num_rows = 4
    footer = first.fmd.to_bytes()
    inner = two[4 : -8 - int.from_bytes(two[-8:-4], "little")]
    path.write_bytes(body + inner + bytes(footer) + len(footer).to_bytes(4, "little") + b"PAR1")
    (path.parent / "two.tmp").unlink()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_unreadable_files_are_refused_before_any_other_is_written(tmp_path, content):
    """The readable one comes first and is not touched either."""
    write(tmp_path / "a.parquet", {"user_id": [42]})
    (tmp_path / "bob@x.com.parquet").write_bytes(content)
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, KEYS, ME))
    assert Reason.UNREADABLE is told.value.reason
    assert before == snapshot(tmp_path)
    assert "bob" not in str(told.value)
    assert told.value.__suppress_context__


@pytest.mark.parametrize("level", ["file", "field"])
def test_identifier_in_key_value_metadata_is_refused(tmp_path, level):
    """What is kept verbatim must not hold the person, nor the Arrow schema inside it."""
    author = {"author": "Bob@x.com"}
    field = pa.field("mail", pa.string(), metadata=author if level == "field" else None)
    schema = pa.schema([field], metadata=author if level == "file" else None)
    write(tmp_path / "a.parquet", [["bob@x.com"]], schema)
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, {"mail": "email"}, sought("email", "bob@x.com")))
    assert (Reason.IN_METADATA, before) == (told.value.reason, snapshot(tmp_path))


def test_encrypted_files_are_refused(tmp_path):
    """With an encrypted footer the file says so itself."""
    (tmp_path / "a.parquet").write_bytes(b"PARE" + b"\0" * 40 + b"PARE")
    assert Reason.ENCRYPTED is refused(tmp_path)


def test_sorting_by_a_column_that_would_be_nulled_is_refused(tmp_path):
    """The footer would promise an order that is gone."""
    options = {"sorting_columns": [pq.SortingColumn(0)]}
    write(tmp_path / "a.parquet", {"by": [1, 42], "user_id": [1, 2]}, **options)
    assert Reason.SORTED_BY_ERASED is refused(tmp_path, {"user_id": "account", "by": mention("account")})
    redact = {"erasure": Erasure.REDACT_COLUMNS, "redact": ["by"]}
    assert Reason.SORTED_BY_ERASED is refused(tmp_path, {"by": "account"}, **redact)
