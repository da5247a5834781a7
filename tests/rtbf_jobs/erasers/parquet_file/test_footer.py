"""A footer that is read with another one's help, and one that is read alone, say the same."""

import pytest

from rtbf_jobs.erasers.parquet_file.extents import read_map
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import Struct
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write
from tests.rtbf_jobs.erasers.parquet_file.planted import chunks, edited
from tests.rtbf_jobs.erasers.parquet_file.writers import WRITERS

KEYS = {"user_id": "account"}
ROWS = 60


def told(found):
    """Return all that a map says."""
    groups = [(one.start, one.end, one.fields, one.chunks) for one in found.footer.groups]
    return found.footer.raw, found.footer.fields, groups, found.groups


def maps(path, was):
    """Return a file's map as read alone, and as read with the help of another one."""
    with local(path) as source:
        return read_map(source), read_map(source, was)


@pytest.mark.parametrize(
    "gone", [[25], [20, 21, 22, 23, 24, 25, 26, 27, 28, 29], [5, 25, 55], list(range(30))]
)
def test_row_groups_that_stayed_are_not_walked_over_again(tmp_path, gone):
    """One row of a row group, a whole one, some of several, half the file."""
    columns = {"user_id": range(ROWS), "s": [f"text {n}" for n in range(ROWS)]}
    path = write(tmp_path / "a.parquet", columns, row_group_size=10, write_page_index=True)
    with local(path) as source:
        was = read_map(source)
    run(order_for(path, KEYS, *(sought("account", str(one)) for one in gone)))
    alone, helped = maps(path, was)
    assert told(alone) == told(helped)
    assert {None} == {one.same for one in alone.footer.groups}
    if gone == [25]:
        assert [0, 1, None, 3, 4, 5] == [one.same for one in helped.footer.groups]


@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_s_footer_is_the_same_with_help(tmp_path, name):
    """Its own map helps, and that of a file whose last row group says something else of its last chunk."""
    path = tmp_path / "a.parquet"
    WRITERS[name](path)
    with local(path) as source:
        was = read_map(source)
    assert told(was) == told(maps(path, was)[1])

    def change(footer):
        list(chunks(footer))[-1].put(99, 12, Struct())

    alone, helped = maps(edited(path, change), was)
    assert told(alone) == told(helped)
    assert helped.footer.groups[-1].same is None
