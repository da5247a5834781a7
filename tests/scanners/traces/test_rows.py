"""Cells of tables, decoded as deep as they were written: in SQLite and on a real PostgreSQL server."""

import base64
import json
import sqlite3
import zlib

import pytest
from postgres import fresh_database
from sqlalchemy import create_engine, text
from traces import ACCOUNT, CARD, DEVICE, MAIL, PHONE, matcher, searched, seen

from rtbf_ledger.store import normalised_url
from scanners.traces import layers as deep

NESTED = json.dumps({"event": json.dumps({"user": json.dumps({"mail": "jürgen🎈@bücher.example"})})})


def _base(folder, **cells):
    names = ", ".join(cells)
    with sqlite3.connect(folder / "index.db") as base:
        base.execute(f"CREATE TABLE event_logs ({names})")
        base.execute(f"INSERT INTO event_logs VALUES ({', '.join('?' * len(cells))})", list(cells.values()))
    base.close()
    return folder


def _columns(report):
    return {
        (one.where.rpartition(".")[2], one.namespace, one.form)
        for one in report.found
        if one.what == "column"
    }


def test_cells_are_decoded(tmp_path):
    """Compressed snapshots, JSON in JSON, base64 with something packed in it, numbers, bytes."""
    folder = _base(
        tmp_path,
        snapshot=zlib.compress(json.dumps({"mail": MAIL}).encode()),
        nested=json.dumps({"a": json.dumps({"b": json.dumps({"card": f"x\\{CARD}"})})}),
        packed=json.dumps({"blob": base64.b64encode(zlib.compress(DEVICE.encode())).decode()}),
        number=int(ACCOUNT),
        raw=PHONE.encode("utf-16-le"),
        broken=sqlite3.Binary(b"\xff\xfe" + MAIL.encode()),
        empty=None,
    )
    assert {
        ("snapshot", "email", "plain in zlib"),
        ("nested", "card", "plain"),
        ("packed", "device", "plain in base64 zlib"),
        ("number", "account", "plain"),
        ("raw", "phone", "utf-16-le"),
        ("broken", "email", "plain"),
    } <= _columns(searched(folder))


def test_escapes_are_read_layer_by_layer(tmp_path):
    """Letters beyond ASCII, and beyond 16 bits, in JSON in JSON in JSON."""
    by = matcher({"email": "jürgen🎈@bücher.example"})
    report = searched(_base(tmp_path, event=NESTED), by=by)
    assert {("event", "email")} == {(column, name) for column, name, _ in _columns(report)}


def test_a_cell_counts_once_for_each_form(tmp_path):
    """However often it is in there."""
    report = searched(_base(tmp_path, event=f"{MAIL} {MAIL} " + zlib.compress(b"x").hex()))
    (found,) = [one for one in report.found if one.what == "column"]
    assert ("index.db: event_logs.event", 1, None) == (found.where, found.count, found.offset)


def test_text_that_is_no_utf_8_is_read_too(tmp_path):
    """SQLite takes what it is given."""
    with sqlite3.connect(tmp_path / "index.db") as base:
        base.execute("CREATE TABLE t (note TEXT)")
        base.execute("INSERT INTO t VALUES (CAST(? AS TEXT))", [b"\xff\xfe " + MAIL.encode()])
    base.close()
    assert {("note", "email", "plain")} == _columns(searched(tmp_path))


def test_a_cell_that_grows_without_end_is_named(tmp_path, monkeypatch):
    """It is not unpacked into all memory there is."""
    monkeypatch.setattr(deep, "MOST", 1 << 20)
    report = searched(_base(tmp_path, body=zlib.compress(bytes(8 << 20))))
    assert [("index.db: event_logs.body", "a cell unpacks into more than 64 MiB")] == [
        (one.where, one.why) for one in report.unlooked
    ]


def test_reading_changes_nothing(tmp_path):
    """Not a byte of the database."""
    before = (_base(tmp_path, event=MAIL) / "index.db").read_bytes()
    searched(tmp_path)
    assert (["index.db"], before) == (
        [path.name for path in tmp_path.iterdir()],
        (tmp_path / "index.db").read_bytes(),
    )


@pytest.fixture
def database():
    """A fresh database with a table like Dagster's, as (URL, a connection)."""
    with fresh_database() as url:
        engine = create_engine(normalised_url(url))
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE runs (run_body text, snapshot bytea, tags jsonb)"))
            connection.commit()
            yield url, connection
        engine.dispose()


def _insert(connection, body, snapshot=b"", tags="{}"):
    connection.execute(
        text("INSERT INTO runs VALUES (:body, :snapshot, CAST(:tags AS jsonb))"),
        {"body": body, "snapshot": snapshot, "tags": tags},
    )
    connection.commit()


def test_rows_on_postgres(database):
    """Text, bytes and JSON, in any schema that is not the server's own."""
    url, connection = database
    connection.execute(text("CREATE SCHEMA theirs"))
    connection.execute(text('CREATE TABLE theirs."Odd "" name" (n bigint)'))
    connection.execute(text(f'INSERT INTO theirs."Odd "" name" VALUES ({ACCOUNT})'))
    _insert(connection, MAIL.upper(), zlib.compress(DEVICE.encode()), json.dumps({"a": [PHONE]}))
    rows = {
        (one.where, one.namespace, one.form)
        for one in searched(databases=[url]).found
        if one.what == "column"
    }
    assert {
        ("public.runs.run_body", "email", "plain"),
        ("public.runs.snapshot", "device", "plain in zlib"),
        ("public.runs.tags", "phone", "plain"),
        ('theirs.Odd " name.n', "account", "plain"),
    } == rows


@pytest.mark.slow
def test_a_deleted_row_is_in_the_heap_and_in_the_wal(database):
    """Until VACUUM and time have passed; another database's files are not ours to search."""
    url, connection = database
    _insert(connection, f"body {MAIL} end")
    connection.execute(text("DELETE FROM runs"))
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    report = searched(databases=[url])
    folders = {one.where.split("/")[0] for one in report.found}
    assert ({"base", "pg_wal"}, []) == (folders, [one for one in report.found if one.what == "column"])
    assert ["database: server files"] * len(report.found) == [one.place for one in report.found]
    with fresh_database() as other:
        assert {"pg_wal"} == {one.where.split("/")[0] for one in searched(databases=[other]).found}


def test_a_server_whose_files_we_cannot_reach_is_named(database):
    """It does not tell a plain user where they are: never clean."""
    url, connection = database
    connection.execute(text("CREATE ROLE plain LOGIN"))
    connection.execute(text("GRANT SELECT ON runs TO plain"))
    connection.commit()
    report = searched(databases=[url.replace("postgres:@", "plain:@", 1)])
    connection.execute(text("DROP OWNED BY plain"))
    connection.execute(text("DROP ROLE plain"))
    connection.commit()
    assert [("database: server files", "raw files")] == [(one.place, one.where) for one in report.unlooked]


def test_a_table_we_may_not_read_is_named(database):
    """By its name, and the others are read."""
    url, connection = database
    _insert(connection, MAIL)
    connection.execute(text("CREATE ROLE plain LOGIN"))
    connection.execute(text("CREATE TABLE open (t text)"))
    connection.execute(text("INSERT INTO open VALUES (:mail)"), {"mail": MAIL})
    connection.execute(text("GRANT SELECT ON open TO plain"))
    connection.commit()
    report = searched(databases=[url.replace("postgres:@", "plain:@", 1)])
    connection.execute(text("DROP OWNED BY plain"))
    connection.execute(text("DROP ROLE plain"))
    connection.commit()
    assert "public.runs" in {one.where for one in report.unlooked}
    assert {("public.open.t", "email", "plain")} == seen(report)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "no url", "oracle://x/y"])
def test_a_database_that_does_not_answer_is_named(url):
    """Without its URL."""
    report = searched(databases=[url])
    assert {"tables"} <= {one.where for one in report.unlooked}
    assert "nobody" not in repr(report)
