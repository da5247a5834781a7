"""Writing beside and renaming: a reader, a crash or a lost lease finds the old file or the new one whole.

A temporary is `.{name}.rtbf-{hex}.tmp` beside its target: hidden, and without a data suffix at its end.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rtbf_jobs.erasers.errors import EraseRefused, FileChanged, Reason, storage_words

TEMPORARY = re.compile(r"\.(?P<name>.+)\.rtbf-[0-9a-f]{16}\.tmp", re.DOTALL)
NAME_LIMIT = 50
StillMine = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What tells whether a file is still the one that was read."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    links: int


def see(path: Path) -> Seen:
    """Return what a file is now."""
    return seen_of(path.lstat())


def seen_of(now: os.stat_result) -> Seen:
    """Return what a file is, from its status."""
    return Seen(
        device=now.st_dev, inode=now.st_ino, size=now.st_size, mtime_ns=now.st_mtime_ns, links=now.st_nlink
    )


def temporary_beside(target: Path) -> Path:
    """Create an empty temporary file beside a target, readable by us alone, and return its path."""
    path = target.parent / f".{target.name[:NAME_LIMIT]}.rtbf-{secrets.token_hex(8)}.tmp"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def dress(asset: str, temporary: Path, target: Path) -> None:
    """Give a temporary the owner, extended attributes and mode of its target, and make it durable.

    Raises:
        EraseRefused: we may not give the file its owner.
    """
    wanted, now = target.stat(), temporary.stat()
    if (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.chown(temporary, wanted.st_uid, wanted.st_gid)
        except PermissionError:
            raise EraseRefused(asset, Reason.OWNERSHIP, "run the eraser as the owner of the data") from None
    for name in os.listxattr(target):
        with suppress(OSError):
            os.setxattr(temporary, name, os.getxattr(target, name))
    temporary.chmod(wanted.st_mode & 0o7777)
    _sync(temporary)


def replace(asset: str, temporary: Path, target: Path, seen: Seen, still_mine: StillMine) -> None:
    """Rename a temporary over its target, if the lease is still ours and the target is still the one read.

    Raises:
        FileChanged: the target is another file now; nothing was overwritten.
    """
    still_mine()
    with storage_words(asset):
        check_unchanged(asset, target, seen)
        temporary.replace(target)
        _sync(target.parent)


def unlink(asset: str, target: Path, seen: Seen, still_mine: StillMine) -> None:
    """Delete a file, if the lease is still ours and it is still the one read.

    Raises:
        FileChanged: it is another file now; nothing was deleted.
    """
    still_mine()
    with storage_words(asset):
        check_unchanged(asset, target, seen)
        target.unlink()
        _sync(target.parent)


def check_unchanged(asset: str, target: Path, seen: Seen) -> None:
    """Refuse a file that is not the one that was read.

    Raises:
        FileChanged: it is another one, or gone.
    """
    try:
        now = see(target)
    except FileNotFoundError:
        now = None
    if now != seen:
        raise FileChanged(
            asset, "a file changed since it was read; it was left alone", "retry: it is read anew"
        )


def discard(temporary: Path) -> None:
    """Delete a temporary, if it is still there."""
    temporary.unlink(missing_ok=True)


def sweep_temporary(root: Path) -> int:
    """Delete the temporaries that a killed eraser left; returns how many. Only under the asset's lease."""
    if root.is_dir() and not root.is_symlink():
        left = [
            Path(folder, name)
            for folder, _, names in os.walk(root)
            for name in names
            if TEMPORARY.fullmatch(name)
        ]
    elif root.parent.is_dir():
        left = [path for path in root.parent.iterdir() if _belongs(path.name, root.name)]
    else:
        left = []
    for path in left:
        discard(path)
    return len(left)


def _belongs(name: str, target: str) -> bool:
    found = TEMPORARY.fullmatch(name)
    return found is not None and found["name"] == target[:NAME_LIMIT]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
