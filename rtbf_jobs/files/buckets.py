"""Objects in buckets as jobs, and the old versions that a versioned bucket keeps."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Lock

from lineage_assets.declarations import Format
from rtbf_jobs.erasers.errors import SENTENCES, EraseError, Reason
from rtbf_jobs.erasers.files import SIDECARS, TABLE_LOGS
from rtbf_jobs.erasers.objects import Place, Stored
from rtbf_jobs.erasers.objects_erase import ObjectReceipt, erase_object
from rtbf_jobs.erasers.objects_put import open_plain
from rtbf_jobs.erasers.objects_s3 import open_s3
from rtbf_jobs.files.counts import group_counts
from rtbf_jobs.files.errors import FileRefused, UsageRefused
from rtbf_jobs.files.names import Names
from rtbf_jobs.files.order import ASSET, Sieve, schema_of
from rtbf_jobs.files.stop import Stop
from rtbf_jobs.files.summary import State, Summary
from rtbf_jobs.files.targets import NOTHING, format_of
from rtbf_jobs.files.walk import Done, Job, sentence_of

ICEBERG = re.compile(r"(.*/|)metadata/[^/]*\.metadata\.json")
KEPT = "{url} keeps {count} old versions that were not looked at; --history delete looks and deletes"
UNTOLD = "old versions and soft-deleted copies in gs:// and az:// buckets are not looked at: check the bucket"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What somebody asked for in a bucket: the place, the objects there, and why some must not be touched."""

    url: str
    place: Place
    objects: tuple[Stored, ...]
    pattern: re.Pattern[str]
    roots: frozenset[str] = field(default=frozenset())
    sidecars: frozenset[str] = field(default=frozenset())

    def refused(self, key: str) -> str | None:
        """Return why an object must not be changed by itself, if so."""
        if folder_of(key) in self.sidecars:
            return SENTENCES[Reason.SIDECAR]
        return SENTENCES[Reason.TABLE_FORMAT] if any(key.startswith(root) for root in self.roots) else None

    def means(self, key: str) -> bool:
        """Whether somebody who gave the URL means this object."""
        return self.pattern.fullmatch(key) is not None and _is_data(key)

    def named(self, stored: Stored) -> str:
        """Return how an object is called in messages."""
        return f"{self.url}/{stored.key}" + (" (old version)" if stored.version else "")


@dataclass(frozen=True)
class Write:
    """The turn to write: what may not happen twice at a time, and what has to hold right before."""

    alone: AbstractContextManager[object]
    check: Callable[[], None]


def open_bucket(given: str) -> Bucket:
    """List what a URL means: an object, all below a folder, or a glob (`**` goes down).

    Raises:
        UsageRefused: there is no Parquet or CSV object, or the bucket cannot be used.
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
        pattern = _pattern(asked, whole=whole)
        found = tuple(keys[key] for key in sorted(keys) if pattern.fullmatch(key) and _is_data(key))
        roots, sidecars = _strange(place, keys)
    except EraseError as error:
        raise UsageRefused(sentence_of(error)) from None
    base = given.removesuffix(asked).rstrip("/") if whole else url.removesuffix(place.prefix).rstrip("/")
    if not found:
        raise UsageRefused(NOTHING)
    return Bucket(url=base, place=place, objects=found, pattern=pattern, roots=roots, sidecars=sidecars)


def bucket_jobs(bucket: Bucket, sieve: Sieve, names: Names, stop: Stop, *, dry_run: bool) -> Iterator[Job]:
    """Yield one job for each object.

    They may be looked at side by side; only one is written at a time, and the first write waits until the
    store has shown to honour conditions.
    """
    writing = Lock()
    checked: list[bool] = []

    def check() -> None:
        stop.check()
        if not checked:
            bucket.place.commit.check_conditions(folder_of(bucket.objects[0].key))
            checked.append(True)

    for stored in bucket.objects:
        name = names.shown(bucket.named(stored))
        write = None if dry_run else Write(writing, check)
        do = partial(_do, bucket, stored, sieve, write)
        yield Job(name=name, size=stored.size, do=do)


def look_back(bucket: Bucket, sieve: Sieve, names: Names, summary: Summary, *, delete: bool) -> list[Job]:
    """Return one job for each old version, which is deleted if it holds one of the ids, or say what is left.

    Args:
        bucket: whose old versions, those of deleted objects among them.
        sieve: whose rows.
        names: how names may be shown.
        summary: is told what is left, and what cannot be known.
        delete: whether old versions may be deleted; else they are only counted.
    """
    commit = bucket.place.commit
    if not commit.tells_versions:
        summary.notes.append(UNTOLD)
        return []
    try:
        every = [stored for stored in commit.old_versions(bucket.place.prefix) if bucket.means(stored.key)]
    except EraseError as error:
        summary.left.append(f"old versions in {bucket.url}: {sentence_of(error)}")
        return []
    if every and not delete:
        summary.left.append(KEPT.format(count=len(every), url=bucket.url))
        return []
    return [
        Job(
            name=names.shown(bucket.named(stored)),
            size=stored.size,
            do=partial(_forget, bucket, stored, sieve, dry_run=summary.dry_run),
        )
        for stored in every
    ]


def folder_of(key: str) -> str:
    """Return the folder of a key, with its slash; empty at the bucket's top."""
    return key[: key.rfind("/") + 1]


def _do(bucket: Bucket, stored: Stored, sieve: Sieve, write: Write | None) -> Done:
    if why := bucket.refused(stored.key):
        raise FileRefused(why)
    receipt, kinds = _erase(bucket, stored, sieve, before=None)
    if receipt.rows_matched and write is not None:
        with write.alone:
            receipt, kinds = _erase(bucket, stored, sieve, before=write.check)
    work = group_counts(receipt.looked, receipt.row_groups)
    if not receipt.rows_matched:
        return Done(state=State.CLEAN, kinds=kinds, work=work)
    moved = {"bytes_copied": receipt.bytes_copied, "bytes_encoded": receipt.bytes_encoded}
    return Done(
        state=State.WOULD_ERASE if write is None else State.ERASED,
        rows_before=receipt.rows_before,
        rows_erased=receipt.rows_matched,
        bytes_after=receipt.bytes_after,
        kinds=kinds,
        work=work | ({} if write is None else moved),
    )


def _forget(bucket: Bucket, stored: Stored, sieve: Sieve, *, dry_run: bool) -> Done:
    receipt, kinds = _erase(bucket, stored, sieve, before=None)
    if not receipt.rows_matched:
        return Done(state=State.CLEAN, kinds=kinds)
    if not dry_run:
        bucket.place.commit.delete(stored)
    state = State.WOULD_ERASE if dry_run else State.ERASED
    return Done(state=state, rows_before=receipt.rows_before, kinds=kinds, work={"old_versions": 1})


def _erase(
    bucket: Bucket, stored: Stored, sieve: Sieve, *, before: Callable[[], None] | None
) -> tuple[ObjectReceipt, dict[str, str]]:
    made = format_of(stored.key) or Format.PARQUET
    source = bucket.place.source(stored)
    kinds = sieve.kinds(schema_of(source, made))
    order = sieve.order(Path(stored.key), made, kinds)
    wants = sieve.wants(order, kinds)
    receipt = erase_object(order, wants, bucket.place, stored, source, before_commit=before)
    return receipt, {str(path): str(kind) for path, kind in zip(sieve.keys, kinds, strict=True)}


def _is_data(key: str) -> bool:
    return format_of(key) is not None and not any(part.startswith(".") for part in key.split("/"))


def _pattern(asked: str, *, whole: bool) -> re.Pattern[str]:
    if whole:
        return re.compile(f"{re.escape(asked.rstrip('/'))}(/.*)?" if asked.rstrip("/") else ".*", re.DOTALL)
    parts = ["(?:[^/]+/)*" if part == "**" else _translated(part) + "/" for part in asked.split("/")]
    return re.compile("".join(parts).removesuffix("/"), re.DOTALL)


def _translated(part: str) -> str:
    inner = fnmatch.translate(part).removeprefix("(?s:").removesuffix(r")\Z")
    return inner.replace(".*", "[^/]*")


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
