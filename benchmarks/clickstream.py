"""The data: clicks of made-up people, side by side or shuffled, some of nobody (their key is NULL)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.table import Ids, Table

CLICKS, FIRST, NOBODY = 10, 10_000_000, 1_000
"""Rows a person has, the first person's number, and of how many rows one has no key."""


@dataclass(frozen=True)
class Clickstream:
    """Parquet files of clicks; the same numbers give the same rows.

    Attributes:
        folder: where the files are written.
        rows: how many rows are wished for; there are as many as fit in whole row groups.
        groups: how many row groups, in all files together.
        files: how many files they are in.
        shuffled: whether a person's rows lie anywhere, or side by side.
    """

    folder: Path
    rows: int
    groups: int
    files: int = 1
    shuffled: bool = False

    @property
    def group(self) -> int:
        """Rows in a row group, whole people."""
        return max(1, self.rows // (self.groups * CLICKS)) * CLICKS

    @cached_property
    def users(self) -> np.ndarray:
        """Whose row each would be if all had one."""
        users = np.arange(self.groups * self.group, dtype=np.int64) // CLICKS + FIRST
        return np.random.default_rng(1).permutation(users) if self.shuffled else users

    def in_group(self, group: int, count: int = 1) -> list[int]:
        """Return people of a row group, from its middle on (all of them where there are fewer)."""
        within = np.unique(self.users[group * self.group : (group + 1) * self.group])
        first = len(within) // 2 if count == 1 else 0
        return within[first : first + count].tolist()

    def ids(self, count: int, *, text: bool = False) -> Ids:
        """Return so many ids, evenly picked of at most half the people; the rest are ids of nobody."""
        people = len(self.users) // CLICKS
        there = min(count, people // 2)
        picked = FIRST + (np.arange(there) * people + people // 2) // there
        absent = FIRST + people + np.arange(count - there)
        numbers = [*picked.tolist(), *absent.tolist()]
        return [f"user{number}@clicks.example" for number in numbers] if text else numbers

    def table(self, key: str = "user_id") -> Table:
        """Write the files unless they are there, and return them by one of their two keys."""
        if not self.folder.exists():
            temporary = self.folder.with_name(f"{self.folder.name}.tmp")
            temporary.mkdir(parents=True)
            for number, groups in enumerate(np.array_split(np.arange(self.groups), self.files)):
                self._write(temporary / f"clicks-{number}.parquet", groups.tolist())
            temporary.rename(self.folder)
        order = "shuffled" if self.shuffled else "clustered"
        return Table(f"clicks, {order}", self.folder, key)

    def _write(self, path: Path, groups: list[int]) -> None:
        with pq.ParquetWriter(path, SCHEMA, compression="zstd", write_page_index=True) as writer:
            for group in groups:
                writer.write_table(self._group(group), row_group_size=self.group)

    def _group(self, group: int) -> pa.Table:
        random = np.random.default_rng([2, group])
        rows = np.arange(group * self.group, (group + 1) * self.group)
        users = pa.array(self.users[rows], mask=rows % NOBODY == NOBODY // 2)
        sessions, items, agents = random.integers(0, 2**63, (3, self.group))
        columns = [
            rows,
            users,
            _joined("user", users, "@clicks.example"),
            np.datetime64("2026-01-01", "us") + random.integers(0, 86_400_000_000, self.group),
            _joined("s", sessions),
            _joined("/item/", items % 90_000, "?ref=", items),
            np.array(AGENTS)[agents % len(AGENTS)],
            *random.random((FLOATS, self.group)),
        ]
        return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _joined(*parts: Any) -> pa.Array:
    texts = [part if isinstance(part, str) else pc.cast(pa.array(part), pa.string()) for part in parts]
    return pc.binary_join_element_wise(*texts, "")


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
