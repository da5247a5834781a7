"""Which bytes of a Parquet file its footer refers to, row group by row group; all others are dead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.footer import MAGIC, Encrypted, Footer, read_footer
from rtbf_jobs.erasers.parquet_file.source import Source, chunks

HEADER_BYTES = 256
COPIED_META = frozenset({1, 2, 3, 4})


class Unsupported(ValueError):
    """A layout that is not taken apart here; the text says which and holds no value."""


class Extent(NamedTuple):
    """Bytes of a file: [start, end)."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start


NOTHING = Extent(0, 0)


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where the parts of one column chunk are; an empty extent where there is none."""

    pages: Extent
    bloom: Extent
    column_index: Extent
    offset_index: Extent

    def parts(self) -> tuple[Extent, ...]:
        """Return the parts that there are."""
        every = (self.pages, self.bloom, self.column_index, self.offset_index)
        return tuple(one for one in every if one.end > one.start)


@dataclass(frozen=True)
class FileMap:
    """A footer, and the places of every chunk of every row group."""

    footer: Footer
    groups: tuple[tuple[ChunkPlace, ...], ...]

    def rows(self, number: int) -> int:
        """Return how many rows a row group has."""
        return thrift.integer(self.footer.raw, self.footer.groups[number].fields[names.G_ROWS])

    def live(self, groups: Iterable[int]) -> list[Extent]:
        """Return the extents of some row groups, and the magic, merged and sorted.

        Raises:
            Unsupported: parts overlap, or lie outside the file's data.
        """
        parts = sorted(e for number in groups for place in self.groups[number] for e in place.parts())
        merged = [Extent(0, len(MAGIC))]
        for one in parts:
            if one.start < merged[-1].end or one.end > self.footer.start:
                raise Unsupported("parts of columns overlap")
            if one.start == merged[-1].end:
                merged[-1] = Extent(merged[-1].start, one.end)
            else:
                merged.append(one)
        return merged


def read_map(source: Source, like: FileMap | None = None) -> FileMap:
    """Return what a file's footer refers to.

    Args:
        source: the file.
        like: the map of a file that shares most row groups with this one. Where the footers say the same of a
            row group, byte by byte, its parts are at the same places: nothing is worked out twice.

    Raises:
        NotParquet: there is no footer.
        Encrypted: something is encrypted or signed.
        Unsupported: column data lies in another file.
    """
    footer = read_footer(source, None if like is None else like.footer)
    groups = [
        tuple(_place(source, footer.raw, chunk) for chunk in group.chunks)
        if like is None or group.same is None
        else like.groups[group.same]
        for group in footer.groups
    ]
    return FileMap(footer, tuple(groups))


def gaps(live: list[Extent], end: int) -> Iterator[Extent]:
    """Yield what lies between sorted extents and before an end."""
    at = 0
    for one in live:
        if one.start > at:
            yield Extent(at, one.start)
        at = one.end
    if at < end:
        yield Extent(at, end)


def refuse_unknown(source: Source, found: FileMap) -> None:
    """Refuse bytes that the footer does not refer to and that are neither zeros nor a chunk's own metadata.

    They would be lost: it may be an index that key-value metadata leads to. Older writers put each chunk's
    metadata behind its pages; that goes, because its statistics may hold a subject's value.

    Raises:
        Unsupported: there are such bytes.
    """
    live = found.live(range(len(found.groups)))
    for gap in gaps(live, found.footer.start):
        if not zero(source, gap) and not _chunk_metadata(source, gap):
            raise Unsupported("it holds data that its footer does not refer to")


def zero(source: Source, gap: Extent) -> bool:
    """Return whether an extent holds zeros only."""
    return all(not any(source.read(at, length)) for at, length in chunks(gap.start, gap.length))


def _place(source: Source, raw: bytes, chunk: thrift.Positions) -> ChunkPlace:
    if names.C_CRYPTO in chunk or names.C_SECRET in chunk:
        raise Encrypted
    if names.C_FILE_PATH in chunk or names.C_META not in chunk:
        raise Unsupported("column data lies in another file")
    meta = chunk[names.C_META]
    size = thrift.integer(raw, meta[names.M_SIZE])
    offsets = [names.M_DATA, names.M_DICTIONARY, names.M_INDEX]
    told = [thrift.integer(raw, meta[number]) for number in offsets if number in meta]
    start = min((offset for offset in told if offset > 0), default=0)
    return ChunkPlace(
        pages=Extent(start, start + size) if size else NOTHING,
        bloom=_bloom(source, raw, meta),
        column_index=_indexed(raw, chunk, names.C_COLUMN_INDEX, names.C_COLUMN_INDEX_LENGTH),
        offset_index=_indexed(raw, chunk, names.C_OFFSET_INDEX, names.C_OFFSET_INDEX_LENGTH),
    )


def _indexed(raw: bytes, chunk: thrift.Positions, offset: int, length: int) -> Extent:
    if offset not in chunk or length not in chunk:
        return NOTHING
    start = thrift.integer(raw, chunk[offset])
    return Extent(start, start + thrift.integer(raw, chunk[length]))


def _bloom(source: Source, raw: bytes, meta: thrift.Positions) -> Extent:
    if names.M_BLOOM not in meta:
        return NOTHING
    start = thrift.integer(raw, meta[names.M_BLOOM])
    if names.M_BLOOM_LENGTH in meta:
        return Extent(start, start + thrift.integer(raw, meta[names.M_BLOOM_LENGTH]))
    head = source.read(start, min(HEADER_BYTES, source.size - start))
    made, end = thrift.read_struct(head, 0)
    return Extent(start, start + end + int(made.get(1, 0)))


def _chunk_metadata(source: Source, gap: Extent) -> bool:
    raw = b"".join(source.read(*piece) for piece in chunks(gap.start, gap.length))
    at = 0
    while at < len(raw):
        if not raw[at]:
            at += 1
            continue
        try:
            found = {one.id for one in thrift.spans(raw, at)}
            end = thrift.skip(raw, at, thrift.STRUCT)
        except (thrift.ThriftError, IndexError):
            return False
        if not (found >= COPIED_META or names.C_META in found):
            return False
        at = end
    return True
