"""Writing beside and exchanging: a reader, a crash or a lost lease finds the old file or the new one whole.

POSIX rename has no compare, so the new file and the old one change places in one step (RENAME_EXCHANGE), and
what came out is looked at: if it is not the file that was read, the two change places again. A file system
without that (NFS, some FUSE) gets a plain rename under `flock`, which only writers who lock too respect.

A temporary is `.{name}.rtbf-{its own inode}-{the file that was read}.tmp` beside its target: hidden, without
a data suffix at its end, and after a crash its name tells which of the two files it is (`sweep_temporary`).
"""

import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from rtbf_jobs.erasers.errors import EraseRefused, FileChanged, Reason, storage_words

TEMPORARY = re.compile(r"\.(?P<name>.+)\.rtbf-(?P<own>[0-9a-f]{16})-(?P<read>[0-9a-f]{16})\.tmp", re.DOTALL)
NAME_LIMIT = 50
RENAME_EXCHANGE, AT_FDCWD = 2, -100  # linux/fs.h, fcntl.h
NO_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY})
StillMine = Callable[[], None]
_renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
_renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]


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


def temporary_beside(target: Path, seen: Seen) -> Path:
    """Create an empty temporary file beside a target, readable by us alone, and return its path.

    Args:
        target: the file to be replaced.
        seen: what it was when it was read.
    """
    first = target.parent / _name(target.name, int(secrets.token_hex(8), 16), seen)
    handle = os.open(first, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        path = target.parent / _name(target.name, os.fstat(handle).st_ino, seen)
    finally:
        os.close(handle)
    return first.rename(path)


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
    sync(temporary)


def replace(asset: str, temporary: Path, target: Path, seen: Seen, still_mine: StillMine) -> None:
    """Put a temporary in its target's place, if the lease is ours and the target is the one that was read.

    Raises:
        FileChanged: the target is another file now; nothing was overwritten.
        StorageFailed: the file system refused.
    """
    still_mine()
    with storage_words(asset):
        check_unchanged(asset, target, seen)
        own = see(temporary).inode
        if exchange(temporary, target):
            try:
                check_unchanged(asset, temporary, seen)
            except FileChanged:
                _give_back(temporary, target, own)
                raise
            sync(target.parent)
            temporary.unlink()
        else:
            with _locked(target):
                check_unchanged(asset, target, seen)
                temporary.replace(target)
        sync(target.parent)


def exchange(one: Path, two: Path) -> bool:
    """Let two files change places in one step; returns whether the file system can.

    Raises:
        OSError: it can, and refused.
    """
    sys.audit("os.rename", one, two, -1, -1)
    names = (os.fsencode(one), os.fsencode(two))
    if _renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in NO_EXCHANGE:
        return False
    raise OSError(number, "the file system refused to exchange two files")


def unlink(asset: str, target: Path, seen: Seen, still_mine: StillMine) -> None:
    """Delete a file, if the lease is still ours and it is still the one read.

    Raises:
        FileChanged: it is another file now; nothing was deleted.
    """
    still_mine()
    with storage_words(asset):
        check_unchanged(asset, target, seen)
        target.unlink()
        sync(target.parent)


def check_unchanged(asset: str, target: Path, seen: Seen) -> None:
    """Refuse a file that is not the one that was read.

    Raises:
        FileChanged: it is another one, or gone.
    """
    try:
        now = see(target)
    except FileNotFoundError:
        now = None
    check_same(asset, now, seen)


def check_same(asset: str, now: Seen | None, seen: Seen) -> None:
    """Refuse what a file is now, None where it is gone, if it is not what was read.

    Raises:
        FileChanged: it is another one, or gone.
    """
    if now != seen:
        raise FileChanged(
            asset, "a file changed since it was read; it was left alone", "retry: it is read anew"
        )


def discard(temporary: Path) -> None:
    """Delete a temporary, if it is still there."""
    temporary.unlink(missing_ok=True)


def _give_back(temporary: Path, target: Path, put: int) -> None:
    """Exchange until what comes out is what was put in: else somebody wrote the place anew in between."""
    while True:
        foreign = see(temporary).inode
        exchange(temporary, target)
        if see(temporary).inode == put:
            return
        put = foreign


def sweep_temporary(root: Path) -> int:
    """Put right what a killed eraser left; returns how many temporaries there were. Only under the lease.

    A file of somebody else that a killed eraser had exchanged and not yet looked at goes back to its place.
    """
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
        _put_back(path)
        discard(path)
    return len(left)


def _put_back(temporary: Path) -> None:
    """Exchange again, where the temporary is a file that nobody read and its place has the eraser's own."""
    found = TEMPORARY.fullmatch(temporary.name)
    if found is None:
        return
    now = see(temporary)
    if now.inode == int(found["own"], 16) or _identity(now) == found["read"]:
        return
    for target in temporary.parent.iterdir():
        same_name = target.name[:NAME_LIMIT] == found["name"] and target != temporary
        if same_name and see(target).inode == int(found["own"], 16):
            exchange(temporary, target)
            sync(temporary.parent)


def _name(target: str, own: int, seen: Seen) -> str:
    return f".{target[:NAME_LIMIT]}.rtbf-{own & (1 << 64) - 1:016x}-{_identity(seen)}.tmp"


def _identity(seen: Seen) -> str:
    return hashlib.sha256(repr(astuple(seen)).encode()).hexdigest()[:16]


def _belongs(name: str, target: str) -> bool:
    found = TEMPORARY.fullmatch(name)
    return found is not None and found["name"] == target[:NAME_LIMIT]


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    handle = os.open(target, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Make a file, or a folder's names, durable.

    Raises:
        OSError: the file system refused.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
