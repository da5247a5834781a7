"""`rtbf ui` with Dagster's runs and the ledger on a real PostgreSQL: webserver, daemon and command line."""

import json
import os
import shutil
import subprocess
import sys
import time

import polars as pl
import psutil
import pytest
from live_desk import CANARY, deployment, serving
from postgres import fresh_database
from sqlalchemy import create_engine, text
from ui_process import ROOT

from rtbf_ledger.store import normalised_url

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 240
SECRET = "hush-hush"


@pytest.fixture
def environ():
    """Both URLs as a user writes them, with a password that the server does not ask for."""
    with fresh_database() as ledger_url, fresh_database() as dagster_url:
        urls = {"RTBF_LEDGER_URL": ledger_url, "DAGSTER_POSTGRES_URL": dagster_url}
        yield {name: url.replace("postgres:@", f"postgres:{SECRET}@") for name, url in urls.items()}


@pytest.fixture
def folder(tmp_path):
    """A small deployment with this project's two files for Dagster's storage."""
    made = deployment(tmp_path / "shop", rebuilds=True)
    for name in ("dagster.yaml", "dagster.postgres.yaml"):
        shutil.copy(ROOT / name, made / name)
    return made


@pytest.fixture
def rtbf(folder, environ):
    """The command line in the deployment: rtbf("approve", request_id) returns what it printed."""
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environ

    def run(*words, said=""):
        command = [sys.executable, "-m", "rtbf_desk.cli", *words]
        done = subprocess.run(
            command, cwd=folder, env=env, input=said, capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done.stdout.strip()

    return run


def until(rtbf, state, request_id):
    """Wait until a request is in a state."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        (now,) = [
            one["state"] for one in json.loads(rtbf("requests", "--json")) if one["request"] == request_id
        ]
        if now == state:
            return
        assert now != "failed", rtbf("show", request_id)
        time.sleep(1)
    raise AssertionError(f"still {now}")


def seen_by_others(process_id):
    """Return the command lines of a process and all below it, which every user of the machine can read."""
    first = psutil.Process(process_id)
    return [" ".join(one.cmdline()) for one in (first, *first.children(recursive=True))]


def jobs(url):
    """Return the jobs of the runs in a Dagster database."""
    engine = create_engine(normalised_url(url))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT DISTINCT pipeline_name FROM runs")).scalars().all()
    engine.dispose()
    return sorted(found)


def test_a_request_is_erased_and_certified_with_everything_on_postgres(folder, environ, rtbf, tmp_path):
    """Filed on the command line, done by the daemon. No SQLite file is made, and no password is seen."""
    with serving(folder, environ) as ui:
        assert 200 == ui.ask("GET", "/rtbf/requests")[0]
        request_id = rtbf(
            "file", "--law", "gdpr", "--identifiers-from", "-", said=f"account={CANARY}\n"
        ).split()[-1]
        until(rtbf, "planned", request_id)
        rtbf("approve", request_id, "--by", "jd")
        lines = seen_by_others(ui.process.pid)
        until(rtbf, "closed", request_id)
        assert request_id in ui.ask("GET", "/rtbf/requests?state=closed")[2]
    assert len(lines) > 2
    assert [] == [line for line in lines if SECRET in line]
    assert SECRET not in ui.printed("out") + ui.printed("err")

    record, key = tmp_path / "record.json", tmp_path / "ledger.pub"
    rtbf("certificate", request_id, "--out", str(record), "--key-out", str(key))
    rtbf("verify", str(record), "--key", str(key))
    assets = {one["asset"]: one["verdict"] for one in json.loads(record.read_text())["body"]["assets"]}
    assert ("erased", "erased", "rebuilt") == tuple(assets[name] for name in ("people", "letters", "totals"))
    assert [99, 99] == [pl.read_parquet(folder / "lake" / name).height for name in ("people", "totals")]

    assert ["rtbf_erase", "rtbf_prepare", "rtbf_rebuild"] == jobs(environ["DAGSTER_POSTGRES_URL"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [] == [path.name for path in files if path.read_bytes()[:6] == b"SQLite"]
    assert [] == [path.name for path in files if SECRET.encode() in path.read_bytes()]
