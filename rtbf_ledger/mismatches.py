"""A mismatch: what is there and nobody declared, as a scan sees it and as the ledger keeps it.

Format: `docs/formats/undeclared.md`. A mismatch names an asset or a storage root, a code, a place that no
identifier can stand in (a column, or a masked path), and counts; never a value and never a path.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from rtbf_ledger.errors import LedgerError

_WORD = re.compile(r"[a-z][a-z0-9_]{0,29}")


class UndeclaredKind(StrEnum):
    """Which comparison it failed."""

    LINEAGE = "lineage"
    PERSONAL_COLUMN = "personal_column"
    ORPHAN_FILE = "orphan_file"
    CONTAINMENT = "containment"


class Code(StrEnum):
    """What is wrong. A personal column has the detector's word instead: `email`, `phone`, `iban`, ..."""

    UNDECLARED_ASSET = "undeclared_asset"
    DECLARED_FREE = "declared_free"
    KEY_MISSING = "key_missing"
    KEY_TYPE = "key_type"
    NAMED_LIKE_KEY = "named_like_key"
    UNDECLARED_FOLDER = "undeclared_folder"
    UNDECLARED_FILE = "undeclared_file"
    TABLE_ORPHAN = "table_orphan"
    OLD_VERSION = "old_version"
    TEMPORARY = "temporary"
    BACKUP = "backup"
    JOINS = "joins"
    JOINS_UNRELATED = "joins_unrelated"


class MismatchState(StrEnum):
    """Whether it is still there, and whether a person said that it may be."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Because(StrEnum):
    """Why a person accepts a mismatch."""

    NO_PERSONAL_DATA = "no_personal_data"
    AGGREGATE = "aggregate"
    CHANCE = "chance"
    BELONGS_THERE = "belongs_there"
    BEING_FIXED = "being_fixed"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One mismatch as a scan saw it.

    Attributes:
        kind: which comparison it failed.
        code: what is wrong; a word of `Code`, or a detector's.
        place: the column as a key path, or a masked path; no identifier can stand in it.
        fingerprint: keyed digest of what it is, 64 hex digits: the same mismatch tomorrow has the same.
        owners: who is to be told.
        reason: how it was seen, as a word, where there are several ways.
        beside: the declared key that it is compared with, as "asset column (namespace)".
        count: files, or distinct values that joined.
        permille: a rate or a confidence in thousandths.
    """

    kind: UndeclaredKind
    code: str
    place: str
    fingerprint: str = field(repr=False)
    owners: tuple[str, ...] = ()
    reason: str | None = None
    beside: str | None = None
    count: int = 0
    permille: int | None = None

    def __post_init__(self) -> None:
        """Refuse a code or a reason that is no word.

        Raises:
            LedgerError: it is none.
        """
        for word in (self.code, self.reason):
            if word is not None and not _WORD.fullmatch(word):
                raise LedgerError("undeclared: a code and a reason are lower-case words")


@dataclass(frozen=True, kw_only=True)
class Mismatch(Seen):
    """One mismatch as the ledger has it.

    `target` is the asset's name, or a root as locations write it: "{lake}". `told_at` is when the owner's
    asset check, or the run of the job, told it.
    """

    id: str
    target: str
    state: MismatchState
    opened_at: str
    seen_at: str
    closed_at: str | None
    told_at: str | None
    accepted_at: str | None
    accepted_by: str | None
    because: Because | None

    @property
    def asset(self) -> str | None:
        """The asset, where it is about one."""
        return None if self.target.startswith("{") else self.target

    @property
    def root(self) -> str | None:
        """The name of the storage root, where it is about one."""
        return self.target[1:-1] if self.target.startswith("{") else None
