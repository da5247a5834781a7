"""The proof that nobody else's bytes changed: untouched row groups are the same, dead bytes are zero."""

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.extents import ChunkPlace, Extent, FileMap, gaps, zero
from rtbf_jobs.erasers.parquet_file.relocate import Move, relocated_group, relocated_index
from rtbf_jobs.erasers.parquet_file.source import Source, chunks


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


def check_group(
    old: tuple[Source, FileMap, int], new: tuple[Source, FileMap, int], *, ordinal: int | None
) -> None:
    """Check that a row group holds the same bytes, wherever they are.

    Args:
        old: the old file, its map, and the number of the row group in it.
        new: the same of the new file.
        ordinal: what the row group's ordinal should be, None where it has none.

    Raises:
        NotTheSame: a byte differs.
    """
    (source, was, number), (target, now, to) = old, new
    if len(was.groups[number]) != len(now.groups[to]):
        raise NotTheSame("a row group has other columns")
    moves = []
    for one, two in zip(was.groups[number], now.groups[to], strict=True):
        for first, second in ((one.pages, two.pages), (one.bloom, two.bloom)):
            _check_bytes(source, target, first, second)
        _check_bytes(source, target, one.column_index, two.column_index)
        _check_offset_index(source, target, one, two)
        moves.append(
            Move(
                one,
                two.pages.start - one.pages.start,
                two.bloom.start - one.bloom.start,
                two.column_index.start - one.column_index.start,
                two.offset_index,
            )
        )
    before, after = was.footer.group(number), now.footer.group(to)
    if before != after and relocated_group(before, moves, ordinal) != after:
        raise NotTheSame("what the footer says about a row group differs")


def check_dead(source: Source, found: FileMap) -> None:
    """Check that every byte that the footer does not refer to is zero.

    Raises:
        NotTheSame: one is not.
    """
    for gap in gaps(found.live(range(len(found.groups))), found.footer.start):
        if not zero(source, gap):
            raise NotTheSame("bytes that are nobody's are not zero")


def _check_offset_index(old: Source, new: Source, was: ChunkPlace, now: ChunkPlace) -> None:
    one, two = (
        source.read(place.offset_index.start, place.offset_index.length)
        for source, place in ((old, was), (new, now))
    )
    by = now.pages.start - was.pages.start
    if one != two and (not one or not two or relocated_index(one, by) != two):
        raise NotTheSame("the offset index of a row group differs")


def _check_bytes(old: Source, new: Source, was: Extent, now: Extent) -> None:
    if was.length != now.length:
        raise NotTheSame("a row group has another size")
    by = now.start - was.start
    for at, length in chunks(was.start, was.length):
        if old.read(at, length) != new.read(at + by, length):
            raise NotTheSame("bytes of a row group that was not touched differ")
