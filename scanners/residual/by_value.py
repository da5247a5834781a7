# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""All text of a table compared by distinct values: what shows a trace, once each, of all places at once."""

from collections.abc import Sequence
from uuid import uuid4

import duckdb

from scanners.residual.branches import Branch
from scanners.residual.shapes import Anywhere

TOGETHER = 16  # places of one plan: making one costs the square of them


def match_by_value(
    connection: duckdb.DuckDBPyConnection,
    branches: Sequence[tuple[Branch, Anywhere]],
    needles: str,
    table: str,
) -> None:
    """Add the matches of some places to a table (see `matches`).

    Args:
        connection: the engine.
        branches: the places, which share their needles, and how they are compared.
        needles: the name under which the needles are registered.
        table: the table of matches.
    """
    names = values, ways, found, named = [
        f"{name}_{uuid4().hex}" for name in ("values", "ways", "found", "named")
    ]
    try:
        connection.execute(f"CREATE TEMP TABLE {values} (leaf INTEGER, x VARCHAR)")
        for start in range(0, len(branches), TOGETHER):
            some = enumerate(branches[start : start + TOGETHER], start)
            parts = (_traced(at, branch, value) for at, (branch, value) in some)
            connection.execute(f"INSERT INTO {values} {' UNION ALL '.join(parts)}")
        if not branches or _empty(connection, values):
            return
        value = branches[0][1]
        connection.execute(
            f"CREATE TEMP TABLE {ways} AS SELECT leaf AS f, x AS v, {value.way('x')} AS way FROM {values}"
        )
        taken = connection.execute(f"SELECT DISTINCT way FROM {ways} ORDER BY way").fetchall()
        each = (
            value.candidates(f"SELECT v, f FROM {ways} WHERE way = {way:d}", way, needles) for (way,) in taken
        )
        connection.execute(
            f"CREATE TEMP TABLE {found} AS SELECT DISTINCT x.f AS leaf, x.v, x.how, n.needle, n.sees, n.ident"
            f" FROM ({' UNION ALL '.join(each)}) x JOIN {needles} n ON x.c = n.needle"
        )
        if _empty(connection, found):
            return
        connection.execute(
            f"CREATE TEMP TABLE {named} AS"
            f" SELECT DISTINCT leaf, v, sees, ident, {value.how()} AS how FROM {found} n"
        )
        leaves = connection.execute(f"SELECT DISTINCT leaf FROM {named} ORDER BY leaf").fetchall()
        for (at,) in leaves:
            branch, own = branches[at]
            texts = f"SELECT {own.text} AS x, f, r, e FROM ({branch.rows})"
            connection.execute(
                f"INSERT INTO {table} SELECT n.sees, $leaf, n.ident, t.f, t.r, t.e, n.how = 'plain', n.how"
                f" FROM ({texts}) t JOIN {named} n ON t.x = n.v WHERE n.leaf = {at:d}",
                {"leaf": branch.leaf},
            )
    finally:
        for name in names:
            connection.execute(f"DROP TABLE IF EXISTS {name}")


def _traced(at: int, branch: Branch, value: Anywhere) -> str:
    texts = f"SELECT {value.text} AS x FROM ({branch.rows})"
    if value.repeated:
        # Over an aggregate, so that the engine does not ask before it has picked out the different values.
        texts = f"SELECT any_value(x) AS x FROM ({texts}) GROUP BY x"
        return f"SELECT {at:d}, x FROM ({texts}) WHERE {value.trace('x')}"
    return f"SELECT DISTINCT {at:d}, x FROM ({texts}) WHERE {value.trace('x')}"


def _empty(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return not connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall()
