"""Renaming, and what is left behind."""

import os
import stat
import threading
from contextlib import suppress

import pytest

from rtbf_jobs.erasers import FileChanged, StorageFailed, atomic
from rtbf_jobs.erasers.atomic import discard, dress, replace, see, sweep_temporary, temporary_beside


@pytest.fixture
def target(tmp_path):
    """A file with a mode of its own."""
    path = tmp_path / "a.parquet"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_temporary_name_has_no_data_suffix(target):
    """A `*.parquet` glob must not read it, and it is ours alone."""
    made = temporary_beside(target, see(target))
    assert (True, True, target.parent) == (made.name.startswith("."), made.suffix == ".tmp", made.parent)
    assert 0o600 == stat.S_IMODE(made.stat().st_mode)


def test_long_names_fit(tmp_path):
    """A name of 255 bytes still gets a temporary."""
    target = tmp_path / ("é" * 123 + ".parquet")
    target.touch()
    assert temporary_beside(target, see(target)).exists()


def test_replace_keeps_mode_and_owner(target):
    """Readers keep their rights."""
    made = temporary_beside(target, see(target))
    made.write_bytes(b"new")
    was = target.stat()
    dress("a", made, target)
    replace("a", made, target, see(target), lambda: None)
    now = target.stat()
    assert (b"new", was.st_mode, was.st_uid, was.st_gid) == (
        target.read_bytes(),
        now.st_mode,
        now.st_uid,
        now.st_gid,
    )


def test_extended_attributes_are_kept(target):
    """Labels that a user put on a file survive, where the file system has them."""
    try:
        os.setxattr(target, "user.label", b"pii")
    except OSError:
        expected = []
    else:
        expected = ["user.label"]
    made = temporary_beside(target, see(target))
    dress("a", made, target)
    assert expected == [name for name in os.listxattr(made) if name == "user.label"]


@pytest.mark.parametrize("change", ["content", "other file", "gone"])
def test_changed_target_is_left_alone(target, change):
    """Whatever somebody else wrote meanwhile stays."""
    made, seen = temporary_beside(target, see(target)), see(target)
    if change == "content":
        target.write_bytes(b"newer")
    else:
        target.unlink()
    if change == "other file":
        (target.parent / "b").write_bytes(b"old")
        (target.parent / "b").rename(target)
    before = target.read_bytes() if target.exists() else None
    with pytest.raises(FileChanged):
        replace("a", made, target, seen, lambda: None)
    assert before == (target.read_bytes() if target.exists() else None)


def test_errors_of_the_file_system_do_not_name_the_path(target):
    """Paths may hold identifiers."""
    with pytest.raises(StorageFailed) as told:
        replace("a", target.parent / "bob@x.com", target, see(target), lambda: None)
    assert "ENOENT" == told.value.code
    assert "bob" not in str(told.value)
    assert told.value.__suppress_context__


def test_sweep_takes_only_our_temporaries(tmp_path, target):
    """Other hidden files and other people's temporaries stay."""
    (tmp_path / "deep").mkdir()
    temporary_beside(target, see(target))
    temporary_beside(tmp_path / "deep" / "b.csv", see(target))
    (tmp_path / ".a.parquet.tmp").touch()
    assert 2 == sweep_temporary(tmp_path)
    assert {"a.parquet", "deep", ".a.parquet.tmp"} == {path.name for path in tmp_path.iterdir()}


def test_sweep_of_one_file_leaves_its_neighbours(tmp_path, target):
    """The lease is for one asset."""
    temporary_beside(target, see(target))
    other = temporary_beside(tmp_path / "b.parquet", see(target))
    assert (1, True) == (sweep_temporary(target), other.exists())
    assert 0 == sweep_temporary(tmp_path / "no" / "where")


def foreign(path, text):
    """Write a file as any other writer does: beside, then renamed over."""
    beside = path.with_name("foreign")
    beside.write_bytes(text)
    beside.rename(path)


def interrupted(monkeypatch, *steps):
    """Let a step happen right before each exchange in turn."""
    real, left = atomic.exchange, list(steps)

    def exchange(one, two):
        if left:
            left.pop(0)()
        return real(one, two)

    monkeypatch.setattr(atomic, "exchange", exchange)


def test_a_write_between_the_last_check_and_the_exchange_is_not_lost(target, monkeypatch):
    """Rename has no compare: what was exchanged out is looked at, and goes back."""
    made, seen = temporary_beside(target, see(target)), see(target)
    made.write_bytes(b"new")
    interrupted(monkeypatch, lambda: foreign(target, b"theirs"))
    with pytest.raises(FileChanged):
        replace("a", made, target, seen, lambda: None)
    assert (b"theirs", b"new") == (target.read_bytes(), made.read_bytes())


def test_two_writes_meanwhile_leave_the_later_one(target, monkeypatch):
    """The second comes while the first is being given back."""
    made, seen = temporary_beside(target, see(target)), see(target)
    made.write_bytes(b"new")
    steps = [lambda: foreign(target, b"theirs"), lambda: foreign(target, b"theirs, later")]
    interrupted(monkeypatch, *steps)
    with pytest.raises(FileChanged):
        replace("a", made, target, seen, lambda: None)
    assert b"theirs, later" == target.read_bytes()


@pytest.mark.parametrize("theirs", [False, True])
def test_killed_between_exchange_and_look_nothing_is_lost(target, theirs):
    """The sweep deletes what was read, and puts back what nobody read."""
    made = temporary_beside(target, see(target))
    made.write_bytes(b"new")
    if theirs:
        foreign(target, b"theirs")
    atomic.exchange(made, target)
    assert 1 == sweep_temporary(target.parent)
    assert (b"theirs" if theirs else b"new") == target.read_bytes()
    assert ["a.parquet"] == [path.name for path in target.parent.iterdir()]


@pytest.mark.parametrize("meanwhile", [None, b"theirs"])
def test_without_exchange_a_file_is_renamed_under_a_lock(target, monkeypatch, meanwhile):
    """NFS and some FUSE have none."""
    made, seen = temporary_beside(target, see(target)), see(target)
    made.write_bytes(b"new")

    def cannot(one, two):
        if meanwhile:
            foreign(target, meanwhile)
        return False

    monkeypatch.setattr(atomic, "exchange", cannot)
    if meanwhile is None:
        replace("a", made, target, seen, lambda: None)
    else:
        with pytest.raises(FileChanged):
            replace("a", made, target, seen, lambda: None)
    assert (meanwhile or b"new") == target.read_bytes()


def test_no_update_of_a_cooperating_race_is_lost(target):
    """A writer renames over the file at any moment: its last text stays, or ours that was made from it."""
    writer = threading.Thread(target=lambda: [foreign(target, b"%d" % n) for n in range(300)])
    writer.start()
    replaced = set()
    while writer.is_alive():
        seen, text = see(target), target.read_bytes()
        made = temporary_beside(target, seen)
        made.write_bytes(b"mine after " + text)
        with suppress(FileChanged, FileNotFoundError):
            replace("a", made, target, seen, lambda: None)
            replaced.add(text)
        discard(made)
    writer.join()
    assert target.read_bytes() in {b"299", *(b"mine after " + text for text in replaced)}
    assert b"299" in target.read_bytes()
    assert ["a.parquet"] == [path.name for path in target.parent.iterdir()]
