"""Files to look into, wherever they are: each is taken as a local file, and let go after the look."""

from pathlib import Path
from typing import Protocol

CHANGED = "it changed or vanished since the command began; run it again"


class Item(Protocol):
    """One file or object."""

    @property
    def key(self) -> str:
        """The same for the same file, however it was named."""

    @property
    def name(self) -> str:
        """What people call it; it may hold an identifier."""

    @property
    def size(self) -> int:
        """Bytes, as listed."""

    def take(self) -> Path:
        """Return its content as a local file.

        Raises:
            NotLookedAt: it cannot be had, or is not the one that was listed.
        """

    def release(self) -> None:
        """Let it go, also after a `take` that failed.

        Raises:
            NotLookedAt: it is not the one that was taken.
        """
