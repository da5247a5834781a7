"""`make demo`: the whole job on a real lake, through Dagster's daemon and sensors, to a certificate.

Builds the film lake, files six requests, approves them by itself (and says so), and prints what is left: the
verdict of every asset. Nothing here reaches into the erasure; it does what a person would do with `rtbf`.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent
STATE = ROOT / ".rtbf"
HOME = ROOT / ".dagster_home"
OUT = STATE / "certificates"
SHOWN = "account=42"
FILED = (SHOWN, "account=7", "email=rosa.bergmann@example.com", "account=50", "account=99", "account=230")
PATIENCE_SECONDS = 600
POLL_SECONDS = 3
console = Console(width=110, highlight=False)


def main() -> int:
    """Run the demo; returns the exit code."""
    began = time.monotonic()
    with (ROOT / "demo.py").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("demo: another one is running here; wait for it to end") from None
        return _run(began)


def _run(began: float) -> int:
    _fresh()
    os.environ["DAGSTER_HOME"] = str(HOME)
    console.rule("1. A lake")
    _build_lake()
    console.rule("2. Requests, filed sealed")
    ids = _file()
    with _daemon():
        console.rule("3. Planned by the daemon's sensor")
        _wait(ids, {"planned"}, "planning")
        _rtbf("preview", ids[0])
        console.rule("4. Approved (the demo approves by itself; a person does it elsewhere)")
        _rtbf("approve", *ids, "--by", "demo")
        _wait(ids, {"closed", "partly_closed"}, "erasing")
    console.rule("5. The records")
    paths = _certificates(ids)
    console.print(f"took {time.monotonic() - began:.0f} s; verify the record yourself with:")
    print(f".venv/bin/rtbf verify {paths[0]} --key {paths[1]}")
    for path in paths:
        print(path)
    return 0


def _fresh() -> None:
    for folder in (STATE, HOME):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    shutil.copyfile(ROOT / "dagster.yaml", HOME / "dagster.yaml")


def _build_lake() -> None:
    """Materialise every asset of the inventory in one Dagster run, and leave the partner's files."""
    from definitions import defs  # noqa: PLC0415 - loads the ledger, so not before the state is fresh
    from lineage_assets.inventory import (  # noqa: PLC0415
        YEARS,
        Lake,
        assets,
        leave_partner_files,
    )

    leave_partner_files(Lake(root=str(STATE / "lake")))
    computed = [asset for asset in assets if isinstance(asset, dg.AssetsDefinition)]
    with dg.DagsterInstance.get() as instance, console.status("materialising 12 assets"):
        dg.materialize(
            computed,
            instance=instance,
            resources=dict(defs.resources or {}),
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
            tags={
                "dagster/asset_partition_range_start": YEARS[0],
                "dagster/asset_partition_range_end": YEARS[-1],
            },
        )
    files = [file for file in (STATE / "lake").rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    console.print(f"MovieLens and what flows from it: {len(files)} files, {size:.1f} MB in {STATE.name}/lake")


def _file() -> list[str]:
    """File the requests as a person would, over standard input; returns their ids."""
    ids = [_rtbf("file", "--law", "gdpr", "--identifiers-from", "-", said=one, quiet=True) for one in FILED]
    for one, text in zip(ids, FILED, strict=True):
        console.print(f"{one}  by its {text.partition('=')[0]}{'  (account 42)' if text == SHOWN else ''}")
    return ids


def _rtbf(*words: str, said: str = "", quiet: bool = False) -> str:
    """Run the command line; returns what it printed."""
    command = [sys.executable, "-m", "rtbf_desk.cli", *words]
    environment = os.environ | {"COLUMNS": "110"}
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"demo: rtbf {words[0]} failed: {done.stderr.strip()}")
    if not quiet and done.stdout.strip():
        console.print(done.stdout.rstrip())
    return done.stdout.strip()


@contextmanager
def _daemon() -> Iterator[None]:
    """Run Dagster's daemon: its sensors claim the requests and launch the runs."""
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", "dagster_workspace.yaml"]
    with (STATE / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(ids: list[str], wanted: set[str], what: str) -> None:
    """Wait until every request is in one of the states; a failure or the end of patience is an error."""
    until = time.monotonic() + PATIENCE_SECONDS
    with console.status(f"{what} ...") as status:
        while True:
            states = _states(ids)
            if set(states.values()) <= wanted:
                break
            failed = [one for one, state in states.items() if state == "failed"]
            if failed:
                raise SystemExit(f"demo: {what}: {_rtbf('show', failed[0], quiet=True)}")
            if time.monotonic() > until:
                raise SystemExit(f"demo: {what} took longer than {PATIENCE_SECONDS} s; see .rtbf/daemon.log")
            status.update(f"{what} ... " + ", ".join(sorted(states.values())))
            time.sleep(POLL_SECONDS)
    console.print(f"{what}: " + ", ".join(f"{one[:9]} {state}" for one, state in states.items()))


def _states(ids: list[str]) -> dict[str, str]:
    rows = json.loads(_rtbf("requests", "--json", quiet=True))
    return {row["request"]: row["state"] for row in rows if row["request"] in ids}


def _certificates(ids: list[str]) -> tuple[Path, Path]:
    """Write every record, print the verdicts of account 42; returns the paths of its record and the key."""
    OUT.mkdir(parents=True, exist_ok=True)
    key = OUT / "ledger.pub"
    for one in ids:
        _rtbf("certificate", one, "--out", str(OUT / f"{one}.json"), "--key-out", str(key))
        body = json.loads((OUT / f"{one}.json").read_text())["body"]
        console.print(f"{one}  {body['title']}")
    shown = OUT / f"{ids[0]}.json"
    console.print(_verdicts(json.loads(shown.read_text())["body"]))
    console.print(_rtbf("verify", str(shown), "--key", str(key), quiet=True).splitlines()[0])
    return shown.relative_to(ROOT), key.relative_to(ROOT)


def _verdicts(body: dict[str, Any]) -> Table:
    table = Table(title=f"account 42: {body['title']}", title_justify="left")
    for name in ("asset", "verdict", "before", "removed", "after", "reason"):
        table.add_column(name, justify="right" if name in {"before", "removed", "after"} else "left")
    for item in body["assets"]:
        proof = item["evidence"]
        counts = (
            "" if n is None else str(n)
            for n in (proof["found_before"], proof["removed"], proof["found_after"])
        )
        basis = f" ({item['basis']})" if item["basis"] else ""
        table.add_row(item["asset"], item["verdict"], *counts, item["reason"] + basis)
    return table


if __name__ == "__main__":
    sys.exit(main())
