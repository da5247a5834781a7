"""The engine that a run scans with: one DuckDB connection in a private folder, closed with the run."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from rtbf_ledger.settings import Settings
from scanners.residual import connect


@contextlib.contextmanager
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that can read nothing but the declared roots and its own folder, which goes with it.

    Raises:
        duckdb.Error: it could not be opened.
    """
    with tempfile.TemporaryDirectory(prefix="rtbf-") as temp:
        connection = connect(
            Path(temp), threads=settings.threads, memory=settings.memory, roots=settings.roots.values()
        )
        with contextlib.closing(connection):
            yield connection
