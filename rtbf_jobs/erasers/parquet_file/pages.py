"""Page headers, and the values of a dictionary page: what an engine reads, read without it."""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rtbf_jobs.erasers.parquet_file import thrift
from rtbf_jobs.erasers.parquet_file.source import Source

FIRST_TRY, LARGEST_HEADER = 256, 16 << 20
TYPE, RAW_SIZE, SIZE, CRC, DICTIONARY = 1, 2, 3, 4, 7
DICTIONARY_PAGE, DATA_PAGE_V2 = 2, 3
LARGEST_DICTIONARY = 1 << 28  # bytes: what a page says of itself is taken from memory before it is read
LENGTH_BYTES = 4  # before each text
WIDTHS = {"INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
CODECS = {0: None, 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}


@dataclass(frozen=True)
class Page:
    """A page's header. `start` and `end` are where its content is in the file."""

    kind: int
    start: int
    end: int
    raw_size: int
    checksum: bool
    values: int = field(default=0)

    @property
    def second(self) -> bool:
        """Whether it is a data page of version 2."""
        return self.kind == DATA_PAGE_V2


def page_at(source: Source, at: int) -> Page:
    """Return the header of the page at an offset.

    Raises:
        ThriftError: there is none.
    """
    size = FIRST_TRY
    while True:
        raw = source.read(at, min(size, source.size - at))
        try:
            header, end = thrift.read_struct(raw, 0)
        except (thrift.ThriftError, IndexError):
            if size > LARGEST_HEADER or len(raw) < size:
                raise thrift.ThriftError("no page header") from None
            size *= 16
            continue
        dictionary = header.get(DICTIONARY)
        return Page(
            kind=header.get(TYPE, -1),
            start=at + end,
            end=at + end + header.get(SIZE, 0),
            raw_size=header.get(RAW_SIZE, 0),
            checksum=CRC in header.fields,
            values=dictionary.get(1, 0) if dictionary is not None else 0,
        )


def dictionary_bytes(source: Source, at: int, codec: int) -> tuple[bytes, int]:
    """Return the uncompressed content of the dictionary page at an offset, and how many values it holds.

    Args:
        source: the file.
        at: where the page's header is.
        codec: Parquet's number of the codec.

    Raises:
        ThriftError: there is no dictionary page.
        KeyError: the codec is none of `CODECS`.
        ArrowException: it cannot be uncompressed.
    """
    page = page_at(source, at)
    if page.kind != DICTIONARY_PAGE:
        raise thrift.ThriftError("no dictionary page")
    raw: Any = source.read(page.start, page.end - page.start)
    name: Any = CODECS[codec]
    if not 0 <= page.raw_size <= LARGEST_DICTIONARY:
        raise thrift.ThriftError("a dictionary that is too large")
    if name is not None and raw:
        raw = pa.Codec(name).decompress(raw, page.raw_size, asbytes=True)
    return bytes(raw), page.values


def width_of(physical: str, length: int | None) -> int | None:
    """Return how many bytes each value of a physical type takes; None where they differ.

    Args:
        physical: Parquet's name of the type.
        length: that of a FIXED_LEN_BYTE_ARRAY.
    """
    return length if physical == "FIXED_LEN_BYTE_ARRAY" else WIDTHS.get(physical)


def plain_values(raw: bytes, count: int, width: int | None) -> list[bytes]:
    """Return PLAIN values as the bytes they are written in.

    Args:
        raw: the uncompressed page.
        count: how many values it holds.
        width: what `width_of` told.

    Raises:
        ThriftError: the page is shorter than its values.
    """
    if not 0 <= count * (width or LENGTH_BYTES) <= len(raw):
        raise thrift.ThriftError("a page that is shorter than its values")
    if width is not None:
        values = [raw[at : at + width] for at in range(0, count * width, width)]
        end = count * width
    else:
        values, end = [], 0
        for _ in range(count):
            start = end + LENGTH_BYTES
            end = start + int.from_bytes(raw[end:start], "little")
            values.append(raw[start:end])
    if end > len(raw):
        raise thrift.ThriftError("a page that is shorter than its values")
    return values
