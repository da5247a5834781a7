"""Renaming, and what is left behind."""

import os
import stat

import pytest

from rtbf_jobs.erasers import FileChanged, StorageFailed
from rtbf_jobs.erasers.atomic import dress, replace, see, sweep_temporary, temporary_beside


@pytest.fixture
def target(tmp_path):
    """A file with a mode of its own."""
    path = tmp_path / "a.parquet"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_temporary_name_has_no_data_suffix(target):
    """A `*.parquet` glob must not read it, and it is ours alone."""
    made = temporary_beside(target)
    assert (True, True, target.parent) == (made.name.startswith("."), made.suffix == ".tmp", made.parent)
    assert 0o600 == stat.S_IMODE(made.stat().st_mode)


def test_long_names_fit(tmp_path):
    """A name of 255 bytes still gets a temporary."""
    assert temporary_beside(tmp_path / ("é" * 123 + ".parquet")).exists()


def test_replace_keeps_mode_and_owner(target):
    """Readers keep their rights."""
    made = temporary_beside(target)
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
    made = temporary_beside(target)
    dress("a", made, target)
    assert expected == [name for name in os.listxattr(made) if name == "user.label"]


@pytest.mark.parametrize("change", ["content", "other file", "gone"])
def test_changed_target_is_left_alone(target, change):
    """Whatever somebody else wrote meanwhile stays."""
    made, seen = temporary_beside(target), see(target)
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
    temporary_beside(target)
    temporary_beside(tmp_path / "deep" / "b.csv")
    (tmp_path / ".a.parquet.tmp").touch()
    assert 2 == sweep_temporary(tmp_path)
    assert {"a.parquet", "deep", ".a.parquet.tmp"} == {path.name for path in tmp_path.iterdir()}


def test_sweep_of_one_file_leaves_its_neighbours(tmp_path, target):
    """The lease is for one asset."""
    temporary_beside(target)
    other = temporary_beside(tmp_path / "b.parquet")
    assert (1, True) == (sweep_temporary(target), other.exists())
    assert 0 == sweep_temporary(tmp_path / "no" / "where")
