"""A table as the benchmark sees it: Parquet files in a folder, and the column whose values name people."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Ids = list[int] | list[str]


@dataclass(frozen=True)
class Table:
    """Parquet files in a folder.

    Attributes:
        name: what the report calls it.
        folder: where the files are.
        key: the column whose values are erased by.
    """

    name: str
    folder: Path
    key: str

    @cached_property
    def files(self) -> list[Path]:
        """The files in the order of their names, in which their rows are compared."""
        return parquet_files(self.folder)

    @cached_property
    def bytes(self) -> int:
        """What the files weigh."""
        return sum(file.stat().st_size for file in self.files)

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """The rows of every row group, by the names of the files."""
        counts = {}
        for file in self.files:
            with pq.ParquetFile(file) as read:
                told = [read.metadata.row_group(group) for group in range(read.metadata.num_row_groups)]
            counts[file.name] = [one.num_rows for one in told]
        return counts

    @cached_property
    def text(self) -> bool:
        """Whether the key is text; else it is an integer."""
        return not pa.types.is_integer(pq.read_schema(self.files[0]).field(self.key).type)


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files below a folder by name."""
    return sorted(folder.rglob("*.parquet"))
