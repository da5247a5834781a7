# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Columns whose values are known subject keys, whatever the columns are called: containment.

The sampled values of every column that no declaration accounts for stand in one table of the engine, made
canonical by each namespace's kind. Each declared key is read once, and the values that it holds are marked.
The share of marked values is the column's containment in that namespace. Nothing is kept: a sketch of keys on
disk would be pseudonymous personal data that no erasure reaches.

Integers join by chance. So each sampled integer has a decoy, a number a little above it: where keys are
sparse no decoy is a key, where they are dense (1, 2, 3, ...) as many decoys as values are. What decoys reach
as well is explained by chance, and counts only with more evidence: a name alike, or large numbers throughout.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

import duckdb
import pyarrow as pa

from lineage_assets.identifiers import Namespace
from rtbf_ledger.tombstones import PLAIN
from scanners.residual.keys import check_kind, key_place, key_value, searched_keys
from scanners.residual.layout import Holds
from scanners.residual.normal import canonical_in_sql
from scanners.residual.order import ScanOrder
from scanners.residual.tables import Group, columns_of
from scanners.sweep.values import part_of
from scanners.undeclared.lineage import KeySource
from scanners.undeclared.names import last_name, name_of, words
from scanners.undeclared.sample import ColumnSample

LEAST_RATE = 0.5
LEAST_VALUES, LEAST_INTEGERS = 20, 100
ABOVE_CHANCE = 0.3
LARGE = 1_000_000
LARGE_RATE = 0.9
LONGEST = 254
"""No identifier is longer: in characters."""
_DIGITS = "[0-9]{1,18}"

Part = tuple[str, str]
"""A namespace and a form: what one key's values are."""


class Evidence(StrEnum):
    """Why values that join are no chance."""

    VALUES = "values_join"
    SPARSE_KEYS = "sparse_keys_join"
    NAME = "name_alike"
    LARGE_NUMBERS = "large_numbers_join"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """One column of an asset whose values are keys of a namespace.

    Attributes:
        asset, column: where.
        sources: the declared keys that hold them, the one that holds most first.
        values: how many distinct values were compared.
        rate: the share of them that are keys.
        evidence: why it is no chance.
    """

    asset: str
    column: str
    sources: tuple[KeySource, ...]
    values: int
    rate: float
    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class _Reached:
    """What the keys reached of one column and namespace: counts of distinct values."""

    values: int
    integers: int
    smallest: int | None
    hit: int
    decoys_hit: int


@dataclass(kw_only=True)
class Joins:
    """One comparison: columns go in, then keys; what joined comes out."""

    connection: duckdb.DuckDBPyConnection
    table: str
    hits: str
    columns: list[tuple[str, str]]
    parts: frozenset[Part]

    def add_keys(self, order: ScanOrder, group: Group, links: dict[int, str]) -> bool:
        """Mark the values that the declared keys of one group of files hold; returns True.

        Raises:
            CouldNotLook: a declared key is missing, or of another type.
            duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
        """
        rows = group.sql(links)
        columns = columns_of(self.connection, group, links)
        for path, key in searched_keys(order):
            part = part_of((path, key))
            if part not in self.parts:
                continue
            place = key_place(order, columns, path)
            check_kind(order, (path, key), place)
            if place.holds is Holds.NOTHING:
                continue
            text = "lower(hex(c))" if place.holds is Holds.BINARY else "CAST(c AS VARCHAR)"
            values = key_value(order, (path, key), place).select(place.rows(rows))
            self.connection.execute(
                f"INSERT INTO {self.hits} SELECT DISTINCT n.id, $asset, $path FROM {self.table} n"
                f" SEMI JOIN (SELECT {text} AS c FROM ({values}) WHERE c IS NOT NULL) k ON n.c = k.c"
                " WHERE n.namespace = $namespace AND n.form = $form",
                {"asset": order.asset, "path": str(path), "namespace": part[0], "form": part[1]},
            )
        return True

    def joined(self, sources: list[KeySource], namespaces: Mapping[str, Namespace]) -> Iterator[Joined]:
        """Yield the columns whose values are keys, more than chance explains."""
        by_place = {(one.asset, str(one.path)): one for one in sources}
        for at, namespace, form, reached in self._reached():
            asset, column = self.columns[at]
            met = [by_place[place] for place in self._met(at, namespace, form)]
            if not met:
                continue
            evidence = _evidence(reached, column, met, namespaces[namespace])
            if evidence is not None:
                yield Joined(
                    asset=asset,
                    column=column,
                    sources=tuple(met),
                    values=reached.values,
                    rate=reached.hit / reached.values,
                    evidence=evidence,
                )

    def _reached(self) -> Iterator[tuple[int, str, str, _Reached]]:
        whole = f"regexp_full_match(c, '{_DIGITS}')"
        rows = self.connection.execute(
            "SELECT col, namespace, form, count(*) FILTER (NOT decoy),"
            f" count(*) FILTER (NOT decoy AND {whole}),"
            f" min(TRY_CAST(c AS BIGINT)) FILTER (NOT decoy AND {whole}),"
            " count(*) FILTER (NOT decoy AND hit), count(*) FILTER (decoy AND hit)"
            f" FROM (SELECT *, id IN (SELECT id FROM {self.hits}) AS hit FROM {self.table})"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for col, namespace, form, values, integers, smallest, hit, decoys_hit in rows:
            yield (
                col,
                namespace,
                form,
                _Reached(values=values, integers=integers, smallest=smallest, hit=hit, decoys_hit=decoys_hit),
            )

    def _met(self, at: int, namespace: str, form: str) -> list[tuple[str, str]]:
        """Return the (asset, path) of the keys that hold values of a column, most first."""
        rows = self.connection.execute(
            f"SELECT h.asset, h.path FROM {self.hits} h JOIN {self.table} n USING (id) WHERE NOT n.decoy"
            " AND n.col = $col AND n.namespace = $namespace AND n.form = $form"
            " GROUP BY ALL ORDER BY count(DISTINCT id) DESC, h.asset, h.path",
            {"col": at, "namespace": namespace, "form": form},
        ).fetchall()
        return [(str(asset), str(path)) for asset, path in rows]


@contextmanager
def joining(
    connection: duckdb.DuckDBPyConnection,
    samples: list[ColumnSample],
    sources: list[KeySource],
    namespaces: Mapping[str, Namespace],
) -> Iterator[Joins]:
    """Hold the canonical values of columns in a temporary table, while keys are compared with them."""
    table, hits = f"values_{uuid4().hex}", f"hits_{uuid4().hex}"
    raw = f"raw_{uuid4().hex}"
    at = [i for i, one in enumerate(samples) for text in one.values if len(text) <= LONGEST]
    texts = [text for one in samples for text in one.values if len(text) <= LONGEST]
    connection.register(raw, pa.table({"col": pa.array(at, pa.int32()), "t": pa.array(texts, pa.string())}))
    parts = frozenset(part_of((one.path, one.key)) for one in sources)
    try:
        connection.execute(
            f"CREATE TEMP TABLE {table} (id BIGINT, col INTEGER, namespace VARCHAR, form VARCHAR,"
            " c VARCHAR, decoy BOOLEAN)"
        )
        connection.execute(f"CREATE TEMP TABLE {hits} (id BIGINT, asset VARCHAR, path VARCHAR)")
        for part in sorted(parts):
            _fill(connection, table, raw, part, namespaces)
        columns = [(one.asset, one.column) for one in samples]
        held = connection.execute(f"SELECT DISTINCT namespace, form FROM {table}").fetchall()
        some = frozenset((str(namespace), str(form)) for namespace, form in held)
        yield Joins(connection=connection, table=table, hits=hits, columns=columns, parts=some)
    finally:
        connection.unregister(raw)
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(f"DROP TABLE IF EXISTS {hits}")


def _fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    raw: str,
    part: Part,
    namespaces: Mapping[str, Namespace],
) -> None:
    """Add the values that could be keys of one part, where enough of a column could, and their decoys."""
    namespace, form = part
    canonical = canonical_in_sql(namespaces[namespace], "t") if form == PLAIN else "lower(trim(t))"
    values = f"SELECT DISTINCT col, {canonical} AS c FROM {raw}"
    all_of = f"SELECT col, count(DISTINCT t) AS whole FROM {raw} GROUP BY col"
    enough = (
        f"SELECT v.col FROM ({values}) v JOIN ({all_of}) a USING (col) WHERE v.c IS NOT NULL"
        f" GROUP BY v.col HAVING count(*) >= {LEAST_VALUES} AND count(*) >= {LEAST_RATE} * any_value(a.whole)"
    )
    start = f"(SELECT coalesce(max(id), 0) FROM {table})"
    named = {"namespace": namespace, "form": form}
    connection.execute(
        f"INSERT INTO {table} SELECT {start} + row_number() OVER (), col, $namespace, $form, c, false"
        f" FROM ({values}) WHERE c IS NOT NULL AND col IN ({enough})",
        named,
    )
    shifted = "CAST(CAST(c AS BIGINT) + 1 + CAST(hash(c) % 997 AS BIGINT) AS VARCHAR)"
    connection.execute(
        f"INSERT INTO {table} SELECT {start} + row_number() OVER (), col, namespace, form, {shifted}, true"
        f" FROM {table} WHERE namespace = $namespace AND form = $form AND regexp_full_match(c, '{_DIGITS}')",
        named,
    )


def _evidence(
    reached: _Reached, column: str, sources: list[KeySource], namespace: Namespace
) -> Evidence | None:
    """Return why the values of a column that are keys are no chance, or None where they may be."""
    rate = reached.hit / reached.values
    numbers = reached.integers >= LEAST_RATE * reached.values
    if rate < LEAST_RATE or reached.values < (LEAST_INTEGERS if numbers else LEAST_VALUES):
        return None
    if not numbers:
        return Evidence.VALUES
    if reached.hit - reached.decoys_hit >= ABOVE_CHANCE * reached.values:
        return Evidence.SPARSE_KEYS
    known = words(namespace.name).union(*(words(last_name(one.path)) for one in sources))
    if words(name_of(column)) & known:
        return Evidence.NAME
    large = (reached.smallest or 0) >= LARGE and rate >= LARGE_RATE
    return Evidence.LARGE_NUMBERS if large else None
