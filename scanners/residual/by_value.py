# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""All text of a table compared by distinct values: what shows a trace, once each, of all places at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import duckdb

from scanners.residual.shapes import Anywhere

TOGETHER = 16  # places of one plan: making one costs the square of them


@dataclass(frozen=True, kw_only=True)
class Text:
    """All text of one place: its label, the SQL of its values (see `Place.rows`), how they are compared."""

    leaf: str
    rows: str
    value: Anywhere


@dataclass(frozen=True, kw_only=True)
class Traced:
    """The different texts of some places that show a trace of what is sought.

    Attributes:
        connection: the engine that holds them.
        places: the places; all want the same.
        texts: the table of them: f (number of the place), v, way.
        taken: the ways that they take; without any there are none.
    """

    connection: duckdb.DuckDBPyConnection
    places: Sequence[Text]
    texts: str
    taken: tuple[int, ...]

    def candidates(self, needles: str | None = None) -> str:
        """Return the SQL of all that the texts may hold: c, v, f, how.

        Args:
            needles: the name of what is sought, where it is known: texts that cannot hold it are left out.
        """
        value = self.places[0].value
        each = (
            value.candidates(f"SELECT v, f FROM {self.texts} WHERE way = {way:d}", way, needles)
            for way in self.taken
        )
        return " UNION ALL ".join(each)

    def match(self, candidates: str, needles: str, table: str) -> None:
        """Add the rows that hold what is sought to a table of matches (see `engine.matches`).

        Args:
            candidates: SQL of all that the texts may hold, or the table of it.
            needles: the name of what is sought: needle, ident, sees.
            table: the table of matches.
        """
        found, named = (f"{name}_{uuid4().hex}" for name in ("found", "named"))
        try:
            self.connection.execute(
                f"CREATE TEMP TABLE {found} AS SELECT DISTINCT x.f AS leaf, x.v, x.how, n.needle, n.sees,"
                f" n.ident FROM ({candidates}) x JOIN {needles} n ON x.c = n.needle"
            )
            if _empty(self.connection, found):
                return
            self.connection.execute(
                f"CREATE TEMP TABLE {named} AS SELECT DISTINCT leaf, v, sees, ident,"
                f" {self.places[0].value.how()} AS how FROM {found} n"
            )
            leaves = self.connection.execute(f"SELECT DISTINCT leaf FROM {named} ORDER BY leaf").fetchall()
            for (at,) in leaves:
                self._add_rows(at, named, table)
        finally:
            for name in (found, named):
                self.connection.execute(f"DROP TABLE IF EXISTS {name}")

    def _add_rows(self, at: int, named: str, table: str) -> None:
        place = self.places[at]
        texts = f"SELECT {place.value.text} AS x, f, r, e FROM ({place.rows})"
        self.connection.execute(
            f"INSERT INTO {table} SELECT n.sees, $leaf, n.ident, t.f, t.r, t.e, n.how = 'plain', n.how"
            f" FROM ({texts}) t JOIN {named} n ON t.x = n.v WHERE n.leaf = {at:d}",
            {"leaf": place.leaf},
        )


def match_by_value(
    connection: duckdb.DuckDBPyConnection, places: Sequence[Text], needles: str, table: str
) -> None:
    """Add the matches of some places to a table (see `engine.matches`).

    Args:
        connection: the engine.
        places: the places, which share their needles.
        needles: the name under which the needles are registered.
        table: the table of matches.
    """
    with traced(connection, places) as found:
        if found.taken:
            found.match(found.candidates(needles), needles, table)


@contextmanager
def traced(connection: duckdb.DuckDBPyConnection, places: Sequence[Text]) -> Iterator[Traced]:
    """Hold the different texts of some places that show a trace, once each."""
    names = values, texts = [f"{name}_{uuid4().hex}" for name in ("values", "ways")]
    try:
        connection.execute(f"CREATE TEMP TABLE {values} (leaf INTEGER, x VARCHAR)")
        for start in range(0, len(places), TOGETHER):
            some = enumerate(places[start : start + TOGETHER], start)
            parts = (_traced(at, place) for at, place in some)
            connection.execute(f"INSERT INTO {values} {' UNION ALL '.join(parts)}")
        taken = _ways(connection, places[0].value, values, texts) if places else ()
        yield Traced(connection=connection, places=places, texts=texts, taken=taken)
    finally:
        for name in names:
            connection.execute(f"DROP TABLE IF EXISTS {name}")


def _ways(connection: duckdb.DuckDBPyConnection, value: Anywhere, values: str, texts: str) -> tuple[int, ...]:
    """Make the table of texts and their ways, where there are any; return the ways."""
    if _empty(connection, values):
        return ()
    connection.execute(
        f"CREATE TEMP TABLE {texts} AS SELECT leaf AS f, x AS v, {value.way('x')} AS way FROM {values}"
    )
    taken = connection.execute(f"SELECT DISTINCT way FROM {texts} ORDER BY way").fetchall()
    return tuple(way for (way,) in taken)


def _traced(at: int, place: Text) -> str:
    value = place.value
    texts = f"SELECT {value.text} AS x FROM ({place.rows})"
    if value.repeated:
        # Over an aggregate, so that the engine does not ask before it has picked out the different values.
        texts = f"SELECT any_value(x) AS x FROM ({texts}) GROUP BY x"
        return f"SELECT {at:d}, x FROM ({texts}) WHERE {value.trace('x')}"
    return f"SELECT DISTINCT {at:d}, x FROM ({texts}) WHERE {value.trace('x')}"


def _empty(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return not connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall()
