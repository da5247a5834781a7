# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""The columns of one asset: what each is called, of what type, and a bounded sample of its distinct values.

Each group of files is read twice: once to count, once to sample. A sample takes the values with the smallest
hashes, so that it does not depend on the order of rows or files, and a rare value is in it as likely as a
frequent one. Values stay in memory.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import duckdb

from scanners.residual.layout import INTEGER_BITS, Column, Holds, Place, leaves
from scanners.residual.tables import Group, columns_of
from scanners.undeclared.sample import MOST_VALUES, ColumnSample

MOST_TEXT = 4096
"""A longer text is cut: in characters."""
AT_ONCE = 50
_HASHES = 1 << 64
_NOT_SAMPLED = frozenset({"boolean", "interval", "bit"})
_NUMBERS = frozenset({"float", "double", "decimal"})
_SHORT = _NUMBERS | frozenset(INTEGER_BITS) | {"uuid", "date", "time", "timestamp", "hugeint", "uhugeint"}

Counted = tuple[int, list[tuple[int, str]]]
"""How many values are there, and (hash, value) of the sample."""


@dataclass(kw_only=True)
class Sampled:
    """One column so far: hash -> value of the sample."""

    holds: Holds
    engine_type: str
    filled: int = 0
    values: dict[int, str] = field(default_factory=dict, repr=False)

    def add(self, filled: int, pairs: list[tuple[int, str]]) -> None:
        """Add what one group held, and keep the smallest hashes."""
        self.filled += filled
        both = self.values | dict(pairs)
        kept = heapq.nsmallest(MOST_VALUES, both)
        self.values = {one: both[one] for one in kept}

    @property
    def distinct(self) -> int:
        """Distinct values: counted where the sample holds all of them, else estimated from the hashes."""
        if len(self.values) < MOST_VALUES:
            return len(self.values)
        return int((len(self.values) - 1) * _HASHES / max(self.values))


@dataclass(kw_only=True)
class Profile:
    """The columns of one asset by label, and the top-level columns of each layout among its files."""

    asset: str
    columns: dict[str, Sampled] = field(default_factory=dict)
    layouts: list[tuple[Column, ...]] = field(default_factory=list)

    def samples(self) -> Iterator[ColumnSample]:
        """Yield what detectors judge, by label."""
        for label, one in sorted(self.columns.items()):
            yield ColumnSample(
                asset=self.asset,
                column=label,
                holds=one.holds,
                engine_type=one.engine_type,
                values=tuple(one.values.values()),
                filled=one.filled,
                distinct=one.distinct,
            )


def add_group(
    profile: Profile, connection: duckdb.DuckDBPyConnection, group: Group, links: dict[int, str]
) -> bool:
    """Add one group of files to a profile; returns True.

    Nothing is added where the engine fails.

    Raises:
        duckdb.Error: the engine failed; its text may hold values and must not leave the caller.
    """
    table = group.sql(links)
    columns = columns_of(connection, group, links)
    places = [place for place in leaves(columns) if place.engine_type not in _NOT_SAMPLED]
    plain = [place for place in places if not place.many]
    read: dict[str, Counted] = {}
    for start in range(0, len(plain), AT_ONCE):
        some = plain[start : start + AT_ONCE]
        values = ", ".join(f"{_bounded(place, place.sql)} AS v{i}" for i, place in enumerate(some))
        read |= _read(connection, some, f"SELECT {values} FROM {table}")
    for place in places:
        if place.many:
            read |= _read(
                connection, [place], f"SELECT {_bounded(place, 'v')} AS v0 FROM ({place.rows(table)})"
            )
    for place in places:
        before = profile.columns.get(place.label)
        sampled = before or Sampled(holds=place.holds, engine_type=place.engine_type)
        sampled.add(*read[place.label])
        profile.columns[place.label] = sampled
    if columns not in profile.layouts:
        profile.layouts.append(columns)
    return True


def _read(connection: duckdb.DuckDBPyConnection, places: list[Place], values: str) -> dict[str, Counted]:
    """Return what is there of some places, by label. Values become text only once they are in the sample."""
    several = range(len(places))
    counts = ", ".join(f"count(v{i}), approx_count_distinct(v{i})" for i in several)
    counted = connection.execute(f"SELECT {counts} FROM ({values})").fetchall()[0]
    most = [_most(counted[2 * i + 1]) for i in several]
    few = (f"FILTER (WHERE v{i} IS NOT NULL AND hash(v{i}) <= {most[i]})" for i in several)
    lists = ", ".join(f"list(DISTINCT v{i}) {each} AS l{i}" for i, each in enumerate(few))
    picked = f"picked_{uuid4().hex}"
    connection.execute(f"CREATE TEMP TABLE {picked} AS SELECT {lists} FROM ({values})")
    try:
        out = {}
        for i, place in enumerate(places):
            one = f"SELECT unnest(l{i}) AS v FROM {picked}"
            text = "v" if place.engine_type not in _SHORT else _text(place, "v")
            some = f"SELECT hash(v) AS h, {text} AS t FROM ({one}) ORDER BY h LIMIT {MOST_VALUES}"
            out[place.label] = (int(counted[2 * i]), connection.execute(some).fetchall())
        return out
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {picked}")


def _most(distinct: int) -> int:
    """Return the largest hash to take: about four times the values wanted, so that enough are there."""
    share = min(1.0, 4 * MOST_VALUES / max(distinct, 1))
    return min(_HASHES - 1, math.floor(share * (_HASHES - 1)))


def _bounded(place: Place, value: str) -> str:
    """Return the SQL of a value that is short: as it is, or as text that is cut."""
    return value if place.engine_type in _SHORT else f"left({place.text(value)}, {MOST_TEXT})"


def _text(place: Place, value: str) -> str:
    """Return the SQL of a short value as text; a whole number of a fractional type is written as one."""
    if place.engine_type not in _NUMBERS:
        return place.text(value)
    whole = f"{value} = trunc({value}) AND abs({value}) < 9007199254740992"
    integral = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
    return f"CASE WHEN {whole} THEN {integral} ELSE CAST({value} AS VARCHAR) END"
