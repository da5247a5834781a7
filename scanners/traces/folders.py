"""Searches every file of a folder as bytes: names, contents, compressed streams inside, SQLite tables."""

import bz2
import lzma
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from scanners.traces.matching import Matcher, Piece
from scanners.traces.packed import MAGIC, MAGIC_BYTES, unpacked
from scanners.traces.report import FILE, FILE_NAME, Report, Spot
from scanners.traces.rows import search_sqlite
from scanners.traces.streams import Stream

CHUNK = 4 << 20
HEAD = 32
MASK = "*****"
SQLITE = b"SQLite format 3\0"
CLOSED = {
    b"PAR1": "a Parquet file: declare it as an asset, and erasure requests search it",
    b"ORC": "an ORC file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x04\x22\x4d\x18": "an LZ4 file",
    b"\xff\x06\x00\x00sNaPpY": "a Snappy file",
}
Opener = Callable[[Path], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder (or one file) to search. `keeps` says which paths below it are ours; all when None."""

    label: str
    path: Path
    keeps: Callable[[str], bool] | None = None


@dataclass
class Walk:
    """A walk through folders. `seen` holds device and inode, so that no file is searched twice."""

    matcher: Matcher
    report: Report
    told: Callable[[str, int], None]
    seen: set[tuple[int, int]] = field(default_factory=set)

    def search(self, folder: Folder) -> None:
        """Search a folder; what cannot be read is named."""
        try:
            found = folder.path.stat()
        except OSError:
            self.report.could_not(folder.label, ".", "it is not there, or we may not enter it")
            return
        if not stat.S_ISDIR(found.st_mode):
            self._entry(folder, folder.path, folder.path.name)
            return
        below: list[Path] = [folder.path]
        while below:
            here = below.pop()
            for path in self._listed(folder, here):
                name = str(path.relative_to(folder.path))
                if folder.keeps is not None and not folder.keeps(name):
                    continue
                if self._entry(folder, path, name):
                    below.append(path)

    def _listed(self, folder: Folder, here: Path) -> list[Path]:
        try:
            return sorted(here.iterdir())
        except FileNotFoundError:
            return []
        except OSError:
            where = self.masked(str(here.relative_to(folder.path)))
            self.report.could_not(folder.label, where, "we may not read the folder")
            return []

    def _entry(self, folder: Folder, path: Path, name: str) -> bool:
        """Search one file, or only the name of what is none; returns whether it is a folder to go into."""
        self._name(folder, name)
        shown = self.masked(name)
        try:
            kind = path.lstat().st_mode
            if stat.S_ISLNK(kind):
                self._link(folder, path, shown)
            elif stat.S_ISREG(kind):
                with path.open("rb") as stream:
                    self._file(folder, path, stream, shown)
            return stat.S_ISDIR(kind)
        except FileNotFoundError:
            pass  # gone since it was listed: it holds nothing any more
        except OSError:
            self.report.could_not(folder.label, shown, "we may not read the file")
        return False

    def _name(self, folder: Folder, name: str) -> None:
        spot = Spot(place=folder.label, what=FILE_NAME, where=self.masked(name))
        self.report.add_cell(spot, self.matcher.find(os.fsencode(Path(name).name), Piece.TEXT))

    def _link(self, folder: Folder, path: Path, shown: str) -> None:
        target = path.resolve()
        if not target.is_relative_to(folder.path.resolve()):
            self.report.could_not(
                folder.label, shown, "a symbolic link that leads out: name its target with --also"
            )

    def _file(self, folder: Folder, path: Path, stream: BinaryIO, shown: str) -> None:
        found = os.fstat(stream.fileno())
        if (found.st_dev, found.st_ino) in self.seen:
            return
        self.seen.add((found.st_dev, found.st_ino))
        head = stream.read(HEAD)
        stream.seek(0)
        self._bytes(Spot(place=folder.label, what=FILE, where=shown), stream, path)
        self.report.files += 1
        self.told(folder.label, self.report.bytes)
        if head.startswith(SQLITE):
            search_sqlite(folder.label, shown, path, self.matcher, self.report)
        for magic, why in CLOSED.items():
            if head.startswith(magic):
                self.report.could_not(folder.label, shown, f"{why}; only its bytes were searched")
        self._opened(folder, path, head, shown)

    def _opened(self, folder: Folder, path: Path, head: bytes, shown: str) -> None:
        for magic, (name, opener) in OPENERS.items():
            if head.startswith(magic):
                spot = Spot(place=folder.label, what=FILE, where=shown, unpacked=name)
                try:
                    Stream(self.matcher, self.report, spot, packed=True).feed_all(opener(path))
                except (OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, zipfile.BadZipFile):
                    self.report.could_not(folder.label, shown, f"a damaged or closed {name} file")

    def _bytes(self, spot: Spot, stream: BinaryIO, path: Path) -> None:
        search = Stream(self.matcher, self.report, spot)
        kept, at = b"", 0
        while piece := stream.read(CHUNK):
            search.feed(piece)
            data = kept + piece
            for magic in MAGIC.finditer(data):
                if magic.end() > len(kept):
                    self._stream(spot, path, at - len(kept) + magic.start(), magic.lastgroup or "")
            at += len(piece)
            kept = data[-(MAGIC_BYTES - 1) :]
            self.report.bytes += len(piece)

    def _stream(self, spot: Spot, path: Path, at: int, name: str) -> None:
        inner = Spot(place=spot.place, what=spot.what, where=spot.where, unpacked=name)
        pieces = unpacked(lambda: path.open("rb"), at)
        Stream(self.matcher, self.report, inner, at=at, packed=True).feed_all(pieces)

    def masked(self, name: str) -> str:
        """Return a path with every part masked that holds what is sought."""
        parts = Path(name).parts or (name,)
        return "/".join(
            MASK if any(self.matcher.find(os.fsencode(p), Piece.TEXT)) else _printable(p) for p in parts
        )


def _printable(part: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in part)


def _bz2(path: Path) -> Iterator[bytes]:
    with bz2.open(path) as stream:
        while piece := stream.read(CHUNK):
            yield piece


def _xz(path: Path) -> Iterator[bytes]:
    with lzma.open(path) as stream:
        while piece := stream.read(CHUNK):
            yield piece


def _zip(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as stream:
                while piece := stream.read(CHUNK):
                    yield piece


OPENERS: dict[bytes, tuple[str, Opener]] = {
    b"BZh": ("bz2", _bz2),
    b"\xfd7zXZ\0": ("xz", _xz),
    b"PK\x03\x04": ("zip", _zip),
}
