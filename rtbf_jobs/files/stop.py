"""Being told to stop: at once while a file is read or made, and after the step in which it changes places."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Turns Ctrl-C and SIGTERM into KeyboardInterrupt, where it does no harm."""

    def __init__(self) -> None:
        self._asked = self._committing = False

    def ask(self) -> None:
        """Ask to stop: from here on `check` raises, in every thread."""
        self._asked = True

    def hold(self) -> None:
        """Begin the step that must not be cut in two: from here on, being told to stop waits for `check`.

        Raises:
            KeyboardInterrupt: we were told to stop before it.
        """
        self.check()
        self._committing = True

    def check(self) -> None:
        """Say that the step is over.

        Raises:
            KeyboardInterrupt: we were told to stop meanwhile.
        """
        self._committing = False
        if self._asked:
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for signals; afterwards they mean what they meant before."""
        before = {number: signal.signal(number, self._told) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if not (again or self._committing):
            raise KeyboardInterrupt
