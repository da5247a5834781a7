"""How far an erasure is inside one asset: files, bytes, rate, time left. No value, no path, no person."""

from collections.abc import Callable
from datetime import datetime, timedelta

from rtbf_jobs.erasers import EraseOrder, FileReceipt
from rtbf_jobs.erasers.files import data_files

EVERY = timedelta(seconds=30)
MB = 1_000_000


class Progress:
    """Tells at most every `EVERY`; a short erasure tells nothing but its end, which is the walk's to tell."""

    def __init__(
        self, asset: str, say: Callable[[str], None], clock: Callable[[], datetime], size: Callable[[], int]
    ) -> None:
        """Begin to count.

        Args:
            asset: its name.
            say: takes a sentence.
            clock: tells the time.
            size: returns the bytes of all data files of the asset; asked once, when something is told.
        """
        self._asset, self._say, self._clock, self._size = asset, say, clock, size
        self._files = self._bytes = 0
        self._total: int | None = None
        self._began = self._told = clock()

    def count(self, receipt: FileReceipt) -> None:
        """Count a file that is made anew and proven, and say how far we are if it is time."""
        self._files, self._bytes = self._files + 1, self._bytes + receipt.bytes_before
        now = self._clock()
        if now - self._told < EVERY:
            return
        self._told = now
        if self._total is None:
            self._total = self._size()
        self._say(self._sentence(self._total, (now - self._began).total_seconds()))

    def _sentence(self, total: int, seconds: float) -> str:
        left = max(0, total - self._bytes) * seconds / max(1, self._bytes)
        return (
            f"asset {self._asset}: {self._files} files made anew, {self._bytes / MB:,.0f} MB of at most "
            f"{total / MB:,.0f}, {self._bytes / MB / max(seconds, 0.001):,.1f} MB/s, "
            f"at most {timedelta(seconds=round(left))} left"
        )


def size_of(order: EraseOrder) -> int:
    """Return how many bytes the data files of an asset have.

    Raises:
        EraseRefused: its location holds what may not be there.
        StorageFailed: the file system refused.
    """
    return sum(file.seen.size for file in data_files(order))
