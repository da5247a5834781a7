"""The data: clicks of made-up people, clustered by person or shuffled, and the oracle of who stays."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, GROUPS, CLICKS = 4_000_000, 80, 40
"""At scale 1: 80 row groups of 50,000 rows, 40 rows a person, about 430 MB of zstd."""


@dataclass(frozen=True)
class Clickstream:
    """One Parquet file of clicks.

    Attributes:
        path: where it is.
        scale: its size, 1.0 being 4 million rows; the number of row groups is always 80.
        shuffled: whether a person's rows lie anywhere, or side by side.
    """

    path: Path
    scale: float
    shuffled: bool = False

    @property
    def rows(self) -> int:
        """How many rows, a multiple of the row groups and of a person's clicks."""
        return max(1, round(ROWS * self.scale / (GROUPS * CLICKS))) * GROUPS * CLICKS

    @property
    def group(self) -> int:
        """Rows in a row group."""
        return self.rows // GROUPS

    @cached_property
    def users(self) -> np.ndarray:
        """Whose row each is."""
        users = np.arange(self.rows, dtype=np.int64) // CLICKS + 10_000_000
        return np.random.default_rng(1).permutation(users) if self.shuffled else users

    def ids(self, group: int, count: int = 1) -> list[int]:
        """Return people of a row group, from its middle on (all of them where there are fewer)."""
        within = np.unique(self.users[group * self.group : (group + 1) * self.group])
        first = len(within) // 2 if count == 1 else 0
        return within[first : first + count].tolist()

    def staying(self, gone: list[int]) -> np.ndarray:
        """Return the row numbers that stay: the oracle, from the generator's own list."""
        return np.flatnonzero(~np.isin(self.users, gone))

    def touched(self, gone: list[int]) -> int:
        """Return how many row groups hold one of these people."""
        return len(np.unique(np.flatnonzero(np.isin(self.users, gone)) // self.group))

    def write(self) -> None:
        """Write the file, unless it is there; the same scale gives the same bytes."""
        if self.path.exists():
            return
        temporary = self.path.with_suffix(".tmp")
        with pq.ParquetWriter(temporary, SCHEMA, compression="zstd", write_page_index=True) as writer:
            for group in range(GROUPS):
                writer.write_table(self._group(group), row_group_size=self.group)
        temporary.rename(self.path)

    def _group(self, group: int) -> pa.Table:
        random = np.random.default_rng([2, group])
        start, count = group * self.group, self.group
        users = self.users[start : start + count]
        numbers = random.integers(0, 2**63, (3, count))
        columns = [
            np.arange(start, start + count),
            users,
            [f"user{user}@clicks.example" for user in users],
            np.datetime64("2026-01-01", "us") + random.integers(0, 86_400_000_000, count),
            [f"{one:016x}" for one in numbers[0]],
            [f"/item/{one % 90_000}?ref={one:x}" for one in numbers[1]],
            np.array(AGENTS)[numbers[2] % len(AGENTS)],
            *random.random((FLOATS, count)),
        ]
        return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


FLOATS = 7
AGENTS = [f"Mozilla/5.0 (made up; {number})" for number in range(40)]
SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("user_id", pa.int64()),
        ("email", pa.string()),
        ("at", pa.timestamp("us")),
        ("session", pa.string()),
        ("url", pa.string()),
        ("agent", pa.string()),
        *[(f"x{number}", pa.float64()) for number in range(FLOATS)],
    ]
)
