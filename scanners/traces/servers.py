"""The files of a PostgreSQL server on this machine: what is deleted stays in tables' pages and in the WAL."""

import struct
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from scanners.traces.folders import Folder
from scanners.traces.report import Report

UNREACHABLE = "not reachable: raw files of the server (other machine, or not ours to read)"
NOT_TOLD = "not reachable: raw files of the server (it does not tell us where they are: pg_read_all_settings)"


def server_folder(label: str, engine: Engine, report: Report) -> Folder | None:
    """Return the folder of a server's raw files, the other databases in it left out; None where out of reach.

    It is the server's own when the control file in it has the identifier that the server tells of itself.
    """
    try:
        with engine.connect() as connection:
            told = _told(connection)
    except SQLAlchemyError:
        report.could_not(label, "raw files", NOT_TOLD)
        return None
    folder, identifier, oid = told
    try:
        control = (folder / "global" / "pg_control").read_bytes()
        spaces = any((folder / "pg_tblspc").iterdir())
    except OSError:
        control, spaces = b"", False
    if control[:8] != struct.pack("<Q", identifier):
        report.could_not(label, "raw files", UNREACHABLE)
        return None
    if spaces:
        report.could_not(label, "pg_tblspc", "a tablespace outside the data folder: name it with --also")
    return Folder(label=label, path=folder, keeps=_ours(oid))


def _told(connection: Connection) -> tuple[Path, int, str]:
    folder = connection.execute(text("SHOW data_directory")).scalar_one()
    row = connection.execute(
        text(
            "SELECT system_identifier, (SELECT oid::text FROM pg_database WHERE datname = current_database())"
            " FROM pg_control_system()"
        )
    ).one()
    return Path(str(folder)), int(row[0]) & (2**64 - 1), str(row[1])


def _ours(oid: str) -> Callable[[str], bool]:
    """Keep one database, temporary files, and all that is not a database: WAL, logs, statistics."""

    def keeps(name: str) -> bool:
        parts = PurePosixPath(name).parts
        if parts[0] == "pg_tblspc":
            return False
        return parts[0] != "base" or len(parts) == 1 or parts[1] in {oid, "pgsql_tmp"}

    return keeps
