"""What a new file is made of: a value, so that one plan serves a disk and an object store.

    layout = KEEP    what stays is where it was; what goes leaves zeros (holes on a disk)
    layout = SHIFT   what stays moves together; no gaps, all offsets in the footer are other ones

Whoever carries a recipe out writes each segment at its place and zeros between them. `Copy` names bytes of
the old file (a clone, `copy_file_range`, a server-side part copy), `New` bytes of the spool, `Bytes` brings
its own. `Composed` reads a file that was not written yet, so that it can be proven before it is.
"""

import io
import os
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from rtbf_jobs.erasers.parquet_file.extents import Extent
from rtbf_jobs.erasers.parquet_file.source import Source


class Layout(StrEnum):
    """Whether untouched bytes keep their offsets."""

    KEEP = "keep"
    SHIFT = "shift"


@dataclass(frozen=True)
class Copy:
    """Bytes of the old file from `offset` on, to be at `at` in the new one."""

    at: int
    offset: int
    length: int


@dataclass(frozen=True)
class New:
    """Bytes of the spool from `offset` on, to be at `at` in the new file."""

    at: int
    offset: int
    length: int


@dataclass(frozen=True)
class Bytes:
    """A few bytes (an index, the footer), to be at `at` in the new file."""

    at: int
    data: bytes = field(repr=False)

    @property
    def length(self) -> int:
        """How many bytes."""
        return len(self.data)


Segment: TypeAlias = Copy | New | Bytes


@dataclass(frozen=True)
class Recipe:
    """A new file: segments by rising place, without overlap; the last is the footer. `size` is in bytes.

    `dead` is how many bytes between the segments are zeros.
    """

    layout: Layout
    segments: tuple[Segment, ...]

    @property
    def size(self) -> int:
        """How long the new file is."""
        return self.segments[-1].at + self.segments[-1].length

    @property
    def dead(self) -> int:
        """How many bytes are nobody's."""
        return self.size - sum(one.length for one in self.segments)

    @property
    def copied(self) -> int:
        """How many bytes come from the old file."""
        return sum(one.length for one in self.segments if isinstance(one, Copy))

    def gaps(self) -> Iterator[Extent]:
        """Yield what lies between the segments."""
        at = 0
        for one in self.segments:
            if one.at > at:
                yield Extent(at, one.at)
            at = one.at + one.length


class Spool:
    """A file without a name that holds row groups made anew until they have their place."""

    def __init__(self, handle: int) -> None:
        self.fileno = handle
        self.size = 0

    def append(self, data: Any) -> int:
        """Write bytes at the end and return where they begin.

        Raises:
            OSError: they cannot be written.
        """
        start, view = self.size, memoryview(data)
        while view:
            written = os.pwrite(self.fileno, view, self.size)
            self.size += written
            view = view[written:]
        return start

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they cannot be read.
        """
        read = os.pread(self.fileno, length, offset)
        if len(read) < length:
            raise OSError("the spool is shorter than what was written to it")
        return read


@contextmanager
def spool(folder: Path) -> Iterator[Spool]:
    """Open a spool on the file system of a folder; nothing of it is left after a crash.

    Raises:
        OSError: the file system refused.
    """
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        yield Spool(file.fileno())


class Composed:
    """The file that a recipe makes, read before it is written: a `Source`."""

    def __init__(self, recipe: Recipe, old: Source, spooled: Spool) -> None:
        self.size = recipe.size
        self.identity: Any = None
        self._recipe, self._old, self._spool = recipe, old, spooled
        self._starts = [one.at for one in recipe.segments]

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they cannot be read.
        """
        out = bytearray(length)
        first = max(0, bisect_right(self._starts, offset) - 1)
        for one in self._recipe.segments[first:]:
            start, end = max(offset, one.at), min(offset + length, one.at + one.length)
            if one.at >= offset + length:
                break
            if start < end:
                out[start - offset : end - offset] = self._bytes(one, start - one.at, end - start)
        return bytes(out)

    def engine_input(self) -> Any:
        """Return a file object over this source."""
        return io.BufferedReader(RangeFile(self), 1 << 20)

    def _bytes(self, one: Segment, skip: int, length: int) -> bytes:
        if isinstance(one, Bytes):
            return one.data[skip : skip + length]
        source = self._old if isinstance(one, Copy) else self._spool
        return source.read(one.offset + skip, length)


class RangeFile(io.RawIOBase):
    """A source as a file object, for engines that want one."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source, self._at = source, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, and return the position."""
        base = {0: 0, 1: self._at, 2: self._source.size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the source goes; return how many bytes."""
        length = max(0, min(len(buffer), self._source.size - self._at))
        if length:
            buffer[:length] = self._source.read(self._at, length)
        self._at += length
        return length
