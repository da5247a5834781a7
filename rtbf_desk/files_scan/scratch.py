"""A private folder for one scan: 0700, locked while we live, so that what killed scans left can be told."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rtbf_jobs.files.errors import UsageRefused

PREFIX = "rtbf-files-scan-"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Make the folder, after deleting those that killed scans of ours left; it is deleted at the end.

    Raises:
        UsageRefused: the file system refused.
    """
    try:
        _sweep(parent)
        made = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        handle = os.open(made, os.O_RDONLY)
    except OSError as error:
        raise UsageRefused(f"the folder for temporary files: {error.strerror or 'the disk failed'}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Path(made)
    finally:
        os.close(handle)
        _delete(made)


def _sweep(parent: Path) -> None:
    for left in parent.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError, BlockingIOError):  # it ended just now, or it is still at work
            if left.lstat().st_uid == os.getuid() and not left.is_symlink():
                _sweep_one(left)


def _sweep_one(left: Path) -> None:
    handle = os.open(left, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left)
    finally:
        os.close(handle)


def _delete(made: str) -> None:
    try:
        shutil.rmtree(made)
    except OSError:
        raise UsageRefused(f"{made} cannot be deleted: it holds copies of what was searched") from None
