# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables
"""From matches in the engine to places: which rows, of which row group."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from scanners.files.places import Match, Place, Seen
from scanners.residual.branches import Branch, Sees
from scanners.residual.engine import matches, registered

_HITS = (
    "WITH k AS (SELECT m.leaf, m.f, m.r, m.sees, i.request,"
    " CASE WHEN i.form = 'plain' THEN m.how ELSE i.form END AS form"
    " FROM {matches} m JOIN {idents} i USING (ident)),"
    f" keyed AS (SELECT * FROM k WHERE sees <= {Sees.MENTION:d}),"
    " hits AS (SELECT DISTINCT leaf, form, request, f, r FROM ("
    "SELECT leaf, form, request, f, r FROM keyed UNION ALL"
    " SELECT leaf, form, request, f, r FROM k ANTI JOIN keyed USING (leaf, request, f, r)"
    f" WHERE sees = {Sees.ELSEWHERE:d} AND ({{tokens}} OR form <> 'token')))"
)
_GROUPED = (
    " SELECT h.*, g.number AS g FROM hits h JOIN {groups} g ON h.f = g.f AND h.r >= g.first AND h.r < g.next"
)
_COUNTS = (
    "SELECT f, leaf, form, g, count(DISTINCT r), count(DISTINCT request),"
    " min({{'row': r, 'subject': request}}, {shown:d}) FROM {grouped} GROUP BY ALL ORDER BY f, leaf, g, form"
)
_WEAK = (
    "SELECT f, leaf, count(DISTINCT (r, e)) FROM {matches}"
    f" WHERE sees = {Sees.WEAK:d} GROUP BY ALL ORDER BY f, leaf"
)


def seen_rows(
    connection: duckdb.DuckDBPyConnection,
    branches: tuple[Branch, ...],
    idents: pa.Table,
    row_groups: Sequence[Sequence[int]],
    *,
    free_text: bool,
    shown: int,
) -> tuple[Seen, ...]:
    """Run the branches over files of one layout and return where they matched; `rows` is left to the caller.

    Args:
        connection: the engine.
        branches: the semi-joins.
        idents: see `Needles.table`; `request` is the identifier's position in the list.
        row_groups: for each file the rows of its row groups; empty where it has none.
        free_text: whether matches inside longer text count.
        shown: matches that a place tells at most.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    if not branches:
        return tuple(Seen() for _ in row_groups)
    with (
        matches(connection, branches) as found,
        registered(connection, idents) as names,
        registered(connection, _bounds(row_groups)) as groups,
    ):
        hits = _HITS.format(matches=found, idents=names, tokens=str(free_text).lower())
        with _held(connection, hits + _GROUPED.format(groups=groups)) as grouped:
            counts = connection.execute(_COUNTS.format(grouped=grouped, shown=shown)).fetchall()
            subjects = connection.execute(f"SELECT DISTINCT f, request FROM {grouped}").fetchall()
        weak = connection.execute(_WEAK.format(matches=found)).fetchall()
    return tuple(
        Seen(
            places=tuple(_place(*row) for row in _of(counts, file)),
            subjects=frozenset(one for (one,) in _of(subjects, file)),
            weak=dict(_of(weak, file)),
        )
        for file in range(len(row_groups))
    )


@contextmanager
def _held(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[str]:
    """Hold the rows of a query in a temporary table, which may spill; yields its name."""
    name = f"grouped_{uuid4().hex}"
    try:
        connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
        yield name
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _of(rows: list[Any], file: int) -> list[Any]:
    return [row[1:] for row in rows if row[0] == file]


def _bounds(row_groups: Sequence[Sequence[int]]) -> pa.Table:
    """Return the rows of each row group as [first, next); where there are none, one that holds all rows."""
    made: dict[str, list[Any]] = {"f": [], "number": [], "first": [], "next": []}
    for file, sizes in enumerate(row_groups):
        ends = list(accumulate(sizes)) or [2**62]
        made["f"] += [file] * len(ends)
        made["number"] += list(range(len(sizes))) if sizes else [None]
        made["first"] += [0, *ends[:-1]]
        made["next"] += ends
    return pa.table({name: pa.array(values, pa.int64()) for name, values in made.items()})


def _place(leaf: str, form: str, group: int | None, rows: int, subjects: int, first: list[Any]) -> Place:
    matches = tuple(Match(row=one["row"], subject=one["subject"]) for one in first)
    return Place(column=leaf, form=form, row_group=group, rows=rows, subjects=subjects, matches=matches)
