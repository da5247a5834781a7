"""Files of this machine: everything below a place, whatever its name, hidden ones too."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rtbf_desk.files_scan.items import CHANGED
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.targets import local_places
from scanners.files import NotLookedAt

NONE = "no file is there"
LINK = "it is a link: give what it leads to as a place of its own"
ODD = "it is no regular file"
CLOSED = "it cannot be listed, and nobody knows what is in it"
UNREADABLE = "it cannot be read"


def local_items(given: str) -> list["LocalFile"]:
    """Return the files of a path, a folder or a glob, by name; a place itself may be a link.

    Raises:
        UsageRefused: there is none, or no such place.
    """
    items = [item for place in local_places(given) for item in _items(place, os.path.realpath(place))]
    if not items:
        raise UsageRefused(NONE)
    return items


def roots_of(given: str) -> list[Path]:
    """Return the folders that hold a place's files: nothing else has to be opened.

    Raises:
        UsageRefused: there is no such place.
    """
    real = [Path(os.path.realpath(place)) for place in local_places(given)]
    return [path if path.is_dir() else path.parent for path in real]


def _items(name: str, path: str) -> Iterator["LocalFile"]:
    try:
        seen = os.lstat(path)
    except OSError:
        yield LocalFile(key=path, name=name, closed=UNREADABLE)
        return
    if stat.S_ISDIR(seen.st_mode):
        yield from _below(name, path)
    elif stat.S_ISREG(seen.st_mode):
        yield LocalFile(key=path, name=name, listed=seen)
    else:
        yield LocalFile(key=path, name=name, closed=LINK if stat.S_ISLNK(seen.st_mode) else ODD)


def _below(name: str, folder: str) -> Iterator["LocalFile"]:
    try:
        entries = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        yield LocalFile(key=folder, name=name, closed=CLOSED)
        return
    for entry in entries:
        yield from _items(os.path.join(name, entry), os.path.join(folder, entry))  # noqa: PTH118 - names as typed


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """A file of this machine, or (`closed`) what cannot be looked at and why."""

    key: str = field(repr=False)
    name: str = field(repr=False)
    listed: os.stat_result | None = None
    closed: str = ""

    @property
    def size(self) -> int:
        """Bytes, as listed."""
        return self.listed.st_size if self.listed is not None else 0

    def take(self) -> Path:
        """See `Item`."""
        if self.closed:
            raise NotLookedAt(self.closed)
        self.release()
        return Path(self.key)

    def release(self) -> None:
        """See `Item`."""
        if self.listed is not None and _now(self.key) != _state(self.listed):
            raise NotLookedAt(CHANGED)


def _now(path: str) -> tuple[int, ...] | None:
    try:
        return _state(os.lstat(path))
    except OSError:
        return None


def _state(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
