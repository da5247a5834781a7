"""What can go wrong while looking.

ScannerError(RuntimeError)
└── CouldNotLook        an asset that could not be searched whole: a failure that names it, never a zero

No message holds a value, a path (paths can hold identifiers) or an engine's own text (DuckDB prints values).
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why an asset could not be searched whole."""

    MISSING_FOLDER = "missing_folder"
    MISSING_COLUMN = "missing_column"
    MISSING_KEY = "missing_key"
    KEY_TYPE = "key_type"
    EVENT_TIME = "event_time"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    FOREIGN_FILE = "foreign_file"
    CHANGED_WHILE_READ = "changed_while_read"
    ENGINE = "engine"


HINTS = {
    Reason.MISSING_FOLDER: "check the declared location, and that the asset was materialised",
    Reason.MISSING_COLUMN: "was it renamed? correct the declaration, or rewrite the file",
    Reason.MISSING_KEY: "put the named key into the key folder",
    Reason.KEY_TYPE: "declare the column that holds the identifier, or the right kind for its namespace",
    Reason.EVENT_TIME: "declare a timestamp, a date, a text of one, or integers as epoch(column, unit=...)",
    Reason.UNREADABLE: "repair the file, or remove it if it is a leftover",
    Reason.ENCRYPTED: "encrypted Parquet is not supported: decrypt it, or declare another strategy",
    Reason.FOREIGN_FILE: "move it out of the asset's folder",
    Reason.CHANGED_WHILE_READ: "somebody else writes here: scan again when the writer is done",
    Reason.ENGINE: "give the scan more memory or temporary space, then scan again",
}


class ScannerError(RuntimeError):
    """Something that an observer could not do; the message says what, for which asset, and what to do."""


class CouldNotLook(ScannerError):
    """An asset that could not be searched whole.

    Attributes:
        asset: the asset's name.
        reason: why, as an enum.
        requests: ordinals of the requests whose identifiers caused it; empty when it concerns all of them.
    """

    def __init__(self, asset: str, reason: Reason, sentence: str, *, requests: tuple[int, ...] = ()) -> None:
        """Build the message from the asset, the sentence and the reason's hint."""
        super().__init__(f"asset {asset}: {sentence}\nhint: {HINTS[reason]}")
        self.asset = asset
        self.reason = reason
        self.requests = requests
