"""Files to look into, wherever they are: each is opened as a local path, and checked when it is let go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

CHANGED = "it changed or vanished since the command began; run it again"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file or object.

    Attributes:
        key: the same for the same file, however it was named.
        name: what people call it; it may hold an identifier.
        size: bytes.
        opened: gives its content as a local file. Raises NotLookedAt, also at the end: it is another one now.
    """

    key: str = field(repr=False)
    name: str = field(repr=False)
    size: int
    opened: Callable[[], AbstractContextManager[Path]] = field(repr=False)
