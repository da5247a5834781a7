"""The data: TPC-H's customers, orders and line items, as `tpchgen-cli` makes them."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.table import Table

KEYS = {"customer": "c_custkey", "orders": "o_custkey", "lineitem": "l_orderkey"}


@dataclass(frozen=True)
class Tpch:
    """Three tables at a scale factor of TPC-H; 1.0 has 150,000 customers and 6 million line items."""

    folder: Path
    factor: float

    @property
    def customers(self) -> int:
        """How many customers there are; their keys count from 1."""
        return round(150_000 * self.factor)

    def table(self, name: str) -> Table:
        """Make the tables unless they are there, and return one, each in a folder of its own."""
        if not self.folder.exists():
            temporary = self.folder.with_name(f"{self.folder.name}.tmp")
            self._make(temporary)
            temporary.rename(self.folder)
        return Table(f"TPC-H {name}", self.folder / name, KEYS[name])

    def _make(self, folder: Path) -> None:
        program = str(Path(sys.executable).with_name("tpchgen-cli"))
        size = ["--scale-factor", str(self.factor), "--tables", ",".join(KEYS), "--parts", "1"]
        written = ["--compression", "zstd(3)", "--output-dir", str(folder), "--quiet"]
        subprocess.run([program, "parquet", *size, *written], check=True)

    def some(self, count: int) -> list[int]:
        """Return so many customers, evenly picked; all of them where there are fewer."""
        taken = min(count, self.customers)
        return [1 + (number * self.customers + self.customers // 2) // taken for number in range(taken)]

    def orders_of(self, customers: list[int]) -> list[int]:
        """Return the keys of these customers' orders, by which line items are known."""
        (file,) = self.table("orders").files
        orders = pq.read_table(file, columns=["o_orderkey", "o_custkey"])
        return orders.filter(pc.field("o_custkey").isin(customers))["o_orderkey"].to_pylist()
