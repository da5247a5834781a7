"""Pruning is sound: whatever a footer says, no row that is there is overlooked; and it does prune."""

import uuid

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rtbf_jobs.erasers import EraseRefused, Reason
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.find import scan, survey
from rtbf_jobs.erasers.parquet_file.prune import Looked
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import BINARY, TRUE
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write
from tests.rtbf_jobs.erasers.parquet_file.planted import edited, metas, on_statistics

MAX, MIN, MAX_VALUE, MIN_VALUE, MAX_EXACT, MIN_EXACT = 1, 2, 5, 6, 7, 8
KEYS = {"k": "account"}


def word(value, width=8):
    """Return an integer as statistics hold it."""
    return value.to_bytes(width, "little", signed=value < 0)


def looked(path, keys, *subjects):
    """Return what told about a file's row groups."""
    order = order_for(path, keys, *subjects)
    with local(path) as source:
        (file,) = survey_files(order)
        return dict(scan(order, wanted(order), file, source).looked)


def survey_files(order):
    """Return the data files of an order."""
    from rtbf_jobs.erasers.files import data_files

    return data_files(order)


def column(kind=None):
    """Return a key column of two row groups, without a dictionary: 42 is in the first."""
    return pa.array([42, 50, 142, 150], kind or pa.int64())


def planted(tmp_path, change, kind=None, **options):
    """Write a file, and change what its footer says about it."""
    options = {"row_group_size": 2, "use_dictionary": False} | options
    return edited(write(tmp_path / "a.parquet", {"k": column(kind)}, **options), change)


def drop(*numbers):
    """Return a change that removes fields of statistics."""
    return on_statistics(lambda one: [one.drop(number) for number in numbers])


def put(**fields):
    """Return a change that sets fields of statistics."""
    numbers = {"max": MAX, "min": MIN, "max_value": MAX_VALUE, "min_value": MIN_VALUE}

    def change(one):
        for name, value in fields.items():
            one.put(numbers[name], BINARY, value)

    return on_statistics(change)


def without_orders(footer):
    """Remove the column orders, and plant bounds that exclude everybody."""
    footer.drop(names.COLUMN_ORDERS)
    drop(MIN, MAX)(footer)
    put(min_value=word(900), max_value=word(901))(footer)


def no_statistics(footer):
    """Remove statistics altogether."""
    for meta in metas(footer):
        meta.drop(names.M_STATISTICS)


def instead(*dropped, **fields):
    """Return a change that removes some statistics and sets others."""

    def change(footer):
        drop(*dropped)(footer)
        put(**fields)(footer)

    return change


def every_bound(low, high):
    """Return a change of both kinds of bounds."""
    return put(min_value=low, max_value=high, min=low, max=high)


MISLEADING = {
    "no statistics": (no_statistics, pa.int64()),
    "only a maximum below": (instead(MIN, MAX, MIN_VALUE, max_value=word(1)), pa.int64()),
    "only a minimum above": (instead(MIN, MAX, MAX_VALUE, min_value=word(900)), pa.int64()),
    "deprecated bounds of unsigned order": (
        instead(MIN_VALUE, MAX_VALUE, min=word(900), max=word(901)),
        pa.uint64(),
    ),
    "unknown order": (without_orders, pa.int64()),
    "longer than the type": (every_bound(bytes(9), bytes(9)), pa.int64()),
    "wrong way round": (every_bound(word(900), word(1)), pa.int64()),
}


@pytest.mark.parametrize("case", MISLEADING)
def test_misleading_statistics_overlook_nobody(tmp_path, case):
    """Each of these was written by some writer, or says nothing that can be relied on."""
    change, kind = MISLEADING[case]
    path = planted(tmp_path, change, kind)
    receipt, _ = run(order_for(path, KEYS, sought("account", "42")))
    assert (1, [50, 142, 150]) == (receipt.rows_matched, pl.read_parquet(path)["k"].to_list())


@pytest.mark.parametrize("bound", [b"\x7f", b""])
def test_bounds_of_another_width_are_refused_by_name(tmp_path, bound):
    """The engine does not read it, and nobody else should guess: nothing is written."""
    path = planted(tmp_path, every_bound(bound, bound))
    before = path.read_bytes()
    with pytest.raises(EraseRefused) as told:
        run(order_for(path, KEYS, sought("account", "42")))
    assert (Reason.UNREADABLE, before) == (told.value.reason, path.read_bytes())


def test_text_is_never_pruned_by_its_order(tmp_path):
    """`  0042` and ` Bob@X.com` sort elsewhere than what they are."""
    columns = {"k": pa.array(["  0042", "z"]), "e": pa.array([None, " Bob@X.com"])}
    path = write(tmp_path / "a.parquet", columns, use_dictionary=False)
    receipt, _ = run(
        order_for(path, {"k": "account", "e": "email"}, sought("account", "42"), sought("email", "bob@x.com"))
    )
    assert 2 == receipt.rows_matched


def test_truncated_bounds_of_raw_uuids_overlook_nobody(tmp_path):
    """Bounds may be shortened: they are then of another width."""
    mine = uuid.UUID(int=5)
    path = write(
        tmp_path / "a.parquet",
        {"k": pa.array([mine.bytes, bytes([255] * 16)], pa.binary(16))},
        use_dictionary=False,
    )

    def shorten(one):
        one.put(MIN_VALUE, BINARY, b"\x01")
        one.put(MAX_VALUE, BINARY, b"\x02")
        one.put(MIN_EXACT, TRUE, False)
        one.put(MAX_EXACT, TRUE, False)

    edited(path, on_statistics(shorten))
    assert 1 == run(order_for(path, {"k": "device"}, sought("device", str(mine))))[0].rows_matched


def test_integers_are_pruned_by_statistics(tmp_path):
    """One of two row groups is not even read."""
    path = planted(tmp_path, lambda _: None)
    assert {Looked.KEYS: 1, Looked.STATISTICS: 1} == looked(path, KEYS, sought("account", "42"))


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint32(), pa.uint64(), pa.int32()])
def test_bounds_above_the_sign_bit_are_unsigned(tmp_path, kind):
    """The largest value of each type is found, and its bounds prune."""
    top = 2 ** (kind.bit_width - (0 if pa.types.is_unsigned_integer(kind) else 1)) - 1
    values = pa.array([top - 1, top, 1, 2], kind)
    path = write(tmp_path / "a.parquet", {"k": values}, row_group_size=2, use_dictionary=False)
    assert {Looked.KEYS: 1, Looked.STATISTICS: 1} == looked(path, KEYS, sought("account", str(top)))
    assert 1 == run(order_for(path, KEYS, sought("account", str(top))))[0].rows_matched


def test_raw_uuids_are_pruned_by_statistics(tmp_path):
    """Bytes are compared as bytes."""
    values = [uuid.UUID(int=n).bytes for n in (1, 2, 2**127, 2**127 + 1)]
    path = write(
        tmp_path / "a.parquet", {"k": pa.array(values, pa.uuid())}, row_group_size=2, use_dictionary=False
    )
    wants = {"k": "device"}, sought("device", str(uuid.UUID(int=2**127)))
    assert {Looked.KEYS: 1, Looked.STATISTICS: 1} == looked(path, *wants)


def test_page_index_prunes_where_a_row_group_is_too_wide(tmp_path):
    """No page can hold the value although the row group's bounds do."""
    values = [*range(100), *range(1000, 1100)]
    path = write(
        tmp_path / "a.parquet",
        {"k": values},
        use_dictionary=False,
        write_page_index=True,
        max_rows_per_page=100,
        write_batch_size=100,
    )
    assert {Looked.PAGE_INDEX: 1} == looked(path, KEYS, sought("account", "500"))
    assert {Looked.KEYS: 1} == looked(path, KEYS, sought("account", "1050"))


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "brotli", "lz4", "none"])
@pytest.mark.parametrize("page", ["1.0", "2.0"])
def test_dictionary_pages_prune_text_too(tmp_path, codec, page):
    """Every entry is normalised; no key column is decoded where none is sought."""
    columns = {"k": pa.array([" Bob@X.com", "a@a.a", None, "b@b.b"] * 9)}
    path = write(
        tmp_path / "a.parquet", columns, row_group_size=18, compression=codec, data_page_version=page
    )
    assert {Looked.DICTIONARY: 2} == looked(path, {"k": "email"}, sought("email", "c@c.c"))
    assert 9 == run(order_for(path, {"k": "email"}, sought("email", "bob@x.com")))[0].rows_matched


def test_a_long_dictionary_of_text_is_left_to_the_rows(tmp_path):
    """Where every second row brings an entry of its own, the engine is faster with all rows."""
    texts = pa.array([f"p{number // 2}@x.com" for number in range(2_400)])
    path = write(tmp_path / "a.parquet", {"k": texts}, use_dictionary=True)
    assert {Looked.KEYS: 1} == looked(path, {"k": "email"}, sought("email", "c@c.c"))
    assert {Looked.KEYS: 1} == looked(path, {"k": "email"}, sought("email", "p7@x.com"))


def test_a_dictionary_that_was_given_up_prunes_nothing(tmp_path):
    """The writer fell back to plain pages: values are there that the dictionary does not know."""
    values = [f"user{n:05}@x.com" for n in range(3000)]
    path = write(tmp_path / "a.parquet", {"k": values}, dictionary_pagesize_limit=1024, write_batch_size=64)
    assert "PLAIN" in pq.read_metadata(path).row_group(0).column(0).encodings
    assert 1 == run(order_for(path, {"k": "email"}, sought("email", values[-1])))[0].rows_matched


def test_every_key_has_to_be_excluded(tmp_path):
    """One key's bounds say nothing about the other's."""
    path = write(tmp_path / "a.parquet", {"k": [1, 2], "e": ["a@a.a", "bob@x.com"]})
    order = order_for(
        path, {"k": "account", "e": "email"}, sought("account", "42"), sought("email", "bob@x.com")
    )
    assert 1 == run(order)[0].rows_matched


def test_survey_tells_what_pruned(tmp_path):
    """The files that hold a match tell how they were looked through."""
    write(tmp_path / "a.parquet", {"k": column()}, row_group_size=1)
    order = order_for(tmp_path, KEYS, sought("account", "42"))
    (found,) = survey(order, wanted(order))[1]
    assert {Looked.KEYS: 1, Looked.STATISTICS: 3} == dict(found.looked)
