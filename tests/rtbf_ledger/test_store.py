"""The store: one schema on SQLite and PostgreSQL, one code location, one writer at a time."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, select, text

from rtbf_ledger import log, merkle, schema, store
from rtbf_ledger.errors import LedgerError, WrongLocationError
from rtbf_ledger.log import Kind
from rtbf_ledger.store import moment, normalised_url, origin, stamp

WRITERS, EACH = 8, 25
DAY = datetime(2026, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://a:b@host/db", "postgresql+psycopg2://a:b@host/db"),
        ("postgres://a:b@host/db", "postgresql+psycopg2://a:b@host/db"),
        ("postgresql+psycopg2://a:b@host/db", "postgresql+psycopg2://a:b@host/db"),
        ("sqlite:////var/ledger.db", "sqlite:////var/ledger.db"),
    ],
)
def test_the_driver_of_a_postgres_url_is_psycopg2(given, expected):
    """SQLAlchemy 2.1 would take psycopg 3, which dagster-postgres does not ship."""
    assert expected == normalised_url(given)


def test_times_are_text_in_utc_and_read_back():
    """Whatever zone a time comes in; one without a zone is refused."""
    berlin = datetime(2026, 6, 15, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert "2026-06-15T08:00:00.000005Z" == stamp(berlin)
    assert berlin == moment(stamp(berlin))
    with pytest.raises(ValueError, match="without a zone"):
        stamp(datetime(2026, 6, 15))


def test_an_opened_ledger_is_of_its_engine(ledger, ledger_url):
    """The parametrised URL really leads to both engines."""
    assert re.split("[:+]", ledger_url)[0] == ledger.engine.dialect.name


def test_migrations_reach_the_head_and_equal_the_tables(opened, empty_url):
    """What Alembic builds is what `schema` says, to the index: nothing to generate is left."""
    head = ScriptDirectory.from_config(store._alembic()).get_current_head()
    options = {"version_table": "rtbf_alembic", "compare_type": True, "compare_server_default": True}
    with opened(empty_url).read() as tx:
        context = MigrationContext.configure(tx, opts=options)
        assert head == context.get_current_revision()
        assert [] == compare_metadata(context, schema.metadata)


def test_opening_again_changes_nothing(opened, ledger, ledger_url):
    """The second open finds the same origin, and no second row of identity."""
    with ledger.read() as tx:
        first = tx.execute(select(schema.identity)).all()
    with opened(ledger_url).read() as tx:
        assert first == tx.execute(select(schema.identity)).all()
        assert first[0].origin == origin(tx)
    assert first[0].origin.startswith("rtbf-ledger/films/")


def test_another_code_location_is_refused(opened, ledger, ledger_url):
    """A ledger belongs to the location that named it first; both names are in the sentence."""
    with pytest.raises(WrongLocationError, match="belongs to code location 'films', not 'music'"):
        opened(ledger_url, code_location="music")


def test_sqlite_keeps_what_it_promises(opened, tmp_path):
    """WAL, full fsync, foreign keys, overwritten deletes: on every connection."""
    with opened(f"sqlite:///{tmp_path}/ledger.db").read() as tx:
        found = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1} == found


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "in-memory database forgets"),
        ("sqlite:///:memory:", "in-memory database forgets"),
        (
            "postgresql+psycopg://desk:hush@host/none",
            "names another driver than psycopg2; write postgresql://",
        ),
        ("mysql://host/db", "mysql is not supported"),
        ("no url", "URL cannot be read"),
        ("postgresql://desk:hush@host:hush/none", "URL cannot be read"),
        ("postgresql://desk:hush-hush@127.0.0.1:1/none", "postgresql database cannot be opened"),
        ("sqlite:////proc/none.db", "sqlite database cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(opened, url, sentence):
    """And the sentence never holds the URL's password, nor does what is chained to it."""
    with pytest.raises(LedgerError, match=sentence) as caught:
        opened(url)
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_write_that_fails_leaves_nothing(ledger):
    """The entry and everything else of the transaction are gone, and the next writer gets in."""

    def half_way():
        with ledger.write() as tx:
            log.append(tx, Kind.FOUND, stamp(DAY), count=1)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half_way()
    with ledger.write() as tx:
        assert 0 == log.append(tx, Kind.FOUND, stamp(DAY), count=2)


def test_foreign_keys_hold(ledger):
    """A row about a request that is not there is refused on both engines."""
    row = {"request_id": "rq-none", "part": "filed", "nonce": b"n", "ciphertext": b"c"}
    with pytest.raises(Exception, match=r"(?i)foreign key"), ledger.write() as tx:
        tx.execute(schema.sealed.insert().values(row))


def append_many(ledger, writer):
    """Append entries that say who wrote them."""
    for number in range(EACH):
        with ledger.write() as tx:
            log.append(tx, Kind.FOUND, ledger.now(), staff=f"writer-{writer}", count=number)


def assert_whole(ledger, writers):
    """Nothing is lost, and every proof leads to the root that the entries have."""
    with ledger.read() as tx:
        bodies = log.entries(tx)
        point = log.checkpoint(tx)
        read = log.reader(tx)
        leaves = [merkle.leaf_hash(body.encode()) for body in bodies]
        assert writers * EACH == len(set(bodies)) == point.size
        assert merkle.root(point.size, merkle.memory_reader(leaves)) == point.root
        for index in range(0, point.size, 7):
            proof = merkle.inclusion_proof(index, point.size, read)
            merkle.verify_inclusion(
                leaves[index], index=index, size=point.size, proof=proof, root_hash=point.root
            )
        for old in range(0, point.size + 1, 13):
            merkle.verify_consistency(
                old_size=old,
                new_size=point.size,
                proof=merkle.consistency_proof(old, point.size, read),
                old_root=merkle.root(old, read),
                new_root=point.root,
            )


def test_eight_threads_append_at_once_and_lose_nothing(ledger):
    """One writer at a time is what makes the log a serial history."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda writer: append_many(ledger, writer), range(WRITERS)))
    assert_whole(ledger, WRITERS)


CHILD = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from rtbf_ledger import log
from rtbf_ledger.store import open_ledger
url, keys, writer, each = sys.argv[1:]
ledger = open_ledger(
    url, Path(keys), code_location="films", clock=lambda: datetime.now(UTC), randomness=os.urandom
)
print(ledger.keys.named("master").hex())
for number in range(int(each)):
    with ledger.write() as tx:
        log.append(tx, log.Kind.FOUND, ledger.now(), staff=f"writer-{writer}", count=number)
"""


def test_processes_open_a_new_ledger_at_once(opened, empty_url, tmp_path):
    """As code server and run worker do: one migration, one origin, one master key, and no entry is lost."""
    url, keys = empty_url, str(tmp_path / "keys")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, url, keys, str(writer), str(EACH)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for writer in range(2)
    ]
    said = [process.communicate() for process in running]
    assert ["", ""] == [errors for _, errors in said]
    assert 1 == len({master for master, _ in said})
    assert_whole(opened(empty_url), 2)


def test_a_reader_never_waits_for_the_writer(ledger):
    """The desk shows the state before the change until the change is committed."""
    with ledger.write() as writing:
        log.append(writing, Kind.FOUND, stamp(DAY), count=1)
        with ledger.read() as reading:
            assert 0 == log.size(reading)
    with ledger.read() as reading:
        assert 1 == log.size(reading)


def test_values_never_enter_an_error_of_the_engine(ledger):
    """A statement that fails is reported without its parameters (ciphertexts, MACs, staff codes)."""
    row = {"index": 0, "kind": "Found", "body": "eva.lindqvist@films.example"}
    with ledger.write() as tx:
        tx.execute(schema.log_entry.insert().values(row))
    with pytest.raises(Exception, match="rtbf_log_entry") as caught, ledger.write() as tx:
        tx.execute(schema.log_entry.insert().values(row))
    assert "lindqvist" not in str(caught.value)


def test_ids_are_opaque_and_new(ledger):
    """A prefix and 96 random bits; no counter that would say how many people asked."""
    made = {ledger.new_id("rq") for _ in range(100)}
    assert 100 == len(made)
    assert {27} == {len(one) for one in made}


def test_a_write_transaction_is_locked_from_its_first_statement(ledger):
    """On SQLite BEGIN IMMEDIATE, on PostgreSQL the advisory lock: never a read that turns into a write."""
    seen = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with ledger.write() as tx:
        tx.execute(select(schema.identity.c.one))
    assert seen[0].startswith(("BEGIN IMMEDIATE", "SELECT pg_advisory_xact_lock"))
