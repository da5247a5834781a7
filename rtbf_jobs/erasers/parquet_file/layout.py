"""Where everything goes in the new file: from a map of the old one and the row groups made anew, a recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.extents import (
    NOTHING,
    ChunkPlace,
    Extent,
    FileMap,
    Unsupported,
    gaps,
)
from rtbf_jobs.erasers.parquet_file.footer import MAGIC, closed
from rtbf_jobs.erasers.parquet_file.recipe import Bytes, Copy, Layout, New, Recipe, Segment, Spool
from rtbf_jobs.erasers.parquet_file.relocate import (
    Move,
    ordinal_of,
    relocated_group,
    relocated_index,
    renumbered,
)
from rtbf_jobs.erasers.parquet_file.source import Source


@dataclass(frozen=True)
class Block:
    """A row group made anew, as a small file of its own that stands in the spool from `base` on.

    `number` is the row group's in the old file; `raw` its structure and `places` its parts, with offsets
    inside the small file.
    """

    number: int
    rows: int
    base: int
    raw: bytes = field(repr=False)
    places: tuple[ChunkPlace, ...] = field(repr=False)

    @property
    def body(self) -> Extent:
        """The column chunks, one behind the other."""
        return _around([place.pages for place in self.places])

    @property
    def extras(self) -> Extent:
        """The bloom filters and column indexes."""
        return _around([part for place in self.places for part in (place.bloom, place.column_index)])


def plan(
    source: Source,
    found: FileMap,
    new: Mapping[int, Block | None],
    spooled: Spool,
    layout: Layout,
) -> Recipe:
    """Return the recipe of a new file.

    Args:
        source: the old file.
        found: its map.
        new: for each touched row group what becomes of it, None where no row is left.
        spooled: where the blocks' bytes are.
        layout: whether untouched bytes keep their offsets.

    Raises:
        Unsupported: the old file cannot be taken apart.
        OSError: it cannot be read.
    """
    planned = _Plan(source, found, new, spooled)
    try:
        return planned.kept() if layout is Layout.KEEP else planned.shifted()
    except thrift.ThriftError:
        raise Unsupported("its footer is spelt in a way that cannot be edited faithfully") from None


class _Plan:
    """Places parts, then writes the footer."""

    def __init__(
        self, source: Source, found: FileMap, new: Mapping[int, Block | None], spooled: Spool
    ) -> None:
        self.source, self.found, self.new, self.spool = source, found, new, spooled
        self.blocks = [block for _, block in sorted(new.items()) if block is not None]
        self.untouched = [number for number in range(len(found.groups)) if number not in new]
        self.segments: list[Segment] = []
        self.made: dict[int, bytes] = {}
        self.end = 0
        self.free: list[Extent] = []

    def kept(self) -> Recipe:
        """Leave everything where it is, and put new row groups where old ones were, as far as they fit."""
        live = self.found.live(self.untouched)
        self.segments += [Copy(one.start, one.start, one.length) for one in live]
        self.end, self.free = live[-1].end, list(gaps(live, live[-1].end))
        bodies = {
            block.number: self._put(block, block.body, self._place(block.number)) for block in self.blocks
        }
        for block in self.blocks:
            self._finish(block, bodies[block.number])
        return self._recipe(Layout.KEEP)

    def shifted(self) -> Recipe:
        """Move everything together, in the order in which it was."""
        self.found.live(self.untouched)  # refuses what overlaps
        parts = [
            part
            for number in self.untouched
            for place in self.found.groups[number]
            for part in (place.pages, place.bloom, place.column_index)
            if part.length
        ]
        self.segments.append(Copy(0, 0, len(MAGIC)))
        self.end = len(MAGIC)
        placed: dict[int, int] = {}
        bodies: dict[int, int] = {}
        new = [(self._place(block.number), NOTHING, block) for block in self.blocks]
        ordered = sorted([*[(part.start, part, None) for part in parts], *new], key=lambda one: one[0])
        for start, part, block in ordered:
            if block is None:
                placed[start] = self.end
                self._append(Copy(self.end, start, part.length))
            else:
                bodies[block.number] = self._put(block, block.body, None)
        for block in self.blocks:
            self._finish(block, bodies[block.number])
        for number in self.untouched:
            self._shift(number, placed)
        return self._recipe(Layout.SHIFT)

    def _shift(self, number: int, placed: Mapping[int, int]) -> None:
        def by(part: Extent) -> int:
            return placed[part.start] - part.start if part.length else 0

        moves = []
        for place in self.found.groups[number]:
            raw = self.source.read(place.offset_index.start, place.offset_index.length)
            moves.append(self._moved(place, raw, by(place.pages), (by(place.bloom), by(place.column_index))))
        self.made[number] = relocated_group(self.found.footer.group(number), moves, self._ordinal(number))

    def _finish(self, block: Block, at: int) -> None:
        """Write a block's bloom filters and indexes, and its structure."""
        by = at - block.body.start
        rest = self._put(block, block.extras, None) - block.extras.start if block.extras.length else 0
        moves = []
        for place in block.places:
            raw = self.spool.read(block.base + place.offset_index.start, place.offset_index.length)
            moves.append(self._moved(place, raw, by, (rest, rest)))
        self.made[block.number] = relocated_group(block.raw, moves, self._ordinal(block.number))

    def _moved(self, place: ChunkPlace, raw: bytes, pages: int, others: tuple[int, int]) -> Move:
        where = NOTHING
        if raw:
            index = relocated_index(raw, pages)
            at = self._room(len(index), None)
            self.segments.append(Bytes(at, index))
            where = Extent(at, at + len(index))
        return Move(place, pages, *others, where)

    def _put(self, block: Block, part: Extent, near: int | None) -> int:
        at = self._room(part.length, near)
        self.segments.append(New(at, block.base + part.start, part.length))
        return at

    def _room(self, length: int, near: int | None) -> int:
        """Return where some bytes go: near an offset, else in any gap, else at the end."""
        fits = [one for one in self.free if one.length >= length]
        mine = [one for one in fits if near is not None and one.start <= near < one.end]
        for gap in [*mine, *fits][:1]:
            at = gap.start
            if near is not None and gap.start <= near <= gap.end - length:
                at = near
            index = self.free.index(gap)
            rest = [Extent(gap.start, at), Extent(at + length, gap.end)]
            self.free[index : index + 1] = [one for one in rest if one.length]
            return at
        at = self.end
        self.end += length
        return at

    def _append(self, one: Copy) -> None:
        last = self.segments[-1]
        if isinstance(last, Copy) and (last.at + last.length, last.offset + last.length) == (
            one.at,
            one.offset,
        ):
            self.segments[-1] = Copy(last.at, last.offset, last.length + one.length)
        else:
            self.segments.append(one)
        self.end += one.length

    def _place(self, number: int) -> int:
        return _around([place.pages for place in self.found.groups[number]]).start

    def _ordinal(self, number: int) -> int | None:
        """Return a row group's ordinal in the new file, None where the old one has none."""
        gone = sum(1 for other, block in self.new.items() if block is None and other < number)
        return ordinal_of(self.found, number, number - gone)

    def _recipe(self, layout: Layout) -> Recipe:
        footer, groups = self.found.footer, []
        gone = any(block is None for block in self.new.values())
        for number in range(len(self.found.groups)):
            if number in self.made:
                groups.append(self.made[number])
            elif number not in self.new:
                raw = footer.group(number)
                groups.append(renumbered(raw, self._ordinal(number)) if gone else raw)
        rows = footer.num_rows - sum(self.found.rows(number) for number in self.new)
        rows += sum(block.rows for block in self.blocks)
        end = Bytes(self.end, closed(footer.with_groups(groups, rows)))
        segments = (*sorted((s for s in self.segments if s.length), key=lambda one: one.at), end)
        if any(one.at + one.length > two.at for one, two in pairwise(segments)):
            raise Unsupported("parts of columns overlap")
        return Recipe(layout, segments)


def _around(parts: Sequence[Extent]) -> Extent:
    there = [one for one in parts if one.length]
    if not there:
        return NOTHING
    return Extent(min(one.start for one in there), max(one.end for one in there))
