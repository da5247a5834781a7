"""Files under the storage roots that belong to nobody, or that a writer left behind.

A folder that is neither in a declared location nor on the way to one is told as one thing, with the number of
its files; a file beside is told alone, as long as there are not too many of them.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtbf_ledger.mismatches import Code
from scanners.errors import Reason
from scanners.undeclared.leftovers import IGNORED, leftover, leftover_folder
from scanners.undeclared.masks import by_name, masked

MOST_ALONE = 100
YOUNG = 3600.0
"""A temporary file that was written in the last hour may be a writer's at work: in seconds."""


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """Files that belong to nobody, or are left behind. `target` is an asset or "{root}".

    `place` is masked; `real` says which it is, for the fingerprint only.
    """

    target: str
    code: Code
    place: str
    real: str = field(repr=False)
    files: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unlooked:
    """What could not be looked at, as a sentence without a path."""

    target: str
    reason: str
    why: str


@dataclass(frozen=True, kw_only=True)
class TableFolder:
    """A folder that a table format keeps: of which asset or root, and as it may be shown."""

    target: str
    format: str
    path: Path = field(repr=False)
    place: str


@dataclass(kw_only=True)
class Walked:
    """What one walk saw."""

    files: int = 0
    orphans: list[Orphan] = field(default_factory=list)
    tables: list[TableFolder] = field(default_factory=list)
    unlooked: list[Unlooked] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Folder:
    """A folder on the walk; `target` is the asset whose location it is in, or the root."""

    path: Path
    real: str
    shown: str
    target: str


class Walk:
    """One walk below a storage root, or below one asset's location.

    Args:
        claims: resolved location -> asset.
        roots: the resolved roots; each is walked by itself.
        now: in seconds since 1970.
    """

    def __init__(self, claims: Mapping[Path, str], roots: frozenset[Path], now: float) -> None:
        """Remember what is declared."""
        self._claims = claims
        self._roots = roots
        self._now = now
        self._ways = {above for place in claims for above in place.parents}
        self._seen = Walked()

    def below(self, path: Path, *, name: str, target: str) -> Walked:
        """Walk below a folder; returns what was seen.

        Args:
            path: the folder, resolved.
            name: how it is shown.
            target: the asset, or "{root}".
        """
        self._seen = Walked()
        if not path.exists():
            self._miss(target, Reason.MISSING_FOLDER, f"{name} does not exist")
        elif path.is_dir():
            target = self._claims.get(path, target)
            self._walk(_Folder(path=path, real=str(path), shown=name, target=target))
        else:
            self._seen.files = 1
        return self._seen

    def _miss(self, target: str, reason: Reason, sentence: str) -> None:
        self._seen.unlooked.append(Unlooked(target=target, reason=reason, why=f"{target}: {sentence}"))

    def _walk(self, start: _Folder) -> None:
        todo = [start]
        while todo:
            folder = todo.pop()
            entries = self._entries(folder)
            kind = table_format({entry.name for entry in entries}, folder.path)
            if kind and not folder.target.startswith("{"):
                self._seen.tables.append(
                    TableFolder(target=folder.target, format=kind, path=folder.path, place=folder.shown)
                )
            alone: dict[tuple[Code, str | None], list[Orphan]] = defaultdict(list)
            for number, entry in enumerate(entries, 1):
                self._entry(folder, number, entry, todo, alone)
            for found in alone.values():
                self._seen.orphans += _together(folder, found)

    def _entry(
        self,
        folder: _Folder,
        number: int,
        entry: "os.DirEntry[str]",
        todo: list[_Folder],
        alone: dict[tuple[Code, str | None], list[Orphan]],
    ) -> None:
        path = folder.path / entry.name
        known = path in self._claims or path in self._ways
        shown = f"{folder.shown.rstrip('/')}/{masked(entry.name, number, known=known)}"
        target = self._claims.get(path, folder.target)
        if not entry.is_dir(follow_symlinks=False):
            self._seen.files += 1
            found = self._file(target, path, entry)
            if found:
                real = f"{folder.real}/{entry.name}"
                code, reason = found
                orphan = Orphan(target=target, code=code, place=shown, real=real, files=1, reason=reason)
                alone[found].append(orphan)
            return
        below = _Folder(path=path, real=f"{folder.real}/{entry.name}", shown=f"{shown}/", target=target)
        whole = None if known or path in self._roots else self._folder(below, entry.name)
        if whole:
            self._whole(below, whole)
        elif path not in self._roots:
            todo.append(below)

    def _file(self, target: str, path: Path, entry: "os.DirEntry[str]") -> tuple[Code, str | None] | None:
        """Return what is wrong with a file, and how it was seen."""
        left = None if path in self._claims else leftover(entry.name)
        if left is not None and left[0] is Code.TEMPORARY and self._young(entry):
            left = None
        nobody = target.startswith("{") and entry.name not in IGNORED
        return left or ((Code.UNDECLARED_FILE, None) if nobody else None)

    def _folder(self, folder: _Folder, name: str) -> Code | None:
        """Return what is wrong with a folder as a whole."""
        left = leftover_folder(name)
        nobody = folder.target.startswith("{") and name not in IGNORED
        return left or (Code.UNDECLARED_FOLDER if nobody else None)

    def _whole(self, folder: _Folder, code: Code) -> None:
        """Take a folder as one thing; an empty one is nothing."""
        files = 0
        for _, _, inside in os.walk(folder.path, onerror=lambda _: self._unreadable(folder)):
            files += len(inside)
        self._seen.files += files
        if files:
            self._seen.orphans.append(
                Orphan(target=folder.target, code=code, place=folder.shown, real=folder.real, files=files)
            )

    def _entries(self, folder: _Folder) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder.path) as found:
                entries = {entry.name: entry for entry in found}
        except OSError:
            self._unreadable(folder)
            return []
        return [entries[name] for name in by_name(list(entries))]

    def _unreadable(self, folder: _Folder) -> None:
        self._miss(folder.target, Reason.UNREADABLE, f"the folder {folder.shown} cannot be listed")

    def _young(self, entry: "os.DirEntry[str]") -> bool:
        try:
            return self._now - entry.stat(follow_symlinks=False).st_mtime < YOUNG
        except OSError:
            return True


def table_format(names: set[str], folder: Path) -> str | None:
    """Return which table format keeps a folder, by the names in it."""
    if "_delta_log" in names:
        return "delta"
    if ".hoodie" in names:
        return "hudi"
    if "metadata" in names and next((folder / "metadata").glob("*.metadata.json"), None):
        return "iceberg"
    return None


def _together(folder: _Folder, found: list[Orphan]) -> Iterator[Orphan]:
    """Yield orphans of one kind beside each other: alone, or as one where they are many."""
    if len(found) <= MOST_ALONE:
        yield from found
        return
    first = found[0]
    yield Orphan(
        target=first.target,
        code=first.code,
        place=f"{folder.shown.rstrip('/')}/ (many)",
        real=folder.real + "/",
        files=len(found),
        reason=first.reason,
    )
