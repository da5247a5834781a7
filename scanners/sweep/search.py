"""One group of files compared with the list: first the distinct values, then the rows of those listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa

from scanners.residual.engine import matches, registered
from scanners.residual.keys import searched_keys
from scanners.residual.needles import PLAIN
from scanners.residual.tables import Group, columns_of, rows_of
from scanners.sweep.order import ListKey, SweepOrder
from scanners.sweep.values import KeyValues, Listed, key_values

_KNOWN = "WITH k AS (SELECT m.f, m.r, i.* FROM {matches} m JOIN {idents} i USING (ident)) "
_BY_FILE = "SELECT request, f, count(DISTINCT r) FROM k GROUP BY ALL"
_BY_PART = "SELECT request, namespace, form, count(DISTINCT (f, r)) FROM k GROUP BY ALL"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one group held. `by_file` counts rows at (request, position in the group)."""

    values: int
    by_file: Mapping[tuple[str, int], int] = field(default_factory=dict)
    by_part: Mapping[tuple[str, ListKey], int] = field(default_factory=dict)
    also: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identifiers: Mapping[str, frozenset[ListKey]] = field(default_factory=dict, repr=False)


def search(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, group: Group, links: dict[int, str]
) -> Part:
    """Compare all declared keys of one group of files with the list.

    Raises:
        CouldNotLook: a declared key is missing, or of another type.
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    table = group.sql(links)
    columns = columns_of(connection, group, links)
    rows_of(connection, group, table)  # reads the columns of a CSV file that the keys do not, to the end
    seen = [
        key_values(order, connection, columns, table, declared) for declared in searched_keys(order.place)
    ]
    values = sum(one.values for one in seen)
    if not any(one.listed for one in seen):
        return Part(values=values)
    return replace(_counted(connection, seen), values=values)


def _counted(connection: duckdb.DuckDBPyConnection, seen: list[KeyValues]) -> Part:
    """Count the rows of the listed values; their numbers are made distinct over the keys first."""
    branches, listed = [], list[Listed]()
    for one in seen:
        if one.branch is not None:
            numbers = pa.array(range(len(listed), len(listed) + len(one.listed)), pa.int32())
            needles = one.branch.needles.set_column(1, "ident", numbers)
            branches.append(replace(one.branch, needles=needles))
            listed += one.listed
    with matches(connection, tuple(branches)) as table, registered(connection, _idents(listed)) as idents:
        known = _KNOWN.format(matches=table, idents=idents)
        by_file = connection.execute(known + _BY_FILE).fetchall()
        by_part = connection.execute(known + _BY_PART).fetchall()
    requests = {one.requests[-1] for one in listed}
    return Part(
        values=0,
        by_file={(request, at): rows for request, at, rows in by_file},
        by_part={(request, (namespace, form)): rows for request, namespace, form, rows in by_part},
        also={name: _also(listed, name) for name in requests},
        identifiers={name: _identifiers(listed, name) for name in requests},
    )


def _idents(listed: list[Listed]) -> pa.Table:
    return pa.table(
        {
            "ident": pa.array(range(len(listed)), pa.int32()),
            "request": pa.array([one.requests[-1] for one in listed], pa.string()),
            "namespace": pa.array([one.part[0] for one in listed], pa.string()),
            "form": pa.array([one.part[1] for one in listed], pa.string()),
        }
    )


def _also(listed: list[Listed], request: str) -> frozenset[str]:
    """The earlier requests of the same people."""
    return frozenset(name for one in listed if one.requests[-1] == request for name in one.requests[:-1])


def _identifiers(listed: list[Listed], request: str) -> frozenset[ListKey]:
    """The identifiers that stand in the data as they are."""
    mine = (one for one in listed if one.requests[-1] == request and one.part[1] == PLAIN)
    return frozenset((one.part[0], one.value) for one in mine)
