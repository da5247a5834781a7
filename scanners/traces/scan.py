"""One search for traces: folders, and databases with the raw files of their servers."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from rtbf_ledger.store import normalised_url
from scanners.traces.folders import Folder, Walk
from scanners.traces.matching import Matcher
from scanners.traces.report import Report, Unlooked
from scanners.traces.rows import search_tables
from scanners.traces.servers import server_folder

__all__ = ["Database", "Folder", "Places", "look"]


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database of a server. `repr` does not show the URL: it may hold a password."""

    label: str
    url: str

    def __repr__(self) -> str:
        """Return a text without the URL."""
        return f"Database(label={self.label!r})"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where to look. `closed` names what there is and cannot be reached from here."""

    folders: tuple[Folder, ...]
    databases: tuple[Database, ...]
    closed: tuple[Unlooked, ...] = ()


def look(places: Places, matcher: Matcher, *, told: Callable[[str, int], None] | None = None) -> Report:
    """Search all places. It only reads; SQLite may make its -shm file anew beside a database.

    Args:
        places: where to look. What is in two of them (the same file, the same server) is searched once.
        matcher: what to look for.
        told: called after each file with the place and the bytes read so far.
    """
    report = Report(unlooked=list(places.closed))
    walk = Walk(matcher, report, told or (lambda _place, _bytes: None))
    for folder in places.folders:
        walk.search(folder)
    for database in places.databases:
        _database(database, walk)
    return report


def _database(database: Database, walk: Walk) -> None:
    try:
        url = make_url(normalised_url(database.url))
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, ImportError):
        walk.report.could_not(database.label, "tables", "its URL cannot be used, or its driver is missing")
        return
    search_tables(database.label, "", engine, walk.matcher, walk.report)
    files = server_folder(f"{database.label}: server files", engine, walk.report)
    engine.dispose()
    if files is not None:
        walk.search(files)
