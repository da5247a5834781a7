"""Which bytes of two files are the very same blocks of the disk, after a clone: equal without reading.

Source: Documentation/filesystems/fiemap.rst of Linux.
"""

import errno
import fcntl
import struct
from collections.abc import Iterator
from typing import NamedTuple

from rtbf_jobs.erasers.parquet_file.extents import Extent

FS_IOC_FIEMAP = 0xC020660B
HEAD, ONE = struct.Struct("=QQIIII"), struct.Struct("=QQQQQIIII")
BATCH = 512
LAST, SHARED = 0x1, 0x2000
# Anything else (unknown place, not written yet, encoded, inline, unwritten) says nothing about the bytes.
TELLING = LAST | SHARED


class Blocks(NamedTuple):
    """A piece of a file: where it is in the file and on the disk, in bytes."""

    start: int
    on_disk: int
    length: int


def unshared(old: int, new: int, part: Extent) -> list[Extent]:
    """Return what of an extent is not the same blocks in both files: what has to be compared byte by byte.

    Args:
        old: the descriptor of a file.
        new: the descriptor of another one.
        part: an extent, at the same offset in both.

    Raises:
        OSError: the file system cannot tell for another reason than that it never tells.
    """
    try:
        return without(part, common(list(blocks(old, part)), list(blocks(new, part))))
    except OSError as error:
        if error.errno not in {errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS}:
            raise
        return [part]


def blocks(handle: int, part: Extent) -> Iterator[Blocks]:
    """Yield the shared blocks of a file that lie in an extent.

    Raises:
        OSError: the file system does not tell.
    """
    at = part.start
    while at < part.end:
        request = bytearray(HEAD.pack(at, part.end - at, 0, 0, BATCH, 0) + bytes(BATCH * ONE.size))
        fcntl.ioctl(handle, FS_IOC_FIEMAP, request)
        count = HEAD.unpack_from(request)[3]
        for number in range(count):
            start, on_disk, length, *_, flags, _a, _b, _c = ONE.unpack_from(
                request, HEAD.size + number * ONE.size
            )
            if flags & SHARED and not flags & ~TELLING:
                yield Blocks(start, on_disk, length)
            at = start + length
            if flags & LAST:
                return
        if not count:
            return


def common(one: list[Blocks], two: list[Blocks]) -> list[Extent]:
    """Return the extents in which two files have the same blocks, given each file's in rising order."""
    out, left, right = [], 0, 0
    while left < len(one) and right < len(two):
        a, b = one[left], two[right]
        start, end = max(a.start, b.start), min(a.start + a.length, b.start + b.length)
        if start < end and a.on_disk - a.start == b.on_disk - b.start:
            out.append(Extent(start, end))
        if a.start + a.length <= b.start + b.length:
            left += 1
        else:
            right += 1
    return out


def without(part: Extent, known: list[Extent]) -> list[Extent]:
    """Return what is left of an extent outside others, which come in rising order."""
    out, at = [], part.start
    for one in known:
        if one.start > at:
            out.append(Extent(at, min(one.start, part.end)))
        at = max(at, one.end)
    if at < part.end:
        out.append(Extent(at, part.end))
    return out
