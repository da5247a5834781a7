"""DAGSTER_HOME: the folder that says where Dagster keeps its runs: SQLite files in it, or PostgreSQL.

`dagster.yaml` has no conditions, so a home is made for one of the two: for PostgreSQL where
DAGSTER_POSTGRES_URL is set. A home of the other kind is refused, not used.
"""

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from rtbf_desk.gate import DeskError
from rtbf_ledger.store import normalised_url

VARIABLE = "DAGSTER_POSTGRES_URL"
DRIVER = "postgresql+psycopg2"
CONNECT_SECONDS = 10
QUIET = """telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
"""
POSTGRES = f"storage:\n  postgres:\n    postgres_url:\n      env: {VARIABLE}\n{QUIET}"


def dagster_environ(workspace: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that every Dagster process of ours needs; makes DAGSTER_HOME where it is not set.

    These are DAGSTER_HOME and, where it is set, DAGSTER_POSTGRES_URL with the driver that dagster-postgres
    ships, so that a URL may begin with `postgresql://`.

    Raises:
        DeskError: see `dagster_home` and `postgres_url`.
    """
    url = postgres_url(environ)
    home = {"DAGSTER_HOME": str(dagster_home(workspace, environ))}
    return home if url is None else home | {VARIABLE: url.render_as_string(hide_password=False)}


def postgres_url(environ: Mapping[str, str]) -> URL | None:
    """Return the URL of Dagster's PostgreSQL, tried once; None where Dagster keeps its runs in SQLite.

    Raises:
        DeskError: it is no URL of PostgreSQL, the extra is missing, or the server does not let us in. The
            sentence never holds the URL.
    """
    given = environ.get(VARIABLE)
    if not given:
        return None
    try:
        url = make_url(normalised_url(given))
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername != DRIVER:
        raise DeskError(f"{VARIABLE} is no URL we can use; write postgresql://user@host/database")
    if find_spec("dagster_postgres") is None:
        raise DeskError(
            f"{VARIABLE} is set, and dagster-postgres is missing; pip install 'dagster-rtbf[postgres]'"
        )
    _try(url)
    return url


def _try(url: URL) -> None:
    engine = create_engine(url, hide_parameters=True, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        engine.connect().close()
    except DBAPIError:
        raise DeskError(
            f"the database of {VARIABLE} cannot be opened; check that it is there and lets us in"
        ) from None
    finally:
        engine.dispose()


def dagster_home(workspace: Path, environ: Mapping[str, str]) -> Path:
    """Return DAGSTER_HOME; where it is not set, `.dagster_home` beside the workspace file, made on first use.

    Its `dagster.yaml` is a copy of the one beside the workspace file, or for PostgreSQL of
    `dagster.postgres.yaml` where there is one. Without either, it says the storage, and telemetry off.

    Raises:
        DeskError: there is no workspace file, DAGSTER_HOME is set to no folder, or the home is made for the
            other storage.
    """
    if not workspace.is_file():
        raise DeskError(f"ui: no workspace file {workspace.name}; name it with --workspace")
    given = environ.get("DAGSTER_HOME")
    if given and not (Path(given).is_absolute() and Path(given).is_dir()):
        raise DeskError("ui: DAGSTER_HOME is to be a folder that exists, with its whole path")
    home = Path(given) if given else workspace.resolve().parent / ".dagster_home"
    made = home / "dagster.yaml"
    if made.exists() or given:
        _refuse_other_storage(made.read_text(encoding="utf-8") if made.exists() else "", made, environ)
        return home
    theirs, text = _new(home.parent, postgres=bool(environ.get(VARIABLE)))
    _refuse_other_storage(text, theirs, environ)
    home.mkdir(mode=0o700, exist_ok=True)
    part = made.with_suffix(".part")  # half a file could leave telemetry on
    part.write_text(text, encoding="utf-8")
    part.replace(made)
    return home


def _new(folder: Path, *, postgres: bool) -> tuple[Path, str]:
    """Return the project's file that a new home is a copy of, and its text: ours where there is none."""
    names = ("dagster.postgres.yaml", "dagster.yaml") if postgres else ("dagster.yaml",)
    for path in (folder / name for name in names):
        if path.exists():
            return path, path.read_text(encoding="utf-8")
    return folder / names[-1], POSTGRES if postgres else QUIET


def _refuse_other_storage(text: str, path: Path, environ: Mapping[str, str]) -> None:
    reads = re.search(rf"^[^#\n]*\b{VARIABLE}\b", text, re.MULTILINE) is not None
    name = f"{path.parent.name}/{path.name}"
    if reads and not environ.get(VARIABLE):
        raise DeskError(f"ui: {name} keeps Dagster's runs in PostgreSQL, and {VARIABLE} is not set; set it")
    if environ.get(VARIABLE) and not reads:
        raise DeskError(
            f"ui: {VARIABLE} is set, and {name} does not read it; unset it, or write there "
            f"storage: {{postgres: {{postgres_url: {{env: {VARIABLE}}}}}}}"
        )
