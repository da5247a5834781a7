"""Kill -9 between any two calls that write: every file is the old one or the new one, and a rerun ends it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.rtbf_jobs.erasers.lake import PYTHON, REPO

OLD = {"a.parquet": [*range(20), 42, *range(100, 119)], "b.parquet": [1, 2, 42, 42, 3, 4]}
NEW = {name: [one for one in users if one != 42] for name, users in OLD.items()}


@pytest.mark.slow
def test_killed_at_every_write(tmp_path):
    """Some fifty points; the last attempt was not killed, so none was left out."""
    script = Path(__file__).with_name("kill_child.py")
    paths = {"PYTHONPATH": f"{REPO}:{script.parents[1]}"}
    command = [PYTHON, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | paths)
    attempts = json.loads(done.stdout)
    assert len(attempts) > 30
    assert [False] == [one["killed"] for one in attempts if not one["killed"]]
    for one in attempts:
        files, _ = one["meanwhile"]
        assert files.keys() == OLD.keys()
        assert all(files[name] in (OLD[name], NEW[name]) for name in files)
        assert [NEW, []] == one["after"]
