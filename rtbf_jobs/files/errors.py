"""What can stop an erasure of files before it begins, or one of its files.

FilesError(Exception)
├── UsageRefused        nothing was looked at: what was asked for cannot be done
└── FileRefused         one file cannot be erased; the others are
"""


class FilesError(Exception):
    """One sentence for the person who gave the command; it holds no identifier."""


class UsageRefused(FilesError):
    """What was asked for cannot be done; no file was looked at."""


class FileRefused(FilesError):
    """One file cannot be erased; it was left as it is."""
