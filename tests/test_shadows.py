"""Somebody's own package of one of our names is refused at import, with a sentence that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_rtbf._shadows import PACKAGES, refuse_shadows

ROOT = Path(__file__).parents[1]


def import_ours(folder):
    """Import `dagster_rtbf` in a new process, a folder before ours on its path; returns code, last words."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    child = subprocess.run(
        [sys.executable, "-c", "import dagster_rtbf"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return child.returncode, child.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("name", ["scanners", "sensors"])
def test_a_package_of_theirs_that_hides_ours_is_refused(tmp_path, name):
    """Before anything half-works: which one, and both ways out."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("THEIRS = True\n")
    expected = (
        "dagster_rtbf._shadows.ShadowedPackageError: dagster-rtbf: a package "
        f"'{name}' of yours hides ours of the same name; put yours inside a package of your project "
        f"(my_project.{name}), or rename it"
    )
    assert (1, expected) == import_ours(tmp_path)


def test_a_module_of_theirs_hides_ours_too(tmp_path):
    """One file `sensors.py` beside their `definitions.py` is enough."""
    (tmp_path / "sensors.py").write_text("THEIRS = True\n")
    code, said = import_ours(tmp_path)
    assert (1, True) == (code, "a package 'sensors' of yours hides ours" in said)


def test_their_other_packages_are_theirs(tmp_path):
    """A folder `policy`, a folder without code of one of our names, and ours inside a package of theirs."""
    for name in ("policy", "sensors", "my_project/scanners"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("policy", "my_project", "my_project/scanners"):
        (tmp_path / name / "__init__.py").write_text("")
    assert (0, "") == import_ours(tmp_path)


def test_every_package_in_the_wheel_is_watched():
    """All that `pyproject.toml` installs, this one aside; and here nothing is hidden."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(installed) == sorted((*PACKAGES, "dagster_rtbf"))
    refuse_shadows()
