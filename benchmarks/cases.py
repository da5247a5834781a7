"""The cases: which table, whom to erase, who takes part, and on which file systems."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.clickstream import Clickstream
from benchmarks.contenders import CONTENDERS
from benchmarks.table import Ids, Table
from benchmarks.tpch import Tpch

ROWS, GROUPS, SMALL_ROWS, SMALL_GROUPS = 4_000_000, 80, 320_000, 16
"""At scale 1: a file of about 410 MB, and one of about 33 MB."""
LARGE = 4.7
"""How many times as large as the first one the file is on which memory is measured: about 2 GB."""
TPCH_FACTOR = 0.2

NOBODY, FOLDER_ONE = "folder of 8 files, nobody", "folder of 8 files, 1 id"
ONE, TEN, ALL = "1 id in 1 row group", "10 ids in 10 row groups", "80 ids in all row groups"
THOUSAND, MEMORY = "1,000 ids in the same row group", "memory, 1 id"
SHUFFLED = "shuffled, int, 100 ids"
ORDERS_OF_10K = "line items of 10,000 customers' orders"


@dataclass(frozen=True)
class Case:
    """One table and whom to erase from it.

    Attributes:
        name: what the report calls it.
        data: makes the table where it is not there yet, and tells the ids.
        names: who takes part.
        why: why others do not.
        rounds: at most so many.
        on_xfs: whether it is run on XFS, too.
    """

    name: str
    data: Callable[[], tuple[Table, Ids]]
    names: tuple[str, ...] = tuple(CONTENDERS)
    why: str = ""
    rounds: int | None = None
    on_xfs: bool = False


def cases(folder: Path, scale: float) -> list[Case]:
    """Return all cases at a scale, the data of which is made below a folder."""
    return [*_by_row_groups(folder, scale), *_by_ids(folder, scale), *_tpch(folder, scale)]


def _by_row_groups(folder: Path, scale: float) -> list[Case]:
    """The goals' own cases: one file with 80 row groups, and the same rows in 8 files."""
    one = Clickstream(folder / "clustered", round(ROWS * scale), GROUPS)
    eight = replace(one, folder=folder / "eight", files=8)
    large = replace(one, folder=folder / "large", rows=round(ROWS * LARGE * scale))

    def spread(count: int) -> list[int]:
        groups = np.linspace(0, GROUPS - 1, count, dtype=int).tolist()
        return [user for group in groups for user in one.in_group(group)]

    without_cp = tuple(name for name in CONTENDERS if name != "cp")
    return [
        Case(NOBODY, lambda: (eight.table(), [1]), without_cp, "cp has no file to copy"),
        Case(FOLDER_ONE, lambda: (eight.table(), eight.in_group(40))),
        Case(ONE, lambda: (one.table(), one.in_group(40)), on_xfs=True),
        Case(
            THOUSAND, lambda: (one.table(), one.in_group(40, 1000)), ("ours",), "the goal is against one id"
        ),
        Case(TEN, lambda: (one.table(), spread(10)), on_xfs=True),
        Case(ALL, lambda: (one.table(), spread(GROUPS)), on_xfs=True),
        Case(MEMORY, lambda: (large.table(), large.in_group(40)), ("ours",), "the goal is our memory", 1),
    ]


def _by_ids(folder: Path, scale: float) -> list[Case]:
    """1, 100, 10,000 and 100,000 ids, of people side by side and shuffled, by number and by e-mail."""
    clustered = Clickstream(folder / "small", round(SMALL_ROWS * scale), SMALL_GROUPS)
    shuffled = replace(clustered, folder=folder / "shuffled", shuffled=True)

    def case(data: Clickstream, key: str, count: int) -> Case:
        order, kind = "shuffled" if data.shuffled else "clustered", "int" if key == "user_id" else "text"
        name = f"{order}, {kind}, {count:,} id{'s'[: count > 1]}"
        return Case(name, lambda: (data.table(key), data.ids(count, text=kind == "text")))

    return [
        case(clustered, "email", 1),
        case(clustered, "email", 10_000),
        case(shuffled, "user_id", 1),
        case(shuffled, "user_id", 100),
        case(shuffled, "user_id", 10_000),
        case(shuffled, "user_id", 100_000),
        case(shuffled, "email", 100),
        case(shuffled, "email", 100_000),
    ]


def _tpch(folder: Path, scale: float) -> list[Case]:
    made = Tpch(folder / "tpch", TPCH_FACTOR * scale)
    return [
        Case("100 customers", lambda: (made.table("customer"), made.some(100))),
        Case("orders of 10,000 customers", lambda: (made.table("orders"), made.some(10_000))),
        Case(
            "line items of 1 customer's orders",
            lambda: (made.table("lineitem"), made.orders_of(made.some(2)[:1])),
        ),
        Case(
            ORDERS_OF_10K,
            lambda: (made.table("lineitem"), made.orders_of(made.some(10_000))),
        ),
    ]
