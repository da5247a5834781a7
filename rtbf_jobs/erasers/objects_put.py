"""Google and Azure: an object is replaced by one conditional put; obstore has no part copies."""

import secrets
from collections.abc import Iterator
from typing import Any

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import from_url

from rtbf_jobs.erasers.objects import (
    RETRY,
    ObjectSource,
    Place,
    Stored,
    StoreRefused,
    changed,
    ignores_conditions,
    in_store_words,
    told,
)
from rtbf_jobs.erasers.parquet_file.recipe import Composed, Recipe

WHOLE_LIMIT = 512 << 20


class PutWhole:
    """Replaces an object by one conditional put: for stores without part copies. All of it is in memory."""

    tells_versions = False

    def __init__(self, asset: str, store: Any) -> None:
        self._asset, self._store = asset, store

    def check_conditions(self, folder: str) -> None:
        """See `Commit`."""
        canary = f"{folder}.rtbf-canary-{secrets.token_hex(8)}"
        try:
            obstore.put(self._store, canary, b"", mode={"e_tag": '"none"', "version": "1"})
        except (PreconditionError, FileNotFoundError):
            return
        except (BaseError, NotImplementedError, ValueError, OSError) as error:
            raise told(self._asset, error) from None
        with in_store_words(self._asset):
            obstore.delete(self._store, canary)
        raise ignores_conditions(self._asset)

    def replace(self, key: str, old: ObjectSource, recipe: Recipe, new: Composed) -> None:
        """See `Commit`."""
        if recipe.size > WHOLE_LIMIT:
            hint = f"this store takes a conditional write in one piece only, at most {WHOLE_LIMIT >> 20} MiB"
            raise StoreRefused(self._asset, "the object is too large to be replaced safely", hint)
        mode: Any = {"e_tag": old.identity.e_tag}
        if old.identity.version:
            mode["version"] = old.identity.version
        with in_store_words(self._asset, gone=lambda: changed(self._asset)):
            kept = obstore.get(self._store, key, options={"head": True}).attributes
            obstore.put(self._store, key, new.read(0, recipe.size), mode=mode, attributes=kept)

    def old_versions(self, prefix: str) -> Iterator[Stored]:  # noqa: ARG002 - as `Commit` says
        """See `Commit`: obstore shows none."""
        yield from ()

    def delete(self, stored: Stored) -> None:
        """See `Commit`.

        Raises:
            StoreRefused: always, since nobody can have been shown a version.
        """
        raise StoreRefused(self._asset, f"{stored.size} bytes that are no version were to be deleted")


def open_plain(scheme: str, rest: str, asset: str) -> Place:
    """Open a bucket; credentials, and for Azure the account, come from the environment of the store's tools.

    Args:
        scheme: gs or az.
        rest: what follows `://` in its URL: bucket or container, then what is below.
        asset: the asset of the errors.

    Raises:
        StoreRefused: the URL or the credentials cannot be used.
    """
    bucket, _, prefix = rest.partition("/")
    with in_store_words(asset):
        store = from_url(f"{scheme}://{bucket}", retry_config=RETRY)
    return Place(asset=asset, store=store, prefix=prefix, commit=PutWhole(asset, store))
