"""The peers, each as a person would write it, and plain decode; all answer the rows found, by column.

They compare bytes: capitals, escapes or another Unicode form are not found. The data has none.
"""

import functools
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from benchmarks.scan.data import NOTE, TEXTS
from benchmarks.scan.job import COLUMNS, THREADS, Found, Job, Look, Run

ADDRESS = "[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+"
MAC_KEY = b"m" * 32
FEW = 10_000
"""Up to so many values a person writes a list, beyond it a join."""


def decode(job: Job) -> Run:
    """DuckDB reads the columns and counts their values: what everything else is measured by. Finds nobody."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS, "enable_external_file_cache": "false"})
    counts = ", ".join(f"count({column})" for column in COLUMNS[job.look])

    def run() -> Found:
        connection.execute(f"select {counts} from read_parquet(?)", [job.paths]).fetchall()
        return {}

    return run


def duckdb(job: Job) -> Run:
    """One semi join a column, in one query."""
    import duckdb as engine
    import pyarrow as pa

    connection = engine.connect(config={"threads": THREADS, "enable_external_file_cache": "false"})
    connection.register("given_ids", pa.table({"v": job.ids}))
    connection.register("given_texts", pa.table({"v": job.texts}))
    connection.execute("create table ids as from given_ids")
    connection.execute("create table texts as from given_texts")
    source = "read_parquet($paths)"
    words = f"(select unnest(regexp_extract_all({NOTE}, '{ADDRESS}')) as v from {source})"
    parts = {
        Look.KEY: [f"select 'id', count(*) from {source} semi join ids on id = v"],
        Look.TEXTS: [
            f"select 'id', count(*) from {source} semi join ids on id = v",
            *(f"select '{name}', count(*) from {source} semi join texts on {name} = v" for name in TEXTS),
        ],
        Look.NOTE: [
            f"select 'id', count(*) from {source} semi join ids on id = v",
            f"select '{NOTE}', count(*) from {words} semi join texts using (v)",
        ],
    }
    parts[Look.ALL] = [*parts[Look.TEXTS], parts[Look.NOTE][1]]

    def run() -> Found:
        if job.look is Look.SWEEP:
            query = f"select email, count(*) from {source} group by email"
            return _listed(job, connection.execute(query, {"paths": job.paths}).fetchall())
        told = connection.execute(" union all ".join(parts[job.look]), {"paths": job.paths}).fetchall()
        return _without_zeros(told)

    return run


def polars(job: Job) -> Run:
    """Lists for few values, semi joins for many; streamed."""
    import polars as pl

    if job.look is Look.SWEEP:
        grouped = pl.scan_parquet(job.paths).group_by("email").len()
        return lambda: _listed(job, grouped.collect(engine="streaming").iter_rows())
    ids, texts = pl.Series("v", job.ids), pl.Series("v", job.texts)
    lazy = pl.scan_parquet(job.paths)
    words = lazy.select(pl.col(NOTE).str.extract_all(ADDRESS).explode(empty_as_null=False).alias("v"))
    given = {name: (lazy, name, texts) for name in TEXTS} | {
        "id": (lazy, "id", ids),
        NOTE: (words, "v", texts),
    }
    parts = [_rows(pl, name, *given[name]) for name in COLUMNS[job.look]]

    def run() -> Found:
        told = [part.collect(engine="streaming") for part in parts]
        return _without_zeros((one.columns[0], one.item()) for one in told)

    return run


def _rows(pl: Any, name: str, frame: Any, column: str, values: Any) -> Any:
    """Return the lazy count of a frame's rows whose column is one of the values."""
    if len(values) <= FEW:
        hits = frame.filter(pl.col(column).is_in(values.implode()))
    else:
        hits = frame.join(values.to_frame().lazy(), left_on=column, right_on="v", how="semi")
    return hits.select(pl.len().alias(name))


def pyarrow(job: Job) -> Run:
    """A filter a column with `isin`; in notes the first address of each, as its regular expressions allow."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    data = ds.dataset(job.paths)
    ids, texts = pa.array(job.ids), pa.array(job.texts)

    def rows(name: str) -> int:
        if name != NOTE:
            return data.count_rows(filter=ds.field(name).isin(ids if name == "id" else texts))
        found = 0
        for batch in data.to_batches(columns=[NOTE]):
            first = pc.struct_field(pc.extract_regex(batch[NOTE], f"(?P<v>{ADDRESS})"), "v")
            found += pc.sum(pc.is_in(first, value_set=texts)).as_py() or 0
        return found

    def run() -> Found:
        if job.look is Look.SWEEP:
            told = data.to_table(columns=["email"]).group_by("email").aggregate([([], "count_all")])
            return _listed(job, zip(*(column.to_pylist() for column in told.columns), strict=True))
        return _without_zeros((name, rows(name)) for name in COLUMNS[job.look])

    return run


def _listed(job: Job, grouped: Iterable[tuple[str, int]]) -> Found:
    """Add up the rows of values whose MAC is on the list: `hmac` and a set, over distinct values."""
    wanted = _wanted(tuple(job.addresses))
    return _without_zeros([("email", sum(rows for value, rows in grouped if _mac(value) in wanted))])


@functools.cache
def _wanted(addresses: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset(map(_mac, addresses))


def _mac(value: str) -> bytes:
    return hmac.digest(MAC_KEY, value.encode(), hashlib.sha256)


def _without_zeros(told: Iterable[tuple[str, int]]) -> Found:
    return {column: rows for column, rows in told if rows}
