"""Ours and the peers: each takes people out of a table durably in its own process, and tells time and memory.

    python -m benchmarks.contenders JOB

What only prepares (imports, making the copy a table of a table format, handing over the ids) is not timed.
Done means: the new files are synced, and the old ones gone.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.job import Clock, Job, beside, commit, sync_all, without_views
from benchmarks.peak import peak_bytes

Found = Callable[[], None]
Run = Callable[[Found], None]


def ours(job: Job) -> Run:
    """Erase with the project's own eraser, its proof before the rename included."""
    import pyarrow as pa

    from lineage_assets.declaration_json import read_declaration
    from lineage_assets.declarations import METADATA_KEY, Erasure
    from lineage_assets.declaring import subject_data
    from lineage_assets.identifiers import Kind, Namespace, Sought
    from rtbf_jobs.erasers import EraseOrder, erase, parquet

    made = subject_data(
        "lake/table/",
        keys={job.key: "account"},
        purposes={"demo"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=30,
    )
    kind = Kind.INTEGER if isinstance(job.ids[0], int) else Kind.EMAIL
    order = EraseOrder(
        asset="table",
        root=job.folder,
        declaration=read_declaration(made[METADATA_KEY]),
        namespaces={"account": Namespace(name="account", kind=kind)},
        hmac_keys={},
        subjects=tuple(Sought(namespace="account", value=str(one), request=0) for one in job.ids),
        digest_key=b"d" * 32,
    )
    pa.array(job.ids)  # pyarrow imports pandas with the first array, where it is installed
    survey = parquet.survey

    def run(found: Found) -> None:
        def timed(*given: Any) -> Any:
            surveyed = survey(*given)
            found()
            return surveyed

        parquet.survey = timed
        erase(order, still_mine=lambda: None, progress=[].append)

    return run


def cp(job: Job) -> Run:
    """Copy and sync the files that hold somebody: what rewriting them costs at least. Erases nothing."""

    def run(found: Found) -> None:
        for path in (job.folder / name for name in job.holds):
            subprocess.run(["cp", "--reflink=never", path, beside(path)], check=True)
            commit(path)

    return run


def duckdb(job: Job) -> Run:
    """Rewrite with DuckDB's COPY: an anti join, which keeps rows without a key, but not the rows' order.

    A list in the WHERE clause keeps the order; with 10,000 ids it takes minutes.
    """
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect()
    connection.register("ids", pa.table({"id": job.ids}))
    connection.execute("create table gone as from ids")

    def run(found: Found) -> None:
        source = "read_parquet(?, filename=true)"
        query = f'select distinct filename from {source} semi join gone on "{job.key}" = id'
        hit = connection.execute(query, [[str(file) for file in job.files]]).fetchall()
        found()
        for path in (Path(name) for (name,) in hit):
            connection.execute(
                f"copy (select t.* from read_parquet('{path}') t anti join gone on \"{job.key}\" = id) "
                f"to '{beside(path)}' (format parquet, codec zstd, row_group_size {job.group})"
            )
            commit(path)

    return run


def polars(job: Job) -> Run:
    """Rewrite with polars' streaming sink."""
    import polars as pl

    goes = pl.col(job.key).is_in(job.ids).fill_null(value=False)

    def run(found: Found) -> None:
        hit = [path for path in job.files if pl.scan_parquet(path).select(goes.any()).collect().item()]
        found()
        for path in hit:
            lazy = pl.scan_parquet(path).filter(~goes)
            lazy.sink_parquet(beside(path), compression="zstd", row_group_size=job.group)
            commit(path)

    return run


def pyarrow(job: Job) -> Run:
    """Rewrite with pyarrow, row group by row group."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    without_views(job)
    gone = pa.array(job.ids, pq.read_schema(job.files[0]).field(job.key).type)

    def holds(path: Path) -> bool:
        sought = pc.field(job.key).isin(gone)
        return pq.read_table(path, columns=[job.key], filters=sought).num_rows > 0

    def run(found: Found) -> None:
        hit = [path for path in job.files if holds(path)]
        found()
        for path in hit:
            with (
                pq.ParquetFile(path) as old,
                pq.ParquetWriter(beside(path), old.schema_arrow, compression="zstd") as new,
            ):
                for number in range(old.num_row_groups):
                    table = old.read_row_group(number)
                    new.write_table(table.filter(pc.invert(pc.is_in(table[job.key], value_set=gone))))
            commit(path)

    return run


DELTA_LISTS = 1_000
"""A list of 100,000 ids ends the process of delta-rs: from here on it merges a table of them."""


def delta_rs(job: Job) -> Run:
    """Delete from a Delta table that the folder was made, and vacuum: until then the old files are there."""
    import deltalake
    import pyarrow as pa

    deltalake.convert_to_deltalake(str(job.folder))
    table = deltalake.DeltaTable(str(job.folder))
    compressed = deltalake.WriterProperties(compression="ZSTD", max_row_group_size=job.group)
    listed, gone = ", ".join(repr(one) for one in job.ids), pa.table({"id": job.ids})

    def run(found: Found) -> None:
        if len(job.ids) <= DELTA_LISTS:
            table.delete(f"{job.key} in ({listed})", writer_properties=compressed)
        else:
            matched = f"t.{job.key} = s.id"
            merge = table.merge(gone, matched, "s", "t", writer_properties=compressed)
            merge.when_matched_delete().execute()
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        sync_all(job.folder)

    return run


def pyiceberg(job: Job) -> Run:
    """Delete from an Iceberg table that the files were made, and unlink those that it leaves behind."""
    import pyarrow.parquet as pq
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.expressions import In

    without_views(job)
    catalog = SqlCatalog("bench", uri="sqlite://", warehouse=f"file://{job.folder}")
    catalog.create_namespace("bench")
    properties = {"write.parquet.compression-codec": "zstd", "write.parquet.row-group-limit": str(job.group)}
    files = job.files
    table = catalog.create_table("bench.table", pq.read_schema(files[0]), properties=properties)
    table.add_files([str(file) for file in files])

    def run(found: Found) -> None:
        table.delete(In(job.key, job.ids))
        kept = {task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()}
        for file in files:
            if str(file) not in kept:
                file.unlink()
        sync_all(job.folder)

    return run


CONTENDERS: dict[str, Callable[[Job], Run]] = {
    "ours": ours,
    "cp": cp,
    "duckdb": duckdb,
    "polars": polars,
    "pyarrow": pyarrow,
    "delta-rs": delta_rs,
    "pyiceberg": pyiceberg,
}


def main() -> None:
    """Run one contender once and print what it took as JSON."""
    job = Job.read(Path(sys.argv[1]))
    whole = job.name == "ours" or len(job.files) > 1
    run, clock = CONTENDERS[job.name](job), Clock()
    clock.mark()
    run(clock.mark)
    clock.mark()
    print(json.dumps(clock.told(whole=whole) | {"peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
