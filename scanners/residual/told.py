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
_DICTIONARY_PAGE = 2
_BOUNDS = (1, 2, 5, 6)  # of Statistics: max, min, max_value, min_value
_GROUPS, _COLUMNS, _CHUNK_META, _PATH, _CODEC, _UNPACKED_SIZE, _SIZE = 4, 1, 3, 3, 4, 6, 7
_CRYPTO, _ENCRYPTED_META = 8, 9
_DATA_OFFSET, _DICTIONARY_OFFSET, _CHUNK_STATISTICS = 9, 11, 12
_INDEX_OFFSET, _INDEX_LENGTH = 6, 7
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
        footer, length = read_footer(raw)
        groups = footer.pop(_GROUPS, [])
        yield Told(place=METADATA, path=(), values=as_binary(_texts(footer)))
        chunks = [chunk for group in groups for chunk in group.get(_COLUMNS, [])]
        for chunk in chunks:
            yield from _of_chunk(raw, chunk, sought)
        for start, end in _gaps(chunks, len(raw) - 8 - length):
            yield from _unreferred(
                raw[start:end], {chunk.get(_CHUNK_META, {}).get(_CODEC, 0) for chunk in chunks}
            )


def read_footer(raw: Any) -> tuple[dict[int, Any], int]:
    """Return the footer of a Parquet file's bytes, and how many bytes it has.

    Raises:
        ThriftError: it cannot be read.
    """
    length = int.from_bytes(raw[-8:-4], "little")
    footer, _ = read_struct(raw[len(raw) - 8 - length : -8], 0)
    return footer, length


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
    for chunk in (chunk for group in footer.get(_GROUPS, []) for chunk in group.get(_COLUMNS, [])):
        if _CRYPTO in chunk or _ENCRYPTED_META in chunk:
            return None
        meta = chunk.get(_CHUNK_META, {})
        if len(_path(meta)) == 1:
            sizes[_path(meta)[0]] += meta.get(_UNPACKED_SIZE, 0)
    return sizes


def _gaps(chunks: list[dict[int, Any]], footer: int) -> Iterator[tuple[int, int]]:
    """Yield what lies between the first bytes and the footer and belongs to nothing that the footer names."""
    taken = [(0, 4), (footer, footer)]
    for chunk in chunks:
        meta = chunk.get(_CHUNK_META, {})
        taken += [(_start(meta), _start(meta) + meta.get(_SIZE, 0))]
        taken += [(chunk.get(4, 0), chunk.get(4, 0) + chunk.get(5, 0))]
        taken += [(chunk.get(_INDEX_OFFSET, 0), chunk.get(_INDEX_OFFSET, 0) + chunk.get(_INDEX_LENGTH, 0))]
        taken += [(meta.get(14, 0), meta.get(14, 0) + meta.get(15, 0))]
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
    meta = dict(chunk.get(_CHUNK_META, {}))
    path, kind = _path(meta), meta.get(1)
    bounds = _bounds(meta.pop(_CHUNK_STATISTICS, {}))
    yield Told(place=METADATA, path=(), values=as_binary(_texts(meta)))
    if chunk.get(_INDEX_LENGTH):
        index, _ = read_struct(raw, chunk[_INDEX_OFFSET])
        bounds += [*index.get(2, ()), *index.get(3, ())]
    for header, body in _pages(raw, meta) if kind in {INT32, INT64, BYTE_ARRAY, FIXED} else ():
        bounds += _bounds(header.get(5, {}).get(5, {})) + _bounds(header.get(8, {}).get(8, {}))
        if header.get(1) == _DICTIONARY_PAGE and (kind in {BYTE_ARRAY, FIXED} or sought.leads(path)):
            data = _unpacked(raw[body : body + header[3]], header[2], meta.get(_CODEC, 0))
            count = header[7].get(1, 0)
            if kind != BYTE_ARRAY or sought.leads(path) or sought.may_hold(data, count):
                yield Told(place=DICTIONARY, path=path, values=plain_values(data, count, meta[1]))
    yield Told(place=STATISTICS, path=path, values=_of_bounds(bounds, kind))


def _of_bounds(bounds: list[bytes], kind: int | None) -> Any:
    if kind not in {INT32, INT64}:
        return as_binary(bounds)
    width = 4 if kind == INT32 else 8
    whole = b"".join(one for one in bounds if len(one) == width)
    return whole_numbers(np.frombuffer(whole, f"<i{width}"))


def _pages(raw: Any, meta: dict[int, Any]) -> Iterator[tuple[dict[int, Any], int]]:
    """Yield the header of each page of a chunk, and where its body begins."""
    at = _start(meta)
    end = at + meta.get(_SIZE, 0)
    while at < end:
        header, body = read_struct(raw, at)
        at = body + header.get(3, -1)
        if not body <= at <= len(raw):
            raise ThriftError("a page that ends outside its file")
        yield header, body


def _start(meta: dict[int, Any]) -> int:
    return min((at for at in (meta.get(_DICTIONARY_OFFSET), meta.get(_DATA_OFFSET)) if at), default=0)


def _unpacked(data: bytes, size: int, codec: int) -> bytes:
    if codec == 0:
        return data
    if codec not in _CODECS:
        raise ThriftError("a codec that is not known")
    if codec == _HADOOP_LZ4 and int.from_bytes(data[:4], "big") == size:
        data = data[8:]  # two lengths come first
    return bytes(pa.Codec(_CODECS[codec]).decompress(data, size, asbytes=True)) if size else b""


def _bounds(statistics: dict[int, Any]) -> list[bytes]:
    return [statistics[number] for number in _BOUNDS if number in statistics]


def _path(meta: dict[int, Any]) -> tuple[str, ...]:
    return tuple(part.decode("utf-8", "replace") for part in meta.get(_PATH, ()))


def _texts(value: Any) -> Iterator[bytes]:
    """Yield every text in a structure: names, keys and values of metadata, who made it."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
