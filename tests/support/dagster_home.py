"""A Dagster home with SQLite stores on disk, as on a desk; empty ones are made once a process, and copied."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import dagster as dg

QUIET = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


@cache
def _empty() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dagster-home-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "dagster.yaml").write_text(QUIET)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert 0 == instance.get_runs_count()
    return folder


@contextmanager
def dagster_home(folder: Path) -> Iterator[dg.DagsterInstance]:
    """Make a home in a folder that is not there yet; yields its instance."""
    shutil.copytree(_empty(), folder)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance
