"""The proof that nobody else's bytes changed: untouched row groups are the same, dead bytes are zero."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.extents import ChunkPlace, Extent, FileMap, gaps, zero
from rtbf_jobs.erasers.parquet_file.footer import MAGIC
from rtbf_jobs.erasers.parquet_file.relocate import (
    Move,
    ordinal_of,
    relocated_group,
    relocated_index,
    renumbered,
)
from rtbf_jobs.erasers.parquet_file.shared import unshared
from rtbf_jobs.erasers.parquet_file.source import LocalSource, Source, chunks, same_bytes
from rtbf_jobs.erasers.processors import processors

A_TURN = 16 << 20


class NotTheSame(ValueError):
    """Something that should be as it was is not; the text says what and holds no value."""


def check_footer(old: FileMap, new: FileMap, groups: int, rows: int) -> None:
    """Check that a footer differs from the old one in its row groups and the number of rows alone.

    Raises:
        NotTheSame: it differs in something else.
    """
    if len(new.groups) != groups:
        raise NotTheSame("a row group is missing or too many")
    if new.footer.num_rows != rows:
        raise NotTheSame("the counts of rows differ")
    numbers = [one.id for one in old.footer.fields]
    kept = [number for number in numbers if number not in (names.NUM_ROWS, names.ROW_GROUPS)]
    if numbers != [one.id for one in new.footer.fields] or any(
        old.footer.part(number) != new.footer.part(number) for number in kept
    ):
        raise NotTheSame("the footer differs")


@dataclass
class Untouched:
    """Compares row groups that nobody touched, wherever they are now."""

    old: Source
    new: Source
    was: FileMap
    now: FileMap
    ranges: list[tuple[int, int, int]] = field(default_factory=list)

    def check_group(self, number: int, to: int) -> None:
        """Check what the footers say about a row group, and note its bytes for `check_bytes`.

        Raises:
            NotTheSame: something differs.
        """
        if to >= len(self.now.groups) or len(self.was.groups[number]) != len(self.now.groups[to]):
            raise NotTheSame("a row group is missing, or has other columns")
        pairs = list(zip(self.was.groups[number], self.now.groups[to], strict=True))
        moves = []
        for one, two in pairs:
            self._note(one.pages, two.pages)
            self._note(one.bloom, two.bloom)
            self._note(one.column_index, two.column_index)
            self._check_offset_index(one, two)
            moves.append(
                Move(
                    one,
                    two.pages.start - one.pages.start,
                    two.bloom.start - one.bloom.start,
                    two.column_index.start - one.column_index.start,
                    two.offset_index,
                )
            )
        before, after = self.was.footer.group(number), self.now.footer.group(to)
        ordinal = ordinal_of(self.was, number, to)
        if before == after and ordinal is None:
            return
        stayed = all(one == two for one, two in pairs)
        if (renumbered(before, ordinal) if stayed else relocated_group(before, moves, ordinal)) != after:
            raise NotTheSame("what the footer says about a row group differs")

    def check_bytes(self) -> None:
        """Check the bytes that were noted, each run of them at once, on all processors.

        Raises:
            NotTheSame: a byte differs.
        """
        runs: list[tuple[int, int, int]] = []
        for was, now, length in sorted(self.ranges):
            if runs and (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]) == (was, now):
                runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + length)
            else:
                runs.append((was, now, length))
        parts = [
            (at, at + now - was, size)
            for was, now, length in runs
            for part in self._unknown(was, now, length)
            for at, size in chunks(part.start, part.length, A_TURN)
        ]
        with ThreadPoolExecutor(processors()) as pool:
            if not all(pool.map(lambda one: same_bytes(self.old, one[0], self.new, one[1], one[2]), parts)):
                raise NotTheSame("bytes of a row group that was not touched differ")

    def _unknown(self, was: int, now: int, length: int) -> list[Extent]:
        """Return what has to be read: not what is one and the same on the disk."""
        run = Extent(was, was + length)
        if was == now and isinstance(self.old, LocalSource) and isinstance(self.new, LocalSource):
            return unshared(self.old.fileno, self.new.fileno, run)
        return [run]

    def _note(self, was: Extent, now: Extent) -> None:
        if was.length != now.length:
            raise NotTheSame("a row group has another size")
        if was.length:
            self.ranges.append((was.start, now.start, was.length))

    def _check_offset_index(self, one: ChunkPlace, two: ChunkPlace) -> None:
        if one.pages == two.pages:
            self._note(one.offset_index, two.offset_index)
            return
        index = self.old.read(one.offset_index.start, one.offset_index.length)
        expected = relocated_index(index, two.pages.start - one.pages.start) if index else b""
        if expected != self.new.read(two.offset_index.start, two.offset_index.length):
            raise NotTheSame("the offset index of a row group differs")


def check_dead(source: Source, found: FileMap) -> None:
    """Check that every byte that the footer does not refer to is zero, but for the magic in front.

    Raises:
        NotTheSame: one is not.
    """
    if source.read(0, len(MAGIC)) != MAGIC:
        raise NotTheSame("the file does not begin as a Parquet file does")
    for gap in gaps(found.live(range(len(found.groups))), found.footer.start):
        if not zero(source, gap):
            raise NotTheSame("bytes that are nobody's are not zero")
