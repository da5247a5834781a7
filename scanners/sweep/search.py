# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""One group of files compared with the list: first the distinct values, then the rows of those listed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rtbf_ledger.store import moment
from rtbf_ledger.tombstones import Listed
from scanners.residual.branches import Branch, Sees
from scanners.residual.engine import matches, registered
from scanners.residual.keys import searched_keys
from scanners.residual.needles import PLAIN
from scanners.residual.tables import Group, columns_of, rows_of
from scanners.sweep.elsewhere import add_elsewhere
from scanners.sweep.event_times import event_times
from scanners.sweep.labels import labels_of
from scanners.sweep.order import ListKey, SweepOrder
from scanners.sweep.values import KeyValues, Met, key_values

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KNOWN = (
    "CREATE TEMP TABLE {name} AS SELECT * FROM"
    " (SELECT m.sees, m.leaf, m.f, m.r, i.*, {later} AS later FROM {matches} m JOIN {idents} i USING (ident)"
    " {times}) WHERE NOT (later AND readmitted)"
)
_TIMES = "JOIN ({}) t USING (f, r)"
_LATER = "coalesce(t.at > i.until, false)"
_KEYS = f"(SELECT * FROM {{0}} WHERE sees = {Sees.OWNER:d})"
# What a key has met in the same row goes with its row.
_ELSEWHERE = (
    f"(SELECT * FROM (SELECT * FROM {{0}} WHERE sees = {Sees.ELSEWHERE:d}) ANTI JOIN"
    f" (SELECT f, r, request FROM {{0}} WHERE sees = {Sees.OWNER:d}) USING (f, r, request))"
)
_BY_FILE = "SELECT request, f, count(DISTINCT r) FROM {} GROUP BY ALL"
_BY_PART = "SELECT request, namespace, form, count(DISTINCT (f, r)) FROM {} WHERE NOT later GROUP BY ALL"
_LATER_ROWS = (
    "SELECT request, count(*) FROM"
    " (SELECT request FROM {} GROUP BY request, f, r HAVING bool_and(later)) GROUP BY ALL"
)
_IDENTS = "SELECT DISTINCT ident FROM {} ORDER BY ident"
_PLACES = "SELECT DISTINCT request, leaf FROM {}"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of listed people, by request: `by_file` counts them at (request, position in the group)."""

    by_file: Mapping[tuple[str, int], int] = field(default_factory=dict)
    by_part: Mapping[tuple[str, ListKey], int] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one group held: rows met under declared keys, and rows where only something elsewhere was."""

    values: int
    keys: Rows = field(default_factory=Rows)
    elsewhere: Rows = field(default_factory=Rows)
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    readmitted: frozenset[str] = frozenset()
    also: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identifiers: Mapping[str, frozenset[ListKey]] = field(default_factory=dict, repr=False)


def search(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, group: Group, links: dict[int, str]
) -> Part:
    """Compare all declared keys of one group of files with the list, and all else that may hold a strong one.

    Raises:
        CouldNotLook: a declared key or the event time is missing, or of another type.
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    table = group.sql(links)
    columns = columns_of(connection, group, links)
    times = event_times(order.place, columns, table)
    rows_of(connection, group, table)  # reads the columns of a CSV file that nothing else does, to the end
    seen = [
        key_values(order, connection, columns, table, declared) for declared in searched_keys(order.place)
    ]
    values = sum(one.values for one in seen)
    branches, met = _numbered(seen)
    with matches(connection, branches) as found:
        met += add_elsewhere(order, connection, columns, table, into=found, first=len(met))
        if not met:
            return Part(values=values)
        part = _counted(connection, found, met, times)
    labels = {label for named in part.places.values() for label in named}
    shown = labels_of(order, connection, columns, labels)
    places = {name: frozenset(shown[label] for label in named) for name, named in part.places.items()}
    return replace(part, values=values, places=places)


def _numbered(seen: list[KeyValues]) -> tuple[tuple[Branch, ...], list[Met]]:
    """Return the semi-joins of the listed values, with numbers that are different over the keys."""
    branches, met = [], list[Met]()
    for one in seen:
        if one.branch is not None:
            numbers = pc.add(one.branch.needles["ident"], pa.scalar(len(met), pa.int32()))
            needles = one.branch.needles.set_column(1, "ident", numbers)
            branches.append(replace(one.branch, needles=needles))
            met += one.met
    return tuple(branches), met


def _counted(connection: duckdb.DuckDBPyConnection, table: str, met: list[Met], times: str | None) -> Part:
    """Count the rows of the listed values."""
    with (
        registered(connection, _idents(met)) as idents,
        _known(connection, table, idents, times) as known,
    ):
        keys, elsewhere = _KEYS.format(known), _ELSEWHERE.format(known)
        under_keys, left, places = (
            connection.execute(query).fetchall()
            for query in (_IDENTS.format(keys), _IDENTS.format(known), _PLACES.format(elsewhere))
        )
        rows = [_rows(connection, one) for one in (keys, elsewhere)]
    return Part(
        values=0,
        keys=rows[0],
        elsewhere=rows[1],
        places=_gathered((request, leaf) for request, leaf in places),
        readmitted=frozenset(one.listed.requests[-1] for one in met if one.listed.readmitted),
        also=also([met[ident] for (ident,) in left]),
        identifiers=_identifiers([met[ident] for (ident,) in under_keys]),
    )


def _rows(connection: duckdb.DuckDBPyConnection, known: str) -> Rows:
    by_file, by_part, later = (
        connection.execute(query.format(known)).fetchall() for query in (_BY_FILE, _BY_PART, _LATER_ROWS)
    )
    return Rows(
        by_file={(request, at): rows for request, at, rows in by_file},
        by_part={(request, (namespace, form)): rows for request, namespace, form, rows in by_part},
        later=dict(later),
    )


@contextmanager
def _known(
    connection: duckdb.DuckDBPyConnection, table: str, idents: str, times: str | None
) -> Iterator[str]:
    """Hold the matches with whose they are and whether they are later; those that are lawful are left out."""
    name = f"known_{uuid4().hex}"
    later, joined = (_LATER, _TIMES.format(times)) if times else ("false", "")
    connection.execute(_KNOWN.format(name=name, later=later, matches=table, idents=idents, times=joined))
    try:
        yield name
    finally:
        connection.execute(f"DROP TABLE {name}")


def _idents(met: list[Met]) -> pa.Table:
    return pa.table(
        {
            "ident": pa.array(range(len(met)), pa.int32()),
            "request": pa.array([one.listed.requests[-1] for one in met], pa.string()),
            "namespace": pa.array([one.part[0] for one in met], pa.string()),
            "form": pa.array([one.part[1] for one in met], pa.string()),
            "until": pa.array([_until(one.listed) for one in met], pa.int64()),
            "readmitted": pa.array([one.listed.readmitted for one in met], pa.bool_()),
        }
    )


def _until(listed: Listed) -> int | None:
    """Return the last instant of what is no later row, in microseconds; a readmission begins right after."""
    if listed.until is None:
        return None
    return (moment(listed.until) - EPOCH) // timedelta(microseconds=1) - listed.readmitted


def also(met: Iterable[Met]) -> dict[str, frozenset[str]]:
    """Return by request the earlier requests of its people."""
    return _gathered((one.listed.requests[-1], name) for one in met for name in one.listed.requests[:-1])


def _identifiers(met: Iterable[Met]) -> dict[str, frozenset[ListKey]]:
    """Return by request the identifiers that stand in the data as they are."""
    plain = (one for one in met if one.part[1] == PLAIN)
    return _gathered((one.listed.requests[-1], (one.part[0], one.value)) for one in plain)


def _gathered(pairs: Iterable[tuple[str, T]]) -> dict[str, frozenset[T]]:
    found: defaultdict[str, set[T]] = defaultdict(set)
    for request, one in pairs:
        found[request].add(one)
    return {request: frozenset(each) for request, each in found.items()}
