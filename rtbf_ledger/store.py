"""The one store: SQLite (WAL) by default, Postgres by URL, one schema, one writer at a time.

Every change of state and its log entry are written in one transaction under the writer lock, so that the
ledger is a serial history on both engines.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from rtbf_ledger import schema
from rtbf_ledger.errors import LedgerError, WrongLocationError
from rtbf_ledger.keys import KeyFolder

WRITER_LOCK = 0x52544246
_CANNOT_OPEN = "ledger: the {} database cannot be opened; check the URL, and that it is there and lets us in"
Clock = Callable[[], datetime]
Randomness = Callable[[int], bytes]


def normalised_url(url: str) -> str:
    """Return the URL with the driver we ship: `postgresql://` means psycopg2 here, as in dagster-postgres."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url


def stamp(moment: datetime) -> str:
    """Return an aware time as the ledger writes it: UTC, RFC 3339, microseconds.

    Raises:
        ValueError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text_value: str) -> datetime:
    """Read what `stamp` wrote."""
    return datetime.strptime(text_value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """An open ledger: the store, the key folder, and the clock and randomness it was given."""

    engine: Engine
    keys: KeyFolder
    clock: Clock
    randomness: Randomness

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one transaction as the only writer; it commits when the block ends well."""
        with self.engine.connect().execution_options(rtbf_write=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def now(self) -> str:
        """Return the time as the ledger writes it."""
        return stamp(self.clock())

    def new_id(self, prefix: str) -> str:
        """Return a new opaque id: the prefix and 96 random bits."""
        return f"{prefix}-{self.randomness(12).hex()}"


def open_ledger(url: str, keys: Path, *, code_location: str, clock: Clock, randomness: Randomness) -> Ledger:
    """Open (and on first use create, or bring up to date) the ledger of one code location.

    Raises:
        WrongLocationError: the ledger belongs to another code location.
        LedgerError: the database cannot be opened; the message holds no password.
    """
    folder = KeyFolder.open(keys, randomness)
    ledger = Ledger(engine=_engine(url), keys=folder, clock=clock, randomness=randomness)
    try:
        _migrate(ledger)
        _claim_location(ledger, code_location)
    except OperationalError:
        raise LedgerError(_CANNOT_OPEN.format(ledger.engine.dialect.name)) from None
    return ledger


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(normalised_url(url))
    except (ArgumentError, ValueError):
        raise LedgerError("ledger: the URL cannot be read; write it like sqlite:///path") from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or Path(parsed.database).name == ":memory:":
            raise LedgerError("ledger: an in-memory database forgets; give a file: sqlite:///path")
        _private_file(Path(parsed.database))
    elif parsed.get_backend_name() != "postgresql":
        raise LedgerError(f"ledger: {parsed.get_backend_name()} is not supported; use sqlite or postgresql")
    elif parsed.get_driver_name() != "psycopg2":
        raise LedgerError("ledger: the URL names another driver than psycopg2; write postgresql://")
    try:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    except ImportError:
        raise LedgerError(
            "ledger: no PostgreSQL driver is installed; pip install 'dagster-rtbf[postgres]'"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _private_file(file: Path) -> None:
    """Make the database file ours alone, before the engine makes it everybody's to read."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError:
        raise LedgerError(_CANNOT_OPEN.format("sqlite")) from None


def _sqlite_connect(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    for pragma in (
        "busy_timeout=60000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("rtbf_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _migrate(ledger: Ledger) -> None:
    config = _alembic()
    head = ScriptDirectory.from_config(config).get_current_head()
    with ledger.read() as tx:
        current = MigrationContext.configure(
            tx, opts={"version_table": "rtbf_alembic"}
        ).get_current_revision()
    if current == head:
        return
    with ledger.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def _claim_location(ledger: Ledger, code_location: str) -> None:
    with ledger.read() as tx:
        owner = tx.execute(select(schema.identity.c.code_location)).scalar()
    if owner is None:
        with ledger.write() as tx:
            owner = tx.execute(select(schema.identity.c.code_location)).scalar()
            if owner is None:
                owner = code_location
                row = {
                    "one": 1,
                    "code_location": code_location,
                    "origin": f"rtbf-ledger/{code_location}/{ledger.randomness(4).hex()}",
                    "created_at": ledger.now(),
                }
                tx.execute(insert(schema.identity).values(row))
    if owner != code_location:
        raise WrongLocationError(
            f"ledger: it belongs to code location {owner!r}, not {code_location!r}; give each its own ledger"
        )


def origin(tx: Connection) -> str:
    """Return the log's origin: the name in every checkpoint (C2SP tlog-checkpoint)."""
    return str(tx.execute(select(schema.identity.c.origin)).scalar_one())
