"""What an eraser is told, and what it hands back: the order, and the receipts that prove it.

A receipt holds counts and keyed digests only: no path, no column value, no identifier.
"""

import hashlib
import hmac
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lineage_assets.canonical import digest
from lineage_assets.declarations import Declaration
from lineage_assets.identifiers import Namespace, Sought
from rtbf_jobs.erasers import digests


@dataclass(frozen=True, kw_only=True)
class IndexPlace:
    """Where the sidecar index of one asset lies: a folder of its own, and the key of its hashes."""

    folder: Path
    key: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class EraseOrder:
    """One asset to erase, for many requests in one pass.

    `root` is a folder (all data files below it) or one file. `hmac_keys` are the named pseudonym keys;
    `digest_key` keys the digests in receipts. Subjects marked `shared` are never erased here: other people
    use the same identifier, so a person decides.
    """

    asset: str
    root: Path
    declaration: Declaration
    namespaces: Mapping[str, Namespace]
    hmac_keys: Mapping[str, bytes] = field(repr=False)
    subjects: tuple[Sought, ...] = field(repr=False)
    digest_key: bytes = field(repr=False)
    index: IndexPlace | None = None

    def file_digest(self, file: Path) -> str:
        """Return the keyed digest of a file's path below the root (its name, where the root is the file)."""
        name = file.name if file == self.root else file.relative_to(self.root).as_posix()
        return hmac.new(self.digest_key, name.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()

    def content_digest(self, file: Path) -> str:
        """Return the keyed digest of every byte of a file."""
        with file.open("rb") as opened:
            handle = opened.fileno()
            return self.digest_of(
                os.fstat(handle).st_size, lambda offset, length: os.pread(handle, length, offset)
            )

    def digest_of(self, size: int, read: Callable[[int, int], bytes]) -> str:
        """Return the keyed digest of every byte of a content that is read by ranges (offset, length)."""
        return digests.keyed(self.digest_key, size, digests.hashed(size, read, digests.numbers(size)))


@dataclass(frozen=True, kw_only=True)
class FileReceipt:
    """What happened to one file. `after` is None where the file was deleted.

    Of `bytes_after`, `bytes_copied` are the old file's own and `bytes_encoded` were made anew; the rest are
    zeros that keep offsets. `cells_changed` counts cells (row x column) of remaining rows that were emptied
    or lost something; `mentions_matched` counts list elements, fields and cells that named a subject in
    somebody else's row; `owners` and `mentions` are by request ordinal.
    """

    file: str
    before: str
    after: str | None
    rows_before: int
    rows_matched: int
    rows_after: int
    mentions_matched: int
    cells_changed: int
    bytes_before: int
    bytes_after: int
    bytes_copied: int = 0
    bytes_encoded: int = 0
    owners: Mapping[int, int] = field(default_factory=dict)
    mentions: Mapping[int, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the receipt as a JSON value; request ordinals become strings."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {name: {str(o): n for o, n in plain[name].items()} for name in ("owners", "mentions")}


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What happened to an asset. `files` holds changed files only; `owners` and `mentions` are by request."""

    asset: str
    strategy: str
    files_scanned: int
    files: tuple[FileReceipt, ...]
    owners: Mapping[int, int]
    mentions: Mapping[int, int]

    @property
    def rows_matched(self) -> int:
        """Rows that an owner key matched, each counted once however many requests it matched."""
        return sum(file.rows_matched for file in self.files)

    @property
    def mentions_matched(self) -> int:
        """Mentions found in other people's rows."""
        return sum(file.mentions_matched for file in self.files)

    @property
    def cells_changed(self) -> int:
        """Cells changed in rows that stay."""
        return sum(file.cells_changed for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return the receipt as a JSON value; request ordinals become strings."""
        return {
            "asset": self.asset,
            "strategy": self.strategy,
            "files_scanned": self.files_scanned,
            "files": [file.to_json() for file in self.files],
            "owners": {str(request): count for request, count in self.owners.items()},
            "mentions": {str(request): count for request, count in self.mentions.items()},
        }

    def digest(self) -> str:
        """Return the SHA-256 of the receipt's canonical JSON."""
        return digest(self.to_json())


@dataclass(kw_only=True)
class Tally:
    """Counts that grow while a file is read."""

    rows: int = 0
    rows_matched: int = 0
    mentions_matched: int = 0
    cells_changed: int = 0
    owners: Counter[int] = field(default_factory=Counter)
    mentions: Counter[int] = field(default_factory=Counter)

    @property
    def found(self) -> bool:
        """Whether anything at all was matched."""
        return bool(self.rows_matched or self.mentions_matched)

    def add(self, other: "Tally") -> None:
        """Add the counts of another part."""
        self.rows += other.rows
        self.rows_matched += other.rows_matched
        self.mentions_matched += other.mentions_matched
        self.cells_changed += other.cells_changed
        self.owners.update(other.owners)
        self.mentions.update(other.mentions)

    def own(self, requests: frozenset[int], rows: int = 1) -> None:
        """Count rows that matched the same requests."""
        self.rows_matched += rows
        for request in requests:
            self.owners[request] += rows

    def mention(self, requests: frozenset[int], times: int = 1) -> None:
        """Count mentions of the requests whose own row they do not stand in; of nobody it is none."""
        self.mentions_matched += times if requests else 0
        for request in requests:
            self.mentions[request] += times


def receipt_of(order: EraseOrder, scanned: int, files: Iterable[FileReceipt], tally: Tally) -> Receipt:
    """Return the receipt of a whole asset."""
    return Receipt(
        asset=order.asset,
        strategy=str(order.declaration.erasure),
        files_scanned=scanned,
        files=tuple(files),
        owners=dict(sorted(tally.owners.items())),
        mentions=dict(sorted(tally.mentions.items())),
    )
