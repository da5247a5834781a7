"""The file systems that are measured: the folder's own, and an XFS in a file, mounted while it is needed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REFLINKS = frozenset({"xfs", "btrfs"})
"""Where a file is copied without copying its bytes."""
LEAST = 1 << 30


def file_system(folder: Path) -> str:
    """Return the name of the file system that a folder is on; ext2, 3 and 4 have one name to `stat`."""
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return "ext4" if told == "ext2/ext3" else told


def missing_for_xfs() -> str | None:
    """Return what is missing for an XFS of one's own, as a sentence, or None."""
    if os.geteuid() != 0:
        return "XFS is left out: only root may mount one; run `make bench-erase` as root"
    lacking = [name for name in ("mkfs.xfs", "mount", "umount") if shutil.which(name) is None]
    if lacking:
        return f"XFS is left out: {', '.join(lacking)} is missing; sudo apt install xfsprogs mount"
    return None


@contextmanager
def xfs(folder: Path, size: int) -> Iterator[Path]:
    """Mount a new XFS of so many bytes, sparse, below a folder; it is gone afterwards.

    The image loses its name as soon as it is mounted: after `kill -9` only the mount is left behind, to be
    ended with `umount`. It is unmounted lazily, so that whoever looks at it cannot keep it.

    Raises:
        subprocess.CalledProcessError: it cannot be made or mounted here, as in a container.
    """
    image, mounted = folder / "xfs.img", folder / "xfs"
    mounted.mkdir()
    try:
        with image.open("wb") as opened:
            opened.truncate(max(size, LEAST))
        _run("mkfs.xfs", "-q", "-m", "reflink=1", str(image))
        _run("mount", "-o", "loop", str(image), str(mounted))
        try:
            image.unlink()
            yield mounted
        finally:
            _run("umount", "--lazy", str(mounted))
    finally:
        image.unlink(missing_ok=True)
        mounted.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
