"""Ledgers on both engines: SQLite files, and databases of a real PostgreSQL server."""

import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from postgres import fresh_database
from sqlalchemy import create_engine, text

from rtbf_ledger import requests, schema
from rtbf_ledger.requests import Filing
from rtbf_ledger.store import normalised_url, open_ledger

START = datetime(2026, 6, 15, 8, 0, 0, 250000, tzinfo=UTC)
PERSON = (("account", "4242424242"), ("email", "eva.lindqvist@films.example"))


class FakeClock:
    """A clock that a test moves by hand."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def forward(self, **span):
        """Move the clock forward by a `timedelta`'s arguments."""
        self.now += timedelta(**span)


def migrate(url, keys):
    """Open a ledger once, so that its database can be copied for the tests."""
    open_ledger(url, keys, code_location="films", clock=lambda: START, randomness=os.urandom).engine.dispose()


@pytest.fixture(scope="session")
def postgres_ledger(tmp_path_factory):
    """An engine for a database of the real server that holds a ledger."""
    with fresh_database() as url:
        migrate(url, tmp_path_factory.mktemp("template") / "keys")
        engine = create_engine(normalised_url(url))
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_ledger(tmp_path_factory):
    """A SQLite file that holds a ledger: a template."""
    folder = tmp_path_factory.mktemp("template")
    migrate(f"sqlite:///{folder}/ledger.db", folder / "keys")
    return folder / "ledger.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The URL of an empty database: a file that is not there yet, and one on the real server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store/ledger.db"
    else:
        with fresh_database() as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request, tmp_path):
    """The URL of an empty ledger of `films`, on each engine: a new file, and a database that is emptied."""
    if request.param == "sqlite":
        (tmp_path / "store").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_ledger"), tmp_path / "store" / "ledger.db")
        return f"sqlite:///{tmp_path}/store/ledger.db"
    engine = request.getfixturevalue("postgres_ledger")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        for table in reversed(schema.metadata.sorted_tables):
            if table is not schema.identity:
                connection.execute(table.delete())
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def clock():
    """A clock that stands at 15 June 2026 until it is moved."""
    return FakeClock()


@pytest.fixture
def opened(tmp_path, clock):
    """Open ledgers that are closed after the test: opened(url, keys=..., code_location=...)."""
    ledgers = []

    def open_one(url, *, keys=tmp_path / "keys", code_location="films"):
        made = open_ledger(url, keys, code_location=code_location, clock=clock, randomness=os.urandom)
        ledgers.append(made)
        return made

    yield open_one
    for made in ledgers:
        made.engine.dispose()


@pytest.fixture
def ledger(opened, ledger_url):
    """An open ledger of the code location `films`."""
    return opened(ledger_url)


def filing(identifiers=PERSON, **changed):
    """Return what is filed about one person, with parts exchanged."""
    parts = {
        "law": "gdpr",
        "identifiers": identifiers,
        "received_at": START,
        "zone": "Europe/Berlin",
        "country": "DE",
        "filed_by": "staff-7",
        "evidence": "logged in as eva.lindqvist@films.example",
        "note": "called twice, please hurry",
    }
    return Filing(**parts | changed)


@pytest.fixture
def person():
    """The identifiers of the one person these tests file: a 10-digit account and an e-mail address."""
    return PERSON


@pytest.fixture
def file_one(ledger):
    """File a request: file_one(identifiers, law=...) returns its id."""
    return lambda identifiers=PERSON, **changed: requests.file(ledger, filing(identifiers, **changed))


@pytest.fixture
def make_filing():
    """What is filed: make_filing(identifiers, law=...)."""
    return filing


@pytest.fixture
def in_state(ledger, file_one):
    """File a request and move it along: in_state(State.PLANNED, ...) returns its id."""

    def moved(*states, **columns):
        request_id = file_one()
        with ledger.write() as tx:
            for state in states:
                requests.move(tx, request_id, state, **columns)
        return request_id

    return moved
