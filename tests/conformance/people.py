"""Made-up people, the oracle of who goes, and the one check that every file of this folder goes through."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conformance.inside import Inside
from tests.rtbf_jobs.erasers.lake import order_for, run, snapshot, sought

ROWS, VISITS, GROUP = 240, 8, 40
"""Thirty people with eight rows each, side by side; a row group holds five people."""
GONE = (3, 4, 11)
"""Two of them share the first row group, the third is in the third; the other four groups hold nobody."""
KEYS = {"account": "account", "email": "email"}
Rows = list[str]


def account(person: int) -> int:
    """Return a person's account: eight bytes that occur nowhere by chance."""
    return 4_202_530_121_870_000_011 + person * 7_919_000_003


def email(person: int) -> str:
    """Return a person's address."""
    return f"person-{person:03}@canary.example"


def person_of(row: int) -> int:
    """Return whose row it is."""
    return row // VISITS


ACCOUNTS = [account(person_of(n)) if n % 8 != 7 else None for n in range(ROWS)]
EMAILS = [email(person_of(n)) if n % 8 != 6 else None for n in range(ROWS)]
STAY = [n for n in range(ROWS) if person_of(n) not in GONE]
SUBJECTS = [
    found
    for ordinal, person in enumerate(GONE)
    for found in (
        sought("account", str(account(person)), ordinal),
        sought("email", email(person), ordinal),
    )
]
NEEDLES = [
    needle
    for person in GONE
    for needle in (
        account(person).to_bytes(8, "little"),
        str(account(person)).encode(),
        email(person).encode(),
    )
]


def columns(**more: Any) -> dict[str, Any]:
    """Return the columns every file has, and more."""
    return {
        "n": pa.array(range(ROWS), pa.int32()),
        "account": pa.array(ACCOUNTS, pa.int64()),
        "email": pa.array(EMAILS, pa.string()),
        **more,
    }


def by_pyarrow(path: Path) -> pa.Table:
    """Read with pyarrow, checksums verified."""
    return pq.read_table(path, page_checksum_verification=True)


def by_duckdb(path: Path) -> pa.Table:
    """Read with DuckDB."""
    return duckdb.read_parquet(str(path)).to_arrow_table()


def by_polars(path: Path) -> pa.Table:
    """Read with polars."""
    return pl.read_parquet(path).to_arrow()


READERS: dict[str, Callable[[Path], pa.Table]] = {
    "pyarrow": by_pyarrow,
    "duckdb": by_duckdb,
    "polars": by_polars,
}


def rows(table: pa.Table, only: list[int] | None = None) -> Rows:
    """Return rows as text, so that NaN is NaN and -0.0 is not 0.0."""
    kept = None if only is None else set(only)
    return [repr(row) for row in table.to_pylist() if kept is None or row["n"] in kept]


def erase_and_check(path: Path, readers: tuple[str, ...] = tuple(READERS), stay: list[int] = STAY) -> None:
    """Erase nobody, then the three, from a file; every reader must see the oracle's rows and nothing else.

    Args:
        path: a Parquet file with the columns n, account and email, n numbering the rows.
        readers: who can read the file, before and after.
        stay: the n of the rows that stay, in their order.
    """
    before = {name: READERS[name](path) for name in readers}
    was = Inside(path)
    untouched = snapshot(path.parent)
    receipt, _ = run(order_for(path, KEYS, sought("account", "5"), sought("email", "nobody@canary.example")))
    assert ((), untouched) == (receipt.files, snapshot(path.parent))

    receipt, _ = run(order_for(path, KEYS, *SUBJECTS))
    total = before[readers[0]].num_rows
    assert (total, total - len(stay), len(stay)) == (
        receipt.files[0].rows_before,
        receipt.rows_matched,
        receipt.files[0].rows_after,
    )
    for name in readers:
        after = READERS[name](path)
        assert stay == after["n"].to_pylist(), name
        assert before[name].schema.equals(after.schema, check_metadata=True), name
        assert rows(before[name], stay) == rows(after), name
    check_inside(was, Inside(path), receipt)
    assert () == run(order_for(path, KEYS, *SUBJECTS))[0].files


def check_inside(was: Inside, now: Inside, receipt: Any) -> None:
    """Nothing of the erased is in any structure or byte; what must be kept is; no byte is unaccounted for."""
    assert was.hiding(NEEDLES), "the file is no test: the erased cannot be seen in it"
    places = now.hiding(NEEDLES)
    assert not places, places
    assert b"" == now.unreferred()
    kept, keeps = was.kept(), now.kept()
    differ = {name: (kept[name], keeps[name]) for name in kept if kept[name] != keeps[name]}
    assert not differ, f"not kept (before, after): {differ}"
    assert sum(group[3] for group in now.footer[4]) == now.footer[3] == receipt.files[0].rows_after


def check_pushdown(path: Path, stay: list[int] = STAY) -> None:
    """Filters that statistics, page index and bloom filters answer: who stays is found, who went is not."""
    people = sorted({person_of(n) for n in stay})
    for person in (*GONE[1:], people[0], people[-1]):
        for column, made, cells in (("account", account, ACCOUNTS), ("email", email, EMAILS)):
            expected = [n for n in stay if cells[n] == made(person)]
            for name, found in filtered(path, column, made(person)):
                assert expected == found, (name, column, person)


def filtered(path: Path, column: str, value: int | str) -> Iterator[tuple[str, list[int]]]:
    """Yield what each reader finds when the filter is handed down to the file."""
    yield "pyarrow", pq.read_table(path, filters=[(column, "=", value)], columns=["n"])["n"].to_pylist()
    asked = duckdb.execute(f"select n from read_parquet(?) where {column} = ?", [str(path), value])
    yield "duckdb", [row[0] for row in asked.fetchall()]
    lazy = pl.scan_parquet(path, use_statistics=True, parallel="prefiltered").filter(pl.col(column) == value)
    yield "polars", lazy.select("n").collect()["n"].to_list()
