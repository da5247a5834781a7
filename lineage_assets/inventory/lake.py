"""The folder that holds the demo's lake, as a Dagster resource; there is no IO manager."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

GROUP = "films"
ROW_COUNT = "dagster/row_count"

Written = dg.MaterializeResult[None]


class Lake(dg.ConfigurableResource[Any]):
    """The lake. `root` is what the variable `{lake}` of the declarations stands for."""

    root: str

    def path(self, asset: str) -> Path:
        """Return the folder of an asset: its declared location `{lake}/<asset>/`."""
        return Path(self.root) / asset

    def files(self, asset: str) -> list[Path]:
        """Return the Parquet files of an asset, sorted by path."""
        return sorted(p for p in self.path(asset).rglob("*.parquet") if not p.name.startswith((".", "_")))

    def rows(self, asset: str) -> int:
        """Return how many rows the Parquet files of an asset hold now, from their footers."""
        return sum(pq.ParquetFile(file).metadata.num_rows for file in self.files(asset))

    def read(self, asset: str, columns: list[str] | None = None) -> pa.Table:
        """Return all rows of an asset as they are now, in the order of its files.

        Raises:
            FileNotFoundError: the asset has no Parquet file; the message names the asset only.
        """
        files = self.files(asset)
        if not files:
            raise FileNotFoundError(f"asset {asset}: no Parquet file in the lake\nhint: materialise it first")
        return ds.dataset(files, format="parquet", partitioning=None).to_table(
            columns=columns, use_threads=False
        )

    def result(
        self, asset: str, *, counted: bool = False, metrics: Mapping[str, float] | None = None
    ) -> Written:
        """Return what an asset reports: where it wrote, rows of a big table, metrics. Never an identifier."""
        rows = {ROW_COUNT: self.rows(asset)} if counted else {}
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(self.path(asset)), **rows, **(metrics or {})}
        )
