"""What a Parquet file tells beside its rows: statistics, indexes, dictionaries, metadata, names.

Read here on its own, byte by byte: an engine shows the entries of a dictionary that rows use, and no page's
minimum.
"""

import mmap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa

from scanners.residual.footer import (
    CODEC,
    CRYPTO,
    ENCRYPTED_META,
    GROUPS,
    INDEX,
    INDEX_LENGTH,
    KIND,
    MAGIC,
    META,
    PATH,
    SIZE,
    UNPACKED_SIZE,
    chunks_of,
    read_footer,
    spans_of,
    start_of,
    typed,
)
from scanners.residual.footer import STATISTICS as STATISTICS_FIELD
from scanners.residual.plain_values import (
    BYTE_ARRAY,
    FIXED,
    INT32,
    INT64,
    as_binary,
    plain_values,
    whole_numbers,
)
from scanners.residual.thrift import ThriftError, read_struct

METADATA, STATISTICS, DICTIONARY = "(metadata)", "(statistics)", "(dictionary)"
UNREFERRED = "(bytes)"
PIECE, OVERLAP, MOST = 1 << 22, 1 << 12, 1 << 28  # bytes of one cell, of two at once, of a page
_CODECS: dict[int, Literal["snappy", "gzip", "brotli", "lz4_raw", "zstd"]] = {
    1: "snappy",
    2: "gzip",
    4: "brotli",
    5: "lz4_raw",
    6: "zstd",
    7: "lz4_raw",
}
_HADOOP_LZ4 = 5
_DICTIONARY_PAGE, _DICTIONARY_HEADER = 2, 7
_BOUNDS = (1, 2, 5, 6)  # of Statistics: max, min, max_value, min_value
_HEADER = {1: int, 2: int, 3: int, 5: dict, _DICTIONARY_HEADER: dict, 8: dict}
_DATA_HEADERS = (5, 8)  # of pages of version 1 and 2; the field with their statistics has the same number
# Names that lists and maps put into a path, as the format and older writers spell them.
WRAPPERS = frozenset({"list", "element", "item", "array", "array_element", "bag", "key_value", "map"})


@dataclass(frozen=True, kw_only=True)
class Told:
    """Values that stand beside the rows.

    Attributes:
        place: where: `METADATA`, `STATISTICS`, `DICTIONARY` or `UNREFERRED`.
        path: the column's path in the file's own schema; empty for metadata.
        values: binary, or int64 where the column holds whole numbers; one may come more than once.
    """

    place: str
    path: tuple[str, ...]
    values: Any = field(repr=False)


class Sought(Protocol):
    """What is looked for in values beside the rows."""

    def leads(self, path: tuple[str, ...]) -> bool:
        """Return whether all values of a column count: it is a declared key of weak identifiers."""
        ...

    def may_hold(self, texts: bytes, count: int) -> bool:
        """Return whether some texts, each after four bytes of its length, may hold anything sought."""
        ...


def told_by(path: Path, sought: Sought) -> Iterator[Told]:
    """Yield what a Parquet file tells beside its rows.

    Args:
        path: the file.
        sought: what is looked for: values that cannot be or hold it are left out.

    Raises:
        ThriftError: footer, index or a page's header cannot be read.
        ValueError: the file is empty by now.
        OSError: nor can the file.
        pa.ArrowException: a dictionary cannot be unpacked.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        footer, start = read_footer(raw)
        chunks = list(chunks_of(footer))
        del footer[GROUPS]
        yield Told(place=METADATA, path=(), values=as_binary(_texts(footer)))
        for chunk in chunks:
            yield from _of_chunk(raw, chunk, sought)
        for at, end in _gaps(chunks, start):
            yield from _unreferred(raw[at:end], {chunk[META][CODEC] for chunk in chunks})


def bytes_of_columns(path: Path) -> Mapping[str, int] | None:
    """Return how many bytes each column that is no nested one takes unpacked; None if one is encrypted.

    pyarrow ends the process where it is asked about an encrypted column.

    Raises:
        ThriftError: the footer cannot be read.
        ValueError: the file is empty by now.
        OSError: nor can the file.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        footer, _ = read_footer(raw)
    sizes = Counter[str]()
    for chunk in chunks_of(footer):
        if CRYPTO in chunk or ENCRYPTED_META in chunk:
            return None
        meta = chunk[META]
        if len(_path(meta)) == 1:
            sizes[_path(meta)[0]] += meta[UNPACKED_SIZE]
    return sizes


def _gaps(chunks: list[dict[int, Any]], footer: int) -> Iterator[tuple[int, int]]:
    """Yield what lies between the first bytes and the footer and belongs to nothing that the footer names."""
    spans = (span for chunk in chunks for span in spans_of(chunk))
    taken = [(0, len(MAGIC)), *((at, at + length) for at, length in spans), (footer, footer)]
    end = 0
    for start, until in sorted(taken):
        if start > end:
            yield end, start
        end = max(end, until)


def _unreferred(data: bytes, codecs: set[int]) -> Iterator[Told]:
    """Yield bytes that nothing refers to: as they are, and unpacked where they are pages of an older file."""
    pieces = [data[at : at + PIECE + OVERLAP] for at in range(0, len(data), PIECE)]
    yield Told(place=UNREFERRED, path=(), values=as_binary(pieces))
    at = 0
    while at < len(data):
        try:
            header, body = read_struct(data, at)
        except ThriftError:
            return  # no page: what it is nobody knows
        full, size = header.get(2), header.get(3)
        if not isinstance(full, int) or not isinstance(size, int):
            return
        for codec in codecs if 0 <= full <= MOST and size > 0 else ():
            try:
                page = _unpacked(data[body : body + size], full, codec)
                yield Told(place=UNREFERRED, path=(), values=as_binary([page]))
            except (ThriftError, pa.ArrowException, OSError):
                continue  # packed otherwise
        at = body + max(size, 1)


def _of_chunk(raw: Any, chunk: dict[int, Any], sought: Sought) -> Iterator[Told]:
    meta = dict(chunk[META])
    path, kind = _path(meta), meta[KIND]
    bounds = _bounds(meta.pop(STATISTICS_FIELD, {}))
    yield Told(place=METADATA, path=(), values=as_binary(_texts(meta)))
    if chunk.get(INDEX_LENGTH):
        index, _ = read_struct(raw, chunk[INDEX])
        bounds += [one for n in (2, 3) for one in typed(index, {n: list}).get(n, ())]
    for header, body in _pages(raw, meta) if kind in {INT32, INT64, BYTE_ARRAY, FIXED} else ():
        bounds += [one for n in _DATA_HEADERS for one in _bounds(header.get(n, {}).get(n, {}))]
        if header.get(1) == _DICTIONARY_PAGE and (kind in {BYTE_ARRAY, FIXED} or sought.leads(path)):
            data = _unpacked(raw[body : body + header[3]], header[2], meta[CODEC])
            count = typed(header[_DICTIONARY_HEADER], {1: int}).get(1, 0)
            if kind != BYTE_ARRAY or sought.leads(path) or sought.may_hold(data, count):
                yield Told(place=DICTIONARY, path=path, values=plain_values(data, count, kind))
    yield Told(place=STATISTICS, path=path, values=_of_bounds(bounds, kind))


def _of_bounds(bounds: list[bytes], kind: int | None) -> Any:
    if kind not in {INT32, INT64}:
        return as_binary(bounds)
    width = 4 if kind == INT32 else 8
    whole = b"".join(one for one in bounds if len(one) == width)
    return whole_numbers(np.frombuffer(whole, f"<i{width}"))


def _pages(raw: Any, meta: dict[int, Any]) -> Iterator[tuple[dict[int, Any], int]]:
    """Yield the header of each page of a chunk, and where its body begins."""
    at = start_of(meta)
    end = at + meta[SIZE]
    while at < end:
        header, body = read_struct(raw, at)
        at = body + typed(header, _HEADER).get(3, -1)
        if not body <= at <= len(raw):
            raise ThriftError("a page that ends outside its file")
        yield header, body


def _unpacked(data: bytes, size: int, codec: int) -> bytes:
    if codec == 0:
        return data
    if codec not in _CODECS or not 0 <= size <= MOST:
        raise ThriftError("a codec that is not known, or a page that is too large")
    if codec == _HADOOP_LZ4 and int.from_bytes(data[:4], "big") == size:
        data = data[8:]  # two lengths come first
    return bytes(pa.Codec(_CODECS[codec]).decompress(data, size, asbytes=True)) if size else b""


def _bounds(statistics: dict[int, Any]) -> list[bytes]:
    told = typed(statistics, dict.fromkeys(_BOUNDS, bytes))
    return [told[number] for number in _BOUNDS if number in told]


def _path(meta: dict[int, Any]) -> tuple[str, ...]:
    return tuple(part.decode("utf-8", "replace") for part in meta.get(PATH, ()))


def _texts(value: Any) -> Iterator[bytes]:
    """Yield every text in a structure: names, keys and values of metadata, who made it."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
