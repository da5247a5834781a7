"""Keyed digests of files: what tells a file that was looked at from one that changed."""

import hashlib
import hmac
from pathlib import Path

_LABEL = b"rtbf swept file\x1f"


def file_digest(path: Path, key: bytes) -> str:
    """Return the HMAC-SHA256 of a file's bytes, 64 hex digits; keyed, since a small file can be guessed.

    Raises:
        OSError: the file cannot be read.
    """
    begun = hmac.new(key, _LABEL, hashlib.sha256)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            begun.update(chunk)
    return begun.hexdigest()
