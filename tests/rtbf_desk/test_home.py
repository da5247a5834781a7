"""DAGSTER_HOME: made quiet and private, for SQLite or PostgreSQL, and never used for the other one."""

import os
import re
from pathlib import Path

import dagster as dg
import pytest
from dagster_postgres import PostgresRunStorage
from postgres import fresh_database
from ui_process import ROOT

from rtbf_desk.gate import DeskError
from rtbf_desk.home import POSTGRES, QUIET, VARIABLE, dagster_environ, dagster_home, postgres_url

SET = {VARIABLE: "postgresql://desk:hush-hush@db.example/dagster"}
UNREACHABLE = "postgresql://desk:hush-hush@127.0.0.1:1/none"


@pytest.fixture
def workspace(tmp_path):
    """A workspace file."""
    path = tmp_path / "shop" / "workspace.yaml"
    path.parent.mkdir()
    path.write_text("load_from: []\n")
    return path


@pytest.fixture(scope="module")
def database():
    """The URL of a database of a real server, with a password that the server does not ask for."""
    with fresh_database() as url:
        yield url.replace("postgres:@", "postgres:hush-hush@")


@pytest.mark.parametrize(("environ", "text"), [({}, QUIET), (SET, POSTGRES)])
def test_a_home_is_made_quiet_and_private(workspace, environ, text):
    """Beside the workspace file, with telemetry off; a second start changes nothing in it."""
    home = dagster_home(workspace, environ)
    assert (workspace.parent / ".dagster_home", 0o700) == (home, home.stat().st_mode & 0o777)
    assert ([home / "dagster.yaml"], text) == ([*home.iterdir()], (home / "dagster.yaml").read_text())
    (home / "dagster.yaml").write_text(f"{text}# mine\n")
    assert home == dagster_home(workspace, environ | {"DAGSTER_HOME": ""})
    assert f"{text}# mine\n" == (home / "dagster.yaml").read_text()


@pytest.mark.parametrize("name", ["dagster.yaml", "dagster.postgres.yaml"])
def test_this_projects_two_files_differ_by_the_storage_alone(name):
    """They say what a home made without any file says."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    assert {"dagster.yaml": QUIET, "dagster.postgres.yaml": POSTGRES}[name] == text


def test_a_home_follows_the_projects_files(workspace):
    """For PostgreSQL the file of that name, where there is one."""
    workspace.with_name("dagster.yaml").write_text("storage: theirs\n")
    assert "storage: theirs\n" == (dagster_home(workspace, {}) / "dagster.yaml").read_text()
    (workspace.parent / ".dagster_home" / "dagster.yaml").unlink()
    workspace.with_name("dagster.postgres.yaml").write_text(f"{POSTGRES}# theirs\n")
    assert f"{POSTGRES}# theirs\n" == (dagster_home(workspace, SET) / "dagster.yaml").read_text()


def test_a_project_without_a_file_for_postgres_is_told(workspace):
    """Nothing is made from a file that would keep the runs elsewhere; a remark about it is no use of it."""
    workspace.with_name("dagster.yaml").write_text(f"{QUIET}# {VARIABLE}\n")
    with pytest.raises(DeskError, match=rf"^ui: {VARIABLE} is set, and shop/dagster.yaml does not read it; "):
        dagster_home(workspace, SET)
    assert not (workspace.parent / ".dagster_home").exists()
    workspace.with_name("dagster.yaml").write_text(f"storage: {{postgres_url: {{env: {VARIABLE}}}}}\n")
    assert (dagster_home(workspace, SET) / "dagster.yaml").is_file()


@pytest.mark.parametrize("given", [False, True])
def test_a_home_of_the_other_storage_is_told(workspace, given):
    """Either way round, for a home that is set as for ours; its file stays as it is."""
    home = dagster_home(workspace, {})
    named = {"DAGSTER_HOME": str(home)} if given else {}
    with pytest.raises(DeskError, match=r"is set, and \.dagster_home/dagster\.yaml does not read it"):
        dagster_home(workspace, SET | named)
    (home / "dagster.yaml").write_text(POSTGRES)
    with pytest.raises(DeskError, match=rf"keeps Dagster's runs in PostgreSQL, and {VARIABLE} is not set"):
        dagster_home(workspace, {VARIABLE: ""} | named)
    assert POSTGRES == (home / "dagster.yaml").read_text()


def test_a_home_that_is_set_is_taken_as_it_is(workspace, tmp_path):
    """But it has to be there; the sentence does not hold the path. Without a file in it, it is SQLite's."""
    assert tmp_path == dagster_home(workspace, {"DAGSTER_HOME": str(tmp_path)})
    assert not (tmp_path / "dagster.yaml").exists()
    with pytest.raises(DeskError, match="does not read it"):
        dagster_home(workspace, {"DAGSTER_HOME": str(tmp_path)} | SET)
    for wrong in ("relative", str(tmp_path / "missing"), str(workspace)):
        with pytest.raises(DeskError, match=r"^ui: DAGSTER_HOME is to be a folder that exists"):
            dagster_home(workspace, {"DAGSTER_HOME": wrong})


def test_a_missing_workspace_file_is_named(tmp_path):
    """Before anything is made beside it."""
    with pytest.raises(DeskError, match=r"^ui: no workspace file w\.yaml"):
        dagster_home(tmp_path / "w.yaml", {})
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2", "postgres"])
def test_dagster_opens_what_we_hand_it(workspace, database, monkeypatch, scheme):
    """SQLAlchemy 2.1 takes `postgresql://` for psycopg 3, which is not installed: the driver is said."""
    given = {VARIABLE: database.replace("postgresql", scheme, 1)}
    for name, value in dagster_environ(workspace, given).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert 0 == instance.get_runs_count()
        assert "hush" not in instance.info_str()
    files = [path for path in Path(os.environ["DAGSTER_HOME"]).rglob("*") if path.is_file()]
    assert ["dagster.yaml"] == [path.name for path in files]
    assert "hush" not in files[0].read_text()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("hush-hush", "is no URL we can use"),
        ("postgresql://desk:hush-hush@host:port/none", "is no URL we can use"),
        ("sqlite:////hush-hush.db", "is no URL we can use"),
        ("postgresql+psycopg://desk:hush-hush@host/none", "is no URL we can use"),
        (UNREACHABLE, "cannot be opened; check that it is there and lets us in"),
        (f"{UNREACHABLE}?hush=hush-hush", "cannot be opened"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_sentence(workspace, url, sentence):
    """And neither it nor what is chained to it holds the password; nothing is made."""
    with pytest.raises(DeskError, match=rf"^(the database of )?{VARIABLE} {sentence}") as caught:
        dagster_environ(workspace, {VARIABLE: url})
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert [workspace] == list(workspace.parent.iterdir())


def test_a_missing_extra_is_named(monkeypatch):
    """Before anything is connected to."""
    monkeypatch.setattr("rtbf_desk.home.find_spec", lambda _name: None)
    with pytest.raises(DeskError, match=r"is missing; pip install 'dagster-rtbf\[postgres\]'$"):
        postgres_url({VARIABLE: UNREACHABLE})
