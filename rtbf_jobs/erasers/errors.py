"""What can stop an eraser. No message ever holds an identifier, a path, or another engine's words.

EraseError(JobError)
├── EraseRefused        it will not start: nothing of the asset was written (asset, reason, hint)
├── FileChanged         a file is not the one that was read; it was left alone
├── TripleBroken        the new file does not prove itself; it was thrown away, the old one is intact
└── StorageFailed       the file system said no (only its errno name is told)
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from rtbf_jobs.errors import JobError


class Reason(StrEnum):
    """Why an eraser refuses. The value goes to ledger and log; `SENTENCES` says it to people."""

    MISSING_LOCATION = "missing_location"
    UNSUPPORTED = "unsupported"
    SYMLINK = "symlink"
    HARD_LINK = "hard_link"
    SIDECAR = "sidecar"
    TABLE_FORMAT = "table_format"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    MISSING_KEY = "missing_key"
    AMBIGUOUS_COLUMN = "ambiguous_column"
    KEY_TYPE = "key_type"
    KEY_OVERFLOW = "key_overflow"
    NOT_NULLABLE = "not_nullable"
    MISSING_HMAC_KEY = "missing_hmac_key"
    NOT_SEARCHABLE = "not_searchable"
    BROKEN_JSON = "broken_json"
    UNWRITABLE_CODEC = "unwritable_codec"
    SORTED_BY_ERASED = "sorted_by_erased"
    TIMESTAMP_RANGE = "timestamp_range"
    IN_METADATA = "in_metadata"
    UNFAITHFUL = "unfaithful"
    ENCODING = "encoding"
    RAGGED = "ragged"
    OWNERSHIP = "ownership"


SENTENCES = {
    Reason.MISSING_LOCATION: "its location does not exist",
    Reason.UNSUPPORTED: "there is no eraser for this format and strategy",
    Reason.SYMLINK: "it holds a symbolic link",
    Reason.HARD_LINK: "a file to be changed has a second name (hard link), which would keep the old bytes",
    Reason.SIDECAR: "a _metadata or _common_metadata file beside the data would keep old statistics",
    Reason.TABLE_FORMAT: "the files belong to a table format with its own log",
    Reason.UNREADABLE: "a file cannot be read",
    Reason.ENCRYPTED: "a file is encrypted",
    Reason.MISSING_KEY: "a declared column or field is not there",
    Reason.AMBIGUOUS_COLUMN: "a column name is there twice",
    Reason.KEY_TYPE: "a key's type cannot hold identifiers of its namespace",
    Reason.KEY_OVERFLOW: "an identifier does not fit into the key's type",
    Reason.NOT_NULLABLE: "a field that would have to be set to null is not nullable",
    Reason.MISSING_HMAC_KEY: "the named key of a pseudonym is not at hand",
    Reason.NOT_SEARCHABLE: "identifiers of this namespace cannot be told apart in free text",
    Reason.BROKEN_JSON: "text that is not JSON holds an identifier, and nobody can say whose row it is",
    Reason.UNWRITABLE_CODEC: "a column is compressed in a way that cannot be written",
    Reason.SORTED_BY_ERASED: "rows are declared sorted by a column that would be set to null",
    Reason.TIMESTAMP_RANGE: "an INT96 timestamp lies outside the years 1677 to 2262",
    Reason.IN_METADATA: "the key-value metadata of a file holds an identifier",
    Reason.UNFAITHFUL: "a file cannot be rewritten faithfully",
    Reason.ENCODING: "a file is not UTF-8",
    Reason.RAGGED: "a record does not have as many fields as the header",
    Reason.OWNERSHIP: "the owner of a file cannot be kept",
}


class EraseError(JobError):
    """An erasure that did not happen, or not to its end. `asset` is the asset's name."""

    def __init__(self, asset: str, sentence: str, hint: str = "") -> None:
        """Keep the asset; the hint goes on its own line."""
        self.asset = asset
        super().__init__(f"asset {asset}: {sentence}" + (f"\nhint: {hint}" if hint else ""))


class EraseRefused(EraseError):
    """The eraser does not start. `reason` is the code; the hint names the column or the file's ordinal."""

    def __init__(self, asset: str, reason: Reason, hint: str) -> None:
        """Compose the sentence from the reason's own words."""
        self.reason = reason
        self.hint = hint
        super().__init__(asset, SENTENCES[reason], hint)


class FileChanged(EraseError):
    """A file changed since it was read. Nothing was overwritten; a retry reads it anew."""


class TripleBroken(EraseError):
    """Rows before, rows after and matches do not add up in the new file, or a stranger's row differs."""


class StorageFailed(EraseError):
    """The file system refused; `code` is the errno's name, such as ENOSPC."""

    def __init__(self, asset: str, error: OSError) -> None:
        """Take only the number of the error: its text holds the path."""
        self.code = errno.errorcode.get(error.errno or 0, "EIO")
        super().__init__(asset, f"the file system refused ({self.code})", "free space or rights, then retry")


@contextmanager
def storage_words(asset: str) -> Iterator[None]:
    """Tell an error of the file system in our own words: its text holds the path.

    Raises:
        StorageFailed: the file system refused.
    """
    try:
        yield
    except OSError as error:
        raise StorageFailed(asset, error) from None
