"""Looking for people in Parquet: the residual scan and the sweep against DuckDB, polars and pyarrow.

    make bench-scan
    make bench-scan ARGS="--scale 0.1 --rounds 2 --gigabytes 0"

Contenders take turns, each in a process of its own, the page cache warm; whoever does not find exactly what
is there has no time. Trust the ratios within one run. A whole run writes `benchmarks/results/scan.json`,
`docs/performance-scan.md` and its picture; a quick look only prints, unless `--out` names a folder.
"""

import argparse
import functools
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from benchmarks.machine import commit, load, machine
from benchmarks.scan.cases import MEMORY, Case, cases
from benchmarks.scan.contenders import CONTENDERS
from benchmarks.scan.goals import verdicts
from benchmarks.scan.job import Look
from benchmarks.scan.memory import large
from benchmarks.scan.oracle import expected
from benchmarks.scan.race import ROOT, Raced, Rules, once, race
from benchmarks.scan.report import Report, told, write

FULL_SCALE, FULL_ROUNDS, FULL_GIGABYTES = 1.0, 5, 2.4
SAY = functools.partial(Console(highlight=False, soft_wrap=True).print, markup=False)
PROGRESS = functools.partial(print, file=sys.stderr, flush=True)


def main() -> None:
    """Run what was asked for, print it, and write it where the run is a whole one."""
    signal.signal(signal.SIGTERM, _ended)
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    before, start, date = load(), time.monotonic(), datetime.now(UTC).date()
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-scan-") as made:
        raced = _races(asked, Path(made))
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-scan-") as made:
        memory = _memory(asked, Path(made), raced) if asked.gigabytes else ""
    report = Report(
        date=date.isoformat(),
        machine=machine() | {"load_before": before, "load_after": load()},
        commit=commit(),
        scale=asked.scale,
        rounds=asked.rounds,
        patience=asked.patience,
        minutes=round((time.monotonic() - start) / 60, 1),
        memory=memory,
        raced=raced,
        verdicts=verdicts(raced),
    )
    SAY(told(report))
    whole = asked.scale >= FULL_SCALE and asked.rounds >= FULL_ROUNDS and asked.gigabytes >= FULL_GIGABYTES
    if asked.out or (whole and not (asked.case or asked.contenders)):
        for path in write(report, asked.out or ROOT):
            SAY(f"written: {path}")
    else:
        SAY("nothing is written: that takes a whole run, or --out")


def _races(asked: argparse.Namespace, folder: Path) -> list[Raced]:
    rules = Rules(asked.rounds, asked.patience, PROGRESS)
    chosen = [case for case in cases(folder, asked.scale) if asked.case in case.name]
    return [race(case, _names(case, asked), rules) for case in chosen]


def _memory(asked: argparse.Namespace, folder: Path, raced: list[Raced]) -> str:
    """Scan many files once, note it, and return what they are."""
    made = large(folder, round(asked.gigabytes * 1e9), asked.scale)
    people, look, count = made.people, Look.ALL, 1_000
    case = Case(MEMORY, people.made, look, count, ("ours",))
    one = Raced(MEMORY, look, count, people.bytes * made.copies, made.raw, {})
    raced.append(once(case, made.folder, expected(people, look, count, made.copies), one))
    PROGRESS(f"{MEMORY}: ours {one.median('ours'):.0f} s")
    return f"{made.copies} hard links to each of {people.files} files of {people.rows:,} rows"


def _names(case: Case, asked: argparse.Namespace) -> list[str]:
    wanted = {"decode", *(asked.contenders or CONTENDERS)}
    return [name for name in case.names if name in wanted or name.startswith("ours")]


def _ended(number: int, frame: Any) -> NoReturn:
    """Leave by way of every `finally`: processes and files are cleaned up."""
    sys.exit(128 + number)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-scan", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=FULL_SCALE, help="1.0 has a million rows (default)")
    parser.add_argument("--rounds", type=int, default=FULL_ROUNDS, help="of which the median counts")
    parser.add_argument(
        "--patience", type=float, default=10.0, help="seconds of a case after which one runs no more in it"
    )
    parser.add_argument(
        "--gigabytes",
        type=float,
        default=FULL_GIGABYTES,
        help="how much is scanned to see the memory: 20 takes long, 0 is nothing",
    )
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="who runs beside ours")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".cache", help="where files are made: about 1.5 GB"
    )
    parser.add_argument("--out", type=Path, help="write the results below this folder, whole run or not")
    return parser.parse_args()


if __name__ == "__main__":
    main()
