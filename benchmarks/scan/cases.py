"""The cases: which data, where to look, for how many, and who takes part."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.scan.data import ANY, NOTE, People
from benchmarks.scan.job import Look

ROWS, FILES, KEYS = 1_000_000, 8, 8
"""At scale 1; a table of nothing but numbers has so many times as many rows, for it is read in no time."""
KEY, STRINGS, TOKENS = "key", "number and 5 text columns", "number and free text"
HASHED_TEN, HASHED_ONE = "sweep, 10 rows a person", "sweep, 1 row a person"
FEW_VALUES, MANY_VALUES = "few different values, 1,000 people", "all values different, 1,000 people"
MEMORY = "memory"
MOST = ("ours", "decode", "duckdb", "polars", "pyarrow")


@dataclass(frozen=True)
class Case:
    """One look at one table.

    Attributes:
        name: what the report calls it.
        people: makes the data where it is not there yet.
        look: where to look.
        count: how many people are looked for.
        names: who takes part.
    """

    name: str
    people: Callable[[], People]
    look: Look
    count: int
    names: tuple[str, ...] = MOST


def named(what: str, count: int) -> str:
    """Return the name of a case."""
    return f"{what}, {count:,} {'person' if count == 1 else 'people'}"


def cases(folder: Path, scale: float) -> list[Case]:
    """Return all cases at a scale but that of memory, the data of which is made below a folder."""
    texts = People(folder / "texts", max(1, round(ROWS * scale / FILES / 100)) * FILES * 100, files=FILES)
    keys = replace(texts, folder=folder / "keys", rows=texts.rows * KEYS, columns=())
    notes = replace(texts, folder=folder / "notes", columns=(NOTE,))
    few = replace(texts, folder=folder / "few", each=1_000, sizes=(200, 50, 40, 1_000))
    many = replace(texts, folder=folder / "many", each=1, sizes=(ANY,) * 4)
    key = ("ours, key part", *MOST[1:])
    keyed, sizes = (1, 1_000, round(1_000_000 * scale)), (1, 1_000, 10_000)
    return [
        *(Case(named(KEY, count), keys.made, Look.KEY, count, key) for count in keyed),
        *(Case(named(STRINGS, count), texts.made, Look.TEXTS, count) for count in sizes),
        *(Case(named(TOKENS, count), notes.made, Look.NOTE, count) for count in sizes[1:]),
        Case(FEW_VALUES, few.made, Look.TEXTS, 1_000),
        Case(MANY_VALUES, many.made, Look.TEXTS, 1_000),
        Case(HASHED_TEN, texts.made, Look.SWEEP, 100_000),
        Case(HASHED_ONE, many.made, Look.SWEEP, 100_000),
    ]
