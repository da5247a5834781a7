"""Erasing rows from Parquet: the eraser against cp, DuckDB, polars, pyarrow, delta-rs and pyiceberg.

    make bench-erase
    make bench-erase ARGS="--scale 0.1 --rounds 2"

Contenders take turns, each run in a process of its own on a fresh copy, the page cache warm and fsync on.
Each output is compared with the oracle before its time counts. Trust the ratios within one run; do not
compare seconds of two machines. A whole run at full scale writes `benchmarks/results/erase.json`,
`docs/performance.md` and its picture; a quick look only prints, unless `--out` names a folder.
"""

import argparse
import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.cases import Case, cases
from benchmarks.command import FULL_SCALE, PROGRESS, Command, options
from benchmarks.contenders import CONTENDERS
from benchmarks.filesystems import file_system, missing_for_xfs, xfs
from benchmarks.goals import verdicts
from benchmarks.race import Raced, fewer, oracle_of, race
from benchmarks.report import Report, told, write
from benchmarks.turns import Rules

XFS_BYTES = 4 << 30


def main() -> None:
    """Run what was asked for, print it, and write it where the run is a whole one."""
    parser = options("make bench-erase", __doc__.split("\n", 1)[0], CONTENDERS)
    what = "seconds of a case after which a peer that is not the fastest one runs no more rounds"
    parser.add_argument("--patience", type=float, default=4.0, help=what)
    command = Command(parser)
    asked = command.asked
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-erase-") as made:
        raced, left_out = _races(asked, Path(made))
    judged = verdicts(raced, full=asked.scale >= FULL_SCALE)
    report = Report(**command.setting(), left_out=left_out, raced=raced, verdicts=judged)
    command.publish(told(report), partial(write, report), whole=command.whole)


def _races(asked: argparse.Namespace, folder: Path) -> tuple[list[Raced], list[str]]:
    """Run the cases on the folder's own file system, then those of XFS on one."""
    chosen = [case for case in cases(folder / "data", asked.scale) if asked.case in case.name]
    rules = Rules(asked.rounds, asked.patience, PROGRESS)
    raced = [race(case, _names(case, asked), folder, rules) for case in chosen]
    with _xfs(folder, asked.scale, wanted=any(case.on_xfs for case in chosen)) as (mounted, why_not):
        if mounted is not None:
            again = [fewer(case, one) for case, one in zip(chosen, raced, strict=True) if case.on_xfs]
            raced += [race(case, _names(case, asked), mounted, rules) for case in again]
    oracle_of.cache_clear()
    return raced, [why_not] if why_not else []


@contextlib.contextmanager
def _xfs(folder: Path, scale: float, *, wanted: bool) -> Iterator[tuple[Path | None, str]]:
    """An XFS, or why there is none."""
    with contextlib.ExitStack() as stack:
        mounted, why_not = None, missing_for_xfs() or ""
        if file_system(folder) == "xfs":
            why_not = "XFS is not mounted apart: the folder is on one"
        if wanted and not why_not:
            try:
                mounted = stack.enter_context(xfs(folder, round(XFS_BYTES * scale)))
            except subprocess.CalledProcessError as failed:
                why_not = f"XFS is left out: {failed.cmd[0]} failed, as in a container without loop devices"
        yield mounted, why_not if wanted else ""


def _names(case: Case, asked: argparse.Namespace) -> list[str]:
    return [name for name in case.names if name in {"ours", *(asked.contenders or CONTENDERS)}]


if __name__ == "__main__":
    main()
