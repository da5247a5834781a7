"""A Bloom filter never denies a value that is there, whoever wrote it; and it excludes what is not."""

import uuid

import deltalake
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declaring import pseudonym
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import prune
from rtbf_jobs.erasers.parquet_file.bloom import BLOCK, BloomFilter, read_filter
from rtbf_jobs.erasers.parquet_file.extents import read_map
from rtbf_jobs.erasers.parquet_file.prune import Looked, Pruning
from rtbf_jobs.erasers.parquet_file.source import LocalSource, local
from rtbf_jobs.erasers.parquet_file.thrift import BINARY, I32, I64, STRUCT, Struct
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write
from tests.rtbf_jobs.erasers.parquet_file.planted import edited, metas
from tests.rtbf_jobs.erasers.parquet_file.test_prune import KEYS, looked

VALUES = 10_000
BLOOM = {"bloom_filter_options": {"k": {"ndv": VALUES, "fpp": 0.01}}}
KINDS = {
    "int8": (pa.int8(), 1),
    "uint8": (pa.uint8(), 1),
    "int16": (pa.int16(), 1),
    "uint16": (pa.uint16(), 3),
    "int32": (pa.int32(), 211_111),
    "uint32": (pa.uint32(), 422_222),
    "int64": (pa.int64(), 900_000_000_000_001),
    "uint64": (pa.uint64(), 1_800_000_000_000_001),
    "uuid": (pa.uuid(), (1 << 127) // VALUES),
    "digest": (pa.binary(32), (1 << 255) // VALUES),
}
SOUGHT = {
    "uuid": ("device", str(uuid.UUID(int=1))),
    "digest": (pseudonym("account", hmac_key="training"), "1"),
}
WRITERS = {
    **{f"pyarrow {name}": ("pyarrow", name) for name in KINDS},
    "pyarrow uint32 as int64": ("pyarrow 1.0", "uint32"),
    **{f"duckdb {name}": ("duckdb", name) for name in KINDS if name != "digest"},
    **{f"delta {name}": ("delta", name) for name in ("int8", "int16", "int32", "int64")},
}


def written(path, writer, name):
    """Write half of a type's values, the even ones, with a Bloom filter; return all of them."""
    kind, step = KINDS[name]
    width = {"uuid": 16, "digest": 32}.get(name)
    top = 1 << (width * 8 if width else kind.bit_width - str(kind).startswith("int"))
    numbers = [n * step for n in range(2 * VALUES) if n * step < top]
    made = [n.to_bytes(width, "big") for n in numbers] if width else numbers
    table = pa.table({"k": pa.array(made[::2], kind)})
    if writer == "duckdb":
        twice = pa.concat_tables([table] * 2)  # noqa: F841 - DuckDB finds it by its name
        duckdb.sql(f"copy twice to '{path}' (format parquet, dictionary_size_limit 100000)")
    elif writer == "delta":
        properties = deltalake.WriterProperties(
            default_column_properties=deltalake.ColumnProperties(
                bloom_filter_properties=deltalake.BloomFilterProperties(set_bloom_filter_enabled=True)
            )
        )
        deltalake.write_deltalake(path.parent / "t", table, writer_properties=properties)
        next((path.parent / "t").glob("*.parquet")).rename(path)
    else:
        options = {"version": "1.0"} if writer.endswith("1.0") else {}
        pq.write_table(table, path, use_dictionary=False, **BLOOM, **options)
    return made


def header(change=lambda _: None):
    """Return the header of a filter of one block, after a change."""
    made = Struct({1: (I32, BLOCK)})
    for number in (2, 3, 4):
        made.put(number, STRUCT, Struct({1: (STRUCT, Struct())}))
    change(made)
    return made.write()


def put_size(size):
    """Return a change of how many bytes the header says there are."""
    return lambda made: made.put(1, I32, size)


def drop_statistics(footer):
    """Remove what would tell before a filter is asked."""
    for meta in metas(footer):
        meta.drop(names.M_STATISTICS)


def rewrite_filter(path, change):
    """Let a function change the filter's bytes, header and blocks; its place and length stay."""
    with local(path) as source:
        where = read_map(source).groups[0][0].bloom
    raw = path.read_bytes()
    new = change(raw[where.start : where.end])
    assert len(new) == where.length
    path.write_bytes(raw[: where.start] + new + raw[where.end :])


@pytest.fixture
def odd(tmp_path):
    """Return a file of even numbers and 42,001; other odd numbers are inside the bounds and not there."""
    values = [*range(0, 40_000, 4), 42_001]
    return write(tmp_path / "a.parquet", {"k": values}, use_dictionary=False, **BLOOM)


@pytest.mark.parametrize("case", WRITERS)
def test_no_value_that_was_written_is_denied(tmp_path, case):
    """Golden over every type and writer: all that is there may be there, most of what is not is excluded."""
    path = tmp_path / "a.parquet"
    values = written(path, *WRITERS[case])
    key, value = SOUGHT.get(WRITERS[case][1], ("account", "1"))
    order = order_for(path, {"k": key}, sought(getattr(key, "namespace", key), value))
    with local(path) as source, pq.ParquetFile(path) as file:
        column = Pruning(file, source, wanted(order)).columns[0]
        where = read_map(source).groups[0][0].bloom
        found = read_filter(source.read(where.start, where.length))
    told = [column.hashed_in(found, value) for value in values]
    assert all(told[::2])
    assert sum(told[1::2]) < 0.1 * len(told[1::2])


def test_a_filter_prunes_what_bounds_do_not(odd):
    """It is asked after the statistics; with neither, the keys are read."""
    assert {Looked.BLOOM: 1} == looked(odd, KEYS, sought("account", "777"))
    assert {Looked.STATISTICS: 1} == looked(odd, KEYS, sought("account", "77777"))
    assert {Looked.KEYS: 1} == looked(odd, KEYS, sought("account", "42001"))
    edited(odd, drop_statistics)
    assert {Looked.BLOOM: 1} == looked(odd, KEYS, sought("account", "77777"))


def test_who_is_there_is_erased_through_a_filter(odd):
    """The filter of the new row group does not know the value any more."""
    assert 1 == run(order_for(odd, KEYS, sought("account", "42001")))[0].rows_matched
    assert 42_001 not in pl.read_parquet(odd)["k"]
    edited(odd, drop_statistics)
    assert {Looked.BLOOM: 1} == looked(odd, KEYS, sought("account", "42001"))


def test_no_filter_of_text_is_asked(tmp_path):
    """` Bob@X.com` is hashed as it is written, and is bob@x.com."""
    columns = {"k": pa.array([" Bob@X.com", "a@a.a"])}
    path = write(tmp_path / "a.parquet", columns, use_dictionary=False, **BLOOM)
    assert {Looked.KEYS: 1} == looked(path, {"k": "email"}, sought("email", "c@c.c"))
    assert 1 == run(order_for(path, {"k": "email"}, sought("email", "bob@x.com")))[0].rows_matched


def with_kind(number, kind):
    """Return a change of one of the header's unions: another algorithm, hash or compression."""
    return lambda made: made.get(number).fields.update({kind: made.get(number).fields.pop(1)})


UNKNOWN = {
    **{f"union {number} of another kind": header(with_kind(number, 2)) for number in (2, 3, 4)},
    **{f"union {number} missing": header(lambda made, n=number: made.drop(n)) for number in (1, 2, 3, 4)},
    "a field of a later version": header(lambda made: made.put(5, BINARY, b"x")),
    "a number for the algorithm": header(lambda made: made.put(2, I32, 1)),
    "longer than it is": header(put_size(2 * BLOCK)),
    "shorter than it is": header(put_size(0)),
    "negative": header(put_size(-BLOCK)),
    "no header": b"\xff" * 9,
    "nothing": b"",
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_filter_that_is_not_understood_is_none(case):
    assert read_filter(header() + b"\xff" * BLOCK) == BloomFilter(b"\xff" * BLOCK)
    assert read_filter(UNKNOWN[case] + b"\xff" * BLOCK) is None


def test_blocks_that_are_no_filter_are_none():
    """No block, half a block, a block that was never written."""
    for blocks in (b"", b"\xff" * 16, bytes(BLOCK)):
        assert read_filter(header(put_size(len(blocks))) + blocks) is None
    assert read_filter(header()[:-1]) is None


def blocks_of(byte):
    """Return a change that keeps a filter's header."""
    return lambda raw: raw[: len(raw) % BLOCK] + byte * (len(raw) - len(raw) % BLOCK)


BROKEN = {
    "its header is damaged": lambda raw: b"\xff" + raw[1:],
    "its blocks are zero": blocks_of(b"\x00"),
    "its blocks are nobody's": blocks_of(b"\x01"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_filter_overlooks_nobody(odd, case):
    """A filter that does not know its row group's own bounds is not believed about anybody else."""
    rewrite_filter(odd, BROKEN[case])
    assert {Looked.KEYS: 1} == looked(odd, KEYS, sought("account", "777"))
    assert 1 == run(order_for(odd, KEYS, sought("account", "4")))[0].rows_matched


PLACES = {
    "at the file's start": lambda where, _: (0, where.length),
    "in the footer": lambda where, end: (end - 10, where.length),
    "cut short": lambda where, _: (where.start, where.length - BLOCK),
    "too long": lambda where, _: (where.start, where.length + 1),
    "empty": lambda where, _: (where.start, 0),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_filter_in_a_place_that_cannot_be_overlooks_nobody(odd, case):
    with local(odd) as source:
        places = read_map(source)
    start, length = PLACES[case](places.groups[0][0].bloom, places.footer.start)

    def move(footer):
        for meta in metas(footer):
            meta.put(names.M_BLOOM, I64, start)
            meta.put(names.M_BLOOM_LENGTH, I32, length)

    edited(odd, move)
    assert {Looked.KEYS: 1} == looked(odd, KEYS, sought("account", "777"))


def test_a_filter_whose_length_only_its_header_tells_is_read(odd):
    """Older writers wrote no length into the footer."""
    edited(odd, lambda footer: [meta.drop(names.M_BLOOM_LENGTH) for meta in metas(footer)])
    assert {Looked.BLOOM: 1} == looked(odd, KEYS, sought("account", "777"))


def test_a_filter_costs_one_read(odd, monkeypatch):
    """In a bucket each is a request."""
    reads, read = [], LocalSource.read
    with local(odd) as source:
        where = read_map(source).groups[0][0].bloom

    def counted(self, offset, length):
        reads.append((offset, length))
        return read(self, offset, length)

    monkeypatch.setattr(LocalSource, "read", counted)
    looked(odd, KEYS, sought("account", "777"))
    assert [one for one in reads if where.start <= one[0] < where.end] == [(where.start, where.length)]


def test_a_batch_too_large_for_a_filter_does_not_read_it(odd, monkeypatch):
    """Of many people, one is always said to be there by mistake."""
    monkeypatch.setattr(prune, "read_filter", pytest.fail)
    many = [sought("account", str(number), number) for number in range(1, 8_004, 2)]
    assert {Looked.KEYS: 1} == looked(odd, KEYS, *many)


def test_only_who_is_within_the_bounds_is_asked_for(odd):
    """A batch of thousands, of whom the row group can hold one."""
    many = [sought("account", str(number), number) for number in range(100_000, 104_000)]
    assert {Looked.BLOOM: 1} == looked(odd, KEYS, sought("account", "777", 1), *many)
