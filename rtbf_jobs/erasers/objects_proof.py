"""What a proof needs not fetch: bytes that a store copies by itself, named by where they come from.

Comparing an untouched row group with itself over the network would prove nothing about the store's copy, and
would read the whole object. What can go wrong is the plan: a range taken from the wrong place. So in a proof
each block of these bytes holds its own number in the old object, and old and new agree only if the plan does.
"""

import io
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from rtbf_jobs.erasers.parquet_file.extents import Extent, read_map
from rtbf_jobs.erasers.parquet_file.recipe import RangeFile
from rtbf_jobs.erasers.parquet_file.source import Source

BLOCK, NUMBER = 4096, 8


class Addressed:
    """A source whose bytes inside some extents are not read but say where they are."""

    def __init__(self, source: Source, extents: Iterable[Extent]) -> None:
        self.size, self.identity = source.size, source.identity
        self._source, self._extents = source, sorted(extents)
        self._starts = [one.start for one in self._extents]

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they cannot be read.
        """
        out, end = b"", offset + length
        for one in self._extents[max(0, bisect_right(self._starts, offset) - 1) :]:
            if one.start >= end:
                break
            if one.end > offset:
                start, stop = max(one.start, offset), min(one.end, end)
                out += self._source.read(offset, start - offset) if start > offset else b""
                out += addresses(start, stop - start)
                offset = stop
        return out + (self._source.read(offset, end - offset) if end > offset else b"")

    def engine_input(self) -> Any:
        """Return a file object over this source."""
        return io.BufferedReader(RangeFile(self))


def untouched(source: Source, touched: frozenset[int]) -> list[Extent]:
    """Return where the pages of all other row groups are."""
    groups = read_map(source).groups
    return [
        place.pages
        for number, group in enumerate(groups)
        if number not in touched
        for place in group
        if place.pages.length
    ]


def addresses(offset: int, length: int) -> bytes:
    """Return what stands for the bytes from `offset` on: zeros, and in each block its number."""
    first = offset // BLOCK
    blocks = -(-(offset + length) // BLOCK) - first
    out = bytearray(blocks * BLOCK)
    for number in range(blocks):
        out[number * BLOCK : number * BLOCK + NUMBER] = (first + number + 1).to_bytes(NUMBER, "little")
    skip = offset - first * BLOCK
    return bytes(out[skip : skip + length])
