"""Objects in a bucket: listed, and read by ranges under one identity.

Needs the extra `objects`. Listing and reading go through obstore for every store. How an object is replaced,
and only if nobody else did, is the store's own matter: `objects_s3.py`, and `objects_put.py` for the others.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

import obstore
from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from rtbf_jobs.erasers.errors import EraseError, FileChanged
from rtbf_jobs.erasers.parquet_file.recipe import Composed, RangeFile, Recipe

BLOCK, BLOCKS = 256 << 10, 128
RETRY: Any = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
CHANGED = "an object changed since it was read; it was left alone"
CREDENTIALS = "the store refused the credentials"
ABSENT = "there is no such bucket or object"
FAILED = "the store could not be reached, or failed"


class StoreRefused(EraseError):
    """The store said no, or could not be reached; its own words hold addresses and stay out."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which content of an object was read: its ETag, its version where the store has some, its size."""

    e_tag: str
    version: str | None
    size: int


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object as it was listed; `version` only for an old version of a versioned bucket."""

    key: str
    size: int
    version: str | None = None


class Commit(Protocol):
    """How a store replaces an object. `tells_versions`: whether its old versions can be seen."""

    tells_versions: bool

    def check_conditions(self, folder: str) -> None:
        """Raise StoreRefused unless the store refuses a write whose condition does not hold."""

    def replace(self, key: str, old: "ObjectSource", recipe: Recipe, new: Composed) -> None:
        """Write the object that a recipe makes; raise FileChanged if the old one is not the one read."""

    def old_versions(self, prefix: str) -> Iterator[Stored]:
        """Yield the versions below a prefix that are not current."""

    def delete(self, stored: Stored) -> None:
        """Delete one version for good."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A bucket, and below which prefix somebody wants something erased."""

    asset: str
    store: Any
    prefix: str
    commit: Commit

    def objects(self) -> Iterator[Stored]:
        """Yield the objects below the prefix, or the one that the prefix names.

        Raises:
            StoreRefused: the store said no.
        """
        with in_store_words(self.asset):
            for batch in obstore.list(self.store, self.prefix or None, chunk_size=1000):
                for meta in batch:
                    yield Stored(key=meta["path"], size=meta["size"])
            if self.prefix and not self.prefix.endswith("/"):
                yield from self._alone()

    def source(self, stored: Stored) -> "ObjectSource":
        """Open an object for reading.

        Raises:
            StoreRefused: the store said no, or tells no ETag.
            FileChanged: it is gone.
        """
        options: Any = {"head": True} | ({"version": stored.version} if stored.version else {})
        with in_store_words(self.asset, gone=lambda: changed(self.asset)):
            meta = obstore.get(self.store, stored.key, options=options).meta
        if not meta["e_tag"]:
            hint = "it cannot be told whether somebody else changes an object meanwhile"
            raise StoreRefused(self.asset, "the store tells no ETag", hint)
        identity = Identity(e_tag=meta["e_tag"], version=meta["version"], size=meta["size"])
        return ObjectSource(self, stored, identity)

    def below(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a folder.

        Raises:
            StoreRefused: the store said no.
        """
        with in_store_words(self.asset):
            for batch in obstore.list(self.store, prefix, chunk_size=1000):
                yield from (meta["path"] for meta in batch)

    def has(self, key: str) -> bool:
        """Whether there is an object of that key, or anything below a folder of that name.

        Raises:
            StoreRefused: the store said no.
        """
        if next(self.below(key), None) is not None:
            return True
        with in_store_words(self.asset):
            try:
                obstore.head(self.store, key)
            except FileNotFoundError:
                return False
        return True

    def _alone(self) -> Iterator[Stored]:
        try:
            meta = obstore.head(self.store, self.prefix)
        except FileNotFoundError:
            return
        yield Stored(key=meta["path"], size=meta["size"])


class ObjectSource:
    """One content of an object, read by ranges: a `Source` of the Parquet eraser.

    Small reads (footers, indexes) are served from blocks, a few of which are kept: a request costs more than
    the bytes it brings.
    """

    def __init__(self, place: Place, stored: Stored, identity: Identity) -> None:
        self.identity, self.size = identity, identity.size
        self._place, self._stored = place, stored
        self._block = lru_cache(maxsize=BLOCKS)(self._read_block)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset` on.

        Raises:
            OSError: they lie outside the object.
            FileChanged: the object has another content now.
            StoreRefused: the store said no.
        """
        if not 0 <= offset <= offset + length <= self.size:
            raise OSError("bytes outside the object")
        if length >= BLOCK:
            return self._fetched(offset, length)
        out, end = b"", offset + length
        while offset < end:
            block = self._block(offset // BLOCK)
            out += block[offset % BLOCK : offset % BLOCK + end - offset]
            offset = (offset // BLOCK + 1) * BLOCK
        return out

    def engine_input(self) -> Any:
        """Return a file object over this source."""
        return io.BufferedReader(RangeFile(self))

    def _read_block(self, number: int) -> bytes:
        start = number * BLOCK
        return self._fetched(start, min(BLOCK, self.size - start))

    def _fetched(self, offset: int, length: int) -> bytes:
        options: Any = {"range": (offset, offset + length), "if_match": self.identity.e_tag}
        if self._stored.version:
            options["version"] = self._stored.version
        asset = self._place.asset
        with in_store_words(asset, gone=lambda: changed(asset)):
            data = bytes(obstore.get(self._place.store, self._stored.key, options=options).bytes())
        if len(data) != length:
            raise changed(asset)
        return data


@contextmanager
def in_store_words(asset: str, gone: Callable[[], EraseError] | None = None) -> Iterator[None]:
    """Tell a store's errors in our own words: its texts hold addresses and keys.

    Args:
        asset: the asset of the errors.
        gone: makes the error for an object that is not there, or not the one that was read.

    Raises:
        StoreRefused: the store said no.
        FileChanged: the object is another one now, where `gone` says so.
    """
    try:
        yield
    except (PreconditionError, FileNotFoundError) as error:
        raise (gone() if gone else told(asset, error)) from None
    except (BaseError, NotImplementedError, ValueError, OSError) as error:
        raise told(asset, error) from None


def told(asset: str, error: Exception) -> StoreRefused:
    """Return our own words for what a store said."""
    text = str(error)
    if isinstance(error, FileNotFoundError) or "404" in text or "NoSuchBucket" in text:
        return StoreRefused(asset, ABSENT, "check the URL")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or "403" in text or "401" in text:
        return StoreRefused(asset, CREDENTIALS, "check them, and what they may do in this bucket")
    return StoreRefused(asset, FAILED, "check address and network, then run it again")


def changed(asset: str) -> FileChanged:
    """Return the error for an object that is not the one that was read."""
    return FileChanged(asset, CHANGED, "run it again: it is read anew")


def ignores_conditions(asset: str) -> StoreRefused:
    """Return the error for a store that writes although a condition does not hold."""
    hint = "somebody else's write could be lost; use a store that honours If-Match"
    return StoreRefused(asset, "the store ignores conditions on writes", hint)
