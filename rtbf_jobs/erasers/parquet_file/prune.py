"""Which row groups cannot hold a subject, from what is cheaper than their key columns.

Only where a value is sought in the very bytes in which the file holds it, its order and its hash say
something: integers, and UUIDs and digests in bytes. Text is written in many ways that mean one identifier, so
no order and no Bloom filter of it is trusted; its dictionary pages are read, and every entry is normalised as
a cell would be.

"May contain" is the answer to everything else: no bounds, or one; bounds of the deprecated kind where order
is unsigned; bounds of an unknown order, of another width, or the wrong way round; a Bloom filter that is not
understood, or that does not know the very bounds of its row group.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.parquet as pq

from lineage_assets.declarations import Form
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.bloom import BloomFilter, read_filter
from rtbf_jobs.erasers.parquet_file.extents import FileMap, read_map
from rtbf_jobs.erasers.parquet_file.leaves import leaf_of, sought_among
from rtbf_jobs.erasers.parquet_file.pages import page_at
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.parquet_file.thrift import Struct, elements, read_struct, spans
from rtbf_jobs.erasers.parquet_file.traces import MAX_VALUES, MIN_VALUES, dictionary_values

pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
OLD_MAX, OLD_MIN, MAX_VALUE, MIN_VALUE = 1, 2, 5, 6
NULL_PAGES, ENCODING_STATS, TYPE_ORDER = 1, 13, 1
DATA_PAGES, DICTIONARY_ENCODINGS = frozenset({0, 3}), frozenset({2, 8})
INTEGERS = {"INT32": 4, "INT64": 8}
MOST_HASHED = 1_000
"""With more values than these some filter of every row group says "may contain" of one by mistake."""

FEW_ENTRIES, SLOW_SHARE = 1_000, 0.25
"""An entry of text takes about 1 us to read and to look up in Python, a row about 0.1 us in the engine."""


class Looked(StrEnum):
    """What told that a row group holds nobody, or that its keys had to be read."""

    INDEX = "index"
    STATISTICS = "statistics"
    BLOOM = "bloom"
    PAGE_INDEX = "page_index"
    DICTIONARY = "dictionary"
    KEYS = "keys"


@dataclass
class Pruning:
    """One file's row groups against what is sought; the cheapest look that excludes a group decides.

    `held` are the row groups that an index of this very file says may hold a sought value. It knows what is
    in dictionaries and bounds too, so where there is one nothing else is asked.
    """

    file: pq.ParquetFile
    source: Source
    wants: tuple[Wanted, ...]
    columns: dict[int, "_Column"] = field(default_factory=dict)
    held: frozenset[int] | None = None

    def __post_init__(self) -> None:
        """Find each sought key's column."""
        for number, want in enumerate(self.wants):
            if want.values:
                column, kind = leaf_of(self.file.schema_arrow, want)
                physical = self.file.schema.column(column).physical_type
                self.columns[number] = _Column(want, column, kind, physical, _exact(want, kind))

    @cached_property
    def places(self) -> FileMap:
        """The file's map, read when it is first needed."""
        return read_map(self.source)

    def look(self, group: int) -> Looked:
        """Return what excludes a row group, or `KEYS` where its keys have to be read."""
        if self.held is not None:
            return Looked.KEYS if group in self.held else Looked.INDEX
        left = list(self.columns.values())
        looks: list[tuple[Looked, Callable[[int, _Column], bool]]] = [
            (Looked.STATISTICS, self._outside_bounds),
            (Looked.BLOOM, self._not_in_bloom),
            (Looked.PAGE_INDEX, self._outside_pages),
            (Looked.DICTIONARY, self._not_in_dictionary),
        ]
        for told, excludes in looks:
            left = [column for column in left if not excludes(group, column)]
            if not left:
                return told
        return Looked.KEYS

    def _outside_bounds(self, group: int, column: "_Column") -> bool:
        return column.outside(*self._bounds(group, column))

    def _bounds(self, group: int, column: "_Column") -> tuple[Any, Any]:
        """Return the smallest and the largest value of a chunk, None for what is not told or not trusted."""
        meta = self.places.footer.groups[group].chunks[column.number][names.C_META]
        if column.exact is None or names.M_STATISTICS not in meta:
            return None, None
        statistics, _ = read_struct(self.places.footer.raw, meta[names.M_STATISTICS])
        pairs = []
        if column.number in self._ordered:
            pairs.append((MIN_VALUE, MAX_VALUE))
        if column.signed:
            pairs.append((OLD_MIN, OLD_MAX))
        told = [pair for pair in pairs if statistics.fields.keys() & set(pair)]
        if not told:
            return None, None
        low, high = (column.decoded(statistics.get(number, b"")) for number in told[0])
        return low, high

    def _not_in_bloom(self, group: int, column: "_Column") -> bool:
        where = self.places.groups[group][column.number].bloom
        if column.exact is None or not 0 < where.start < where.end <= self.places.footer.start:
            return False
        bounds = self._bounds(group, column)
        sought = column.inside(*bounds)
        if len(sought) > MOST_HASHED:
            return False
        bloom = read_filter(self.source.read(where.start, where.length))
        if bloom is None or not all(column.hashed_in(bloom, one) for one in bounds if one is not None):
            return False
        return not any(column.hashed_in(bloom, value) for value in sought)

    def _outside_pages(self, group: int, column: "_Column") -> bool:
        where = self.places.groups[group][column.number].column_index
        if column.exact is None or not where.length or column.number not in self._ordered:
            return False
        index = Struct.read(self.source.read(where.start, where.length))
        nulls, lows, highs = (index.items(n) for n in (NULL_PAGES, MIN_VALUES, MAX_VALUES))
        pages = list(zip(nulls, lows, highs, strict=True))
        return bool(pages) and all(
            null == 1 or column.outside(column.decoded(low), column.decoded(high))
            for null, low, high in pages
        )

    def _not_in_dictionary(self, group: int, column: "_Column") -> bool:
        if not self._all_in_dictionary(group, column.number) or self._slower_than_rows(group, column):
            return False
        values = dictionary_values(self.file, self.source, self.places, group, column.number)
        return values is not None and not column.holds(values)

    def _slower_than_rows(self, group: int, column: "_Column") -> bool:
        """Whether a dictionary of text is so long that reading it here takes longer than the rows."""
        pages = self.places.groups[group][column.number].pages
        if column.exact is not None or not pages.length:
            return False
        rows = self.places.rows(group)
        return page_at(self.source, pages.start).values > max(FEW_ENTRIES, rows * SLOW_SHARE)

    def _all_in_dictionary(self, group: int, column: int) -> bool:
        """Whether the footer says of every data page that it refers to the dictionary."""
        raw = self.places.footer.raw
        meta = self.places.footer.groups[group].chunks[column][names.C_META]
        if ENCODING_STATS not in meta:
            return False
        stats = [read_struct(raw, start)[0] for start, _ in elements(raw, meta[ENCODING_STATS])]
        pages = {one.get(2) for one in stats if one.get(1) in DATA_PAGES and one.get(3)}
        return bool(pages) and pages <= DICTIONARY_ENCODINGS

    @cached_property
    def _ordered(self) -> frozenset[int]:
        """The columns whose bounds have the order of their type; without one a bound means nothing."""
        footer = self.places.footer
        start = next((one.start for one in footer.fields if one.id == names.COLUMN_ORDERS), None)
        if start is None:
            return frozenset()
        orders = [{one.id for one in spans(footer.raw, at)} for at, _ in elements(footer.raw, start)]
        return frozenset(number for number, order in enumerate(orders) if order == {TYPE_ORDER})


@dataclass(frozen=True)
class _Column:
    """A key's leaf column. `exact` is what is sought there as the file holds it, sorted; None for text."""

    want: Wanted
    number: int
    kind: Any
    physical: str
    exact: list[Any] | None = field(repr=False)

    def outside(self, low: Any, high: Any) -> bool:
        """Whether every sought value lies outside bounds; not so where they are not to be trusted."""
        if self.exact is None or low is None or high is None or low > high:
            return False
        at = bisect_left(self.exact, low)
        return at == len(self.exact) or self.exact[at] > high

    def inside(self, low: Any, high: Any) -> list[Any]:
        """Return the sought values within bounds; all of them where the bounds are not to be trusted."""
        if low is None or high is None or low > high:
            return self.exact or []
        exact = self.exact or []
        return exact[bisect_left(exact, low) : bisect_right(exact, high)]

    @property
    def signed(self) -> bool:
        """Whether the type's order is the signed one, which is what deprecated bounds were made with."""
        return bool(pa.types.is_signed_integer(self.kind))

    def decoded(self, value: bytes) -> Any:
        """Return a bound, or a dictionary's entry, as it is compared here; None if it cannot be."""
        if pa.types.is_integer(self.kind):
            whole = len(value) == (4 if self.kind.bit_width <= 32 else 8)  # noqa: PLR2004 - Parquet's integers
            return int.from_bytes(value, "little", signed=self.signed) if whole else None
        return value if len(value) == self._width else None

    def hashed_in(self, bloom: BloomFilter, value: Any) -> bool:
        """Whether a filter may hold a value; so too where it is not known how pages spell it."""
        if isinstance(value, bytes):
            return self.physical != "FIXED_LEN_BYTE_ARRAY" or bloom.may_hold(value)
        width = INTEGERS.get(self.physical)
        try:
            return width is None or bloom.may_hold(value.to_bytes(width, "little", signed=self.signed))
        except OverflowError:
            return True

    def holds(self, values: list[bytes]) -> bool:
        """Whether any of some raw values is sought."""
        return sought_among(values, self.kind, self.want, self.physical)

    @property
    def _width(self) -> int:
        return int(self.kind.byte_width) if pa.types.is_fixed_size_binary(self.kind) else -1


def _exact(want: Wanted, kind: Any) -> list[Any] | None:
    if want.path.json or want.key.form is Form.TOKENS:
        return None
    if pa.types.is_integer(kind):
        return sorted(want.integers)
    if pa.types.is_fixed_size_binary(kind):
        return sorted(bytes.fromhex(value.replace("-", "")) for value in want.values)
    return None
