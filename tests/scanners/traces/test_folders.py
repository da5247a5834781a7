"""Files of every kind: what is in them, in their names, packed inside, or not to be read."""

import base64
import bz2
import gzip
import io
import lzma
import os
import pickle
import sqlite3
import zipfile
import zlib
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import ACCOUNT, DEVICE, MAIL, PEOPLE, PHONE, matcher, searched, seen

from scanners.traces.folders import CHUNK
from scanners.traces.report import Report, Spot
from scanners.traces.streams import Stream

NOISE = bytes(range(256)) * 40


def _zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", data)
    return out.getvalue()


PACKED = {
    "gzip": gzip.compress,
    "zlib": lambda data: NOISE + zlib.compress(data) + NOISE,
    "zstd": lambda data: NOISE + pa.Codec("zstd").compress(data, asbytes=True) + NOISE,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": _zipped,
}


@pytest.mark.parametrize("how", PACKED)
def test_packed_streams_are_opened(tmp_path, how):
    """Alone in a file, or somewhere in one."""
    (tmp_path / "a.bin").write_bytes(PACKED[how](b"x" * 100_000 + MAIL.encode() + b"y" * 100_000))
    assert ("a.bin", "email", f"plain in {how}") in seen(searched(tmp_path))


def test_a_damaged_stream_is_read_up_to_the_damage(tmp_path):
    """As in a page that was partly used again."""
    packed = zlib.compress(b"x" * 500 + MAIL.encode() + os.urandom(9_000).hex().encode())
    (tmp_path / "a.bin").write_bytes(packed[:4_000] + bytes(500))
    assert {("a.bin", "email", "plain in zlib")} == seen(searched(tmp_path))


@given(split=st.integers(1, len(MAIL) + 20), second=st.integers(1, 30))
def test_a_hit_across_pieces_counts_once(split, second):
    """However a stream falls into pieces."""
    data = b"0123456789" + MAIL.encode() + b"0123456789"
    report = Report()
    search = Stream(matcher(), report, Spot(place="p", what="file", where="w"))
    for piece in (data[:split], data[split : split + second], data[split + second :]):
        search.feed(piece)
    assert [("email", 1, 10)] == [(one.namespace, one.count, one.offset) for one in report.found]


def test_a_hit_at_the_border_of_two_reads_of_a_file(tmp_path):
    """With its offset in the file."""
    (tmp_path / "big.log").write_bytes(b"x" * (CHUNK - 5) + MAIL.encode() + b"x" * 99)
    (found,) = searched(tmp_path).found
    assert ("big.log", 1, CHUNK - 5) == (found.where, found.count, found.offset)


def test_a_stream_that_begins_at_the_border_of_two_reads(tmp_path):
    """Its first bytes tell what it is."""
    (tmp_path / "big.bin").write_bytes(b"x" * (CHUNK - 2) + gzip.compress(MAIL.encode()))
    assert {("big.bin", "email", "plain in gzip")} == seen(searched(tmp_path))


def test_a_row_that_is_in_the_wal_only(tmp_path):
    """The database file does not have it yet."""
    with sqlite3.connect(tmp_path / "runs.db", isolation_level=None) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE runs (run_body TEXT)")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.execute("INSERT INTO runs VALUES (?)", [MAIL])
        found = seen(searched(tmp_path))
    base.close()
    assert {("runs.db-wal", "email", "plain"), ("runs.db: runs.run_body", "email", "plain")} == found


def test_a_deleted_row_is_in_the_raw_bytes(tmp_path):
    """SQLite frees a page and leaves it as it was; a packed cell of it is opened there."""
    base = sqlite3.connect(tmp_path / "runs.db")
    base.execute("PRAGMA secure_delete=OFF")
    base.execute("CREATE TABLE snapshots (body BLOB)")
    base.execute("INSERT INTO snapshots VALUES (?)", [zlib.compress(b"{}" * 50 + MAIL.encode())])
    base.commit()
    base.execute("DELETE FROM snapshots")
    base.commit()
    base.close()
    assert {("runs.db", "email", "plain in zlib")} == seen(searched(tmp_path))


def test_pickles_and_logs_of_a_run(tmp_path):
    """What an IO manager and a print leave below storage/."""
    (tmp_path / "storage" / "run" / "compute_logs").mkdir(parents=True)
    (tmp_path / "storage" / "run" / "result").write_bytes(pickle.dumps({"id": int(ACCOUNT), "mail": MAIL}))
    (tmp_path / "storage" / "run" / "compute_logs" / "op.out").write_text(f"user {DEVICE.upper()}\n")
    assert {
        ("storage/run/result", "account", "little-endian"),
        ("storage/run/result", "email", "plain"),
        ("storage/run/compute_logs/op.out", "device", "plain"),
    } == seen(searched(tmp_path))


@pytest.mark.slow
def test_a_spill_of_duckdb(tmp_path):
    """Real temporary files of a query that needs more memory than it has, with and without compression."""
    base = duckdb.connect(config={"temp_directory": str(tmp_path), "memory_limit": "60MB", "threads": 1})
    base.execute(
        "CREATE TEMP TABLE t AS SELECT CASE WHEN i % 1000 = 0 THEN ? ELSE md5(i::VARCHAR) END AS who, "
        "random() AS r FROM range(3000000) s(i)",
        [MAIL],
    )
    found = seen(searched(tmp_path))
    base.close()
    assert {("email", "plain")} <= {(name, form.partition(" in ")[0]) for _, name, form in found}


@pytest.mark.parametrize("name", [f"{MAIL}.txt", f"user={ACCOUNT}", f"x-{PHONE}"])
def test_a_value_in_a_name_is_found_and_masked(tmp_path, name):
    """In a folder's name too; no path shows it."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.log").write_text(DEVICE)
    report = searched(tmp_path)
    assert {("*****", "file name"), ("*****/a.log", "file")} == {
        (one.where, one.what) for one in report.found
    }
    assert [] == [value for value in PEOPLE.values() if value in repr(report)]


def test_a_file_under_two_names_is_searched_once(tmp_path):
    """Hard links, and folders inside each other."""
    (tmp_path / "a.log").write_text(MAIL)
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    report = searched(tmp_path, tmp_path)
    assert (1, {("a.log", "email", "plain")}) == (report.files, seen(report))


def test_what_cannot_be_read_is_named(tmp_path):
    """A missing folder, a file that gives an error, a link that leads out, formats we do not open."""
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / "in").symlink_to("t.parquet")
    pq.write_table(pa.table({"mail": [MAIL] * 2}), tmp_path / "t.parquet", compression="zstd")
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    (tmp_path / "x.xz").write_bytes(lzma.compress(os.urandom(4000))[:2000])
    report = searched(tmp_path, tmp_path / "missing", Path("/proc/self/mem"))
    assert {"out", "t.parquet", "x.db: ", "x.xz", ".", "mem"} == {one.where for one in report.unlooked}


def test_nothing_is_found_where_nothing_is(tmp_path):
    """And everything is counted."""
    (tmp_path / "a.log").write_bytes(base64.b64encode(os.urandom(100_000)))
    report = searched(tmp_path)
    assert (1, [], []) == (report.files, report.traces, report.unlooked)
    assert report.bytes == (tmp_path / "a.log").stat().st_size
