"""Thrift structures come back byte for byte, and edits change nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.extents import read_map
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import Listed, Mapped, Struct, ThriftError
from tests.rtbf_jobs.erasers.parquet_file.writers import WRITERS

scalars = st.one_of(
    st.tuples(st.just(thrift.TRUE), st.booleans()),
    st.tuples(st.sampled_from([thrift.I16, thrift.I32, thrift.I64]), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(thrift.BINARY), st.binary(max_size=40)),
    st.tuples(st.just(thrift.I8), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(thrift.DOUBLE), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just(thrift.UUID), st.binary(min_size=16, max_size=16)),
)


def lists(inner):
    """Return lists, sets and maps of some values of one type each."""
    words = st.lists(st.binary(max_size=9), max_size=20).map(lambda items: Listed(thrift.BINARY, items))
    flags = st.lists(st.sampled_from([1, 2]), max_size=20).map(lambda items: Listed(thrift.TRUE, items))
    structs = st.lists(inner, max_size=17).map(lambda items: Listed(thrift.STRUCT, items))
    pairs = st.lists(st.tuples(st.integers(-9, 9), inner), min_size=1, max_size=4)
    maps = pairs.map(lambda items: Mapped(thrift.I32, thrift.STRUCT, items))
    return st.one_of(
        st.tuples(st.sampled_from([thrift.LIST, thrift.SET]), st.one_of(words, flags, structs)),
        st.tuples(st.just(thrift.MAP), maps),
        st.tuples(st.just(thrift.STRUCT), inner),
    )


def made(values):
    """Return structures of some values under any field numbers, in any order."""
    return st.dictionaries(st.integers(1, 200), values, max_size=6).map(Struct)


structs = st.recursive(made(scalars), lambda inner: made(st.one_of(scalars, lists(inner))), max_leaves=12)


@settings(max_examples=150)
@given(struct=structs)
def test_any_structure_comes_back(struct):
    """Written, read and written again; skipped over it ends where it ends."""
    raw = struct.write()
    assert (struct, raw) == (Struct.read(raw), Struct.read(raw).write())
    assert len(raw) == thrift.skip(raw, 0, thrift.STRUCT)
    assert list(struct.fields) == [one.id for one in thrift.spans(raw)]
    found, end = thrift.positions(raw, 0)
    assert (len(raw), {one.id: one.start for one in thrift.spans(raw)}) == (end, found)


@settings(max_examples=200)
@given(raw=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw):
    """Damaged footers end in one of two errors, never in another, and never for ever."""
    for read in (Struct.read, lambda data: list(thrift.spans(data)), lambda data: thrift.positions(data, 0)):
        try:
            read(raw)
        except (ThriftError, IndexError):
            continue


def test_a_structure_that_would_come_back_otherwise_is_refused():
    """A padded varint: its value is the same, its bytes are not."""
    with pytest.raises(ThriftError):
        Struct.read(bytes([0x15, 0x80, 0x00, 0x00]))


def test_deep_nesting_is_refused():
    """A footer is no way to exhaust the stack."""
    with pytest.raises(ThriftError):
        Struct.read(bytes([0x1C]) * 5000 + bytes(5001))
    with pytest.raises(ThriftError):
        thrift.skip(bytes([0x1C]) * 5000 + bytes(5001), 0, thrift.STRUCT)


@pytest.mark.parametrize(
    "raw",
    [bytes([0x15, 2, 0x05, 2, 4, 0]), bytes([0x55, 2, 0x05, 4, 4, 0x35, 2, 0])],
    ids=["spelt out", "by a step after one back"],
)
def test_a_field_that_is_there_twice_is_refused(raw):
    """Engines merge the two, so that neither says what the engine will read."""
    for read in (Struct.read, lambda data: thrift.positions(data, 0)):
        with pytest.raises(ThriftError, match="twice"):
            read(raw)


@pytest.mark.parametrize("name", WRITERS)
def test_footers_of_every_writer_come_back(tmp_path, name):
    """Whole, and spliced from their own row groups."""
    path = tmp_path / "a.parquet"
    WRITERS[name](path)
    with local(path) as source:
        footer = read_map(source).footer
    assert footer.raw == Struct.read(footer.raw).write()
    groups = [footer.group(number) for number in range(len(footer.groups))]
    assert footer.raw == footer.with_groups(groups, footer.num_rows)
