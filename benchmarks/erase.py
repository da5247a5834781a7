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
import functools
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from benchmarks.cases import Case, cases
from benchmarks.contenders import CONTENDERS
from benchmarks.filesystems import file_system, missing_for_xfs, xfs
from benchmarks.goals import verdicts
from benchmarks.machine import commit, load, machine
from benchmarks.race import Raced, Rules, fewer, oracle_of, race
from benchmarks.report import Report, told, write

ROOT = Path(__file__).parents[1]
FULL_SCALE, FULL_ROUNDS = 1.0, 5
XFS_BYTES = 4 << 30
SAY = functools.partial(Console(highlight=False, soft_wrap=True).print, markup=False)
PROGRESS = functools.partial(print, file=sys.stderr, flush=True)


def main() -> None:
    """Run what was asked for, print it, and write it where the run is a whole one."""
    signal.signal(signal.SIGTERM, _ended)
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    before, start, date = load(), time.monotonic(), datetime.now(UTC).date()
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-erase-") as made:
        raced, left_out = _races(asked, Path(made))
    report = Report(
        date=date.isoformat(),
        machine=machine() | {"load_before": before, "load_after": load()},
        commit=commit(),
        scale=asked.scale,
        rounds=asked.rounds,
        patience=asked.patience,
        minutes=round((time.monotonic() - start) / 60, 1),
        left_out=left_out,
        raced=raced,
        verdicts=verdicts(raced, full=asked.scale >= FULL_SCALE),
    )
    SAY(told(report))
    whole = asked.scale >= FULL_SCALE and asked.rounds >= FULL_ROUNDS and not (asked.case or asked.contenders)
    if whole or asked.out:
        for path in write(report, asked.out or ROOT):
            SAY(f"written: {path}")
    else:
        SAY("nothing is written: that takes a whole run, or --out")


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


def _ended(number: int, frame: Any) -> NoReturn:
    """Leave by way of every `finally`: mounts and files are cleaned up."""
    sys.exit(128 + number)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-erase", description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--scale", type=float, default=FULL_SCALE, help="1.0 has a file of about 410 MB (default)"
    )
    parser.add_argument(
        "--rounds", type=int, default=FULL_ROUNDS, help="repetitions, of which the median counts"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=4.0,
        help="seconds of a case after which a peer that is not the fastest one runs no more rounds",
    )
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="who runs beside ours")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".cache",
        help="where files are made: the file system measured first",
    )
    parser.add_argument("--out", type=Path, help="write the results below this folder, whole run or not")
    return parser.parse_args()


if __name__ == "__main__":
    main()
