"""What is the same on the disk need not be read; what may not be is compared."""

import errno
import fcntl
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtbf_jobs.erasers.parquet_file import shared
from rtbf_jobs.erasers.parquet_file.extents import Extent
from rtbf_jobs.erasers.parquet_file.shared import HEAD, LAST, ONE, SHARED, Blocks, common, unshared, without

PART = Extent(100, 900)
pieces = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.sampled_from([0, 1000])), max_size=6)


def laid_out(made):
    """Return pieces as blocks in rising order."""
    at, out = 0, []
    for gap, length, moved in made:
        at += gap
        out.append(Blocks(at, at + 5000 + moved, length))
        at += length
    return out


def bytes_of(blocks):
    """Return where each byte of a file is on the disk."""
    return {one.start + n: one.on_disk + n for one in blocks for n in range(one.length)}


@given(one=pieces, two=pieces)
def test_shared_bytes_are_those_at_one_place_of_the_disk(one, two):
    """Byte by byte, and what is left is the rest."""
    first, second = bytes_of(laid_out(one)), bytes_of(laid_out(two))
    expected = {at for at in first if first[at] == second.get(at)}
    found = common(laid_out(one), laid_out(two))
    assert expected == {at for part in found for at in range(part.start, part.end)}
    rest = without(Extent(0, 400), found)
    assert set(range(400)) - expected == {at for part in rest for at in range(part.start, part.end)}


def answering(monkeypatch, answers):
    """Let the file system answer with extents (start, on disk, length, flags) by descriptor."""

    def ioctl(handle, number, request):
        assert shared.FS_IOC_FIEMAP == number
        listed = answers[handle]
        HEAD.pack_into(request, 0, 0, 0, 0, len(listed), 512, 0)
        for n, (start, on_disk, length, flags) in enumerate(listed):
            last = LAST if n == len(listed) - 1 else 0
            ONE.pack_into(
                request, HEAD.size + n * ONE.size, start, on_disk, length, 0, 0, flags | last, 0, 0, 0
            )

    monkeypatch.setattr(fcntl, "ioctl", ioctl)


@pytest.mark.parametrize(
    ("flags", "left"), [(SHARED, []), (0, [PART]), (SHARED | 0x2, [PART]), (SHARED | 0x8, [PART])]
)
def test_only_written_shared_blocks_count(monkeypatch, flags, left):
    """Blocks of an unknown place, encoded or not shared are compared."""
    answering(monkeypatch, {handle: [(0, 4096, 1000, flags)] for handle in (3, 4)})
    assert left == unshared(3, 4, PART)


def test_another_place_on_the_disk_is_compared(monkeypatch):
    """A hole was punched, or a block was written, after the clone."""
    answering(
        monkeypatch, {3: [(0, 4096, 1000, SHARED)], 4: [(0, 4096, 500, SHARED), (500, 9000, 500, SHARED)]}
    )
    assert [Extent(500, 900)] == unshared(3, 4, PART)


def test_where_the_file_system_does_not_tell_everything_is_compared(monkeypatch, tmp_path):
    """As on tmpfs; another error is told."""

    def refuses(number):
        def ioctl(*_args):
            raise OSError(number, "no")

        return ioctl

    monkeypatch.setattr(fcntl, "ioctl", refuses(errno.EOPNOTSUPP))
    assert [PART] == unshared(3, 4, PART)
    monkeypatch.setattr(fcntl, "ioctl", refuses(errno.EIO))
    with pytest.raises(OSError, match="no"):
        unshared(3, 4, PART)


def test_this_file_system_answers(tmp_path):
    """Two files that were written apart share nothing, on whatever this runs."""
    handles = []
    for name in "ab":
        (tmp_path / name).write_bytes(os.urandom(1 << 16))
        handles.append(os.open(tmp_path / name, os.O_RDONLY))
    assert [Extent(100, 60_000)] == unshared(*handles, Extent(100, 60_000))
    for handle in handles:
        os.close(handle)
