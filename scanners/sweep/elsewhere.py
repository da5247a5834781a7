# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Strong identifiers and pseudonyms of the list, wherever they stand: in all text, in bytes, in names.

Who is sought is not known, but by MACs. So all that can be an identifier is cut out of the texts by the
machinery of the residual scan, once each; its MAC is taken; and what is on the list is looked up where it
stood.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import duckdb
import pyarrow as pa

from scanners.residual.branches import Branch, Sees
from scanners.residual.by_value import Text, Traced, traced
from scanners.residual.engine import add_matches, matches, registered
from scanners.residual.layout import Column, Holds, leaves
from scanners.residual.shapes import Anywhere
from scanners.sweep.order import SweepOrder
from scanners.sweep.readings import parts_anywhere, readings_of, wants_of, whole_bytes
from scanners.sweep.values import Met, listed_among

_CANDIDATES = "CREATE TEMP TABLE {} (c VARCHAR, v VARCHAR, f INTEGER, how VARCHAR)"
_DIFFERENT = "CREATE TEMP TABLE {} AS SELECT DISTINCT c FROM {}"


def add_elsewhere(
    order: SweepOrder,
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[Column, ...],
    table: str,
    *,
    into: str,
    first: int,
) -> list[Met]:
    """Add to a table of matches where anybody listed stands, under a declared key or not; return who it is.

    Args:
        order: the list, and what is declared.
        connection: the engine.
        columns: those of the table that is looked through.
        table: SQL of that table.
        into: the table of matches (see `engine.matches`).
        first: the number of the first who is met there.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    if not parts_anywhere(order):
        return []
    wants, places = wants_of(order), tuple(leaves(columns))
    texts = [
        Text(
            leaf=place.label,
            rows=place.rows(table),
            value=Anywhere(text=place.text("v"), wants=wants, repeated=place.repeated),
        )
        for place in places
        if place.textual
    ]
    whole = {place.label: place.rows(table) for place in places if place.holds is Holds.BINARY}
    return _added(order, connection, texts, whole, into, first)


def met_in(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, texts: Sequence[str]
) -> list[tuple[int, Met]]:
    """Return who on the list stands in some texts, and in which of them, by position.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    if not texts or not parts_anywhere(order):
        return []
    numbered = pa.table({"f": pa.array(range(len(texts)), pa.uint64()), "v": pa.array(texts, pa.string())})
    with registered(connection, numbered) as name, matches(connection, ()) as found:
        rows = f"SELECT v, CAST(0 AS BIGINT) AS e, f, CAST(0 AS BIGINT) AS r FROM {name}"
        text = Text(leaf="", rows=rows, value=Anywhere(text="v", wants=wants_of(order)))
        met = _added(order, connection, [text], {}, found, 0)
        pairs = connection.execute(f"SELECT DISTINCT f, ident FROM {found} ORDER BY ALL").fetchall()
    return [(at, met[ident]) for at, ident in pairs]


def _added(
    order: SweepOrder,
    connection: duckdb.DuckDBPyConnection,
    texts: Sequence[Text],
    whole: dict[str, str],
    into: str,
    first: int,
) -> list[Met]:
    with traced(connection, texts) as found, _held(found, whole) as (candidates, different):
        met, needles = _listed(order, connection, different, first)
        if met:
            with registered(connection, needles) as name:
                if found.taken:
                    found.match(f"SELECT * FROM {candidates} WHERE f IS NOT NULL", name, into)
            value = whole_bytes()
            branches = (
                Branch(sees=None, leaf=leaf, rows=rows, value=value, needles=needles)
                for leaf, rows in whole.items()
            )
            add_matches(connection, tuple(branches), into)
    return met


@contextmanager
def _held(found: Traced, whole: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Hold all that texts and binary values may hold, and the different ones of it; yields both tables."""
    candidates, different = (f"{name}_{uuid4().hex}" for name in ("candidates", "different"))
    engine = found.connection
    try:
        engine.execute(_CANDIDATES.format(candidates))
        if found.taken:
            engine.execute(f"INSERT INTO {candidates} SELECT c, v, f, how FROM ({found.candidates()})")
        for rows in whole.values():
            values = f"SELECT DISTINCT v, 0 AS f, 0 AS r, 0 AS e FROM ({rows})"
            engine.execute(
                f"INSERT INTO {candidates} SELECT c, NULL, NULL, NULL FROM ({whole_bytes().select(values)})"
            )
        engine.execute(_DIFFERENT.format(different, candidates))
        yield candidates, different
    finally:
        for name in (candidates, different):
            engine.execute(f"DROP TABLE IF EXISTS {name}")


def _listed(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, different: str, first: int
) -> tuple[list[Met], pa.Table]:
    """Return who is on the list, and how they are spelled there: needle, ident, sees."""
    met, found = list[Met](), list[pa.RecordBatch]()
    for reading in readings_of(order):
        # One CASE: the engine asks conditions in any order, and a text that is no base64 costs an error.
        text = f"CASE WHEN {reading.where} THEN {reading.text} END"
        read = f"SELECT c, {text} AS t FROM {different}"
        among = listed_among(order, connection, reading.part, f"SELECT * FROM ({read}) WHERE t IS NOT NULL")
        met += among.met
        found += among.found
    spelled = pa.chunked_array([batch.column("c") for batch in found], pa.string())
    numbers = pa.array(range(first, first + len(met)), pa.int32())
    sees = pa.repeat(pa.scalar(int(Sees.ELSEWHERE), pa.int8()), len(met))
    return met, pa.table({"needle": spelled, "ident": numbers, "sees": sees})
