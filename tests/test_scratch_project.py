"""Somebody else's Dagster project, outside the repository, with nothing of ours but the built wheel."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
PATIENCE_SECONDS = 600
FILES = {
    "definitions.py": """
        import os
        from pathlib import Path

        import dagster as dg
        import polars as pl
        from my_sensors import nightly
        from policy import RETENTION_DAYS

        from dagster_rtbf import Erasure, erasure_definitions, no_subject_data, read_settings, subject_data

        settings = read_settings(Path(__file__).with_name("rtbf.toml"), environ=os.environ)
        lake = settings.roots["lake"]
        plain = {"keys": {"customer": "account"}, "purposes": {"shop"}, "retention_days": RETENTION_DAYS}

        orders = dg.AssetSpec(
            "orders",
            owners=["team:shop"],
            metadata=subject_data("{lake}/orders/", erasure=Erasure.DELETE_ROWS, **plain),
        )


        @dg.asset(
            deps=[orders],
            owners=["team:shop"],
            metadata=subject_data("{lake}/totals/", erasure=Erasure.REBUILD, **plain),
        )
        def totals() -> None:
            found = pl.read_parquet(lake / "orders/*.parquet").drop_nulls()
            (lake / "totals").mkdir(exist_ok=True)
            found.group_by("customer").agg(pl.col("cents").sum()).sort("customer").write_parquet(
                lake / "totals/all.parquet"
            )


        @dg.asset(deps=[totals], metadata=no_subject_data(because="one number a day"))
        def turnover() -> None: ...


        def merged() -> dg.Definitions:
            theirs = dg.Definitions(assets=[orders, totals, turnover], sensors=[nightly])
            return dg.Definitions.merge(theirs, erasure_definitions(theirs, settings))


        defs = merged()
        """,
    "policy/__init__.py": "RETENTION_DAYS = 30\n",
    "my_sensors/__init__.py": """
        import dagster as dg


        @dg.sensor(asset_selection=dg.AssetSelection.assets("totals"))
        def nightly(context: dg.SensorEvaluationContext):
            return dg.SkipReason("it is day")
        """,
    "rtbf.toml": """
        [controller]
        name = "Scratch Shop Ltd"

        [ledger]
        code_location = "shop"
        definitions = "definitions"
        url = "sqlite:///state/ledger.db"
        keys = "state/keys"

        [roots]
        lake = "lake"

        [namespaces]
        account = { kind = "integer" }

        [erasure]
        tick_seconds = 2
        share_limit = 0.5
        """,
    "workspace.yaml": """
        load_from:
          - python_module:
              module_name: definitions
              working_directory: .
              location_name: shop
        """,
    "home/dagster.yaml": """
        telemetry:
          enabled: false
        """,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it alone into a folder; the repository is taken off Python's path."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=NOT_COPIED)
    shutil.copy(ROOT / ".gitignore", folder / "tree")
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    ran(*build, str(folder / "tree"), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    ran(*install, "--target", str(folder / "site"), str(wheel), cwd=folder)
    without = f"import sys\nsys.path[:] = [one for one in sys.path if one != {str(ROOT)!r}]\n"
    (folder / "site" / "sitecustomize.py").write_text(without)
    return folder / "site"


def ran(*command: str, cwd: Path, env: Mapping[str, str] | None = None, said: str = "") -> str:
    """Run a command that has to succeed; returns what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=said, capture_output=True, text=True, check=False, timeout=300
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def environment(site: Path, folder: Path) -> dict[str, str]:
    """Return the environment of the scratch project: the wheel's folder, and nothing of the repository."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("RTBF_", "COV_", "PYTEST"))
    }
    return kept | {"PYTHONPATH": str(site), "DAGSTER_HOME": str(folder / "home"), "COLUMNS": "120"}


def scratch(folder: Path) -> Path:
    """Write the project and its lake."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    (folder / "lake/orders").mkdir(parents=True)
    (folder / "lake/totals").mkdir(parents=True)
    orders = pl.DataFrame({"customer": [1, 42, None, 420, 42, 7, 4], "cents": [5, 10, 20, 30, 40, 50, 60]})
    orders.write_parquet(folder / "lake/orders/2026.parquet")
    totals = orders.drop_nulls().group_by("customer").agg(pl.col("cents").sum()).sort("customer")
    totals.write_parquet(folder / "lake/totals/all.parquet")
    return folder


class Rtbf:
    """The command line `rtbf`, run in the scratch project."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder, self.env = folder, env

    def __call__(self, *words: str, said: str = "") -> str:
        """Run one command that has to succeed."""
        command = [sys.executable, "-m", "rtbf_desk.cli", *words]
        return ran(*command, cwd=self.folder, env=self.env, said=said).strip()

    def until(self, state: str, request_id: str) -> None:
        """Poll the list of requests until one is in a state."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            rows = json.loads(self("requests", "--json"))
            (now,) = [row["state"] for row in rows if row["request"] == request_id]
            if now == state:
                return
            assert now != "failed", self("show", request_id)
            log = (self.folder / "daemon.log").read_text()
            assert "Error loading" not in log, log[-3000:]
            time.sleep(1)
        raise AssertionError((self.folder / "daemon.log").read_text()[-3000:])


@contextmanager
def daemon(folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Run Dagster's own daemon."""
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", "workspace.yaml"]
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.mark.slow
def test_a_scratch_project_files_and_closes_a_request(site: Path, tmp_path: Path) -> None:
    """With the wheel alone: inventory, file, approve, the real daemon, certificate, verify."""
    folder = scratch(tmp_path / "shop")
    env = environment(site, folder)
    place = "import rtbf_jobs, policy; print(rtbf_jobs.__file__); print(policy.__file__)"
    ours, theirs = ran(sys.executable, "-c", place, cwd=folder, env=env).splitlines()
    assert Path(ours).is_relative_to(site)
    assert Path(theirs).resolve().is_relative_to(folder)
    no_inventory = "import importlib.util as u; print(u.find_spec('lineage_assets.inventory'))"
    assert "None" == ran(sys.executable, "-c", no_inventory, cwd=folder, env=env).strip()

    rtbf = Rtbf(folder, env)
    listed = json.loads(rtbf("inventory", "--check", "--json"))
    assert ["orders", "totals", "turnover"] == [row["asset"] for row in listed]
    request_id = rtbf("file", "--law", "gdpr", "--identifiers-from", "-", said="account=42\n")
    with daemon(folder, env):
        rtbf.until("planned", request_id)
        assert 7 == pl.read_parquet(folder / "lake/orders/*.parquet").height
        rtbf("approve", request_id)
        rtbf.until("closed", request_id)

    left = pl.read_parquet(folder / "lake/orders/2026.parquet").rows()
    assert [(1, 5), (None, 20), (420, 30), (7, 50), (4, 60)] == left
    built = pl.read_parquet(folder / "lake/totals/all.parquet").rows()
    assert [(1, 5), (4, 60), (7, 50), (420, 30)] == built
    record, key = tmp_path / "record.json", tmp_path / "ledger.pub"
    rtbf("certificate", request_id, "--out", str(record), "--key-out", str(key))
    body = json.loads(record.read_text())["body"]
    expected = {"orders": "erased", "totals": "rebuilt", "turnover": "not_affected"}
    assert expected == {item["asset"]: item["verdict"] for item in body["assets"]}
    assert "Scratch Shop Ltd" == body["controller"]
    rtbf("verify", str(record), "--key", str(key))


@pytest.mark.slow
def test_a_package_of_theirs_that_hides_ours_is_refused(site: Path, tmp_path: Path) -> None:
    """The same project with its own package `sensors` does not half-work: one sentence says what to do."""
    folder = scratch(tmp_path / "shop")
    (folder / "sensors").mkdir()
    (folder / "sensors" / "__init__.py").write_text("MINE = True\n")
    env = environment(site, folder)
    command = [sys.executable, "-c", "import definitions"]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert 1 == done.returncode
    assert done.stderr.splitlines()[-1].endswith(
        "dagster-rtbf: a package 'sensors' of yours hides ours of the same name; put yours inside a package "
        "of your project (my_project.sensors), or rename it"
    )
    assert not (folder / "state").exists()
