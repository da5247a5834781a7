"""Which files a person means by a path, a folder or a glob, and which of them must not be touched alone."""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineage_assets.declarations import Format
from rtbf_jobs.erasers.errors import SENTENCES, Reason
from rtbf_jobs.erasers.files import SIDECARS, SUFFIXES, of_table
from rtbf_jobs.files.errors import UsageRefused

SCHEMES = ("s3://", "gs://", "az://")
FILE, URL = "file://", re.compile(r"[A-Za-z][\w+.-]*://")
MISSING = "nothing is there, or it may not be looked into"
NOTHING = "no Parquet or CSV file is there: a name ends in .parquet, .parq, .pq or .csv"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A data file, `size` bytes long. `refused` says why it is not opened at all."""

    path: Path
    format: Format = Format.PARQUET
    size: int = 0
    refused: str | None = None


def is_url(given: str) -> bool:
    """Whether a place is in an object store."""
    return given.startswith(SCHEMES)


def format_of(name: str) -> Format | None:
    """Return the format that a file's name says, or None."""
    low = name.lower()
    return next((kind for kind, suffixes in SUFFIXES.items() if low.endswith(suffixes)), None)


def local_places(given: str) -> list[str]:
    """Return what a path or a glob (`**` goes down) means on this machine, sorted.

    Raises:
        UsageRefused: there is no such place.
    """
    place = unquote(urlsplit(given).path) if given.startswith(FILE) else given
    if URL.match(place):
        raise UsageRefused(f"a place is a path, or a URL of {', '.join(SCHEMES)} or {FILE}")
    found = [place] if os.path.lexists(place) else sorted(glob.glob(place, recursive=True))  # noqa: PTH207 - absolute ones, too
    if not found:
        raise UsageRefused(MISSING)
    return found


def local_targets(given: str) -> list[Target]:
    """Return the data files of a path, a folder or a glob (`**` goes down), sorted; hidden ones are left out.

    Raises:
        UsageRefused: there is none, or no such place.
    """
    targets = {target.path: target for one in local_places(given) for target in _targets(Path(one))}
    if not targets:
        raise UsageRefused(NOTHING)
    tables = {folder: _of_table(folder) for folder in {path.parent for path in targets}}
    return [
        target if tables[path.parent] is None else _refused(path, tables[path.parent])
        for path, target in sorted(targets.items())
    ]


def _targets(path: Path) -> Iterator[Target]:
    if path.is_symlink():
        yield _refused(path, Reason.SYMLINK)
    elif not path.is_dir():
        if (made := format_of(path.name)) is not None:
            yield _target(path, made)
    else:
        yield from _below(path)


def _below(folder: Path) -> Iterator[Target]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Target(path=folder, refused="the folder cannot be read, and nobody knows what is in it")
        return
    for entry in (each for each in entries if not each.name.startswith(".")):
        if entry.is_dir() or format_of(entry.name) is not None:
            yield from _targets(Path(entry))


def _target(path: Path, made: Format) -> Target:
    try:
        return Target(path=path, format=made, size=path.stat().st_size)
    except OSError:
        return _refused(path, Reason.UNREADABLE)


def _refused(path: Path, reason: Reason | None) -> Target:
    return Target(path=path, refused=SENTENCES[reason or Reason.UNREADABLE])


def _of_table(folder: Path) -> Reason | None:
    """Return why no file in a folder may be changed by itself, if so: statistics or a log elsewhere."""
    if any((folder / name).exists() for name in SIDECARS):
        return Reason.SIDECAR
    return Reason.TABLE_FORMAT if of_table(folder) else None
