"""Which objects a person means by a URL, and which of them must not be touched alone."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import takewhile

from rtbf_jobs.erasers.errors import SENTENCES, EraseError, Reason
from rtbf_jobs.erasers.files import SIDECARS, TABLE_LOGS
from rtbf_jobs.erasers.objects import Place, Stored
from rtbf_jobs.erasers.objects_put import open_plain
from rtbf_jobs.erasers.objects_s3 import open_s3
from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.order import ASSET
from rtbf_jobs.files.targets import MISSING, NOTHING, format_of
from rtbf_jobs.files.walk import sentence_of

ICEBERG = re.compile(r"(.*/|)metadata/[^/]*\.metadata\.json")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What somebody asked for in a bucket: the place, the objects there, and why some must not be touched.

    `left_out` counts the objects that are not meant because of their names.
    """

    url: str
    place: Place
    objects: tuple[Stored, ...]
    meant: Callable[[str], bool]
    roots: frozenset[str] = field(default=frozenset())
    sidecars: frozenset[str] = field(default=frozenset())
    left_out: int = 0

    def refused(self, key: str) -> str | None:
        """Return why an object must not be changed by itself, if so."""
        if folder_of(key) in self.sidecars:
            return SENTENCES[Reason.SIDECAR]
        return SENTENCES[Reason.TABLE_FORMAT] if any(key.startswith(root) for root in self.roots) else None

    def means(self, key: str) -> bool:
        """Whether somebody who gave the URL means this object."""
        return self.meant(key)

    def named(self, stored: Stored) -> str:
        """Return how an object is called in messages."""
        return f"{self.url}/{stored.key}" + (" (old version)" if stored.version else "")


def open_bucket(given: str, *, data_only: bool = True) -> Bucket:
    """List what a URL means: an object, all below a folder, or a glob (`**` goes down).

    Args:
        given: the URL.
        data_only: whether only Parquet and CSV objects are meant, and no hidden ones.

    Raises:
        UsageRefused: there is no such object, or the bucket cannot be used.
    """
    parts = given.split("/")
    plain = list(takewhile(lambda part: not set("*?[") & set(part), parts))
    whole = len(plain) == len(parts)
    url = given if whole else "/".join(plain) + "/"
    try:
        scheme, _, rest = url.partition("://")
        place = open_s3(rest, ASSET) if scheme == "s3" else open_plain(scheme, rest, ASSET)
        keys = {stored.key: stored for stored in place.objects()}
        asked = place.prefix if whole else place.prefix + "/".join(parts[len(plain) :])
        fits = _meant(asked, whole=whole)
        meant = (lambda key: fits(key) and _is_data(key)) if data_only else fits
        asked_for = sorted(filter(fits, keys))
        found = tuple(keys[key] for key in asked_for if meant(key))
        roots, sidecars = _strange(place, keys)
    except EraseError as error:
        raise UsageRefused(sentence_of(error)) from None
    base = given.removesuffix(asked).rstrip("/") if whole else url.removesuffix(place.prefix).rstrip("/")
    if not found:
        raise UsageRefused(NOTHING if data_only else MISSING)
    return Bucket(
        url=base,
        place=place,
        objects=found,
        meant=meant,
        roots=roots,
        sidecars=sidecars,
        left_out=len(asked_for) - len(found),
    )


def folder_of(key: str) -> str:
    """Return the folder of a key, with its slash; empty at the bucket's top."""
    return key[: key.rfind("/") + 1]


def _is_data(key: str) -> bool:
    return format_of(key) is not None and not any(part.startswith(".") for part in key.split("/"))


def _meant(asked: str, *, whole: bool) -> Callable[[str], bool]:
    """Return what tells whether a key is the one asked for, is below it, or fits the glob."""
    if not whole:
        return lambda key: _fits(key.split("/"), asked.split("/"))
    below = asked.rstrip("/")
    return lambda key: not below or key == below or key.startswith(f"{below}/")


def _fits(key: Sequence[str], glob: Sequence[str]) -> bool:
    if not glob:
        return not key
    if glob[0] == "**":
        return _fits(key, glob[1:]) or (bool(key) and _fits(key[1:], glob))
    return bool(key) and fnmatchcase(key[0], glob[0]) and _fits(key[1:], glob[1:])


def _strange(place: Place, keys: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return where tables with a log of their own begin, and the folders with statistics beside the data."""
    roots, sidecars = set(), set()
    for key in keys:
        parts = key.split("/")
        roots |= {
            "".join(f"{part}/" for part in parts[:at]) for at, part in enumerate(parts) if part in TABLE_LOGS
        }
        if found := ICEBERG.fullmatch(key):
            roots.add(found[1])
        if parts[-1] in SIDECARS:
            sidecars.add(folder_of(key))
    for folder in _upwards(folder_of(place.prefix)):
        logs = [f"{folder}{name}" for name in TABLE_LOGS]
        if any(place.has(log) for log in logs) or any(
            map(ICEBERG.fullmatch, place.below(f"{folder}metadata"))
        ):
            roots.add(folder)
    own = folder_of(place.prefix)
    sidecars |= {own} if any(place.has(f"{own}{name}") for name in SIDECARS) else set()
    return frozenset(roots), frozenset(sidecars)


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder_of(folder.rstrip("/"))
        yield folder
