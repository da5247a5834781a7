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

import duckdb

from scanners.residual.layout import Column, Holds, Place, leaves
from scanners.residual.tables import Group, columns_of
from scanners.undeclared.sample import MOST_VALUES, ColumnSample

MOST_TEXT = 4096
"""A longer text is cut: in characters."""
AT_ONCE = 50
_HASHES = 1 << 64
_NOT_SAMPLED = frozenset({"boolean", "interval", "bit"})
_NUMBERS = frozenset({"float", "double", "decimal"})


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
    read: dict[str, tuple[int, list[tuple[int, str]]]] = {}
    for start in range(0, len(plain), AT_ONCE):
        some = plain[start : start + AT_ONCE]
        texts = ", ".join(f"{_text(place, place.sql)} AS t{i}" for i, place in enumerate(some))
        read |= _read(connection, some, f"SELECT {texts} FROM {table}")
    for place in places:
        if place.many:
            text = _text(place, "v")
            read |= _read(connection, [place], f"SELECT {text} AS t0 FROM ({place.rows(table)})")
    for place in places:
        before = profile.columns.get(place.label)
        sampled = before or Sampled(holds=place.holds, engine_type=place.engine_type)
        sampled.add(*read[place.label])
        profile.columns[place.label] = sampled
    if columns not in profile.layouts:
        profile.layouts.append(columns)
    return True


def _read(
    connection: duckdb.DuckDBPyConnection, places: list[Place], texts: str
) -> dict[str, tuple[int, list[tuple[int, str]]]]:
    """Return label -> (values that are there, (hash, value) of the sample) of some places."""
    counts = ", ".join(f"count(t{i}), approx_count_distinct(t{i})" for i in range(len(places)))
    counted = connection.execute(f"SELECT {counts} FROM ({texts})").fetchall()[0]
    sampled = ", ".join(
        f"list(DISTINCT t{i}) FILTER (WHERE t{i} IS NOT NULL AND hash(t{i}) <= {_most(counted[2 * i + 1])})"
        for i in range(len(places))
    )
    lists = connection.execute(f"SELECT {sampled} FROM ({texts})").fetchall()[0]
    out = {}
    for i, place in enumerate(places):
        values = list(lists[i] or ())
        hashed = "SELECT hash(t), t FROM (SELECT unnest($values::VARCHAR[]) AS t) ORDER BY ALL LIMIT $most"
        pairs = connection.execute(hashed, {"values": values, "most": MOST_VALUES}).fetchall()
        out[place.label] = (int(counted[2 * i]), pairs)
    return out


def _most(distinct: int) -> int:
    """Return the largest hash to take: about four times the values wanted, so that enough are there."""
    share = min(1.0, 4 * MOST_VALUES / max(distinct, 1))
    return min(_HASHES - 1, math.floor(share * (_HASHES - 1)))


def _text(place: Place, value: str) -> str:
    """Return the SQL of a value as text; a whole number in a fractional type is written as a whole one."""
    if place.engine_type in _NUMBERS:
        whole = f"{value} = trunc({value}) AND abs({value}) < 9007199254740992"
        integral = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
        text = f"CASE WHEN {whole} THEN {integral} ELSE CAST({value} AS VARCHAR) END"
    else:
        text = place.text(value)
    return f"left({text}, {MOST_TEXT})"
