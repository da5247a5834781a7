# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""The distinct values of declared keys, and which of them are on the suppression list.

Values are made canonical by the engine, as for the residual scan, and leave it in batches; each MAC is taken
here, so that the tombstone key never enters a SQL text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

import duckdb
import pyarrow as pa

from rtbf_ledger.tombstones import Listed, macs_of
from scanners.residual.branches import Branch, Sees, Value
from scanners.residual.engine import registered
from scanners.residual.keys import Declared, check_kind, key_place, key_value
from scanners.residual.layout import Column, Holds
from scanners.residual.needles import PLAIN, PSEUDONYM
from scanners.sweep.order import ListKey, SweepOrder

BATCH = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Met:
    """One value that is on the list: as text, the part of the list it is on, and what the list says of it."""

    part: ListKey
    value: str = field(repr=False)
    listed: Listed


@dataclass(frozen=True, kw_only=True)
class KeyValues:
    """What one declared key held: distinct values, those on the list, and the semi-join that finds them."""

    values: int
    met: tuple[Met, ...] = ()
    branch: Branch | None = None


@dataclass(kw_only=True)
class Among:
    """How many values were compared with one part of the list, which are on it, and how those stood: c."""

    values: int = 0
    met: list[Met] = field(default_factory=list)
    found: list[pa.RecordBatch] = field(default_factory=list, repr=False)


def part_of(declared: Declared) -> ListKey:
    """Return the part of the list that a declared key is compared with."""
    _, key = declared
    return key.namespace, PSEUDONYM + key.hmac_key if key.hmac_key else PLAIN


def key_values(
    order: SweepOrder,
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[Column, ...],
    table: str,
    declared: Declared,
) -> KeyValues:
    """Compare the distinct values of one declared key with the list.

    Raises:
        CouldNotLook: the column is missing, or its type cannot hold the key.
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    place = key_place(order.place, columns, declared[0])
    check_kind(order.place, declared, place)
    if place.holds is Holds.NOTHING:
        return KeyValues(values=0)
    value = key_value(order.place, declared, place)
    rows = place.rows(table)
    text = "lower(hex(c))" if place.holds is Holds.BINARY else "CAST(c AS VARCHAR)"
    part = part_of(declared)
    with _spelled(connection, value, rows) as spelled:
        among = listed_among(
            order, connection, part, f"SELECT c, {text} AS t FROM (SELECT DISTINCT c FROM {spelled})"
        )
        if not among.met:
            return KeyValues(values=among.values)
        needles = _spellings(connection, spelled, pa.Table.from_batches(among.found))
    branch = Branch(
        sees=Sees.OWNER, leaf=place.label, rows=rows, value=Value(candidates="v"), needles=needles
    )
    return KeyValues(values=among.values, met=tuple(among.met), branch=branch)


def listed_among(
    order: SweepOrder, connection: duckdb.DuckDBPyConnection, part: ListKey, values: str
) -> Among:
    """Return which of some different values are on one part of the list.

    Args:
        order: the list, and its key.
        connection: the engine.
        part: the part of the list.
        values: SQL of the values: c, and as canonical text t.
    """
    wanted = order.listed.get(part, {})
    among = Among()
    for batch in _batches(connection, values):
        texts = cast("list[str]", batch.column("t").to_pylist())
        macs = enumerate(macs_of(order.mac_key, *part, texts))
        at = {i: wanted[mac] for i, mac in macs if mac in wanted}
        if at:
            among.met += [Met(part=part, value=texts[i], listed=listed) for i, listed in at.items()]
            among.found.append(batch.select(["c"]).take(pa.array(list(at), pa.int64())))
        among.values += len(texts)
    return among


@contextmanager
def _spelled(connection: duckdb.DuckDBPyConnection, value: Value, rows: str) -> Iterator[str]:
    """Hold the distinct values as they are spelled, v, and what they mean, c; yields the table's name."""
    name = f"spelled_{uuid4().hex}"
    values = f"SELECT DISTINCT v, 0 AS f, 0 AS r, 0 AS e FROM ({rows}) WHERE v IS NOT NULL"
    once = "DISTINCT " if value.several else ""
    meant = f"SELECT {once}v, c FROM ({value.select(values)}) WHERE c IS NOT NULL"
    connection.execute(f"CREATE TEMP TABLE {name} AS {meant}")
    try:
        yield name
    finally:
        connection.execute(f"DROP TABLE {name}")


def _spellings(connection: duckdb.DuckDBPyConnection, spelled: str, found: pa.Table) -> pa.Table:
    """Return every spelling of the values that were found, with their numbers: needle, ident.

    Rows are looked up by it: to make all of them canonical once more takes longer than all the rest.
    """
    numbered = found.append_column("ident", pa.array(range(len(found)), pa.int32()))
    with registered(connection, numbered) as known:
        query = f"SELECT v AS needle, ident FROM {spelled} JOIN {known} USING (c)"
        spellings: pa.Table = connection.sql(query).to_arrow_table()
    return spellings


def _batches(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatch]:
    """Yield the result in batches, streamed: the engine may spill the rest.

    Raises:
        duckdb.Error: the engine failed, at whatever batch.
    """
    try:
        with connection.sql(sql).to_arrow_reader(BATCH) as reader:
            yield from reader
    except (pa.ArrowException, OSError):
        raise duckdb.OutOfMemoryException("a batch could not be handed over") from None
