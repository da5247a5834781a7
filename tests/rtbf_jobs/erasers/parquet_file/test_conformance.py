"""Files of several writers, erased in both layouts, read by engines that had no part in it."""

import duckdb
import fastparquet
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rtbf_jobs.erasers.files import data_files
from rtbf_jobs.erasers.matching import wanted
from rtbf_jobs.erasers.parquet_file.find import scan
from rtbf_jobs.erasers.parquet_file.local import compose
from rtbf_jobs.erasers.parquet_file.prove import prove
from rtbf_jobs.erasers.parquet_file.recipe import Composed, Layout, spool
from rtbf_jobs.erasers.parquet_file.rewrite import recipe_for
from rtbf_jobs.erasers.parquet_file.source import local
from tests.rtbf_jobs.erasers.lake import order_for, sought
from tests.rtbf_jobs.erasers.parquet_file.writers import WRITERS

KEYS = {"user_id": "account"}
NOT_READ = {"pyarrow, rare types": "duckdb"}  # a column of nulls has no type there


def rewritten(path, layout, *ids):
    """Erase accounts from a file into another one beside it; return that path."""
    order = order_for(path, KEYS, *(sought("account", one) for one in ids))
    wants, new = wanted(order), path.with_name("new.parquet")
    new.touch()
    with local(path) as source, spool(path.parent) as spooled:
        found = scan(order, wants, data_files(order)[0], source)
        recipe = recipe_for(order, wants, found, source, spooled, layout)
        prove(order, wants, found, source, Composed(recipe, source, spooled))
        compose(recipe, source, spooled, new)
        with local(new) as made:
            prove(order, wants, found, source, made)
            composed = Composed(recipe, source, spooled)
            assert made.size == composed.size
            assert made.read(0, made.size) == composed.read(0, composed.size)
    return new


def read_by_all(path, name):
    """Return what each engine reads, as text of rows, with row groups read through index and filter too."""
    frame = pl.read_parquet(path)
    out = {"polars": [repr(row) for row in frame.rows()]}
    scanned = pl.scan_parquet(path, use_statistics=True).filter(pl.col("user_id") > 120).collect()
    out["polars, filtered"] = [repr(row) for row in scanned.rows()]
    if name not in NOT_READ:
        every = f"select * from '{path}'"
        out["duckdb"] = [repr(row) for row in duckdb.sql(every).fetchall()]
        some = duckdb.sql(f"{every} where user_id in (42, 111, 150)").fetchall()
        out["duckdb, filtered"] = [repr(row) for row in some]
    if name in {"fastparquet", "required"}:
        with path.open("rb") as file:
            frame = fastparquet.ParquetFile(file).to_pandas()
        out["fastparquet"] = [repr(row) for row in frame.itertuples(index=False)]
    return out


def oracle(path, name):
    """Return the same of a file, row 42 left out by this test."""
    out = {}
    for engine, rows in read_by_all(path, name).items():
        out[engine] = [row for row in rows if "user_id=42" not in row and not row.startswith("(42,")]
    return out


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", WRITERS)
def test_every_engine_reads_the_others_rows_and_no_more(tmp_path, name, layout):
    """Pyarrow, DuckDB, polars and fastparquet: same rows, same order, same types."""
    path = tmp_path / "a.parquet"
    WRITERS[name](path)
    new = rewritten(path, layout, "42")
    assert oracle(path, name) == read_by_all(new, name)
    table = pq.read_table(path)
    expected = table.filter(pc.not_equal(table["user_id"], 42))
    made = pq.read_table(new, page_checksum_verification="checksum" in name)
    assert expected.schema.equals(made.schema, check_metadata=True)
    assert repr(expected.to_pylist()) == repr(made.to_pylist())


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", ["pyarrow with all indexes", "polars", "fastparquet", "pyarrow, rare types"])
def test_row_groups_may_go_and_come_to_be_all_touched(tmp_path, name, layout):
    """A whole row group, then every one but a few rows, then all: a file of no rows is a file."""
    path = tmp_path / "a.parquet"
    WRITERS[name](path)
    everybody = pq.read_table(path)["user_id"].to_pylist()
    for ids in (everybody[10:20], [one for n, one in enumerate(everybody) if n % 10], everybody):
        new = rewritten(path, layout, *(str(one) for one in ids))
        expected = [one for one in everybody if one not in ids]
        assert expected == pl.read_parquet(new)["user_id"].to_list()
        assert expected == pq.read_table(new)["user_id"].to_pylist()
        if not expected:
            assert 0 == pq.read_metadata(new).num_row_groups


@pytest.mark.parametrize("name", WRITERS)
def test_ten_erasures_one_after_another(tmp_path, name):
    """What was erased in is erased in again: holes, appended groups and all."""
    path = tmp_path / "a.parquet"
    WRITERS[name](path)
    everybody = pq.read_table(path)["user_id"].to_pylist()
    for n in range(0, 60, 6):
        if everybody[n] == 42:
            continue
        rewritten(path, None, str(everybody[n])).rename(path)
    gone = {everybody[n] for n in range(0, 60, 6)} - {42}
    expected = [one for one in everybody if one not in gone]
    assert expected == pl.read_parquet(path)["user_id"].to_list()
    assert (
        expected == [row[0] for row in duckdb.sql(f"select user_id from '{path}'").fetchall()]
        or name in NOT_READ
    )
