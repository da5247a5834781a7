"""Files that belong to nobody, leftovers, and what table formats keep: real folders and real tables."""

import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog
from small_lakes import table, write

from rtbf_ledger.sweeps import SweepState
from scanners.undeclared.masks import masked, masked_column

ROWS = pa.table({"user_id": [1, 2], "day": ["a", "b"]})


@pytest.fixture
def films(made):
    """A deployment with one asset at `{lake}/eu/films/` and one file `{lake}/notes.csv`."""
    where = {"location": "{lake}/eu/films/"}
    made.declare(table("films", {"user_id": "account"}, **where))
    made.declare(table("notes", {"user_id": "account"}, location="{lake}/notes.csv", format="csv"))
    write(made.lake / "eu", "films", {"user_id": [1]})
    (made.lake / "notes.csv").write_text("user_id\n1\n")
    return made


def touch(path, *, data=b"x"):
    """Write a file, its folders too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_and_a_file_that_belong_to_nobody_are_told_once_and_masked(films):
    """A folder is one mismatch, however many files come; a second file beside the first is a new one."""
    assert not films.codes("{lake}")
    for name in ("erika/a.csv", "erika/deep/b.csv"):
        touch(films.lake / "eu" / name)
    touch(films.lake / "eu" / "dump.csv.gz")
    (films.lake / "empty").mkdir()
    (films.lake / "eu" / "_SUCCESS").touch()
    told = films.look()["{lake}"]
    assert {("undeclared_folder", "{lake}/eu/*#3/", 2), ("undeclared_file", "{lake}/eu/*#2.csv.gz", 1)} == {
        (one.code, one.place, one.count) for one in told.open
    }
    touch(films.lake / "eu" / "erika" / "c.csv")
    touch(films.lake / "eu" / "2.csv")
    (new,) = films.look()["{lake}"].new
    assert ("undeclared_file", "{lake}/eu/*#1.csv") == (new.code, new.place)
    (films.lake / "eu" / "2.csv").unlink()
    assert new.id not in {one.id for one in films.look()["{lake}"].known}


def test_leftovers_are_told_of_the_asset_they_lie_in(films):
    """What a writer at work may still hold is left out; names that only look alike are no leftovers."""
    folder = films.lake / "eu" / "films"
    ours = ".a.parquet.rtbf-0123456789abcdef-0123456789abcdef.tmp"
    for name in (
        ours,
        "day=1/a.parquet.bak",
        "b.parquet~",
        "_temporary/0/part-0",
        "old.parquet",
        "a.old.parquet",
    ):
        touch(folder / name)
    young = touch(folder / "part.tmp")
    os.utime(young, (films.clock().timestamp() - 60,) * 2)
    told = films.look()["films"]
    seen = {(one.code, one.place, one.reason) for one in told.open if str(one.kind) == "orphan_file"}
    assert {
        ("temporary", "{lake}/eu/films/*#1.tmp", "of_the_eraser"),
        ("backup", "{lake}/eu/films/day=*#6/*#1.parquet.bak", None),
        ("backup", "{lake}/eu/films/*#5~", None),
        ("temporary", "{lake}/eu/films/_temporary/", None),
    } == seen
    assert {("team:a",)} == {one.owners for one in told.open}


def test_very_many_files_of_one_folder_are_one_mismatch(films):
    """And links are files, wherever they lead."""
    for n in range(101):
        touch(films.lake / f"{n}.csv")
    (films.lake / "eu" / "away").symlink_to(films.folder)
    told = films.look()["{lake}"]
    assert [("undeclared_file", "{lake}/ (many)", 101), ("undeclared_file", "{lake}/eu/*#1", 1)] == sorted(
        (one.code, one.place, one.count) for one in told.open
    )


def test_a_root_inside_a_root_is_walked_by_itself_and_one_that_is_gone_is_not_clean(films):
    """A missing root closes nothing."""
    touch(films.lake / "inner" / "x.csv")
    roots = {"lake": films.lake, "inner": films.lake / "inner"}
    told = films.look(roots=roots)
    assert not told["{lake}"].open
    (one,) = told["{inner}"].open
    assert "{inner}/*#1.csv" == one.place
    films.declare(table("far", {"user_id": "account"}, location=f"{films.folder}/far/"))
    touch(films.folder / "far" / "a.csv.bak")
    (far,) = films.look(roots=roots)["far"].open
    assert ("backup", "far") == (far.code, far.target), "a location outside of every root is walked, too"
    gone = films.look(roots=roots | {"inner": films.lake / "nowhere"})["{inner}"]
    assert SweepState.FOUND is gone.state
    assert "{inner}: {inner}/ does not exist" == gone.unlooked[0].why


def test_a_delta_table_keeps_old_versions_and_orphans(made):
    """A table of one version has neither; a damaged log could not be looked at."""
    made.declare(table("films", {"user_id": "account"}))
    folder = made.lake / "films"
    write_deltalake(str(folder), ROWS, partition_by=["day"])
    assert not made.codes("films")
    write_deltalake(str(folder), ROWS, mode="overwrite")
    pq.write_table(ROWS, folder / "stray.parquet")
    told = made.look()["films"]
    assert {("old_version", "{lake}/films/", "delta", 2), ("table_orphan", "{lake}/films/", "delta", 1)} == {
        (one.code, one.place, one.reason, one.count) for one in told.open
    }
    DeltaTable(str(folder)).vacuum(0, dry_run=False, enforce_retention_duration=False)
    (folder / "stray.parquet").unlink()
    assert not made.codes("films")
    log = min((folder / "_delta_log").glob("*.json"))
    log.write_text("{}")
    broken = made.look()["films"]
    assert SweepState.COULD_NOT is broken.state
    assert any("delta table {lake}/films/: its metadata cannot be read" in one.why for one in broken.unlooked)


def test_an_iceberg_table_keeps_old_snapshots_and_orphans(made):
    """And of a format without a reader, nothing is said to be clean."""
    made.declare(table("films", {"user_id": "account"}, location="{lake}/n/films/"))
    made.declare(table("hoods", {"user_id": "account"}))
    write(made.lake, "hoods", {"user_id": [1]})
    touch(made.lake / "hoods" / ".hoodie" / "hoodie.properties")
    catalog = SqlCatalog("x", uri="sqlite://", warehouse=f"file://{made.lake}")
    catalog.create_namespace("n")
    films = catalog.create_table("n.films", schema=ROWS.schema)
    films.append(ROWS)
    films.overwrite(ROWS)
    pq.write_table(ROWS, made.lake / "n" / "films" / "data" / "stray.parquet")
    told = made.look()
    assert {("old_version", "iceberg", 1), ("table_orphan", "iceberg", 1)} == {
        (one.code, one.reason, one.count) for one in told["films"].open if str(one.kind) == "orphan_file"
    }
    assert "no reader of its format is known here" in told["hoods"].unlooked[0].why


def test_a_table_whose_reader_is_not_installed_could_not_be_looked_at(made, monkeypatch):
    """The sentence says what to install."""
    made.declare(table("films", {"user_id": "account"}))
    write_deltalake(str(made.lake / "films"), ROWS)
    monkeypatch.setitem(sys.modules, "deltalake", None)
    told = made.look()["films"]
    assert SweepState.COULD_NOT is told.state
    assert "dagster-rtbf[tables]" in told.unlooked[0].why


@pytest.mark.parametrize(
    ("name", "known", "shown"),
    [
        ("erika.mustermann", False, "*#7"),
        ("user_id=4711", False, "user_id=*#7"),
        ("4711=x", False, "*#7"),
        ("erika.parquet", False, "*#7.parquet"),
        ("erika.mustermann.csv.gz", False, "*#7.csv.gz"),
        ("a.csv.gz.zip", False, "*#7.gz.zip"),
        ("erika.erika", False, "*#7"),
        ("_delta_log", False, "_delta_log"),
        ("erika", True, "erika"),
    ],
)
def test_a_part_of_a_path_shows_only_words_of_ours(name, known, shown):
    """A name that is nobody's declaration is a star and its number."""
    assert shown == masked(name, 7, known=known)


def test_a_column_named_by_a_person_is_shown_by_its_number():
    """A file without a header has its first row there."""
    for label in ("erika@films.example", "4711471100", "+49 30 1234567", "a\nb", "x" * 121):
        assert "(column 3 by name)" == masked_column(label, 3)
    for label in ("user_id", "E-Mail Adresse", "a.b[]", "q3_2025"):
        assert label == masked_column(label, 3)
