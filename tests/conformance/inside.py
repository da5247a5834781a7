"""What is really inside a Parquet file: its Thrift structures, pages, filters and the bytes between them.

A reader of its own, so that the eraser's is not proven by itself. Source: parquet.thrift of parquet-format,
and thrift-compact-protocol.md of Apache Thrift; numbers below are the field ids given there.
"""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

NOISE = re.compile(r", is_from_converted_type=\w+, force_set_converted_type=\w+")
PLAIN = re.compile(r"Int\(bitWidth=(32|64), isSigned=true\)")
CODECS = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
INT96, FIXED_BYTES = 3, 7
DATA, DICTIONARY, DATA_V2 = 0, 2, 3


class Compact:
    """A cursor over bytes in Thrift's compact protocol; structures come as {field id: value}."""

    def __init__(self, raw: bytes, at: int = 0) -> None:
        self.raw, self.at = raw, at

    def struct(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            found[number] = head & 15 == 1 if head & 15 < 3 else self._value(head & 15)
        return found

    def _value(self, kind: int) -> Any:
        if kind in {4, 5, 6}:
            return self._signed()
        if kind == 12:
            return self.struct()
        if kind in {9, 10}:
            return self._list()
        length = {3: 1, 7: 8}[kind] if kind in {3, 7} else self._unsigned()
        self.at += length
        return self.raw[self.at - length : self.at]

    def _list(self) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        return [self._byte() == 1 if head & 15 < 3 else self._value(head & 15) for _ in range(count)]

    def _byte(self) -> int:
        self.at += 1
        return self.raw[self.at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) > 127:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def _signed(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)


@dataclass(frozen=True)
class Page:
    """One page: its header, its bytes as stored and as decompressed, and where its header begins."""

    header: dict[int, Any]
    stored: bytes
    plain: bytes
    at: int


class Inside:
    """A file taken apart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = path.read_bytes()
        length = int.from_bytes(self.raw[-8:-4], "little")
        self.start = len(self.raw) - 8 - length
        self.footer = Compact(self.raw, self.start).struct()
        self.live = [(0, 4), (self.start, len(self.raw))]
        self.columns = [column for group in self.footer.get(4, []) for column in group[1] if column[3].get(7)]
        self.pages = [page for column in self.columns for page in self._pages(column)]
        self.indexes = [one for column in self.columns for one in self._indexes(column)]
        self._blooms()

    def kept(self) -> dict[str, Any]:
        """Return what a rewrite has to keep, column by column where columns differ."""
        by_path: dict[bytes, list[Any]] = {}
        for column in self.columns:
            by_path.setdefault(b".".join(column[3][3]), []).append(column)
        return {
            "schema": [[e.get(k) for k in (1, 3, 4, 5, 9)] for e in self.footer[2][1:]],
            "lengths of fixed bytes": [e[2] for e in self.footer[2] if e.get(1) == FIXED_BYTES],
            "logical types": self._logical_types(),
            "key values": sorted((pair[1], pair.get(2)) for pair in self.footer.get(5) or []),
            "codecs": {path: {c[3][4] for c in found} for path, found in by_path.items()},
            "blooms": {path for path, found in by_path.items() if any(14 in c[3] for c in found)},
            "column indexes": {path for path, found in by_path.items() if any(6 in c for c in found)},
            "offset indexes": {path for path, found in by_path.items() if any(4 in c for c in found)},
            "statistics": {
                path for path, found in by_path.items() if any(12 in c[3] and c[3][1] != INT96 for c in found)
            },
            "sorting": [group[4] for group in self.footer[4] if 4 in group][:1],
            "page versions": {page.header[1] for page in self.pages} - {DICTIONARY},
            "checksums": {4 in page.header for page in self.pages},
        }

    def _logical_types(self) -> list[str]:
        """Return the columns' types; converted and logical types say the same, and nothing of int32."""
        schema = pq.read_metadata(self.path).schema
        told = [NOISE.sub("", str(schema.column(i).logical_type)) for i in range(len(schema.names))]
        return [PLAIN.sub("None", one) for one in told]

    def hiding(self, needles: list[bytes]) -> list[str]:
        """Return the places where a needle still is: metadata, decompressed pages, or any byte at all."""
        parsed = repr([self.footer, self.indexes, [page.header for page in self.pages]])
        places = {
            "file": self.raw,
            "metadata": parsed.encode(),
            **{f"page at {page.at}": page.plain for page in self.pages},
        }
        return [
            place
            for place, held in places.items()
            for needle in needles
            if needle in held or (place == "metadata" and repr(needle)[2:-1].encode() in held)
        ]

    def unreferred(self) -> bytes:
        """Return the bytes that neither the footer nor what it leads to refers to, zeros left out."""
        at, left = 0, b""
        for start, end in sorted(self.live):
            assert start >= at, f"parts overlap at byte {start}"
            left += self.raw[at:start]
            at = end
        return left.replace(b"\0", b"")

    def _pages(self, column: dict[int, Any]) -> list[Page]:
        meta, found = column[3], []
        at = min(place for place in (meta[9], meta.get(11)) if place)
        end = at + meta[7]
        self.live.append((at, end))
        while at < end:
            found.append(self._page(at, meta[4]))
            at = found[-1].at + found[-1].header["length"]
        assert at == end
        return found

    def _page(self, at: int, codec: int) -> Page:
        cursor = Compact(self.raw, at)
        header: dict[Any, Any] = cursor.struct()
        stored = self.raw[cursor.at : cursor.at + header[3]]
        assert header.get(4) is None or header[4] & 0xFFFFFFFF == zlib.crc32(stored)
        header["length"] = cursor.at + header[3] - at
        levels = header[8].get(5, 0) + header[8].get(6, 0) if header[1] == DATA_V2 else 0
        packed = codec and header.get(8, {}).get(7, True)
        body = stored[levels:]
        if packed and body:
            body = pa.Codec(CODECS[codec]).decompress(body, header[2] - levels).to_pybytes()
        return Page(header=header, stored=stored, plain=stored[:levels] + body, at=at)

    def _indexes(self, column: dict[int, Any]) -> list[dict[int, Any]]:
        found = []
        for offset, length in ((4, 5), (6, 7)):
            if offset in column:
                start, end = column[offset], column[offset] + column[length]
                self.live.append((start, end))
                found.append(Compact(self.raw, start).struct())
        if 4 in column:
            told = [(page[1], page[2]) for page in found[0][1]]
            there = [(p.at, p.header["length"]) for p in self._pages_of(column) if p.header[1] != DICTIONARY]
            assert told == there
        return found

    def _pages_of(self, column: dict[int, Any]) -> list[Page]:
        start = min(place for place in (column[3][9], column[3].get(11)) if place)
        return [page for page in self.pages if start <= page.at < start + column[3][7]]

    def _blooms(self) -> None:
        for column in self.columns:
            if start := column[3].get(14):
                cursor = Compact(self.raw, start)
                size = cursor.struct()[1]
                end = cursor.at + size
                assert column[3].get(15, end - start) == end - start
                self.live.append((start, end))


def excluded(path: Path, column: str, values: list[Any]) -> float:
    """Return the share of (row group, value) that the bloom filters rule out, as DuckDB reads them."""
    told = [
        row[0]
        for value in values
        for row in duckdb.execute(
            "select bloom_filter_excludes from parquet_bloom_probe(?, ?, ?)", [str(path), column, value]
        ).fetchall()
    ]
    return sum(told) / len(told)
