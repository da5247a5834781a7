"""One group of files compared with the list: first the distinct values, then the rows of those listed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rtbf_ledger.store import moment
from rtbf_ledger.tombstones import Listed
from scanners.residual.engine import matches, registered
from scanners.residual.keys import searched_keys
from scanners.residual.needles import PLAIN
from scanners.residual.tables import Group, columns_of, rows_of
from scanners.sweep.event_times import event_times
from scanners.sweep.order import ListKey, SweepOrder
from scanners.sweep.values import KeyValues, Met, key_values

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KNOWN = (
    "CREATE TEMP TABLE {name} AS SELECT * FROM"
    " (SELECT m.f, m.r, i.*, {later} AS later FROM {matches} m JOIN {idents} i USING (ident) {times})"
    " WHERE NOT (later AND readmitted)"
)
_TIMES = "JOIN ({}) t USING (f, r)"
_LATER = "coalesce(t.at > i.until, false)"
_BY_FILE = "SELECT request, f, count(DISTINCT r) FROM {} GROUP BY ALL"
_BY_PART = "SELECT request, namespace, form, count(DISTINCT (f, r)) FROM {} WHERE NOT later GROUP BY ALL"
_LATER_ROWS = (
    "SELECT request, count(*) FROM"
    " (SELECT request FROM {} GROUP BY request, f, r HAVING bool_and(later)) GROUP BY ALL"
)
_IDENTS = "SELECT DISTINCT ident FROM {} ORDER BY ident"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one group held. `by_file` counts rows at (request, position in the group)."""

    values: int
    by_file: Mapping[tuple[str, int], int] = field(default_factory=dict)
    by_part: Mapping[tuple[str, ListKey], int] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)
    readmitted: frozenset[str] = frozenset()
    also: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identifiers: Mapping[str, frozenset[ListKey]] = field(default_factory=dict, repr=False)


def search(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, group: Group, links: dict[int, str]
) -> Part:
    """Compare all declared keys of one group of files with the list.

    Raises:
        CouldNotLook: a declared key or the event time is missing, or of another type.
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    table = group.sql(links)
    columns = columns_of(connection, group, links)
    times = event_times(order.place, columns, table)
    rows_of(connection, group, table)  # reads the columns of a CSV file that the keys do not, to the end
    seen = [
        key_values(order, connection, columns, table, declared) for declared in searched_keys(order.place)
    ]
    values = sum(one.values for one in seen)
    if not any(one.met for one in seen):
        return Part(values=values)
    return replace(_counted(connection, seen, times), values=values)


def _counted(connection: duckdb.DuckDBPyConnection, seen: list[KeyValues], times: str | None) -> Part:
    """Count the rows of the listed values; their numbers are made distinct over the keys first."""
    branches, met = [], list[Met]()
    for one in seen:
        if one.branch is not None:
            numbers = pc.add(one.branch.needles["ident"], pa.scalar(len(met), pa.int32()))
            needles = one.branch.needles.set_column(1, "ident", numbers)
            branches.append(replace(one.branch, needles=needles))
            met += one.met
    with (
        matches(connection, tuple(branches)) as table,
        registered(connection, _idents(met)) as idents,
        _known(connection, table, idents, times) as known,
    ):
        by_file, by_part, later, left = (
            connection.execute(query.format(known)).fetchall()
            for query in (_BY_FILE, _BY_PART, _LATER_ROWS, _IDENTS)
        )
    there = [met[ident] for (ident,) in left]
    return Part(
        values=0,
        by_file={(request, at): rows for request, at, rows in by_file},
        by_part={(request, (namespace, form)): rows for request, namespace, form, rows in by_part},
        later=dict(later),
        readmitted=frozenset(one.listed.requests[-1] for one in met if one.listed.readmitted),
        also=_also(there),
        identifiers=_identifiers(there),
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


def _also(met: Iterable[Met]) -> dict[str, frozenset[str]]:
    """Return by request the earlier requests of its people."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in met:
        *earlier, request = one.listed.requests
        found[request].update(earlier)
    return {request: frozenset(names) for request, names in found.items()}


def _identifiers(met: Iterable[Met]) -> dict[str, frozenset[ListKey]]:
    """Return by request the identifiers that stand in the data as they are."""
    found: defaultdict[str, set[ListKey]] = defaultdict(set)
    for one in met:
        if one.part[1] == PLAIN:
            found[one.listed.requests[-1]].add((one.part[0], one.value))
    return {request: frozenset(pairs) for request, pairs in found.items()}
