"""Which columns keep a dictionary when their row group is written anew."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.dictionaries import TELLING_VALUES
from tests.rtbf_jobs.erasers.lake import order_for, run, sought, write
from tests.rtbf_jobs.erasers.parquet_file.planted import edited, metas

ROWS = 4 * TELLING_VALUES


def dictionaries(path):
    """Return the columns of a file's first row group that have a dictionary page."""
    group = pq.read_metadata(path).row_group(0)
    chunks = [group.column(number) for number in range(group.num_columns)]
    return {one.path_in_schema for one in chunks if one.has_dictionary_page}


def columns(rows):
    """Return unique and repeated values of each kind that can have a dictionary."""
    return {
        "user_id": [42, *[100 + n // 40 for n in range(1, rows)]],
        "long": range(rows),
        "short": pa.array([n + 1 for n in range(rows)], pa.int32()),
        "real": [n / 7 for n in range(rows)],
        "text": [f"session {n}" for n in range(rows)],
        "raw": pa.array([n.to_bytes(12) for n in range(rows)], pa.binary(12)),
        "agent": [f"agent {n % 9}" for n in range(rows)],
        "few": [n % 3 / 7 for n in range(rows)],
    }


@pytest.mark.parametrize("options", [{}, {"data_page_version": "2.0"}, {"write_page_index": True}])
def test_a_dictionary_that_saves_nothing_is_not_made_again(tmp_path, options):
    """Rows are the same, and columns of repeated values keep theirs."""
    made = columns(ROWS)
    path = write(tmp_path / "a.parquet", made, **options)
    before = pq.read_table(path)
    assert set(made) == dictionaries(path)
    size = path.stat().st_size
    run(order_for(path, {"user_id": "account"}, sought("account", "42")))
    assert {"user_id", "agent", "few"} == dictionaries(path)
    assert path.stat().st_size < size
    assert before.slice(1).equals(pq.read_table(path))


def test_a_short_chunk_keeps_its_dictionary(tmp_path):
    """Page headers are most of it, so its size tells nothing."""
    made = columns(TELLING_VALUES // 2)
    path = write(tmp_path / "a.parquet", made)
    run(order_for(path, {"user_id": "account"}, sought("account", "42")))
    assert set(made) == dictionaries(path)


def test_text_of_unknown_length_keeps_its_dictionary(tmp_path):
    """A writer that leaves out the statistics of sizes does not tell what its texts would take plain."""
    path = write(tmp_path / "a.parquet", columns(ROWS))

    def forget(footer):
        for meta in metas(footer):
            meta.drop(names.M_SIZES)

    edited(path, forget)
    run(order_for(path, {"user_id": "account"}, sought("account", "42")))
    assert {"user_id", "text", "agent", "few"} == dictionaries(path)
