"""Faults that other erasers really had with files; README.md beside this file lists them all."""

import re
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rtbf_jobs.erasers import EraseError, EraseRefused, Reason
from tests.conformance.people import GONE, KEYS, ROWS, STAY, SUBJECTS, columns, person_of
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot

ROOT = Path(__file__).parents[2]
ICEBERG = "metadata/00000-5d0c7ba6-1c2b-4a51-b3bd-94fe06ab2d0d.metadata.json"
FAULTS = re.findall(
    r"^\| .+ \| `(.+)::(.+)` \|$", Path(__file__).with_name("README.md").read_text(), re.MULTILINE
)


@pytest.fixture
def lake(tmp_path):
    """Give a folder of three files with the same people in each."""
    for name in "abc":
        pq.write_table(pa.table(columns()), tmp_path / f"{name}.parquet", row_group_size=40)
    return tmp_path


def numbers(path):
    """Return the rows of a file by their numbers."""
    return pl.read_parquet(path)["n"].to_list()


@pytest.mark.parametrize(("file", "name"), FAULTS)
def test_fault_has_its_test(file, name):
    assert f"\ndef {name}(" in (ROOT / file).read_text()


def test_faults_are_read_from_the_list():
    assert len(FAULTS) > 20


def test_partition_of_null_is_not_missed(tmp_path):
    """Hive and Spark put rows without a partition value into a folder with a name of its own."""
    for folder in ("day=__HIVE_DEFAULT_PARTITION__", "day=2024-02-29", "day="):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table(columns()), tmp_path / folder / "part-0.parquet")
    receipt, _ = run(order_for(tmp_path, KEYS, *SUBJECTS))
    assert (3, 3) == (receipt.files_scanned, len(receipt.files))
    assert [STAY] * 3 == [numbers(path) for path in tmp_path.rglob("*.parquet")]


def test_rows_without_a_key_stay(tmp_path):
    """`NOT IN` and `~is_in` are NULL for them, and a filter drops what is NULL."""
    path = tmp_path / "a.parquet"
    accounts = [None if n % 2 else cell for n, cell in enumerate(columns()["account"].to_pylist())]
    pq.write_table(pa.table(columns(account=pa.array(accounts, pa.int64()))), path)
    run(order_for(path, {"account": "account"}, *SUBJECTS))
    assert [n for n in range(ROWS) if accounts[n] is None or person_of(n) not in GONE] == numbers(path)


def test_file_without_the_key_is_a_failure(lake):
    """One of three files has no such column: that is not the same as nobody being in it."""
    kept = pa.table(columns())
    pq.write_table(kept.drop_columns(["account"]), lake / "b.parquet")
    before = snapshot(lake)
    with pytest.raises(EraseRefused) as told:
        run(order_for(lake, {"account": "account"}, *SUBJECTS))
    assert (Reason.MISSING_KEY, before) == (told.value.reason, snapshot(lake))


def test_nanoseconds_stay(tmp_path):
    """To the last digit, in touched row groups, of years before 1970 and after 2038 too."""
    path = tmp_path / "a.parquet"
    moments = [(-1) ** n * (4_102_444_800_123_456_789 + n) for n in range(ROWS)]
    at = pa.array(moments, pa.timestamp("ns", "UTC"))
    pq.write_table(pa.table(columns(at=at)), path, version="2.6", row_group_size=40)
    run(order_for(path, KEYS, *SUBJECTS))
    left = pq.read_table(path)
    assert pa.timestamp("ns", "UTC") == left.schema.field("at").type
    assert [moments[n] for n in STAY] == left["at"].cast(pa.int64()).to_pylist()


def test_file_that_is_clean_already_is_no_error(lake):
    """A message that comes twice, or a run that is resumed, finds nothing, writes nothing and says so."""
    assert 3 == len(run(order_for(lake, KEYS, *SUBJECTS))[0].files)
    before = snapshot(lake)
    receipt, told = run(order_for(lake, KEYS, *SUBJECTS))
    assert (3, 0, (), [], before) == (
        receipt.files_scanned,
        receipt.rows_matched,
        receipt.files,
        told,
        snapshot(lake),
    )


def test_file_that_vanishes_between_find_and_rename_is_told(lake):
    """Compaction took it: it does not come back under its name, and the run does not pass for done."""
    with pytest.raises(EraseError):
        run(order_for(lake, KEYS, *SUBJECTS), still_mine=(lake / "a.parquet").unlink)
    assert ["b.parquet", "c.parquet"] == sorted(path.name for path in lake.iterdir())


class Stopped(Exception):
    """Somebody pressed the button."""


def test_run_can_be_stopped_between_two_files(lake):
    """Each file is old or new; the next run does what is left."""
    asked = []

    def stop_at_the_second():
        asked.append(1)
        if len(asked) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        run(order_for(lake, KEYS, *SUBJECTS), still_mine=stop_at_the_second)
    files = sorted(lake.iterdir())
    assert ["a.parquet", "b.parquet", "c.parquet"] == [path.name for path in files]
    assert 1 == sum(numbers(path) == STAY for path in files)
    assert 2 == sum(numbers(path) == list(range(ROWS)) for path in files)
    assert 2 == len(run(order_for(lake, KEYS, *SUBJECTS))[0].files)
    assert [STAY] * 3 == [numbers(path) for path in files]


@pytest.mark.parametrize(
    "log", ["_delta_log/00000000000000000000.json", ".hoodie/hoodie.properties", ICEBERG]
)
def test_table_format_is_refused_by_name(lake, log):
    """Older snapshots, deletion vectors and manifests would keep the person, or the table would be broken."""
    (lake / log).parent.mkdir()
    (lake / log).write_text("{}")
    before = snapshot(lake)
    with pytest.raises(EraseRefused) as told:
        run(order_for(lake, KEYS, *SUBJECTS))
    assert (Reason.TABLE_FORMAT, before) == (told.value.reason, snapshot(lake))
