"""Rebuilding: the same from the same, all of it, and without a person as if they had never been."""

import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lineage_assets.inventory import Lake, leave_partner_files

REBUILT = (
    "user_features",
    "viewing_profile",
    "loyalty",
    "training_set",
    "ranker",
    "audience_export",
    "film_popularity",
)


def _bytes(lake, asset):
    return {str(p.relative_to(lake.root)): p.read_bytes() for p in lake.path(asset).rglob("*") if p.is_file()}


def _without(lake, asset, column, value):
    for file in lake.files(asset):
        table = pq.ParquetFile(file).read()
        pq.write_table(table.filter(pc.not_equal(table[column], value)), file)


@pytest.fixture(scope="module")
def without_42(lake, tmp_path_factory, materialise):
    """A lake that never held account 42: everything downstream of the ratings, made anew; only read."""
    root = tmp_path_factory.mktemp("without") / "lake"
    never = Lake(root=str(shutil.copytree(lake.root, root)))
    _without(never, "ratings", "account_id", 42)
    materialise(never, "profiles", "devices", "watch_sessions", "user_features", "viewing_profile")
    return never


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(lake, copy, materialise):
    """Every asset, the partner's files too."""
    leave_partner_files(copy)
    run = materialise(copy)
    for asset in (*run.paths, "billing", "crm_export"):
        assert _bytes(lake, asset) == _bytes(copy, asset), asset


def test_a_rebuild_replaces_its_whole_output(lake, copy, materialise):
    """A file of an earlier run and a temporary file of a killed one go."""
    for asset in REBUILT:
        (copy.path(asset) / "old").mkdir()
        (copy.path(asset) / "old" / "part-9.parquet").write_bytes(b"earlier")
        (copy.path(asset) / ".part-0.parquet.tmp").write_bytes(b"killed")
    materialise(copy, *REBUILT)
    assert [_bytes(lake, asset) for asset in REBUILT] == [_bytes(copy, asset) for asset in REBUILT]


def test_one_year_leaves_the_other_years_alone(copy, materialise):
    """Years emptied by hand: only the year asked for comes back."""
    for file in copy.files("ratings"):
        file.unlink()
    materialise(copy, "ratings", year="1997")
    assert ["year=1997"] == [file.parent.name for file in copy.files("ratings")]
    assert 3_294 == copy.rows("ratings")


def test_nobody_else_changes_when_a_person_was_never_there(lake, without_42):
    """Row by row: what is made from the ratings without 42 is what was made with them, minus 42."""
    for asset in ("profiles", "devices", "user_features", "viewing_profile"):
        expected = lake.read(asset)
        expected = expected.filter(pc.not_equal(expected["account_id"], 42))
        assert expected.num_rows < lake.rows(asset)
        assert expected.equals(without_42.read(asset)), asset


def test_sessions_lose_the_person_as_viewer_and_as_company(lake, without_42):
    """Sessions of the devices of 42 are gone, and 42 is out of the lists of the others."""
    devices = {row["device_id"] for row in lake.read("devices").to_pylist() if row["account_id"] == 42}
    expected = [row for row in lake.read("watch_sessions").to_pylist() if not _on(row, devices)]
    for row in expected:
        row["co_viewers"] = row["co_viewers"] and [one for one in row["co_viewers"] if one != 42]
    assert expected == without_42.read("watch_sessions").to_pylist()


def _on(row, devices):
    return row["viewer"] is not None and row["viewer"]["device_id"].lower() in devices


def test_loyalty_leaves_suppressed_people_out(lake, copy, materialise):
    """Billing keeps the invoices of 42, and the rebuild below it has everybody but them."""
    materialise(copy, "loyalty", suppressed=[42])
    everybody = lake.read("loyalty")
    assert 223 == everybody.num_rows
    assert everybody.filter(pc.not_equal(everybody["account_id"], 42)).equals(copy.read("loyalty"))
    assert 42 in copy.read("billing")["account_id"].to_pylist()


def test_a_person_with_no_sessions_left_leaves_profile_and_export(copy, materialise):
    """The chain: sessions deleted, profile rebuilt, export made anew."""
    _without(copy, "devices", "account_id", 42)
    materialise(copy, "viewing_profile", "audience_export")
    rows = [
        line for file in copy.path("audience_export").rglob("*.csv") for line in file.read_text().splitlines()
    ]
    assert 670 == copy.rows("viewing_profile")
    assert not [row for row in rows if row.startswith("42,")]


def test_a_missing_parent_is_named(tmp_path, materialise):
    """The message names the asset and says what to do."""
    empty = Lake(root=str(tmp_path))
    with pytest.raises(
        FileNotFoundError, match="asset ratings: no Parquet file in the lake\nhint: materialise it first"
    ):
        materialise(empty, "user_features")


def test_rows_without_viewer_stay(without_42):
    """NULL is nobody's: the guests' sessions are all there."""
    viewers = without_42.read("watch_sessions")["viewer"]
    assert isinstance(viewers, pa.ChunkedArray)
    assert 200 == viewers.null_count
