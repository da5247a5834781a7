"""Why a file could not be searched whole, in words for the person who named it.

ScannerError
└── NotLookedAt         one file could not be searched whole; the others are
"""

from scanners.errors import CouldNotLook, Reason, ScannerError

ENCODING = "it is not UTF-8 (convert it to UTF-8)"
SENTENCES = {
    Reason.MISSING_FOLDER: "it vanished since the command began",
    Reason.MISSING_COLUMN: "it has no such column",
    Reason.MISSING_KEY: "a named key is not at hand",
    Reason.KEY_TYPE: "the type of the column is too small for some of the ids",
    Reason.UNREADABLE: "it cannot be read: damaged, not what its name says, or not ours to read",
    Reason.ENCRYPTED: "it is encrypted",
    Reason.FOREIGN_FILE: "it is packed, a link, or no regular file",
    Reason.CHANGED_WHILE_READ: "it changed or vanished since the command began; run it again",
    Reason.ENGINE: "the engine gave up: allow it more with --memory, or free temporary space",
}


class NotLookedAt(ScannerError):
    """One file could not be searched whole.

    Attributes:
        subjects: positions of the identifiers that caused it; empty when it concerns all of them.
    """

    def __init__(self, sentence: str, subjects: tuple[int, ...] = ()) -> None:
        """Keep the sentence; it holds no value and no path."""
        super().__init__(sentence)
        self.subjects = subjects


def told(error: CouldNotLook) -> NotLookedAt:
    """Return what the search of assets said, in the words of files."""
    return NotLookedAt(SENTENCES[error.reason], error.requests)
