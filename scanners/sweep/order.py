"""What to sweep (`SweepOrder`) and what came of it (`Swept`, `CameBack`). No value is ever shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rtbf_ledger.tombstones import Listed
from scanners.errors import CouldNotLook
from scanners.residual.order import ScanOrder

ListKey = tuple[str, str]
"""A namespace and a form: what one part of the suppression list is about."""


@dataclass(frozen=True, kw_only=True)
class SweepOrder:
    """One asset to compare with the suppression list.

    Attributes:
        place: the asset, where it is and how it is declared; it names no subjects.
        mac_key: the tombstone key.
        listed: (namespace, form) -> MAC -> what the list says of it.
        digest_key: the key of the digests of files.
        known: digests of files that held nobody on this list.
        keep: called with the digests of files that hold nobody, as soon as they were looked at.
    """

    place: ScanOrder
    mac_key: bytes = field(repr=False)
    listed: Mapping[ListKey, Mapping[bytes, Listed]] = field(repr=False)
    digest_key: bytes = field(repr=False)
    known: frozenset[str] = field(default=frozenset(), repr=False)
    keep: Callable[[list[str]], None] = field(default=lambda _digests: None, repr=False)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that somebody came back in: its place in the listing (from 1), its digest, when it was written.

    `digest` is keyed; `written` is in seconds since 1970: the later of modification and change of the inode,
    which a restore that keeps modification times does not hide.
    """

    ordinal: int
    digest: str
    written: float


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What stands where no key is declared, or where a declared one does not see it.

    Attributes:
        rows: distinct rows; those that a declared key has met for the same request are left out.
        later: how many of them are about a time after the erasure.
        by: (namespace, form) -> distinct rows, of those from before the erasure, and names of files.
        places: labels of columns, as they may be shown, and `PATH` for names of files and folders.
    """

    rows: int = 0
    later: int = 0
    by: Mapping[ListKey, int] = field(default_factory=dict)
    places: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CameBack:
    """The people of one request, found in one asset after their erasure.

    Attributes:
        request: the newest request whose tombstones name them.
        also: earlier requests that name them too.
        rows: distinct rows that declared keys hold them in.
        later: how many of them are about a time after the erasure: it may be a lawful return.
        readmitted: whether an identifier of theirs was readmitted from a time on.
        by: (namespace, form) -> distinct rows, of those from before the erasure.
        files: where, under declared keys or elsewhere.
        identifiers: (namespace, canonical value) as declared keys hold them; of pseudonyms there is none.
        elsewhere: what stands elsewhere.
    """

    request: str
    also: frozenset[str]
    rows: int
    later: int = 0
    readmitted: bool = False
    by: Mapping[ListKey, int]
    files: tuple[File, ...]
    identifiers: frozenset[ListKey] = field(repr=False)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What one sweep of one asset saw.

    Attributes:
        asset: its name.
        listed: entries of the suppression list that it was compared with.
        files: all files below the root.
        skipped: files that an earlier sweep found to hold nobody on this list, unchanged since.
        values: distinct values of declared keys.
        unsearched: files that are no tables: the list cannot be compared with bytes.
        keyed: whether the asset declares keys.
        found: who came back, by request.
        failures: what could not be looked at; what was found is found nevertheless.
        present: digests of all tables among the files.
    """

    asset: str
    listed: int = 0
    files: int = 0
    skipped: int = 0
    values: int = 0
    unsearched: int = 0
    keyed: bool = True
    found: tuple[CameBack, ...] = ()
    failures: tuple[CouldNotLook, ...] = ()
    present: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def whole(self) -> bool:
        """Whether all of the asset was looked at, now or unchanged before.

        Of one without keys that is its tables and names: that it has other files is told, no more.
        """
        return not self.failures and not (self.unsearched and self.keyed)

    @property
    def clean(self) -> bool:
        """Whether all of it was looked at, and nobody was found. Could not look is never clean."""
        return self.whole and not self.found
