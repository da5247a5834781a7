"""The engine of a run: opened when a phase first looks at a file, once, and gone with the run."""

import contextlib
import tempfile
from pathlib import Path

import duckdb
import pytest
from erasure_project import Project, project
from small_lakes import table, write


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A deployment whose temporary folders are made in a folder of this test's own."""
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    deployed = project(tmp_path, [table("people", {"id": "account"})])
    write(deployed.lake, "people", {"id": [42, 7]})
    deployed.file("account=42")
    return deployed


def folders(made: Project) -> list[Path]:
    """Return the engines' private folders."""
    return list((made.lake.parent / "temp").glob("rtbf-*"))


def test_work_that_looks_at_no_file_opens_no_engine(made: Project) -> None:
    (asked,) = made.ticks()
    with made.work(asked) as work:
        assert work.members()
        assert [] == folders(made)


def opened_by_failing_work(made: Project) -> duckdb.DuckDBPyConnection:
    """Look at a file, and fail; returns the engine."""
    (asked,) = made.ticks()
    with contextlib.suppress(ZeroDivisionError), made.work(asked) as work:
        opened = work.connection
        assert opened is work.connection
        assert [(2,)] == opened.execute(f"SELECT count(*) FROM '{made.lake}/people/*.parquet'").fetchall()
        assert 1 == len(folders(made))
        raise ZeroDivisionError
    return opened


def test_an_engine_is_opened_once_and_ends_with_the_work(made: Project) -> None:
    """Also where the work fails."""
    opened = opened_by_failing_work(made)
    assert [] == folders(made)
    with pytest.raises(duckdb.ConnectionException):
        opened.execute("SELECT 1")
