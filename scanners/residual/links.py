# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Which identifiers stand in the same rows: for identity expansion over link assets."""

import duckdb

from scanners.errors import CouldNotLook, Reason
from scanners.residual.branches import Value
from scanners.residual.engine import matches
from scanners.residual.keys import Declared, key_branch, key_place, key_value
from scanners.residual.layout import Holds, Place
from scanners.residual.order import ScanOrder
from scanners.residual.scan import Look, guarded, looking
from scanners.residual.tables import Group, columns_of, groups_of

Pair = tuple[int, str]


def linked(
    order: ScanOrder, source: str, target: str, connection: duckdb.DuckDBPyConnection
) -> list[tuple[int, str, str]]:
    """Return (request, source value, target value) of the rows whose `source` key equals a sought value.

    Values are canonical; each triple comes once, in order. Rows without a target value give nothing.

    Raises:
        CouldNotLook: the asset cannot be searched whole, or has no key of a namespace that could be read.
    """
    keys = _keys(order, source, readable=False), _keys(order, target, readable=True)
    found: set[Pair] = set()
    with looking(order, connection) as look:
        for group in groups_of(order, look.files):
            found |= guarded(look, group, lambda part: _pairs(look, part, keys))
        sought = {n.ident: n.sought for n in look.needles.all}
    return sorted({(sought[i].request, sought[i].value, value) for i, value in found})


def _keys(order: ScanOrder, namespace: str, *, readable: bool) -> list[Declared]:
    """The declared keys of a namespace.

    Raises:
        CouldNotLook: there is none (or only pseudonyms where values have to be read).
    """
    keys = [
        (path, key) for path, key in order.declaration.keys
        if key.namespace == namespace and not (readable and key.hmac_key)
    ]  # fmt: skip
    if not keys:
        sentence = f"it has no key of namespace {namespace}" + (" that is no pseudonym" if readable else "")
        raise CouldNotLook(order.asset, Reason.MISSING_COLUMN, sentence)
    return keys


def _pairs(look: Look, group: Group, keys: tuple[list[Declared], list[Declared]]) -> set[Pair]:
    table = group.sql(look.links)
    columns = columns_of(look.connection, group, look.links)
    sources = [key_branch(look.order, columns, look.needles, table, key) for key in keys[0]]
    targets = [_values(look.order, key_place(look.order, columns, key[0]), table, key) for key in keys[1]]
    with matches(look.connection, tuple(b for b in sources if b is not None)) as found:
        values = " UNION ALL ".join(targets)
        query = f"SELECT DISTINCT m.ident, t.c FROM {found} m JOIN ({values}) t ON m.f = t.f AND m.r = t.r"
        return {(ident, value) for ident, value in look.connection.execute(query).fetchall() if value}


def _values(order: ScanOrder, place: Place, table: str, key: Declared) -> str:
    value = key_value(order, key, place)
    if place.holds is Holds.INTEGER:
        value = Value(candidates="CASE WHEN v >= 0 THEN CAST(v AS VARCHAR) END")
    return f"SELECT c, f, r FROM ({value.select(place.rows(table))})"
