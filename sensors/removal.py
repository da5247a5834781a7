"""Removes a run from Dagster: what it printed, its files, its events, its row; and what SQLite keeps of them.

`DagsterInstance.delete_run` takes the row before the events and leaves the files, so a crash in between would
leave events that nobody finds again. Here the row is last.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg

BUSY_SECONDS = 5.0


def delete_files(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete what a run printed, and the folder of outputs that no asset names."""
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    outputs = Path(instance.storage_directory()) / run_id
    if outputs.is_dir():
        shutil.rmtree(outputs)


def delete_rows(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run's events and then the run, so that one killed in between is found again.

    With SQLite the events are in a file of the run, which `delete_run` would leave behind.
    """
    if has_events(instance, run_id):
        instance.event_log_storage.delete_events(run_id)
        shard = _shard(instance, run_id)
        for path in (f"{shard}-wal", f"{shard}-shm", shard) if shard else ():
            Path(path).unlink(missing_ok=True)
    instance.run_storage.delete_run(run_id)


def has_events(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run's events can be asked for. With SQLite asking makes their file anew where it is gone."""
    shard = _shard(instance, run_id)
    return shard is None or Path(shard).exists()


def _shard(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Return the path of SQLite's file with a run's events; None for other storages."""
    path_for_shard = getattr(instance.event_log_storage, "path_for_shard", None)
    return str(path_for_shard(run_id)) if path_for_shard is not None else None


def cut_logs(instance: dg.DagsterInstance) -> None:
    """Write SQLite's write-ahead logs back and cut them to nothing, unless somebody is reading just now.

    A deleted row stays in the write-ahead log until then. Other engines keep theirs.
    """
    events: Any = instance.event_log_storage
    runs: Any = instance.run_storage
    for opened in (runs.connect, events.index_connection):
        with opened() as connection:
            if connection.dialect.name != "sqlite":
                return
            database = connection.exec_driver_sql("PRAGMA database_list").fetchone()[2]
        if database:  # in memory there is no file
            with closing(sqlite3.connect(database, timeout=BUSY_SECONDS)) as writer:
                writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
