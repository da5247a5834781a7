"""Carries a recipe out on a disk: a clone with holes where the file system can, else copies in the kernel."""

import ctypes
import errno
import fcntl
import os
from pathlib import Path

from rtbf_jobs.erasers.parquet_file.extents import Extent
from rtbf_jobs.erasers.parquet_file.recipe import Bytes, Layout, New, Recipe, Spool
from rtbf_jobs.erasers.parquet_file.source import CHUNK, LocalSource, chunks

FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
KEEP_SIZE, PUNCH_HOLE = 1, 2  # linux/falloc.h
NOT_HERE = frozenset(
    {errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EBADF}
)
_fallocate = ctypes.CDLL(None, use_errno=True).fallocate
_fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


def prepare(old: LocalSource, kept: list[Extent], target: Path) -> bool:
    """Put what stays where it is into an empty file, before anything else is known.

    Args:
        old: the old file.
        kept: the extents that stay at their offsets.
        target: an empty file on the same file system.

    Returns:
        Whether the file shares all blocks of the old one, the others too.

    Raises:
        OSError: the file system refused.
    """
    handle = os.open(target, os.O_RDWR)
    try:
        if clone(old.fileno, handle):
            return True
        for one in kept:
            copy(old.fileno, one.start, handle, one.start, one.length)
        return False
    finally:
        os.close(handle)


def compose(
    recipe: Recipe, old: LocalSource, spooled: Spool, target: Path, *, cloned: bool | None = None
) -> None:
    """Write the file that a recipe makes; it is not made durable here.

    Args:
        recipe: what goes where.
        old: the old file.
        spooled: where the new row groups are.
        target: an empty file, or what `prepare` made of it for this recipe's layout.
        cloned: what `prepare` returned; None where it was not asked.

    Raises:
        OSError: the file system refused.
    """
    handle = os.open(target, os.O_RDWR)
    try:
        kept = recipe.layout is Layout.KEEP and cloned is not None
        if not kept:
            os.ftruncate(handle, 0)
        os.ftruncate(handle, recipe.size)
        for one in recipe.segments:
            if isinstance(one, Bytes):
                _write(handle, one.at, one.data)
            elif isinstance(one, New):
                copy(spooled.fileno, one.offset, handle, one.at, one.length)
            elif not kept:
                copy(old.fileno, one.offset, handle, one.at, one.length)
        if kept and cloned:
            for gap in recipe.gaps():
                punch(handle, gap)
    finally:
        os.close(handle)


def clone(old: int, new: int) -> bool:
    """Make an empty file share all blocks of another one; returns whether the file system can.

    Raises:
        OSError: it can, and failed.
    """
    try:
        fcntl.ioctl(new, FICLONE, old)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        return False
    return True


def copy(source: int, offset: int, target: int, at: int, length: int) -> None:
    """Copy bytes between files, inside the kernel where it can.

    Raises:
        OSError: the file system refused, or the source is too short.
    """
    while length:
        try:
            done = os.copy_file_range(source, target, length, offset, at)
        except OSError as error:
            if error.errno not in NOT_HERE:
                raise
            _copy_by_hand(source, offset, target, at, length)
            return
        if not done:
            raise OSError(errno.EIO, "the file is shorter than it was")
        offset, at, length = offset + done, at + done, length - done


def punch(handle: int, gap: Extent) -> None:
    """Make an extent read as zeros: a hole where the file system can, else zeros.

    Raises:
        OSError: the file system refused.
    """
    if _fallocate(handle, KEEP_SIZE | PUNCH_HOLE, gap.start, gap.length) == 0:
        return
    number = ctypes.get_errno()
    if number not in NOT_HERE:
        raise OSError(number, "the file system refused to make a hole")
    for at, length in chunks(gap.start, gap.length):
        _write(handle, at, bytes(length))


def _copy_by_hand(source: int, offset: int, target: int, at: int, length: int) -> None:
    while length:
        read = os.pread(source, min(CHUNK, length), offset)
        if not read:
            raise OSError(errno.EIO, "the file is shorter than it was")
        _write(target, at, read)
        offset, at, length = offset + len(read), at + len(read), length - len(read)


def _write(handle: int, at: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(handle, view, at)
        at, view = at + done, view[done:]
