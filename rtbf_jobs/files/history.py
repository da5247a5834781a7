"""What is done about the old versions that a versioned bucket keeps."""

from enum import StrEnum


class History(StrEnum):
    """Old versions that hold an id: `keep` counts them and says so, `delete` looks and deletes."""

    KEEP = "keep"
    DELETE = "delete"
