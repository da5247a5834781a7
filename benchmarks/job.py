"""One run of one contender: what it is told, its clock, and how a new file becomes durable."""

import json
import os
import resource
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.table import Ids, parquet_files


@dataclass(frozen=True)
class Job:
    """What to do.

    Attributes:
        name: the contender.
        folder: the Parquet files, a copy that may be changed.
        key: the column to erase by.
        ids: whom to erase.
        holds: the files that hold one of them, for `cp` alone, which finds nobody.
        group: rows in a row group.
    """

    name: str
    folder: Path
    key: str
    ids: Ids
    holds: list[str]
    group: int

    @classmethod
    def read(cls, path: Path) -> "Job":
        """Return the job that a file tells."""
        told = json.loads(path.read_text())
        return cls(**told | {"folder": Path(told["folder"])})

    def write(self, path: Path) -> None:
        """Write the job for the process that does it."""
        path.write_text(json.dumps(asdict(self) | {"folder": str(self.folder)}))

    @property
    def files(self) -> list[Path]:
        """The files of the table."""
        return parquet_files(self.folder)


@dataclass
class Clock:
    """Wall and CPU seconds at the start, when all was found, and at the end."""

    marks: list[tuple[float, float]] = field(default_factory=list)

    def mark(self) -> None:
        """Note the time."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        self.marks.append((time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)))

    def told(self, *, whole: bool) -> dict[str, float | None]:
        """Return what was taken: of all where `whole`, else of the rewrite only."""
        start, *found, end = self.marks
        split = found[0] if found else start
        since = start if whole else split
        return {
            "seconds": end[0] - since[0],
            "find_seconds": split[0] - start[0] if found else None,
            "rewrite_seconds": end[0] - split[0],
            "cpu_seconds": end[1] - since[1],
        }


def beside(path: Path) -> Path:
    """Return where the new file is written."""
    return path.with_suffix(".new")


def commit(path: Path) -> None:
    """Put the new file in the old one's place, durably."""
    sync(beside(path))
    beside(path).rename(path)
    sync(path.parent)


def sync_all(folder: Path) -> None:
    """Make everything in a folder durable."""
    for path in (folder, *folder.rglob("*")):
        sync(path)


def sync(path: Path) -> None:
    """Make one file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def without_views(job: Job) -> None:
    """Write string views as strings, as which pyarrow can filter them and Iceberg knows them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in job.files:
        with pq.ParquetFile(path) as old:
            schema = old.schema_arrow
            plain = pa.schema([_without_view(one) for one in schema])
            if plain == schema:
                continue
            with pq.ParquetWriter(beside(path), plain, compression="zstd") as new:
                for group in range(old.num_row_groups):
                    new.write_table(old.read_row_group(group).cast(plain))
        commit(path)


def _without_view(field: Any) -> Any:
    import pyarrow as pa

    return field.with_type(pa.string()) if field.type == pa.string_view() else field
