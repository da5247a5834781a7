# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""One query per group of files: matches are kept in a temporary table, and only counts leave it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.by_value import TOGETHER, Text, match_by_value
from scanners.residual.order import Hit
from scanners.residual.shapes import Anywhere

# Once for all counts: matches with whose they are, and whose rows are whose.
_KNOWN = (
    "CREATE TEMP TABLE {known} AS SELECT m.*, i.request, i.namespace, i.form, i.shared, i.given"
    " FROM {matches} m JOIN {idents} i USING (ident)"
)
_OWNED = (
    "CREATE TEMP TABLE {owned} AS SELECT DISTINCT f, r, request FROM {known}"
    f" WHERE sees = {Sees.OWNER:d} AND NOT shared"
)
_HITS = (
    f"(SELECT * FROM {{known}} WHERE sees = {Sees.ELSEWHERE:d}) ANTI JOIN"
    f" (SELECT DISTINCT f, r, leaf, request, namespace FROM {{known}} WHERE sees <= {Sees.MENTION:d})"
    " USING (f, r, leaf, request, namespace)"
)
_COUNTS = {
    "rows": "SELECT count(*) FROM (SELECT DISTINCT f, r FROM {owned})",
    "files": "SELECT DISTINCT f FROM {known} WHERE NOT shared AND sees <= 2",
    "owners": "SELECT request, count(*) FROM {owned} GROUP BY request",
    "seen": "SELECT DISTINCT f, request, namespace FROM {known} WHERE sees <= 2",
    "found": "SELECT DISTINCT request, namespace FROM {known} WHERE given AND sees <= 2",
}
_COUNTS_OF = {
    Sees.MENTION: {
        "mentions": (
            "SELECT request, count(DISTINCT (leaf, f, r, e)) FROM {known} ANTI JOIN {owned}"
            f" USING (f, r, request) WHERE sees = {Sees.MENTION:d} AND NOT shared GROUP BY request"
        )
    },
    Sees.ELSEWHERE: {
        "hits": (
            "SELECT leaf, CASE WHEN form = 'plain' THEN how ELSE form END AS form, request,"
            " count(DISTINCT (f, r)), (f, r, request) IN (SELECT (f, r, request) FROM {owned}) AS owned"
            f" FROM {_HITS} GROUP BY ALL"
        )
    },
    Sees.WEAK: {
        "weak": (
            f"SELECT leaf, count(DISTINCT (f, r, e)) FROM {{known}} WHERE sees = {Sees.WEAK:d} GROUP BY leaf"
        )
    },
}
_SHARED = f"SELECT DISTINCT f, r, request FROM {{known}} WHERE sees = {Sees.OWNER:d} AND shared"
# A shared identifier says nobody's row alone: another owner key with a value, of a kind that the person does
# not share, makes the row that owner's.
_UNDECIDED = (
    f"SELECT request, count(*) FROM ({_SHARED} EXCEPT SELECT f, r, request FROM {{owned}} EXCEPT"
    f" SELECT s.f, s.r, s.request FROM ({_SHARED}) s JOIN ({{held}}) h ON s.f = h.f AND s.r = h.r"
    " ANTI JOIN (SELECT request, namespace FROM {idents} WHERE shared) i"
    " ON i.request = s.request AND i.namespace = h.namespace) GROUP BY request"
)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What one group of files held. `files` are positions inside the group.

    `seen` says which file holds, in whatever rows, an identifier of which request and namespace.
    """

    rows: int = 0
    files: frozenset[int] = frozenset()
    owners: Mapping[int, int] = field(default_factory=dict)
    mentions: Mapping[int, int] = field(default_factory=dict)
    undecided: Mapping[int, int] = field(default_factory=dict)
    found: frozenset[tuple[int, str]] = frozenset()
    seen: frozenset[tuple[int, int, str]] = frozenset()
    hits: tuple[Hit, ...] = ()
    weak: Mapping[str, int] = field(default_factory=dict)


def count(
    connection: duckdb.DuckDBPyConnection,
    branches: tuple[Branch, ...],
    idents: pa.Table,
    owners: tuple[tuple[str, str], ...],
) -> Counts:
    """Run the branches and return the counts.

    Args:
        connection: the engine.
        branches: the semi-joins.
        idents: see `Needles.table`.
        owners: (namespace, SQL of the rows that have an owner of that namespace), see `owner_rows`.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    with matches(connection, branches) as table, registered(connection, idents) as names:
        sees = connection.execute(f"SELECT DISTINCT sees FROM {table}").fetchall()
        if not sees:
            return Counts()
        asked = _COUNTS | {k: v for (one,) in sees for k, v in _COUNTS_OF.get(Sees(one), {}).items()}
        with _known(connection, table, names) as tables:
            read = {name: connection.execute(sql.format(**tables)).fetchall() for name, sql in asked.items()}
            undecided = _undecided(connection, tables | {"idents": names}, owners)
    return _counts(defaultdict(list, read | {"undecided": undecided}))


@contextmanager
def _known(connection: duckdb.DuckDBPyConnection, matched: str, idents: str) -> Iterator[dict[str, str]]:
    """Hold two temporary tables, matches and rows with whose they are; yields both names."""
    names = {name: f"{name}_{uuid4().hex}" for name in ("known", "owned")}
    try:
        for query in (_KNOWN, _OWNED):
            connection.execute(query.format(**names, matches=matched, idents=idents))
        yield names
    finally:
        for name in names.values():
            connection.execute(f"DROP TABLE IF EXISTS {name}")


def _undecided(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], owners: tuple[tuple[str, str], ...]
) -> list[Any]:
    """Return (request, rows that only a shared identifier owns); keys are read again only where needed."""
    if not connection.execute(f"{_SHARED} LIMIT 1".format(**tables)).fetchall():
        return []
    held = " UNION ALL ".join(
        f"SELECT f, r, $n{i} AS namespace FROM ({sql})" for i, (_, sql) in enumerate(owners)
    )
    names = {f"n{i}": name for i, (name, _) in enumerate(owners)}
    return connection.execute(_UNDECIDED.format(held=held, **tables), names).fetchall()


@contextmanager
def matches(connection: duckdb.DuckDBPyConnection, branches: tuple[Branch, ...]) -> Iterator[str]:
    """Hold a temporary table of matches: sees, leaf, ident, f, r, e, whole, how; yields its name."""
    table = f"matches_{uuid4().hex}"
    shape = (
        "sees TINYINT, leaf VARCHAR, ident INTEGER, f UBIGINT, r BIGINT, e BIGINT, whole BOOLEAN, how VARCHAR"
    )
    connection.execute(f"CREATE TEMP TABLE {table} ({shape})")
    try:
        add_matches(connection, branches, table)
        yield table
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def add_matches(connection: duckdb.DuckDBPyConnection, branches: tuple[Branch, ...], table: str) -> None:
    """Run some branches, and add what they match to a table of matches (see `matches`)."""
    sought = {id(branch.needles): branch.needles for branch in branches}
    names = {number: f"needles_{uuid4().hex}" for number in sought}
    try:
        for number, needles in sought.items():
            connection.register(names[number], needles)
        whole = [(branch, branch.value) for branch in branches if isinstance(branch.value, Value)]
        for start in range(0, len(whole), TOGETHER):
            some = whole[start : start + TOGETHER]
            parts = [
                value.matched(branch, names[id(branch.needles)], f"leaf{i}")
                for i, (branch, value) in enumerate(some)
            ]
            leaves = {f"leaf{i}": branch.leaf for i, (branch, _) in enumerate(some)}
            connection.execute(f"INSERT INTO {table} " + " UNION ALL ".join(parts), leaves)
        for number, name in names.items():
            mine = [b for b in branches if id(b.needles) == number]
            texts = [
                Text(leaf=b.leaf, rows=b.rows, value=b.value) for b in mine if isinstance(b.value, Anywhere)
            ]
            match_by_value(connection, texts, name, table)
    finally:
        _forget(connection, list(names.values()))


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> Iterator[str]:
    """Hold an Arrow table under a name of its own; yields the name."""
    name = f"arrow_{uuid4().hex}"
    connection.register(name, table)
    try:
        yield name
    finally:
        connection.unregister(name)


def _forget(connection: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    for name in names:
        connection.unregister(name)


def _counts(read: Mapping[str, list[Any]]) -> Counts:
    hits = (
        Hit(column=leaf, form=form, request=request, count=n, in_owned_row=bool(owned))
        for leaf, form, request, n, owned in read["hits"]
    )
    return Counts(
        rows=read["rows"][0][0],
        files=frozenset(row[0] for row in read["files"]),
        owners=dict(read["owners"]),
        mentions=dict(read["mentions"]),
        undecided=dict(read["undecided"]),
        found=frozenset(read["found"]),
        seen=frozenset(read["seen"]),
        hits=tuple(hits),
        weak=dict(read["weak"]),
    )


Progress = Callable[[int, int], None]
