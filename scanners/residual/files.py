"""Which files an asset really has: everything below its root, whatever the name, told apart by content."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from lineage_assets.declarations import Format
from scanners.errors import CouldNotLook, Reason
from scanners.residual.order import ScanOrder

PARQUET_MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"
# gzip, zstd, zip, bzip2, xz, lz4: nothing inside can be seen
PACKED_MAGICS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18")


class Content(StrEnum):
    """How a file is searched."""

    PARQUET = "parquet"
    CSV = "csv"
    BYTES = "bytes"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One file as it was when it was listed. `ordinal` counts from 1; `size` is in bytes.

    `changed_ns` can be put back by whoever writes; `inode_changed_ns` (ctime) cannot.
    """

    ordinal: int
    path: Path = field(repr=False)
    relative: str = field(repr=False)
    content: Content
    size: int
    changed_ns: int
    inode_changed_ns: int
    inode: int


def list_files(order: ScanOrder) -> tuple[Found, ...]:
    """Return every file below the root in the order of their names.

    Raises:
        CouldNotLook: the root is missing, or a file is a link, special, packed, encrypted or unreadable.
    """
    if not order.root.exists():
        raise CouldNotLook(order.asset, Reason.MISSING_FOLDER, "its declared location does not exist")
    names = sorted(_names(order), key=str)
    return tuple(_look(order, path, i, len(names)) for i, path in enumerate(names, 1))


def check_unchanged(order: ScanOrder, files: tuple[Found, ...], total: int) -> None:
    """Compare files with what they were when listed.

    Raises:
        CouldNotLook: one of them vanished or changed since.
    """
    for file in files:
        if not _same(file):
            sentence = f"file {file.ordinal} of {total} changed or vanished while it was read"
            raise CouldNotLook(order.asset, Reason.CHANGED_WHILE_READ, sentence)


def _same(file: Found) -> bool:
    try:
        now = file.path.lstat()
    except OSError:
        return False
    then = (file.size, file.changed_ns, file.inode_changed_ns, file.inode)
    return (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == then


def _names(order: ScanOrder) -> Iterator[Path]:
    if not order.root.is_dir():
        yield order.root
        return
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(order.root, onerror=unreadable.append):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in [*files, *links])
    if unreadable:
        raise CouldNotLook(order.asset, Reason.UNREADABLE, "a folder below its location cannot be listed")


def _look(order: ScanOrder, path: Path, ordinal: int, total: int) -> Found:
    which = f"file {ordinal} of {total}"
    try:
        seen = path.stat() if path == order.root else path.lstat()
        if not stat.S_ISREG(seen.st_mode):
            raise CouldNotLook(order.asset, Reason.FOREIGN_FILE, f"{which} is a link or no regular file")
        head, tail = _ends(path, seen.st_size)
    except FileNotFoundError:
        failure = CouldNotLook(
            order.asset, Reason.CHANGED_WHILE_READ, f"{which} vanished while files were listed"
        )
    except OSError:
        failure = CouldNotLook(order.asset, Reason.UNREADABLE, f"{which} cannot be opened")
    else:
        return Found(
            ordinal=ordinal,
            path=path,
            relative=str(path.relative_to(order.root)),
            content=_content(order, path, (head, tail), which),
            size=seen.st_size,
            changed_ns=seen.st_mtime_ns,
            inode_changed_ns=seen.st_ctime_ns,
            inode=seen.st_ino,
        )
    raise failure


def _ends(path: Path, size: int) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(6)
        file.seek(max(0, size - 4))
        return head, file.read(4)


def _content(order: ScanOrder, path: Path, ends: tuple[bytes, bytes], which: str) -> Content:
    declared = order.declaration.format
    head, tail = ends
    if not head:
        return Content.EMPTY
    if ENCRYPTED_MAGIC in {head[:4], tail}:
        raise CouldNotLook(order.asset, Reason.ENCRYPTED, f"{which} is Parquet with an encrypted footer")
    if head[:4] == PARQUET_MAGIC:
        return Content.PARQUET
    if declared is Format.PARQUET and path.suffix.lower() == ".parquet":
        raise CouldNotLook(order.asset, Reason.UNREADABLE, f"{which} is named like Parquet and is none")
    if declared is not Format.BINARY and head.startswith(PACKED_MAGICS):
        raise CouldNotLook(
            order.asset, Reason.FOREIGN_FILE, f"{which} is packed, so its content cannot be searched"
        )
    csv = declared is Format.CSV and (path == order.root or ".csv" in path.name.lower())
    return Content.CSV if csv else Content.BYTES
