"""Row groups and offset indexes whose bytes are elsewhere now: only the offsets in them are edited."""

from collections.abc import Sequence
from dataclasses import dataclass

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.extents import NOTHING, ChunkPlace, Extent, FileMap
from rtbf_jobs.erasers.parquet_file.thrift import I16, I32, I64, Struct

LOCATIONS, LOCATION_OFFSET = 1, 1


@dataclass(frozen=True, slots=True)
class Move:
    """Where a column chunk was, by how much each part moves, and where its new offset index is."""

    place: ChunkPlace
    pages: int
    bloom: int
    column_index: int
    offset_index: Extent = NOTHING


def relocated_group(raw: bytes, moves: Sequence[Move], ordinal: int | None) -> bytes:
    """Return a row group's structure with other offsets and another ordinal (None: without one).

    Raises:
        ThriftError: the structure cannot be edited without changing more than that.
    """
    group = Struct.read(raw)
    for chunk, move in zip(group.items(names.G_COLUMNS), moves, strict=True):
        _relocate_chunk(chunk, move)
    if names.G_OFFSET in group.fields:
        starts = [move.place.pages.start + move.pages for move in moves if move.place.pages.length]
        group.put(names.G_OFFSET, I64, min(starts, default=0))
    _number(group, ordinal)
    return group.write()


def renumbered(raw: bytes, ordinal: int | None) -> bytes:
    """Return a row group's structure with another ordinal; None leaves it as it is.

    Raises:
        ThriftError: the structure cannot be edited without changing more than that.
    """
    if ordinal is None:
        return raw
    group = Struct.read(raw)
    _number(group, ordinal)
    return group.write()


def ordinal_of(found: FileMap, number: int, now: int) -> int | None:
    """Return the ordinal of a row group that is the `now`-th in the new file, None where it had none."""
    return now if names.G_ORDINAL in found.footer.groups[number].fields else None


def relocated_index(raw: bytes, by: int) -> bytes:
    """Return an offset index whose pages have moved.

    Raises:
        ThriftError: the structure cannot be edited without changing more than that.
    """
    index = Struct.read(raw)
    for location in index.items(LOCATIONS):
        location.put(LOCATION_OFFSET, I64, location.get(LOCATION_OFFSET) + by)
    return index.write()


def _number(group: Struct, ordinal: int | None) -> None:
    if ordinal is None:
        group.drop(names.G_ORDINAL)
    else:
        group.put(names.G_ORDINAL, I16, ordinal)


def _relocate_chunk(chunk: Struct, move: Move) -> None:
    pages, meta = move.place.pages, chunk.get(names.C_META)
    for number in (names.M_DATA, names.M_INDEX, names.M_DICTIONARY):
        if pages.start <= meta.get(number, -1) < pages.end:
            meta.put(number, I64, meta.get(number) + move.pages)
    if move.place.bloom.length:
        meta.put(names.M_BLOOM, I64, move.place.bloom.start + move.bloom)
    # Deprecated; some writers point it at a copy of the metadata behind the pages, which is not kept.
    inside = pages.start <= chunk.get(names.C_OFFSET, 0) < pages.end
    chunk.put(names.C_OFFSET, I64, chunk.get(names.C_OFFSET) + move.pages if inside else 0)
    if move.place.column_index.length:
        chunk.put(names.C_COLUMN_INDEX, I64, move.place.column_index.start + move.column_index)
    if move.place.offset_index.length:
        chunk.put(names.C_OFFSET_INDEX, I64, move.offset_index.start)
        chunk.put(names.C_OFFSET_INDEX_LENGTH, I32, move.offset_index.length)
