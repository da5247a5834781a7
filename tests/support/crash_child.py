"""Kills a real process with SIGKILL while it erases, resumes in another, and tells how it ended.

    python crash_child.py FOLDER POINT...        prints one JSON object: point -> how it ended

A point is `none` (nobody is killed), `phase:NAME` (right before a phase), `observed:ASSET` (right after it
was erased), `before:N` or `after:N` (around the N-th commit of the ledger in the killed process), `file:N`
(right after the N-th rename of a data file); `before:1::2` and the like begin at a number and take every
second, until nobody is killed any more.
This process only imports; every actor is a fork of it.
"""

import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from erasure_project import Project, Told, project
from small_lakes import LINKS, holds, read, table, write
from sqlalchemy import event, select

from lineage_assets import Erasure, mention
from rtbf_jobs.dagster_jobs import ERASE_PHASES, PREPARE_PHASES
from rtbf_jobs.erasers import atomic
from rtbf_ledger import batches, log, schema
from rtbf_ledger.batches import BatchState
from rtbf_ledger.tombstones import Form, mac_of

DEVICES = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(5)]
NAMES = ("devices", "sessions", "features", "exported")


def assets(lake: Path) -> list[Any]:
    """Return a link table, what is keyed by the linked device alone, and what is rebuilt from that."""
    devices = table("devices", {"account": "account", "device": "device"}, links=LINKS)
    sessions = table("sessions", {"device": "device", "watched_with": mention("account")}, deps=[devices])

    @dg.asset(
        deps=[sessions],
        owners=["team:a"],
        metadata=holds("features", {"device": "device"}, erasure=Erasure.REBUILD),
    )
    def features() -> None:
        sums = read(lake, "sessions").drop_nulls("device").group_by("device").agg(pl.col("n").sum())
        write(lake, "features", sums.sort("device").to_dict(as_series=False))

    exported = table("exported", {"device": "device"}, deps=[features])
    return [devices, sessions, features, exported]


def fill(lake: Path) -> None:
    """Write a lake of five people; 42 has two devices of their own, and 420 and 4 have others."""
    accounts = [42, 42, 420, 4, 7]
    write(lake, "devices", {"account": accounts, "device": DEVICES})
    for number, name in enumerate(("a.parquet", "b.parquet")):
        rows = [*DEVICES, None]
        columns = {
            "device": rows,
            "watched_with": [None, 420, 42, 42, None, 42],
            "n": [number, 1, 2, 3, 4, 5],
        }
        write(lake, "sessions", columns, file=name)
    write(lake, "features", {"device": DEVICES, "n": [1, 2, 4, 6, 8]})
    write(lake, "exported", {"device": [*DEVICES, DEVICES[0]], "n": [1, 2, 3, 4, 5, 6]})


class Killer(Told):
    """A report that kills this process once an asset was erased."""

    def __init__(self, asset: str) -> None:
        """Take the asset."""
        super().__init__()
        self._asset = asset

    def observed(self, asset: str, numbers: Mapping[str, int | float]) -> None:
        """Die where the asset's erasure was told."""
        super().observed(asset, numbers)
        if asset == self._asset and "rtbf/files_rewritten" in numbers:
            die()


def die() -> None:
    """Kill this process as nothing can be caught."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(made: Project, point: str) -> None:
    """Make this process die at a point."""
    kind, _, where = point.partition(":")
    if kind == "observed":
        made.told = Killer(where)
    elif kind == "phase":
        for phases in (PREPARE_PHASES, ERASE_PHASES):
            if where in phases:
                phases[where] = lambda _work: die()  # type: ignore[index]
    elif kind == "file":
        _die_after_rename(int(where))
    elif kind in {"before", "after"}:
        _die_around_commit(made, kind, int(where))


def _die_after_rename(number: int) -> None:
    seen = [0]
    rename = atomic.exchange

    def exchange(one: Path, two: Path) -> bool:
        done = rename(one, two)
        seen[0] += 1
        if seen[0] == number:
            die()
        return done

    atomic.exchange = exchange


def _die_around_commit(made: Project, kind: str, number: int) -> None:
    seen, engine = [0], made.ledger.engine
    commit = engine.dialect.do_commit

    @event.listens_for(engine, "commit")
    def _count(connection: Any) -> None:
        if connection.get_execution_options().get("rtbf_write"):
            seen[0] += 1
            if kind == "before" and seen[0] == number:
                die()

    def do_commit(connection: Any) -> None:
        commit(connection)
        if kind == "after" and seen[0] >= number:
            die()

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]


def drive(made: Project, request_id: str) -> None:
    """Do what daemon and person do, from wherever the request stands, until it has ended."""
    for _ in range(3):
        made.settle_directly()
        if made.state(request_id) == "planned":
            made.approve(request_id)


def resume(made: Project) -> None:
    """Begin the next attempt of what a killed process left open, as the sensor does with a dead run."""
    with made.ledger.read() as tx:
        left = [one for one in batches.unfinished(tx) if one.state is BatchState.OPEN]
    for one in left:
        batches.again(made.ledger, one.id, attempt=one.attempt, lease=timedelta(minutes=5))


def leaves_of(entries: list[str]) -> list[bytes]:
    """Return the leaf hashes of log entries."""
    return [hashlib.sha256(b"\x00" + entry.encode()).digest() for entry in entries]


def rfc6962_root(leaves: list[bytes]) -> str:
    """Return the root over leaf hashes, computed from nothing but RFC 6962's own definition."""
    if len(leaves) == 1:
        return leaves[0].hex()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = rfc6962_root(leaves[:split]), rfc6962_root(leaves[split:])
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def _named(made: Project, mac: str) -> str:
    """Return whose MAC it is."""
    key = made.ledger.keys.named("tombstone")
    everybody = [("device", one) for one in DEVICES] + [("account", str(one)) for one in (42, 420, 4, 7)]
    known = {mac_of(key, Form(namespace=ns, name="plain", value=value)): value for ns, value in everybody}
    return known.get(mac, "nobody")


def ended(made: Project, request_id: str, earlier: tuple[int, str]) -> dict[str, Any]:
    """Return how a request ended, in values that are equal for equal ends."""
    with made.ledger.read() as tx:
        leaves = leaves_of(log.entries(tx))
        checkpoint = log.checkpoint(tx)
        tombstones = tx.execute(select(schema.tombstone.c.mac)).scalars().all()
        issued = len(tx.execute(select(schema.certificate.c.serial)).all())
        sealed = len(tx.execute(select(schema.sealed.c.part)).all())
    body = made.body(request_id) if issued else {"assets": []}
    told = ("found_before", "removed", "found_after")
    return {
        "state": made.state(request_id),
        "failures": [item.sentence for item in made.failures(request_id)],
        "certificates": issued,
        "sealed": sealed,
        "keys": len(list((made.settings.keys / "vault").glob("*"))),
        "suppressed": sorted(_named(made, mac) for mac in tombstones),
        "assets": {
            one["asset"]: [one["verdict"], *(one["evidence"][name] for name in told)]
            for one in body["assets"]
        },
        "lake": {name: sorted(map(repr, read(made.lake, name).rows())) for name in NAMES},
        "leftovers": sorted(path.name for path in made.lake.rglob("*") if path.name.endswith(".tmp")),
        "log_is_whole": (len(leaves), rfc6962_root(leaves)) == (checkpoint.size, checkpoint.root.hex()),
        "log_only_grew": rfc6962_root(leaves[: earlier[0]]) == earlier[1],
    }


def deploy(folder: Path) -> Project:
    """Open the deployment of a folder."""
    return project(folder, assets(folder / "lake"))


def in_a_fork(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run in another process; returns its wait status and what it returned, as JSON."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.write(writer, json.dumps(work()).encode())
            code = 0
        except BaseException:  # noqa: BLE001 - a fork must not come back into its parent's stack
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    return os.waitpid(pid, 0)[1], json.loads(text) if text else None


def make_template(folder: Path) -> str:
    """Make a deployment with one filed request; returns its id."""
    made = deploy(folder)
    fill(made.lake)
    return made.file("account=42")


def kill_and_resume(template: Path, folder: Path, request_id: str, point: str) -> dict[str, Any]:
    """Kill a process at a point and resume in another; return how it ended, and whether it was killed."""
    shutil.copytree(template, folder)

    def victim() -> None:
        made = deploy(folder)
        arm(made, point)
        drive(made, request_id)

    def successor() -> dict[str, Any]:
        made = deploy(folder)
        with made.ledger.read() as tx:
            now = log.checkpoint(tx)
        resume(made)
        drive(made, request_id)
        return ended(made, request_id, (now.size, now.root.hex()))

    status, _ = in_a_fork(victim)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    _, found = in_a_fork(successor)
    shutil.rmtree(folder)
    return {"killed": killed, **found}


def main(folder: Path, points: list[str]) -> None:
    """Run every point and print how each ended."""
    template = folder / "template"
    _, request_id = in_a_fork(lambda: make_template(template))
    out = {}
    for number, point in enumerate(points):
        if "::" not in point:
            out[point] = kill_and_resume(template, folder / str(number), request_id, point)
            continue
        kind, first, step = point.replace("::", ":").split(":")
        for nth in itertools.count(int(first), int(step)):
            name = f"{kind}:{nth}"
            out[name] = kill_and_resume(template, folder / f"{number}-{nth}", request_id, name)
            if not out[name]["killed"]:
                break
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
