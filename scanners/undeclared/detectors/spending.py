"""What was spent on the evaluator and what it answered: one SQLite file with mode 0600."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import ScannerError

_WAIT_SECONDS = 30
_TABLES = """
CREATE TABLE IF NOT EXISTS spent (day TEXT PRIMARY KEY, requests INTEGER NOT NULL, tokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS answered (digest TEXT PRIMARY KEY, kind TEXT NOT NULL, confidence REAL NOT NULL);
"""


@dataclass(frozen=True, kw_only=True)
class Spending:
    """The file, and what may be spent in a day. No value and no name of a column is in it.

    Attributes:
        path: the file; its folder is there or is made.
        requests_per_day, tokens_per_day: at most.
    """

    path: Path
    requests_per_day: int
    tokens_per_day: int

    def reserve(self, day: str, tokens: int) -> bool:
        """Count one request before it is sent; False, and nothing counted, where it would be too much.

        Whoever is killed while waiting has paid: the budget is never exceeded by asking again.
        """
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO spent VALUES (?, 0, 0)", (day,))
            return bool(
                connection.execute(
                    "UPDATE spent SET requests = requests + 1, tokens = tokens + ?"
                    " WHERE day = ? AND requests < ? AND tokens + ? <= ?",
                    (tokens, day, self.requests_per_day, tokens, self.tokens_per_day),
                ).rowcount
            )

    def settle(self, day: str, more: int) -> None:
        """Add to a day what a reply has cost beyond the reservation (or less, if negative)."""
        with self._open() as connection:
            connection.execute("UPDATE spent SET tokens = max(0, tokens + ?) WHERE day = ?", (more, day))

    def spent(self, day: str) -> tuple[int, int]:
        """Return the requests and tokens of a day."""
        with self._open() as connection:
            found = connection.execute("SELECT requests, tokens FROM spent WHERE day = ?", (day,)).fetchone()
        return (int(found[0]), int(found[1])) if found else (0, 0)

    def remember(self, digest: str, kind: str, confidence: float) -> None:
        """Keep an answer under the digest of its question."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO answered VALUES (?, ?, ?)", (digest, kind, confidence))

    def remembered(self, digest: str) -> tuple[str, float] | None:
        """Return the answer to a question that was asked before."""
        with self._open() as connection:
            found = connection.execute(
                "SELECT kind, confidence FROM answered WHERE digest = ?", (digest,)
            ).fetchone()
        return (str(found[0]), float(found[1])) if found else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS)) as connection:
                connection.executescript(_TABLES)
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    yield connection
        except (OSError, sqlite3.Error):
            raise ScannerError(
                "evaluator: its state file cannot be used\n"
                "hint: check the folder's mode and space; without the file nothing is asked"
            ) from None
