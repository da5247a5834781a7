"""The benchmark's oracle lets the right rows pass and nothing else: a time counts only behind it."""

import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.clickstream import Clickstream
from benchmarks.oracle import Oracle, WrongResult


@pytest.fixture(scope="module")
def clicks(tmp_path_factory):
    """Two files of four row groups, 4,000 rows, four of them without a key."""
    made = Clickstream(tmp_path_factory.mktemp("clicks") / "data", rows=4_000, groups=8, files=2)
    made.table()
    return made


@pytest.fixture
def left(clicks, tmp_path):
    """A folder in which two people are erased as they should be: the second file has neither."""
    ids = clicks.in_group(1, 2)
    for file in clicks.table().files:
        kept = pq.read_table(file)
        gone = pc.fill_null(pc.is_in(kept["user_id"], value_set=pa.array(ids)), fill_value=False)
        pq.write_table(kept.filter(pc.invert(gone)), tmp_path / file.name)
    return tmp_path, ids


def first(folder):
    """Return the file in which people were erased."""
    return folder / "clicks-0.parquet"


def test_the_rows_that_stay_pass_in_their_order(clicks, left):
    folder, ids = left
    Oracle(clicks.table()).check(folder, ids, ordered=True)


def test_a_file_with_the_bytes_it_had_passes(clicks, left):
    folder, ids = left
    shutil.copy(clicks.table().files[1], folder)
    Oracle(clicks.table()).check(folder, ids, ordered=True)


def without_nulls(rows):
    return rows.filter(rows["user_id"].is_valid())


def one_row_less(rows):
    return rows.slice(1)


def one_row_twice(rows):
    return pa.concat_tables([rows, rows.slice(0, 1)])


def one_cell_changed(rows):
    changed = pa.concat_arrays([pa.array(["/elsewhere"]), rows["url"].combine_chunks()[1:]])
    return rows.set_column(rows.schema.get_field_index("url"), "url", changed)


def one_cell_emptied(rows):
    return rows.set_column(13, "x6", pc.replace_with_mask(rows["x6"], *emptied(rows)))


def emptied(rows):
    return pa.array([n == 0 for n in range(len(rows))]), pa.array([None], pa.float64())


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "wrong", [without_nulls, one_row_less, one_row_twice, one_cell_changed, one_cell_emptied]
)
def test_wrong_rows_are_refused(clicks, left, wrong, ordered):
    """Rows without a key among them: peers' usual mistake is to drop those."""
    folder, ids = left
    rows = pq.read_table(first(folder))
    pq.write_table(wrong(rows), first(folder))
    with pytest.raises(WrongResult):
        Oracle(clicks.table()).check(folder, ids, ordered=ordered)


def test_somebody_who_should_be_gone_is_refused(clicks, left):
    folder, ids = left
    shutil.copy(clicks.table().files[0], folder)
    with pytest.raises(WrongResult):
        Oracle(clicks.table()).check(folder, ids, ordered=True)


def test_a_file_that_is_missing_is_refused(clicks, left):
    folder, ids = left
    (folder / "clicks-1.parquet").unlink()
    with pytest.raises(WrongResult):
        Oracle(clicks.table()).check(folder, ids, ordered=False)


def test_another_order_is_refused_of_those_who_have_to_keep_it(clicks, left):
    folder, ids = left
    rows = pq.read_table(first(folder))
    pq.write_table(rows.take(pa.array(range(len(rows)))[::-1]), first(folder))
    oracle = Oracle(clicks.table())
    oracle.check(folder, ids, ordered=False)
    with pytest.raises(WrongResult):
        oracle.check(folder, ids, ordered=True)


@pytest.mark.parametrize("shuffled", [False, True])
def test_touched_row_groups_are_those_of_the_generator(tmp_path, shuffled):
    """Counted from the generator's own list; by number and by e-mail."""
    made = Clickstream(tmp_path / "data", rows=4_000, groups=8, files=2, shuffled=shuffled)
    oracle, ids = Oracle(made.table()), made.ids(3)
    rows = np.flatnonzero(np.isin(made.users, ids))
    expected = sorted({(f"clicks-{row // 2000}.parquet", row % 2000 // 500) for row in rows.tolist()})
    assert expected == [(name, group) for name, groups in oracle.touched(ids).items() for group in groups]
    by_mail = Oracle(made.table("email")).touched(made.ids(3, text=True))
    assert by_mail == oracle.touched(ids)


def test_at_most_half_of_the_people_are_asked_for(clicks):
    """The other ids are of nobody, so a table is never emptied."""
    ids = clicks.ids(1_000)
    assert [1_000, 200] == [len(set(ids)), len(np.intersect1d(ids, clicks.users))]
