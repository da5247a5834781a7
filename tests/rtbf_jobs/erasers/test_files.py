"""Which files are data, and what makes a folder untouchable."""

import os

import pytest

from lineage_assets.declarations import Erasure
from rtbf_jobs.erasers import EraseRefused, Reason
from rtbf_jobs.erasers.files import data_files
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought, write

KEYS = {"user_id": "account"}
ME = sought("account", "42")


def test_only_data_files_count(tmp_path):
    """Hidden files, checksums and markers are no data; every suffix and depth of Parquet is."""
    names = [
        "a.parquet",
        "y=1/b.parq",
        "y=1/z/C.PQ",
        ".hidden.parquet",
        ".a.parquet.crc",
        "_SUCCESS",
        "n.txt",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = data_files(order_for(tmp_path, KEYS))
    assert ["a.parquet", "b.parq", "C.PQ"] == [file.path.name for file in found]
    assert ["file 1", "file 2", "file 3"] == [file.name[:6] for file in found]


@pytest.mark.parametrize("place", ["year=2024/a.parquet", "year=2024"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("_delta_log/0.json", Reason.TABLE_FORMAT),
        (".hoodie/hoodie.properties", Reason.TABLE_FORMAT),
        ("metadata/00000-1.metadata.json", Reason.TABLE_FORMAT),
        ("year=2024/_metadata", Reason.SIDECAR),
    ],
)
def test_one_file_or_partition_of_a_table_is_refused_as_the_table_is(tmp_path, place, name, reason):
    """An asset that is declared as one file of a table: its log would not know, and the snapshots keep it."""
    for each in ("year=2024/a.parquet", name):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    with pytest.raises(EraseRefused) as refused:
        data_files(order_for(tmp_path / place, KEYS))
    assert reason is refused.value.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("_metadata", Reason.SIDECAR),
        ("_common_metadata", Reason.SIDECAR),
        ("_delta_log/0.json", Reason.TABLE_FORMAT),
    ],
)
def test_what_would_go_stale_is_refused(tmp_path, name, reason):
    """Statistics or a log beside the data would contradict it."""
    write(tmp_path / "a.parquet", {"user_id": [42]})
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, KEYS, ME))
    assert reason is told.value.reason
    assert before == snapshot(tmp_path)


@pytest.mark.parametrize("inside", [True, False])
def test_symbolic_links_are_refused(tmp_path, inside):
    """What a link leads to is not ours to rewrite, inside the root or as the root."""
    real = write(tmp_path / "real" / "a.parquet", {"user_id": [42]})
    (tmp_path / "root").mkdir()
    link = tmp_path / "root" / "b.parquet"
    link.symlink_to(real)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path / "root" if inside else link, KEYS, ME))
    assert Reason.SYMLINK is told.value.reason


def test_hard_links_are_refused_only_where_something_would_change(tmp_path):
    """The other name would keep the old bytes."""
    one = write(tmp_path / "a.parquet", {"user_id": [42]})
    os.link(one, tmp_path / "copy.bak")
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, KEYS, ME))
    assert Reason.HARD_LINK is told.value.reason
    assert 0 == run(order_for(tmp_path, KEYS, sought("account", "7")))[0].rows_matched


def test_missing_location_is_a_failure(tmp_path):
    """Silence about a folder that is not there would be a false success."""
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path / "nowhere", KEYS, ME))
    assert Reason.MISSING_LOCATION is told.value.reason
    assert str(tmp_path) not in str(told.value)


def test_file_that_was_deleted_whole_stays_deleted(tmp_path):
    """Twice is once for a declaration of one file."""
    path = write(tmp_path / "case.parquet", {"user_id": [42]})
    order = order_for(path, KEYS, ME, erasure=Erasure.DELETE_FILE, location="lake/case.parquet")
    assert [1, 0] == [len(run(order)[0].files) for _ in range(2)]
