"""Foreign writers beside `rtbf files erase` on a disk: at each step of a commit, and at random moments."""

import fcntl
import json
import os
import random
import threading
from collections import Counter
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_jobs.erasers import atomic, parquet

GONE = 551199331
STEPS = [
    (parquet, "temporary_beside"),
    (parquet, "spool"),
    (parquet, "prepare"),
    (parquet, "recipe_for"),
    (parquet, "compose"),
    (parquet, "prove"),
    (parquet, "dress"),
    (parquet, "replace"),
    (atomic, "exchange"),
]


@pytest.fixture
def lake(tmp_path):
    """Give a folder for files, and the ids beside."""
    (tmp_path / "ids.txt").write_text(f"{GONE}\n")
    (tmp_path / "lake").mkdir()
    return tmp_path / "lake"


def erase(lake):
    """Run the command and return its exit code and what it told."""
    words = ["--key", "user", "--kind", "integer", "--ids", str(lake.parent / "ids.txt"), "--json"]
    result = CliRunner().invoke(app, ["files", "erase", str(lake), *words])
    return result.exit_code, json.loads(result.stdout)


def put(path, users):
    """Write a file as writers do: beside, then renamed over."""
    beside = path.with_name("beside")
    pq.write_table(pa.table({"user": pa.array(users, pa.int64())}), beside, row_group_size=50)
    beside.replace(path)


def users(path):
    """Return the users of a Parquet file."""
    return pq.read_table(path).column("user").to_pylist()


@pytest.mark.parametrize(("module", "step"), STEPS)
def test_a_foreign_write_before_any_step_of_the_commit_is_kept_and_erased_in(lake, monkeypatch, module, step):
    """The file is read anew: the foreign rows stay, and the person goes from them too."""
    path, writes, real = lake / "a.parquet", [], getattr(module, step)
    put(path, [GONE, 1])

    def write_first(*given, **named):
        if not writes:
            writes.append(1)
            put(path, [GONE, 1, 99])
        return real(*given, **named)

    monkeypatch.setattr(module, step, write_first)
    code, told = erase(lake)
    assert (0, 1) == (code, told["rows_erased"]), told
    assert [1, 99] == users(path)
    assert [path] == list(lake.iterdir())


class Writer:
    """Adds numbers, one after the other, to a Parquet file by rename and to a CSV file at its end."""

    def __init__(self, lake, rng, *, locks):
        self.locks = locks
        self.parquet, self.csv, self.rng = lake / "a.parquet", lake / "b.csv", rng
        self.pause = threading.Event()
        self.writes = Counter({self.parquet: 0, self.csv: 0})
        put(self.parquet, [GONE, *range(100_000, 100_200)])
        self.csv.write_text(f"user\n{GONE}\n")

    def write(self, number):
        """Add a number, and the person again, at a random moment."""
        self.pause.wait(self.rng.random() / 12)
        path = self.parquet if number % 2 else self.csv
        with self.locked(path):
            if path == self.parquet:
                put(self.parquet, [*users(self.parquet), number, GONE])
            else:
                self.append(f"{number}\n{GONE}\n")
        self.writes[path] += 1

    def wait_for_a_write(self, path, thread):
        """Return when the file was written once more, or nothing is written any more."""
        before = self.writes[path]
        while path in self.writes and self.writes[path] == before and thread.is_alive():
            self.pause.wait(0.001)

    @contextmanager
    def locked(self, path):
        """Hold the lock that docs/formats/files-erase.md asks for where files cannot change places."""
        while True:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX if self.locks else fcntl.LOCK_UN)
                if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                    yield
                    return

    def append(self, lines):
        """Write at the end, again where the file was moved away meanwhile, as writers of logs do."""
        while True:
            with self.csv.open("ab", buffering=0) as file:
                file.write(lines.encode())
                if os.fstat(file.fileno()).st_ino == self.csv.stat().st_ino:
                    return

    def numbers(self):
        """Return which numbers are there."""
        lines = self.csv.read_text().split()[1:]
        return {*map(int, lines), *users(self.parquet)} - set(range(100_000, 100_200))


@pytest.mark.slow
@pytest.mark.parametrize("eraser", ["exchanges", "locks", "does not look"])
def test_two_hundred_random_races_lose_no_update(lake, monkeypatch, eraser):
    """None of 200 updates is lost, and nothing of the person is left.

    Where files cannot change places, writers take the lock. An eraser that does not look, after a writer was
    there once more, loses some.
    """
    if eraser == "locks":
        monkeypatch.setattr(atomic, "exchange", lambda *_: False)
    writer = Writer(lake, random.Random(20261122), locks=eraser == "locks")
    thread = threading.Thread(target=lambda: [writer.write(number) for number in range(200)])
    if eraser == "does not look":
        late = lambda _asset, path, _seen: writer.wait_for_a_write(path, thread)
        monkeypatch.setattr(atomic, "check_unchanged", late)
    thread.start()
    told = []
    while thread.is_alive():
        told.append(erase(lake)[1])
    thread.join()
    code, _ = erase(lake)
    assert 0 == code
    assert sum(one["rows_erased"] for one in told) > 10
    assert (eraser != "does not look") == (set(range(200)) == writer.numbers())
    assert {writer.parquet, writer.csv} == set(lake.iterdir())
