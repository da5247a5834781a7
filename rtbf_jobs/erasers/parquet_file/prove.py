"""The proof that a new Parquet file is the old one without the subjects, from a second reading of both.

Row groups that were not touched have the same bytes; in the others nothing of the eraser's matching is used:
cells become Python values, and each is looked at by itself. What no footer refers to is zero.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow  # noqa: ICN001 - `pa` is the same module without types, below
import pyarrow.compute
import pyarrow.parquet as pq

from lineage_assets.declarations import Erasure
from lineage_assets.paths import ELEMENTS
from rtbf_jobs.erasers.arrow_keys import Array, entries, mask_of, plain, text_of
from rtbf_jobs.erasers.errors import EraseRefused, Reason, TripleBroken
from rtbf_jobs.erasers.matching import Wanted
from rtbf_jobs.erasers.order import EraseOrder
from rtbf_jobs.erasers.parquet_file.extents import FileMap, read_map
from rtbf_jobs.erasers.parquet_file.find import Found
from rtbf_jobs.erasers.parquet_file.reading import read_group
from rtbf_jobs.erasers.parquet_file.shape import group_shape, opened, schemas_agree
from rtbf_jobs.erasers.parquet_file.source import Source
from rtbf_jobs.erasers.parquet_file.traces import traced
from rtbf_jobs.erasers.parquet_file.untouched import NotTheSame, Untouched, check_dead, check_footer

Cell = Any
pa: Any = pyarrow  # as in arrow_keys: the stubs lag behind
pc: Any = pyarrow.compute


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The rows of a table that hold a sought value, found cell by cell."""

    owned: frozenset[int]
    mentioned: frozenset[int]


def prove(order: EraseOrder, wants: tuple[Wanted, ...], found: Found, old: Source, new: Source) -> None:
    """Prove a new file against the old one.

    Raises:
        EraseRefused: schema, codecs, sorting, bloom filters or page index are not the same.
        TripleBroken: the counts do not add up, a match is left, or something of somebody else differs.
    """
    reader = _Reader(order, wants)
    was, now = found.places or read_map(old), read_map(new)
    with opened(old) as before, opened(new) as after:
        if not schemas_agree(before, after):
            raise _unfaithful(order, found)
        try:
            _check(_Sides(found, old, new, was, now, before, after), reader)
        except NotTheSame as error:
            raise reader.broken(str(error)) from None


@dataclass(frozen=True)
class _Sides:
    """The old and the new file: bytes, maps, and as the engine reads them."""

    found: Found
    old: Source
    new: Source
    was: FileMap
    now: FileMap
    before: pq.ParquetFile
    after: pq.ParquetFile


def _check(sides: _Sides, reader: "_Reader") -> None:
    check_dead(sides.new, sides.now)
    untouched = Untouched(sides.old, sides.new, sides.was, sides.now)
    matched, gone, to = 0, 0, 0
    for number in range(len(sides.was.groups)):
        if number not in sides.found.groups:
            untouched.check_group(number, to)
            to += 1
            continue
        table = read_group(sides.before, number)
        marks = reader.marks(table)
        matched, gone = matched + len(marks.owned), gone + reader.gone(marks)
        if table.num_rows - reader.gone(marks):
            _check_touched(sides, reader, number, to, (table, marks))
            to += 1
    untouched.check_bytes()
    check_footer(sides.was, sides.now, to, sides.was.footer.num_rows - gone)
    if matched != sides.found.tally.rows_matched:
        raise NotTheSame("the counts of rows differ")


def _check_touched(
    sides: _Sides, reader: "_Reader", number: int, to: int, seen: tuple[pyarrow.Table, Marks]
) -> None:
    if to >= len(sides.now.groups):
        raise NotTheSame("a row group is missing")
    reader.compare(seen[0], read_group(sides.after, to), seen[1])
    if group_shape(sides.before, number) != group_shape(sides.after, to):
        raise _unfaithful(reader.order, sides.found)
    if traced(sides.after, sides.new, sides.now, to, reader.wants):
        raise NotTheSame("a dictionary or statistic still holds a match")


def _unfaithful(order: EraseOrder, found: Found) -> EraseRefused:
    return EraseRefused(order.asset, Reason.UNFAITHFUL, f"{found.file.name}: its shape came out otherwise")


class _Reader:
    """Reads tables cell by cell for the keys of one order."""

    def __init__(self, order: EraseOrder, wants: tuple[Wanted, ...]) -> None:
        self.order, self.wants = order, wants
        self.redact = order.declaration.redact
        self.looks: list[tuple[Wanted, Callable[[Cell], bool]]] = [(w, _asker(w)) for w in wants if w.values]

    def marks(self, table: pyarrow.Table) -> Marks:
        owned: set[int] = set()
        mentioned: set[int] = set()
        for want, hit in self.looks:
            (owned if want.owner else mentioned).update(_rows(table.column(want.path.column), want, hit))
        return Marks(owned=frozenset(owned), mentioned=frozenset(mentioned - owned))

    def gone(self, marks: Marks) -> int:
        return len(marks.owned) if self.order.declaration.erasure is Erasure.DELETE_ROWS else 0

    def compare(self, before: pyarrow.Table, after: pyarrow.Table, marks: Marks) -> None:
        if after.num_rows != before.num_rows - self.gone(marks):
            raise self.broken("rows after are not rows before less matches")
        left = self.marks(after)
        if left.owned or left.mentioned:
            raise self.broken("a match is left")
        owned, mentioned = (mask_of(before.num_rows, set(rows)) for rows in (marks.owned, marks.mentioned))
        stay = pc.invert(owned) if self.gone(marks) else mask_of(before.num_rows, set(range(before.num_rows)))
        mention_columns = {want.path.column for want, _ in self.looks if not want.owner}
        for name in before.column_names:
            untouched = stay
            if name in self.redact:
                untouched = pc.and_(untouched, pc.invert(owned))
                self._check_redacted(after.column(name), owned)
            if name in mention_columns:
                untouched = pc.and_(untouched, pc.invert(mentioned))
            if not same(
                before.column(name).filter(untouched), after.column(name).filter(untouched.filter(stay))
            ):
                raise self.broken(f"column {name!r} differs in rows of somebody else")

    def _check_redacted(self, column: Array, owned: Array) -> None:
        kept = column.filter(owned)
        if kept.null_count != len(kept):
            raise self.broken("a redacted cell is not null")

    def broken(self, what: str) -> TripleBroken:
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


def _asker(want: Wanted) -> Callable[[Cell], bool]:
    return lambda cell: bool(want.requests_in(text_of(cell, want)))


def _rows(column: Array, want: Wanted, hit: Callable[[Cell], bool]) -> Iterator[int]:
    """Yield the rows of a column that hold a sought value; rows are walked only where there is one at all."""
    start = 0
    for chunk in column.chunks:
        held = {cell for cell in set(_flat(chunk, want.path.steps[1:])) if hit(cell)}
        if held:
            yield from _rows_of(chunk, want.path.steps[1:], held, start)
        start += len(chunk)


def _rows_of(chunk: Array, steps: tuple[str, ...], held: set[Cell], start: int) -> Iterator[int]:
    if not steps:
        return (row for row, cell in enumerate(plain(chunk).to_pylist(), start) if cell in held)
    walked = _walk(chunk, steps)
    return (row for row, cells in enumerate(walked, start) if not held.isdisjoint(cells))


def _flat(array: Array, steps: tuple[str, ...]) -> list[Cell]:
    for step in steps:
        array = pc.list_flatten(entries(array)) if step == ELEMENTS else pc.struct_field(array, [step])
    return [cell for cell in plain(array).to_pylist() if cell is not None]


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
