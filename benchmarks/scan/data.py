"""The data: people's rows, some of whom are named in other columns and in free text, and where they are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.table import parquet_files

FIRST, STRAY, MENTION = 10_000_000, 1_000, 10
"""The first person's number; of how many rows one names somebody in a column that says nothing of it; of how
many notes one names somebody, and the one after it nobody with a longer address."""
TEXTS = ("email", "session", "url", "agent", "city")
NOTE = "note"
ANY = 1 << 40
WORDS = pa.array(["the", "order", "was", "late", "and", "nobody", "could", "say", "why", "so", "we", "wrote"])


@dataclass(frozen=True)
class People:
    """Parquet files of people's rows; the same numbers give the same rows.

    Attributes:
        folder: where the files are written.
        rows: how many there are; a multiple of `files`.
        each: how many a person has; they lie anywhere.
        files: how many files.
        sizes: how many different values session, url, agent and city have.
        columns: what is written beside `id`, a number.
    """

    folder: Path
    rows: int
    each: int = 10
    files: int = 8
    sizes: tuple[int, ...] = (ANY, ANY, 40, 1_000)
    columns: tuple[str, ...] = TEXTS

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "People":
        """Return the data that `told` describes."""
        lists = {name: tuple(told[name]) for name in ("sizes", "columns")}
        return cls(**told | lists | {"folder": Path(told["folder"])})

    def told(self) -> dict[str, Any]:
        """Return what `read` reads."""
        return asdict(self) | {"folder": str(self.folder)}

    @cached_property
    def owners(self) -> np.ndarray:
        """Whose each row is."""
        return np.random.default_rng(1).permutation(np.arange(self.rows, dtype=np.int64) // self.each) + FIRST

    def named(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows where a column names somebody, and whom."""
        if column in {"id", "email"}:
            return np.arange(self.rows), self.owners
        every = {"session": STRAY, "city": STRAY, NOTE: MENTION}.get(column)
        rows = np.arange(every // 2, self.rows, every) if every else np.arange(0)
        return rows, self.owners[(rows * 7919 + 1) % self.rows]

    def sought(self, count: int, there: int | None = None) -> list[int]:
        """Return so many numbers: `there`, or else at most a tenth, of the people, and numbers of nobody."""
        people = self.rows // self.each
        there = min(count, max(1, people // 10) if there is None else min(people, there))
        picked = FIRST + (np.arange(there) * people + people // 2) // there
        return [*picked.tolist(), *range(FIRST + people, FIRST + people + count - there)]

    @cached_property
    def paths(self) -> list[Path]:
        """The files."""
        return parquet_files(self.folder)

    @cached_property
    def raw(self) -> dict[str, int]:
        """Bytes of each column in memory."""
        return json.loads(self.folder.with_suffix(".json").read_text())

    @property
    def bytes(self) -> int:
        """Bytes of the files."""
        return sum(path.stat().st_size for path in self.paths)

    def made(self) -> "People":
        """Write the files unless they are there."""
        if not self.folder.exists():
            temporary = self.folder.with_name(f"{self.folder.name}.tmp")
            temporary.mkdir(parents=True)
            raw = dict.fromkeys(("id", *self.columns), 0)
            for number, rows in enumerate(np.array_split(np.arange(self.rows), self.files)):
                table = self._part(number, rows)
                raw = {name: size + table[name].nbytes for name, size in raw.items()}
                path = temporary / f"people-{number:03}.parquet"
                pq.write_table(table, path, compression="zstd", row_group_size=max(1, len(rows) // 2))
            self.folder.with_suffix(".json").write_text(json.dumps(raw))
            temporary.rename(self.folder)
        return self

    def _part(self, number: int, rows: np.ndarray) -> pa.Table:
        random = np.random.default_rng([2, number])
        made: dict[str, Any] = {"id": pa.array(self.owners[rows])}
        for name in self.columns:
            made[name] = self._column(name, rows, random)
        return pa.table(made)

    def _column(self, name: str, rows: np.ndarray, random: np.random.Generator) -> pa.Array:
        if name == "email":
            return address(self.owners[rows])
        if name == NOTE:
            return self._notes(rows, random)
        size = self.sizes[TEXTS.index(name) - 1]
        before, after = TEXT_AROUND[name]
        column = joined(before, random.integers(0, size, len(rows)), after)
        return self._with_strays(name, column, rows) if name in {"session", "city"} else column

    def _with_strays(self, name: str, column: pa.Array, rows: np.ndarray) -> pa.Array:
        where, people = self.named(name)
        here = np.isin(where, rows)
        strays = address(people[here]) if name == "session" else joined(people[here])
        return pc.replace_with_mask(column, pa.array(np.isin(rows, where)), strays)

    def _notes(self, rows: np.ndarray, random: np.random.Generator) -> pa.Array:
        words = [WORDS.take(pa.array(random.integers(0, len(WORDS), len(rows)))) for _ in range(24)]
        where, people = self.named(NOTE)
        here = np.isin(where, rows)
        whom = np.full(len(rows), "nobody", object)
        whom[np.isin(rows, where)] = address(people[here]).to_pylist()
        longer = np.isin(rows, where + 1)
        whom[longer] = joined("x", address(self.owners[rows[longer]])).to_pylist()
        return pc.binary_join_element_wise(*words[:12], pa.array(whom, pa.string()), *words[12:], " ")


TEXT_AROUND = {
    "session": ("s", ""),
    "url": ("/item/", "?ref=mail"),
    "agent": ("Mozilla/5.0 (made up; ", ") AppleWebKit/537.36 like Gecko"),
    "city": ("city of ", ""),
}


def address(people: np.ndarray) -> pa.Array:
    """Return people's e-mail addresses."""
    return joined("user", people, "@clicks.example")


def joined(*parts: Any) -> pa.Array:
    """Return texts that are joined from texts and numbers."""
    texts = [part if isinstance(part, str | pa.Array) else pa.array(part).cast(pa.string()) for part in parts]
    return pc.binary_join_element_wise(*texts, "")
