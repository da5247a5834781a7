"""Tables of the old and the new file, compared cell by cell: nothing of the eraser's matching is used.

Cells become Python values, each distinct one is looked at by itself, and rows are counted by Python.
"""

import functools
import operator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute

from lineage_assets.declarations import Erasure
from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.arrow_keys import Array, entries, held_among, plain
from rtbf_jobs.erasers.errors import TripleBroken
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder

Cell = Any
pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
pc: Any = pyarrow.compute


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Masks of the rows of a table that hold a sought value, found cell by cell, and how many are owned."""

    owned: Array
    mentioned: Array
    matched: int


class Reader:
    """Reads tables cell by cell for the keys of one order."""

    def __init__(self, order: EraseOrder, wants: tuple[Wanted, ...]) -> None:
        self.order, self.wants = order, wants
        self.redact = order.declaration.redact
        self.looks = [want for want in wants if want.values]

    def marks(self, table: pyarrow.Table) -> Marks:
        """Return the rows of a table that hold a sought value."""
        owned = mentioned = bytes(table.num_rows)
        for want in self.looks:
            column = table.column(want.path.column)
            if want.owner:
                owned = _either(owned, _rows(column, want))
            else:
                mentioned = _either(mentioned, _rows(column, want))
        mine, named = _mask(owned), _mask(mentioned)
        return Marks(owned=mine, mentioned=pc.and_not(named, mine), matched=owned.count(1))

    def gone(self, marks: Marks) -> int:
        """Return how many rows have to be gone."""
        return marks.matched if self.order.declaration.erasure is Erasure.DELETE_ROWS else 0

    def compare(self, before: pyarrow.Table, after: pyarrow.Table, marks: Marks) -> None:
        """Compare a row group as it was with what it became.

        Raises:
            TripleBroken: the counts do not add up, a match is left, or something of somebody else differs.
        """
        if after.num_rows != before.num_rows - self.gone(marks):
            raise self.broken("rows after are not rows before less matches")
        stay = pc.invert(marks.owned) if self.gone(marks) else None
        mentioned = marks.mentioned if stay is None else marks.mentioned.filter(stay)
        mention_columns = {
            want.path.column for want in self.looks if not want.owner and pc.any(mentioned).as_py()
        }
        for name in before.column_names:
            was, now = before.column(name), after.column(name)
            was = was if stay is None else was.filter(stay)
            theirs = [marks.owned] if name in self.redact else []
            theirs += [mentioned] if name in mention_columns else []
            if name in self.redact:
                self._check_redacted(now, marks.owned)
            if theirs or stay is None:
                self._check_left(name, after)
            if theirs:
                others = pc.invert(functools.reduce(pc.or_, theirs))
                was, now = was.filter(others), now.filter(others)
            if not same(was, now):
                self._check_left(name, after)
                raise self.broken(f"column {name!r} differs in rows of somebody else")

    def _check_left(self, name: str, after: pyarrow.Table) -> None:
        """Check that nothing sought is left in a column; one that is the same row by row has nothing left."""
        column = after.column(name)
        if any(1 in _rows(column, want) for want in self.looks if want.path.column == name):
            raise self.broken("a match is left")

    def _check_redacted(self, column: Array, owned: Array) -> None:
        kept = column.filter(owned)
        if kept.null_count != len(kept):
            raise self.broken("a redacted cell is not null")

    def broken(self, what: str) -> TripleBroken:
        """Return the error that says what is wrong."""
        return TripleBroken(
            self.order.asset, f"the new file does not prove itself: {what}", "the old file is intact"
        )


def same(one: Array, two: Array) -> bool:
    """Return whether two columns hold the same values, NaN being the same as NaN."""
    if one.equals(two):
        return True
    return one.type == two.type and len(one) == len(two) and _same(_whole(one), _whole(two))


def _same(one: Array, two: Array) -> bool:
    one, two = entries(plain(one)), entries(plain(two))
    if one.equals(two):
        return True
    if len(one) != len(two) or not one.is_null().equals(two.is_null()):
        return False
    if pa.types.is_floating(one.type):
        bits = {16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[one.type.bit_width]
        return bool(one.drop_null().view(bits).equals(two.drop_null().view(bits)))
    if pa.types.is_struct(one.type):
        return all(_same(a, b) for a, b in zip(one.flatten(), two.flatten(), strict=True))
    nested = (
        pa.types.is_list(one.type)
        or pa.types.is_large_list(one.type)
        or pa.types.is_fixed_size_list(one.type)
    )
    lengths = nested and pc.list_value_length(one).equals(pc.list_value_length(two))
    return lengths and _same(pc.list_flatten(one), pc.list_flatten(two))


def _whole(column: Array) -> Array:
    return (
        pa.concat_arrays([plain(chunk) for chunk in column.chunks])
        if column.num_chunks
        else pa.array([], column.type)
    )


def _either(one: bytes, two: bytes) -> bytes:
    if 1 not in one or 1 not in two:
        return two if 1 in two else one
    return bytes(map(operator.or_, one, two))


def _mask(rows: bytes) -> Array:
    return pa.Array.from_buffers(pa.uint8(), len(rows), [None, pa.py_buffer(rows)]).cast(pa.bool_())


def _rows(column: Array, want: Wanted) -> bytes:
    """Return for every row of a column whether it holds a sought value: rows are asked by Python."""
    return b"".join(_rows_of(chunk, want) for chunk in column.chunks)


def _rows_of(chunk: Array, want: Wanted) -> bytes:
    steps = want.path.steps[1:]
    held = _held(_distinct(chunk, steps), want)
    if not held:
        return bytes(len(chunk))
    if not steps:
        return bytes(map(held.__contains__, plain(chunk).to_pylist()))
    return bytes(not held.isdisjoint(cells) for cells in _walk(chunk, steps))


def _held(cells: list[Cell], want: Wanted) -> AbstractSet[Cell]:
    """Return which of some cells are sought; a number is compared as one, everything else as text."""
    if cells and isinstance(cells[0], int):
        return want.integers.intersection(cells)
    return held_among(cells, want).keys()


def _distinct(array: Array, steps: tuple[str, ...]) -> list[Cell]:
    for step in steps:
        array = pc.list_flatten(entries(array)) if step == ELEMENTS else pc.struct_field(array, [step])
    return [cell for cell in plain(array).unique().to_pylist() if cell is not None]


def _walk(array: Array, steps: tuple[str, ...]) -> list[list[Cell]]:
    """Return the values under a path, row by row, by Python's own counting."""
    if not steps:
        return [[] if value is None else [value] for value in plain(array).to_pylist()]
    if steps[0] != ELEMENTS:
        return _walk(pc.struct_field(array, [steps[0]]), steps[1:])
    listed = entries(array)
    inner = iter(_walk(pc.list_flatten(listed), steps[1:]))
    lengths = pc.list_value_length(listed).to_pylist()
    return [[cell for _ in range(length or 0) for cell in next(inner)] for length in lengths]
