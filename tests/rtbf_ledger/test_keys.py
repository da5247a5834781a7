"""The key folder: for its owner alone, each key written once, destroyed for good."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.keys import KEY_BYTES, KeyFolder, read_private, shred, write_new


@pytest.fixture
def folder(tmp_path):
    """An open key folder."""
    return KeyFolder.open(tmp_path / "keys", os.urandom)


def mode(path):
    """Return the permission bits of a path."""
    return path.stat().st_mode & 0o777


def test_folders_are_0700_and_key_files_0600(folder):
    """Whatever the umask lets through."""
    old = os.umask(0)
    try:
        other = KeyFolder.open(folder.path.parent / "others", os.urandom)
        other.named("master")
        other.named("pseudonym/training")
    finally:
        os.umask(old)
    found = {str(path.relative_to(other.path)): mode(path) for path in other.path.rglob("*")}
    assert {
        "vault": 0o700,
        "pseudonym": 0o700,
        "master.key": 0o600,
        "pseudonym/training.key": 0o600,
    } == found
    assert 0o700 == mode(other.path)


@pytest.mark.parametrize("part", [".", "vault", "pseudonym"])
@pytest.mark.parametrize("bits", [0o750, 0o705, 0o710])
def test_a_folder_others_may_enter_is_refused(folder, part, bits):
    """The folder itself and both inside it; the sentence says what to do."""
    (folder.path / part).chmod(bits)
    with pytest.raises(KeyFolderError, match="chmod 700"):
        KeyFolder.open(folder.path, os.urandom)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620])
def test_a_key_others_may_read_is_refused(folder, bits):
    """Each time it is read, not only when it is made; the sentence names it."""
    folder.named("tombstone")
    (folder.path / "tombstone.key").chmod(bits)
    with pytest.raises(KeyFolderError, match="key tombstone: others may read it; chmod 600"):
        folder.named("tombstone")


def test_a_named_key_is_made_once(folder):
    """32 bytes, the same ones every time, different ones for every name."""
    names = ["master", "tombstone", "pseudonym/training"]
    first = [folder.named(name) for name in names]
    again = KeyFolder.open(folder.path, os.urandom)
    assert first == [again.named(name) for name in names]
    assert {KEY_BYTES} == {len(key) for key in first}
    assert 3 == len(set(first))


@pytest.mark.parametrize(
    "name", ["", "../master", "a/b", "pseudonym/", "pseudonym/a/b", "Master", ".x", "a b", "eva@x.com", "x\n"]
)
def test_a_name_that_is_no_key_name_is_refused(folder, name):
    """No way out of the folder, and the message does not repeat the name."""
    with pytest.raises(KeyFolderError, match="a key name is") as caught:
        folder.named(name)
    assert not name or name not in str(caught.value)


def test_a_missing_key_file_is_named(folder):
    """`read_private` never makes one."""
    with pytest.raises(KeyFolderError, match="key gone: not in the key folder"):
        read_private(folder.path / "gone.key")


def test_threads_that_make_one_key_agree_on_it(folder):
    """Whoever comes second leaves the first one's key alone, whole, and no half-made file stays behind."""
    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _, name=f"key{number}": folder.named(name), range(8)))
        assert [made[0]] * 8 == made
    assert [] == [path.name for path in folder.path.rglob("*.new")]


def test_a_key_file_is_never_written_over(folder):
    """A second writing of the same file changes nothing."""
    write_new(folder.path / "one.key", b"first")
    write_new(folder.path / "one.key", b"second")
    assert b"first" == read_private(folder.path / "one.key")


def test_shredding_overwrites_the_bytes_before_the_name_goes(folder):
    """Another name of the same file (a hard link) shows what the disk holds afterwards: noise."""
    file = folder.vault / "rq-1.key"
    write_new(file, b"k" * 60)
    os.link(file, folder.path / "seen")
    shred(file, lambda size: b"\xaa" * size)
    assert not file.exists()
    assert b"\xaa" * 60 == (folder.path / "seen").read_bytes()


def test_shredding_twice_is_shredding_once(folder):
    """A missing key is a destroyed one."""
    write_new(folder.vault / "rq-1.key", b"k")
    shred(folder.vault / "rq-1.key", os.urandom)
    shred(folder.vault / "rq-1.key", os.urandom)
    assert [] == list(folder.vault.iterdir())


def test_a_key_folder_shows_no_secret(folder):
    """Its repr names the path and nothing else."""
    assert f"KeyFolder(path={folder.path!r})" == repr(folder)
