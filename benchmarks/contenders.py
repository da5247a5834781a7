"""Ours and the peers: each takes people out of a file in its own process, durably, and tells time and memory.

    python -m benchmarks.contenders NAME FILE IDS ROW_GROUP_SIZE

FILE is a copy that may be changed; IDS is a file with one id a line. What only prepares (imports, making the
copy a table of a table format) is not timed. Done means: the new file is synced, and the old one gone.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Timed = Callable[[], Any]
Prepare = Callable[[Path, list[int], int], Timed]


def ours(path: Path, ids: list[int], group: int) -> Timed:
    """Erase with the project's own eraser, its proof before the rename included."""
    from lineage_assets.declarations import METADATA_KEY, Declaration, Erasure, subject_data
    from lineage_assets.identifiers import Kind, Namespace, Sought
    from rtbf_jobs.erasers import EraseOrder, erase

    made = subject_data(
        "lake/clicks/",
        keys={"user_id": "account"},
        purposes={"demo"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=30,
    )
    order = EraseOrder(
        asset="clicks",
        root=path,
        declaration=Declaration.from_json(made[METADATA_KEY]),
        namespaces={"account": Namespace(name="account", kind=Kind.INTEGER)},
        hmac_keys={},
        subjects=tuple(Sought(namespace="account", value=str(one), request=0) for one in ids),
        digest_key=b"d" * 32,
    )
    return lambda: erase(order, still_mine=lambda: None, progress=[].append)


def cp(path: Path, ids: list[int], group: int) -> Timed:
    """Copy and sync: what any rewrite of the whole file costs at least. Erases nothing."""

    def run() -> None:
        subprocess.run(["cp", "--reflink=never", path, _beside(path)], check=True)
        _commit(path)

    return run


def duckdb(path: Path, ids: list[int], group: int) -> Timed:
    """Rewrite with DuckDB's COPY, rows without a key kept."""
    import duckdb

    connection = duckdb.connect()
    gone = ", ".join(map(str, ids))

    def run() -> None:
        connection.execute(
            f"copy (select * from read_parquet('{path}') where user_id is null or user_id "
            f"not in ({gone})) to '{_beside(path)}' (format parquet, codec zstd, row_group_size {group})"
        )
        _commit(path)

    return run


def polars(path: Path, ids: list[int], group: int) -> Timed:
    """Rewrite with polars' streaming sink."""
    import polars as pl

    def run() -> None:
        stays = ~pl.col("user_id").is_in(ids).fill_null(value=False)
        lazy = pl.scan_parquet(path).filter(stays)
        lazy.sink_parquet(_beside(path), compression="zstd", row_group_size=group)
        _commit(path)

    return run


def pyarrow(path: Path, ids: list[int], group: int) -> Timed:
    """Rewrite with pyarrow, row group by row group."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def run() -> None:
        gone = pa.array(ids, pa.int64())
        with (
            pq.ParquetFile(path) as old,
            pq.ParquetWriter(_beside(path), old.schema_arrow, compression="zstd") as new,
        ):
            for number in range(old.num_row_groups):
                table = old.read_row_group(number)
                new.write_table(table.filter(pc.invert(pc.is_in(table["user_id"], value_set=gone))))
        _commit(path)

    return run


def delta_rs(path: Path, ids: list[int], group: int) -> Timed:
    """Delete from a Delta table that the file was made, and vacuum: until then the old file is there."""
    import deltalake

    folder = path.parent
    deltalake.convert_to_deltalake(str(folder))
    table = deltalake.DeltaTable(str(folder))
    compressed = deltalake.WriterProperties(compression="ZSTD", max_row_group_size=group)

    def run() -> None:
        table.delete(f"user_id in ({', '.join(map(str, ids))})", writer_properties=compressed)
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        _sync_all(folder)

    return run


def pyiceberg(path: Path, ids: list[int], group: int) -> Timed:
    """Delete from an Iceberg table that the file was made, and unlink the file, which it leaves behind."""
    import pyarrow.parquet as pq
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.expressions import In

    folder = path.parent
    catalog = SqlCatalog("bench", uri="sqlite://", warehouse=f"file://{folder}")
    catalog.create_namespace("bench")
    properties = {"write.parquet.compression-codec": "zstd", "write.parquet.row-group-limit": str(group)}
    table = catalog.create_table("bench.clicks", pq.read_schema(path), properties=properties)
    table.add_files([str(path)])

    def run() -> None:
        table.delete(In("user_id", ids))
        path.unlink()
        _sync_all(folder)

    return run


CONTENDERS: dict[str, Prepare] = {
    "ours": ours,
    "cp": cp,
    "duckdb": duckdb,
    "polars": polars,
    "pyarrow": pyarrow,
    "delta-rs": delta_rs,
    "pyiceberg": pyiceberg,
}


def _beside(path: Path) -> Path:
    return path.with_suffix(".new")


def _commit(path: Path) -> None:
    _sync(_beside(path))
    _beside(path).rename(path)
    _sync(path.parent)


def _sync_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main() -> None:
    """Run one contender once and print what it took as JSON."""
    name, path, ids, group = sys.argv[1:]
    run = CONTENDERS[name](Path(path), [int(line) for line in Path(ids).read_text().split()], int(group))
    cpu, start = _cpu_seconds(), time.perf_counter()
    run()
    seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = {"seconds": seconds, "cpu_seconds": _cpu_seconds() - cpu, "peak_bytes": peak * 1024}
    print(json.dumps(taken))


def _cpu_seconds() -> float:
    """Return what this process and its finished children used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
