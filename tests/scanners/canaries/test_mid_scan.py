"""Somebody else writes while the scan runs, at each of its steps: it refuses, or saw what was before."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Declaration
from lineage_assets.identifiers import Sought
from scanners.residual import CouldNotLook, Reason, Scan, ScanOrder, scan
from tests.scanners.canaries.people import NAMESPACES

WHO = "jo.q@mail.example"
MEMBER = "M-2000037"
FILES = ("a.parquet", "b.parquet", "c.txt")
STEPS = 4
REFUSALS = (Reason.CHANGED_WHILE_READ, Reason.UNREADABLE)


class Striking:
    """A connection that lets somebody else act right before its n-th question, and passes all else on."""

    def __init__(self, connection: Any, strike: Callable[[], None], at: int) -> None:
        """Strike before question `at`, counted from 0."""
        self.connection, self.strike, self.left = connection, strike, at

    def __getattr__(self, name: str) -> Any:
        """Pass on, and count what asks the engine."""
        if name in {"execute", "sql", "register"}:
            self.left -= 1
            if self.left == -1:
                self.strike()
        return getattr(self.connection, name)


def _write(root: Path) -> None:
    root.mkdir()
    pq.write_table(pa.table({"note": [WHO, "-"] * 50}), root / "a.parquet")
    pq.write_table(pa.table({"note": [WHO, "-"] * 50, "n": range(100)}), root / "b.parquet")
    (root / "c.txt").write_text(f"{WHO}\n")


def _vanish(path: Path) -> None:
    path.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name(f"moved-{path.name}"))


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _others(path: Path) -> bytes:
    """Return the file's bytes without the person, of the same length."""
    return path.read_bytes().replace(WHO.encode(), b"xx.q@mail.example")


def _replace(path: Path) -> None:
    (path.parent / "new").write_bytes(_others(path))
    (path.parent / "new").rename(path)


def _overwrite(path: Path) -> None:
    path.write_bytes(_others(path))


def _forge(path: Path) -> None:
    """Overwrite in place, and put the times back."""
    was = path.stat()
    path.write_bytes(_others(path))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def _forge_a_new_one(path: Path) -> None:
    """Exchange the file for another one of the same size and times."""
    was = path.stat()
    _replace(path)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def _called(change: Callable[[Path], None]) -> str:
    return change.__name__.strip("_")


CHANGES = (_vanish, _move, _truncate, _empty, _append, _replace, _overwrite, _forge, _forge_a_new_one)


def _order(root: Path) -> ScanOrder:
    """The member's pattern makes the engine be asked before the first file is read."""
    return ScanOrder(
        asset="watched",
        root=root,
        declaration=Declaration(subject=False, because="a test"),
        namespaces=NAMESPACES,
        hmac_keys={},
        subjects=(
            Sought(namespace="email", value=WHO, request=0),
            Sought(namespace="member", value=MEMBER, request=1),
        ),
    )


def _scan(root: Path, connection: Any) -> Scan:
    return scan(_order(root), connection=connection, progress=lambda _done, _of: None)


def _steps(folder: Path, connection: Any) -> tuple[int, Scan]:
    """Return how often the engine is asked in one scan, and what it saw."""
    _write(folder / "quiet")
    counted = Striking(connection, lambda: None, 10**9)
    seen = _scan(folder / "quiet", counted)
    return 10**9 - counted.left, seen


def _never_a_zero(folder: Path, connection: Any, change: Callable[[Path], None], steps: list[int]) -> int:
    """Strike every file at every one of some steps; return how many of the scans refused."""
    _, quiet = _steps(folder, connection)
    ends = []
    for name in FILES:
        for at in steps:
            root = folder / f"{name}-{at}"
            _write(root)
            ends.append(_end(root, Striking(connection, lambda path=root / name: change(path), at)))
    assert {(quiet.residual, quiet.rows), *REFUSALS} >= set(ends)
    return sum(end in REFUSALS for end in ends)


def _end(root: Path, connection: Any) -> Any:
    try:
        seen = _scan(root, connection)
    except CouldNotLook as error:
        return error.reason
    return seen.residual, seen.rows


@pytest.mark.parametrize("change", [_vanish, _truncate, _replace, _forge], ids=_called)
def test_a_change_before_the_first_file_is_read_is_refused(tmp_path, connection, change) -> None:
    """The files are listed already; each one of them is compared with its listing."""
    assert len(FILES) == _never_a_zero(tmp_path, connection, change, [0])


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=_called)
def test_a_change_at_any_step_is_refused_or_came_too_late(tmp_path, connection, change) -> None:
    """A scan is of the files as they were, or it is none."""
    folder = tmp_path / "count"
    folder.mkdir()
    count, _ = _steps(folder, connection)
    some = sorted({count * part // STEPS for part in range(STEPS)} | {count - 1})
    assert _never_a_zero(tmp_path, connection, change, some) > len(FILES)
