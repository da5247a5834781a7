"""Subject keys inside Arrow batches: walking to them, and matching them.

A null parent has no key: its row is nobody's here, and stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute

from lineage_assets.declarations import Form
from lineage_assets.identifiers import Kind
from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.matching import NOBODY, Wanted
from rtbf_jobs.erasers.order import Tally

UUID_BYTES, DIGEST_BYTES = 16, 32
# The stubs lag behind pyarrow 26 (arange, masks of from_arrays), so arrays and compute go unchecked here.
Array = Any
pa: Any = pyarrow
pc: Any = pyarrow.compute


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a batch holds: `owned` marks the subjects' own rows."""

    owned: Array
    tally: Tally


@dataclass(frozen=True)
class Hits:
    """The sought values under a key: the row of each, and who seeks it, as a number into `groups`."""

    rows: Array
    codes: Array
    groups: list[frozenset[int]]

    def in_rows(self, rows: Array) -> "Hits":
        """Return those that stand in some rows."""
        return self._where(pc.is_in(self.rows, value_set=rows))

    def outside(self, rows: Array) -> "Hits":
        """Return those that stand in no row of some."""
        return self._where(pc.invert(pc.is_in(self.rows, value_set=rows)))

    def counted(self) -> Iterator[tuple[frozenset[int], int]]:
        """Yield the requests that seek the same value, and how many values they are."""
        counts = pc.value_counts(self.codes)
        codes, times = (counts.field(number).to_pylist() for number in range(2))
        return ((self.groups[code], count) for code, count in zip(codes, times, strict=True))

    def __iter__(self) -> Iterator[tuple[int, frozenset[int]]]:
        """Yield the row and the requests of each."""
        pairs = zip(self.rows.to_pylist(), self.codes.to_pylist(), strict=True)
        return ((row, self.groups[code]) for row, code in pairs)

    def _where(self, mask: Array) -> "Hits":
        return Hits(self.rows.filter(mask), self.codes.filter(mask), self.groups)


def look(batch: pyarrow.RecordBatch, wants: tuple[Wanted, ...]) -> Look:
    """Match every key in a batch. A row counts no mentions of those whose own it is, but of the others."""
    owners = [want for want in wants if want.owner and want.values]
    own = [hits(batch, want) for want in owners]
    rows = pa.concat_arrays([pa.array([], pa.int64()), *(one.rows for one in own)])
    tally = Tally(rows=batch.num_rows)
    once = len(own) == 1 and not owners[0].path.in_list
    _tally_own(tally, own, rows.slice(0, 0) if once else rows)
    cells: dict[str, list[Array]] = {}
    for want in (w for w in wants if not w.owner and w.values):
        found = hits(batch, want)
        others = found.outside(rows)
        for requests, times in others.counted():
            tally.mention(requests, times)
        cells.setdefault(want.path.column, []).append(others.rows)
        theirs = found.in_rows(rows)
        owned_by = _by_row(one.in_rows(theirs.rows) for one in own)
        for row, requests in theirs:
            tally.mention(requests - owned_by[row])
    tally.cells_changed = sum(pc.count_distinct(pa.concat_arrays(parts)).as_py() for parts in cells.values())
    return Look(owned=mask_of(batch.num_rows, rows), tally=tally)


def _tally_own(tally: Tally, own: list[Hits], rows: Array) -> None:
    """Count owned rows; one by one only those that hold several sought values, which are among some rows."""
    counts = rows.value_counts()
    several = counts.field(0).filter(pc.greater(counts.field(1), 1))
    for one in own:
        for requests, times in one.outside(several).counted():
            tally.own(requests, times)
    for requests in _by_row(one.in_rows(several) for one in own).values():
        tally.own(requests)


def _by_row(found: Iterable[Hits]) -> dict[int, frozenset[int]]:
    """Return all requests that have a hit in a row."""
    out: dict[int, frozenset[int]] = {}
    for one in found:
        for row, requests in one:
            out[row] = out.get(row, NOBODY) | requests
    return out


def hits(batch: pyarrow.RecordBatch, want: Wanted) -> Hits:
    """Return every value under a key that is sought; a row may come more than once."""
    leaf, rows = leaves(batch.column(want.path.column), want.path.steps[1:])
    codes, groups = sought_in(leaf, want)
    hit = codes.is_valid()
    return Hits(rows.filter(hit), codes.filter(hit), groups)


def leaves(array: Array, steps: tuple[str, ...]) -> tuple[Array, Array]:
    """Return the values that a path leads to, and for each the row it stands in."""
    rows = pa.arange(0, len(array))
    for step in steps:
        if step == ELEMENTS:
            array = entries(array)
            rows = rows.take(pc.list_parent_indices(array))
            array = pc.list_flatten(array)
        else:
            array = pc.struct_field(array, [step])
    return plain(array), rows


def entries(array: Array) -> Array:
    """Return a map as the list of its (key, value) structs, and a list as it is."""
    if not pa.types.is_map(array.type):
        return array
    made = pa.struct([array.type.key_field.with_name("key"), array.type.item_field.with_name("value")])
    return array.cast(pa.list_(made))


def plain(array: Array) -> Array:
    """Return an array without extension type and dictionary."""
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def mask_of(length: int, rows: Array) -> Array:
    """Return a mask that is true at the given rows."""
    return pc.is_in(pa.arange(0, length), value_set=rows)


def text_of(value: Any, want: Wanted) -> str:
    """Return a cell's value as the text that identifiers are compared as: bytes may be a UUID or a digest."""
    if not isinstance(value, bytes):
        return str(value)
    uuid = want.namespace.kind is Kind.UUID and want.key.form is Form.PLAIN
    if (uuid and len(value) == UUID_BYTES) or (
        want.key.form is Form.PSEUDONYM and len(value) == DIGEST_BYTES
    ):
        return value.hex()
    return value.decode("utf-8", "replace")


def held_among(cells: list[Any], want: Wanted) -> dict[Any, frozenset[int]]:
    """Return those of some texts, or bytes, that hold a sought value, each with who seeks it.

    Raises:
        EraseRefused: a text should be JSON, is not, and holds a sought value.
    """
    if cells and isinstance(cells[0], str):
        return want.held(cells)
    texts = {cell: text_of(cell, want) for cell in cells}
    held = want.held(texts.values())
    return {cell: held[text] for cell, text in texts.items() if text in held}


def sought_in(leaf: Array, want: Wanted) -> tuple[Array, list[frozenset[int]]]:
    """Return for each value who seeks it, as a number into what is returned too; null for nobody."""
    if pa.types.is_integer(leaf.type):
        if leaf.type not in want.typed:  # made once for all row groups
            want.typed[leaf.type] = _coded(list(map(int, want.values)), list(want.values.values()), leaf.type)
        sought, codes, groups = want.typed[leaf.type]
        bounds = pc.min_max(leaf)  # what lies outside would only make the engine's table of them larger
        near = pc.and_(pc.greater_equal(sought, bounds["min"]), pc.less_equal(sought, bounds["max"]))
        sought, codes = sought.filter(near), codes.filter(near)
    else:
        held = held_among(leaf.unique().drop_null().to_pylist(), want)
        sought, codes, groups = _coded(list(held), list(held.values()), leaf.type)
    return codes.take(pc.index_in(leaf, value_set=sought)), groups


def _coded(
    values: list[Any], requests: list[frozenset[int]], kind: pyarrow.DataType
) -> tuple[Array, Array, list[frozenset[int]]]:
    """Return values as an array of a type, who seeks each as a number, and what the numbers mean."""
    groups = {one: number for number, one in enumerate(dict.fromkeys(requests))}
    return pa.array(values, kind), pa.array([groups[one] for one in requests], pa.int32()), list(groups)
