"""Looking for people in Parquet: the residual scan and the sweep against DuckDB, polars and pyarrow.

    make bench-scan
    make bench-scan ARGS="--scale 0.1 --rounds 2 --gigabytes 0"

Contenders take turns, each in a process of its own, the page cache warm; whoever does not find exactly what
is there has no time. Trust the ratios within one run. A whole run writes `benchmarks/results/scan.json`,
`docs/performance-scan.md` and its picture; a quick look only prints, unless `--out` names a folder.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.command import PROGRESS, Command, options
from benchmarks.scan.cases import MEMORY, Case, cases
from benchmarks.scan.contenders import CONTENDERS
from benchmarks.scan.goals import verdicts
from benchmarks.scan.job import Look
from benchmarks.scan.memory import large
from benchmarks.scan.oracle import expected
from benchmarks.scan.race import Raced, once, race
from benchmarks.scan.report import Report, told, write
from benchmarks.turns import Rules

FULL_GIGABYTES = 2.4


def main() -> None:
    """Run what was asked for, print it, and write it where the run is a whole one."""
    command = Command(_options())
    asked = command.asked
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-scan-") as made:
        raced = _races(asked, Path(made))
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-scan-") as made:
        memory = _memory(asked, Path(made), raced) if asked.gigabytes else ""
    report = Report(**command.setting(), memory=memory, raced=raced, verdicts=verdicts(raced))
    whole = command.whole and asked.gigabytes >= FULL_GIGABYTES
    command.publish(told(report), partial(write, report), whole=whole)


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


def _options() -> argparse.ArgumentParser:
    parser = options("make bench-scan", __doc__.split("\n", 1)[0], CONTENDERS)
    what = "seconds of a case after which one runs no more in it"
    parser.add_argument("--patience", type=float, default=10.0, help=what)
    what = "how much is scanned to see the memory: 20 takes long, 0 is nothing"
    parser.add_argument("--gigabytes", type=float, default=FULL_GIGABYTES, help=what)
    return parser


if __name__ == "__main__":
    main()
