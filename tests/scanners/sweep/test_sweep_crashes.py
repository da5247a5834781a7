"""A sweep killed with SIGKILL anywhere on the way: the next one finds the same, and opens nothing twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
SUPPORT = HERE.parents[2] / "support"
KNOWN = {
    "findings": [
        ["people", "resurrection", "open", 1, 1],
        ["views", "resurrection", "open", 1, 1],
    ],
    "opened": 2,
    "children": 1,
    "without_child": 0,
    "requests": ["closed", "filed"],
    "swept": {"people": ["found", 3], "views": ["found", 3]},
    "log_is_whole": True,
}


def killed_at(folder: Path, *points: str) -> dict[str, dict[str, object]]:
    """Return point -> what is known after the next sweep."""
    path = os.pathsep.join(str(one) for one in (HERE.parents[3], SUPPORT))
    done = subprocess.run(
        [sys.executable, SUPPORT / "sweep_crash_child.py", folder, *points],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    ended: dict[str, dict[str, object]] = json.loads(done.stdout)
    return ended


@pytest.mark.slow
def test_a_sweep_killed_after_any_commit_is_taken_up(tmp_path: Path) -> None:
    """After each group of files, between assets, around the filing; what was looked at is skipped."""
    ended = killed_at(tmp_path, "after:all")

    assert {False, True} == {one["killed"] for one in ended.values()}
    assert [] == [name for name, one in ended.items() if {n: one[n] for n in KNOWN} != KNOWN]
    assert {2, 4} <= {one["skipped"] for one in ended.values()}
