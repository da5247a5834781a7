"""A private DuckDB connection for scans. Opening one costs about 80 ms: open it once and pass it in."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb

# Optimizers that skip data by the minimum and maximum in a footer.
BELIEVING = ("join_filter_pushdown", "statistics_propagation")


def connect(
    temp: Path, *, threads: int, memory: str, roots: Iterable[Path] = ()
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that spills only into a private folder (0700) below `temp`.

    Row groups are never pruned by a file's statistics: those are the eraser's word, this is its proof.
    Extensions are never fetched or loaded by themselves, and no file is cached across reads (a proof reads
    the disk). With `roots` given, the connection can open nothing but those folders and its own.

    Args:
        temp: an existing or new folder; a folder of our own is made inside it.
        threads: worker threads.
        memory: DuckDB's limit, such as "2GB".
        roots: the only places it may read.
    """
    temp.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = tempfile.mkdtemp(prefix="scan-", dir=temp)
    connection = duckdb.connect(
        config={
            "temp_directory": private,
            "threads": threads,
            "memory_limit": memory,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_file_cache": "false",
        }
    )
    connection.execute(f"SET disabled_optimizers = '{','.join(BELIEVING)}'")
    allowed = [str(root.resolve()) for root in roots]
    if allowed:
        connection.execute("SET allowed_directories = $dirs", {"dirs": [private, *allowed]})
        connection.execute("SET enable_external_access = false")
    return connection


def private_folder(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """Return the connection's own temporary folder, or None where it has none yet."""
    row = connection.execute("SELECT current_setting('temp_directory')").fetchall()[0]
    folder = Path(str(row[0])) if row[0] else None
    return folder if folder is not None and folder.is_absolute() and folder.is_dir() else None
