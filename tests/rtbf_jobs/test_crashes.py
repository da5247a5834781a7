"""A process killed with SIGKILL anywhere on the way: the next one finds the same people and ends the same.

`crash_child.py` forks real processes on a deployment of real files, kills one and lets another resume. Person
42 has two devices, and only a table that is erased first says so: who forgets that leaves sessions.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
CHILD = HERE.parents[1] / "support" / "crash_child.py"
OTHERS = [f"00000000-0000-4000-8000-00000000000{n}" for n in (2, 3, 4)]
ENDED = {
    "state": "closed",
    "failures": [],
    "certificates": 1,
    "sealed": 0,
    "keys": 0,
    "suppressed": [
        "00000000-0000-4000-8000-000000000000",
        "00000000-0000-4000-8000-000000000001",
        "42",
    ],
    "assets": {
        "devices": ["erased", 2, 2, 0],
        "sessions": ["erased", 10, 10, 0],
        "features": ["rebuilt", 2, 2, 0],
        "exported": ["erased", 3, 3, 0],
    },
    "lake": {
        "devices": [
            f"({account}, '{device}')"
            for account, device in zip((4, 420, 7), (OTHERS[1], OTHERS[0], OTHERS[2]), strict=True)
        ],
        "sessions": [
            *(f"('{device}', None, {n})" for n, device in enumerate(OTHERS, start=2) for _ in range(2)),
            "(None, None, 5)",
            "(None, None, 5)",
        ],
        "features": [f"('{device}', {2 * n})" for n, device in enumerate(OTHERS, start=2)],
        "exported": [f"('{device}', {n})" for n, device in enumerate(OTHERS, start=3)],
    },
    "leftovers": [],
    "log_is_whole": True,
    "log_only_grew": True,
}
POINTS = ("observed:devices", "file:2")
MORE = ("after:18", "before:30", "before:48", "after:60")
PHASES = ("identify", "plan", "preview", "suppress", "scan_before", "walk", "verify", "close", "certify")


def _run(folder: Path, *points: str) -> dict[str, dict[str, object]]:
    roots = HERE.parents[2], HERE.parents[1] / "support"
    done = subprocess.run(
        [sys.executable, CHILD, folder, *points],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, roots))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    return found


def _wrong(found: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return what did not end as it should, by point; the last of a series was not killed."""
    return {
        point: {name: end.get(name) for name, value in ENDED.items() if end.get(name) != value}
        for point, end in found.items()
        if {name: end.get(name) for name in ENDED} != ENDED
    }


@pytest.mark.parametrize("points", [POINTS, pytest.param(MORE, marks=pytest.mark.slow)], ids=["few", "more"])
def test_killed_on_the_way_it_ends_the_same(tmp_path: Path, points: tuple[str, ...]) -> None:
    """Right after the link asset was erased, and between two files; and elsewhere."""
    found = _run(tmp_path, *points)
    assert {} == _wrong(found)
    assert dict.fromkeys(points, True) == {point: end["killed"] for point, end in found.items()}


@pytest.mark.slow
def test_killed_before_every_phase_it_ends_the_same(tmp_path: Path) -> None:
    """Every phase of both jobs."""
    points = [f"phase:{name}" for name in PHASES]
    found = _run(tmp_path, *points, "none")
    assert {} == _wrong(found)
    assert [*points] == [point for point, end in found.items() if end["killed"]]


@pytest.mark.slow
@pytest.mark.parametrize("first", [1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3, 4))])
@pytest.mark.parametrize("kind", ["before", "after", "file"])
def test_killed_at_every_point_that_writes_it_ends_the_same(tmp_path: Path, kind: str, first: int) -> None:
    """Before and after each commit of the ledger from first to last, and after each rename of a file."""
    found = _run(tmp_path, f"{kind}:{first}::4")
    assert {} == _wrong(found)
    at_least = 1 if kind == "file" else 10
    assert len([end for end in found.values() if end["killed"]]) >= at_least
