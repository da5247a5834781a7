"""Kills a real process with SIGKILL amid a sweep, sweeps again in another, and tells what is known.

    python sweep_crash_child.py FOLDER POINT...        prints one JSON object: point -> how it ended

Points are those of `crash_child`: `before:N` and `after:N` (around the N-th commit of the ledger in the
killed process: after each group of files, each asset, each filing), `before:all` and `after:all`. This
process only imports; every actor is a fork of it.
"""

import itertools
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from crash_child import arm, in_a_fork, leaves_of, rfc6962_root
from erasure_project import Project, project
from small_lakes import table, write
from sqlalchemy import select

from rtbf_jobs.re_erase import file_children
from rtbf_jobs.sweeping import open_sweeping
from rtbf_ledger import findings, log, schema, sweeps
from scanners.sweep import sweep_asset, sweepable

EVA, BOB, ANN = 770011223344, 770011223355, 770011223366


def deploy(folder: Path) -> Project:
    """Open the deployment of a folder: two assets, keyed by account."""
    return project(folder, [table(name, {"id": "account"}) for name in ("people", "views")])


def fill(made: Project, *people: int) -> None:
    """Write each asset as three files of two layouts, the first of which holds the people."""
    for name in ("people", "views"):
        write(made.lake, name, {"id": list(people)}, file="a.parquet")
        write(made.lake, name, {"id": [BOB], "n": [1]}, file="b.parquet")
        write(made.lake, name, {"id": [ANN], "n": [2]}, file="c.parquet")


def make_template(folder: Path) -> None:
    """Erase somebody from a deployment, and put them back."""
    made = deploy(folder)
    fill(made, EVA, BOB)
    request = made.file(f"account={EVA}")
    made.settle_directly()
    assert [] == [one.sentence for one in made.failures(request)]
    made.approve(request)
    made.settle_directly()
    assert "closed" == made.state(request)
    fill(made, EVA, BOB)


def sweep(made: Project) -> None:
    """Sweep everything and file what is to be filed, as the daily job does."""
    graph = made.control.graph
    with open_sweeping(made.settings, made.ledger, graph, lambda _asset: ()) as sweeping:
        reports = [sweep_asset(sweeping, name, progress=lambda _done, _of: None) for name in sweepable(graph)]
    file_children(made.ledger, graph, reports)


def known(made: Project) -> dict[str, Any]:
    """Return what the ledger knows, in values that are equal for equal ends."""
    with made.ledger.read() as tx:
        found = findings.of_asset(tx, closed=True)
        last = sweeps.last(tx)
        leaves, checkpoint = leaves_of(log.entries(tx)), log.checkpoint(tx)
        opened = [1 for text in log.entries(tx) if json.loads(text)["kind"] == "Resurrected"]
        filed = tx.execute(select(schema.request.c.state).order_by(schema.request.c.state)).scalars().all()
    return {
        "findings": sorted([one.asset, str(one.kind), str(one.state), one.rows, one.files] for one in found),
        "opened": len(opened),
        "children": len({one.child for one in found if one.child}),
        "without_child": sum(one.child is None for one in found),
        "requests": list(filed),
        "swept": {name: [str(one.state), one.files] for name, one in last.items()},
        "log_is_whole": (len(leaves), rfc6962_root(leaves)) == (checkpoint.size, checkpoint.root.hex()),
    }


def kill_and_resume(template: Path, folder: Path, point: str) -> dict[str, Any]:
    """Kill a sweep at a point and sweep again; return what is known then, and whether it was killed."""
    shutil.copytree(template, folder)

    def victim() -> None:
        made = deploy(folder)
        arm(made, point)
        sweep(made)

    def successor() -> dict[str, Any]:
        made = deploy(folder)
        sweep(made)
        with made.ledger.read() as tx:
            skipped = sum(one.skipped for one in sweeps.last(tx).values())
        return {"skipped": skipped, **known(made)}

    status, _ = in_a_fork(victim)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    _, found = in_a_fork(successor)
    shutil.rmtree(folder)
    return {"killed": killed, **found}


def main(folder: Path, points: list[str]) -> None:
    """Run every point and print how each ended; `all` runs on until nobody is killed any more."""
    template = folder / "template"
    status, _ = in_a_fork(lambda: make_template(template))
    assert 0 == status, "the template could not be made"
    out: dict[str, Any] = {}
    for point in points:
        numbers = itertools.count(1) if point.endswith(":all") else [0]
        for nth in numbers:
            name = point.replace("all", str(nth))
            out[name] = kill_and_resume(template, folder / "made", name)
            if not out[name]["killed"]:
                break
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
