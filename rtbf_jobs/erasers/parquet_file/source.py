"""Where a Parquet file's bytes come from: anything with a size that can be read by ranges."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rtbf_jobs.erasers.atomic import Seen, seen_of

CHUNK = 4 << 20
COMPARED = 256 << 10  # two of them stay in a processor's own cache


class Source(Protocol):
    """Random access to the bytes of one version of a file.

    `identity` names that version: what a later write is made conditional on (a `Seen` on disk, an ETag in an
    object store). A read of other bytes than of that version must raise.
    """

    size: int
    identity: Any

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they cannot be read.
        """

    def engine_input(self) -> Any:
        """Return what pyarrow opens: a path, or a file object over this source."""


class LocalSource:
    """A file on disk, held open: what is renamed over it later does not change what is read."""

    def __init__(self, path: Path, handle: int) -> None:
        self._handle = handle
        self.path = path
        self.identity: Seen = seen_of(os.fstat(handle))
        self.size = self.identity.size

    @property
    def fileno(self) -> int:
        """The open file's descriptor."""
        return self._handle

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they cannot be read, lie outside the file, or the file became shorter.
        """
        if not 0 <= offset <= offset + length <= self.size:
            raise OSError("bytes outside the file")
        read = os.pread(self._handle, length, offset)
        while len(read) < length:
            more = os.pread(self._handle, length - len(read), offset + len(read))
            if not more:
                raise OSError("the file is shorter than it was")
            read += more
        return read

    def read_into(self, offset: int, buffer: memoryview) -> None:
        """Fill a buffer with the bytes from `offset` on.

        Raises:
            OSError: they cannot be read, or the file became shorter.
        """
        while len(buffer):
            done = os.preadv(self._handle, [buffer], offset)
            if not done:
                raise OSError("the file is shorter than it was")
            offset, buffer = offset + done, buffer[done:]

    def engine_input(self) -> Any:
        """Return a path to the open file itself, not to its name: pyarrow reads it without Python."""
        return f"/proc/self/fd/{self._handle}"


@contextmanager
def local(path: Path) -> Iterator[LocalSource]:
    """Open a file on disk as a source.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        yield LocalSource(path, handle)
    finally:
        os.close(handle)


def chunks(offset: int, length: int, most: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Yield a range in pieces of at most so many bytes, which fit into memory, as (offset, length)."""
    while length > 0:
        yield offset, min(most, length)
        offset, length = offset + most, length - most


def same_bytes(one: Source, at: int, two: Source, to: int, length: int) -> bool:
    """Return whether two sources hold the same bytes in two ranges.

    Raises:
        OSError: they cannot be read.
    """
    by = to - at
    if not (isinstance(one, LocalSource) and isinstance(two, LocalSource)):
        return all(one.read(i, size) == two.read(i + by, size) for i, size in chunks(at, length))
    first, second = bytearray(COMPARED), bytearray(COMPARED)
    for start, size in chunks(at, length, COMPARED):
        views = memoryview(first)[:size], memoryview(second)[:size]
        one.read_into(start, views[0])
        two.read_into(start + by, views[1])
        if first[:size] != second[:size] if size < COMPARED else first != second:
            return False
    return True
