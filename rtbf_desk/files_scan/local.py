"""Files of this machine: everything below a place, whatever its name, hidden ones too."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

from rtbf_desk.files_scan.items import CHANGED, Item
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.targets import local_places
from scanners.files import NotLookedAt

NONE = "no file is there"
LINK = "it is a link: give what it leads to as a place of its own"
ODD = "it is no regular file"
CLOSED = "it cannot be listed, and nobody knows what is in it"
UNREADABLE = "it cannot be read"


def local_items(given: str) -> list[Item]:
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


def _items(name: str, path: str) -> Iterator[Item]:
    try:
        seen = os.lstat(path)
    except OSError:
        yield _closed(name, path, UNREADABLE)
        return
    if stat.S_ISDIR(seen.st_mode):
        yield from _below(name, path)
    elif stat.S_ISREG(seen.st_mode):
        yield Item(key=path, name=name, size=seen.st_size, opened=partial(_held, path, seen))
    else:
        yield _closed(name, path, LINK if stat.S_ISLNK(seen.st_mode) else ODD)


def _below(name: str, folder: str) -> Iterator[Item]:
    try:
        entries = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        yield _closed(name, folder, CLOSED)
        return
    for entry in entries:
        yield from _items(os.path.join(name, entry), os.path.join(folder, entry))  # noqa: PTH118 - names as typed


def _closed(name: str, path: str, why: str) -> Item:
    return Item(key=path, name=name, size=0, opened=partial(_refuse, why))


def _refuse(why: str) -> NoReturn:
    raise NotLookedAt(why)


@contextmanager
def _held(path: str, listed: os.stat_result) -> Iterator[Path]:
    _check(path, listed)
    yield Path(path)
    _check(path, listed)


def _check(path: str, listed: os.stat_result) -> None:
    try:
        now = os.lstat(path)
    except OSError:
        raise NotLookedAt(CHANGED) from None
    if _state(now) != _state(listed):
        raise NotLookedAt(CHANGED)


def _state(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
