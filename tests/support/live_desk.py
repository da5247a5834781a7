"""A small deployment in a folder, served by `rtbf ui` itself: real pages, daemon, runs and files."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from postgres import fresh_database
from ui_process import ROOT, Ui

CANARY = 4242427713
MAIL = f"p{CANARY}@example.com"
FILES = {
    "definitions.py": """
        import os
        from pathlib import Path

        import dagster as dg
        import polars as pl

        from dagster_rtbf import Erasure, erasure_definitions, no_subject_data, read_settings, subject_data

        settings = read_settings(Path(__file__).with_name("rtbf.toml"), environ=os.environ)
        lake = settings.roots["lake"]
        plain = {"purposes": {"shop"}, "retention_days": 30}
        people = dg.AssetSpec(
            "people",
            owners=["team:shop"],
            metadata=subject_data(
                "{lake}/people/",
                keys={"id": "account", "mail": "email"},
                erasure=Erasure.DELETE_ROWS,
                **plain,
            ),
        )
        letters = dg.AssetSpec(
            "letters",
            deps=[people],
            owners=["team:shop"],
            metadata=subject_data(
                "{lake}/letters/", keys={"id": "account"}, erasure=Erasure.DELETE_ROWS, **plain
            ),
        )


        @dg.asset(
            deps=[letters],
            owners=["team:shop"],
            metadata=subject_data(
                "{lake}/totals/", keys={"id": "account"}, erasure=Erasure.REBUILD, **plain
            ),
        )
        def totals() -> None:
            found = pl.read_parquet(lake / "letters/*.parquet")
            found.group_by("id").len().sort("id").write_parquet(lake / "totals/a.parquet")


        @dg.asset(deps=[letters], metadata=no_subject_data(because="one number a day"))
        def turnover() -> None: ...


        def merged() -> dg.Definitions:
            theirs = dg.Definitions(assets=[people, letters, turnover, *REBUILT])
            return dg.Definitions.merge(theirs, erasure_definitions(theirs, settings))


        REBUILT = [totals] if (lake / "totals").is_dir() else []
        defs = merged()
        """,
    "rtbf.toml": """
        [controller]
        name = "Scratch Shop Ltd"
        zone = "Europe/Berlin"

        [ledger]
        code_location = "shop"
        url = "sqlite:///state/ledger.db"
        keys = "state/keys"

        [roots]
        lake = "lake"

        [namespaces]
        account = { kind = "integer" }
        email = { kind = "email" }

        [erasure]
        tick_seconds = 1
        share_limit = 0.5
        batch = "now"
        """,
    "dagster_workspace.yaml": """
        load_from:
          - python_module:
              module_name: definitions
              working_directory: .
              location_name: shop
        """,
}


def deployment(folder: Path, *, rebuilds: bool = False) -> Path:
    """Write the project and its lake; `rebuilds` adds an asset that is built again by a run of its own."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text).lstrip())
    ids = [CANARY, *range(1000, 1099)]
    tables = {
        "people": {"id": ids, "mail": [f"p{one}@example.com" for one in ids]},
        "letters": {"id": [*ids, CANARY]},
    }
    if rebuilds:
        tables["totals"] = {"id": ids, "len": [2, *[1] * 99]}
    for name, columns in tables.items():
        (folder / "lake" / name).mkdir(parents=True)
        pl.DataFrame(columns).write_parquet(folder / "lake" / name / "a.parquet")
    return folder


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a command that works on a deployment: nothing of ours from outside."""
    dropped = ("RTBF_", "DAGSTER_", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(more or {})


@contextmanager
def on_postgresql() -> Iterator[dict[str, str]]:
    """Make two empty databases; yields the environment that gives one to Dagster and one to the ledger."""
    with fresh_database() as dagster, fresh_database() as ledger:
        yield {"DAGSTER_POSTGRES_URL": dagster, "RTBF_LEDGER_URL": ledger}


@contextmanager
def serving(
    folder: Path, environ: Mapping[str, str] | None = None, *options: str, name: str = "ui"
) -> Iterator[Ui]:
    """Run `rtbf ui` (or `desk`) in a deployment's folder until the block ends; yields it signed in."""
    command = [sys.executable, "-m", "rtbf_desk.cli", name, "--port", "0", *options]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    ui = Ui(folder=folder, process=process)
    try:
        yield ui.opened()
    finally:
        if process.poll() is None:
            ui.stop()
