"""Erasing rows from Parquet: the eraser against cp, DuckDB, polars, pyarrow, delta-rs and pyiceberg.

    make bench-erase ARGS="--scale 0.1 --rounds 3"

Contenders take turns, each run in a process of its own on a fresh copy, the page cache warm and fsync on.
Each output is compared with the generator's own list, row by row, before its time counts; shown are medians
of the rounds. Trust the ratios within one run; do not compare seconds of two machines.
"""

import argparse
import functools
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq

from benchmarks.clickstream import GROUPS, Clickstream
from benchmarks.contenders import CONTENDERS

ROOT = Path(__file__).parents[1]
REFLINKS = {"xfs", "btrfs"}
ONE, THOUSAND = "1 person, 1 row group", "1,000 people, the same row group"
TABLES = {"delta-rs", "pyiceberg"}
PEERS = [name for name in CONTENDERS if name not in {"ours", "cp"}]
MEMORY_SCALE, MEMORY_GOAL = 4.7, 400 << 20

Rows = tuple[str, int]


class WrongResult(AssertionError):
    """A contender's output is not the oracle's: its time does not count, and the benchmark stops."""


@dataclass(frozen=True)
class Case:
    """Who is erased from which file.

    Attributes:
        peers: at least so many times faster than the best peer.
        copies: at most so many times as long as cp.
        names: who takes part.

    Both goals are pairs: where the file system copies, and where it reflinks.
    """

    name: str
    data: Clickstream
    gone: list[int] = field(repr=False)
    peers: tuple[float, float] | None = None
    copies: tuple[float, float] | None = None
    names: tuple[str, ...] = tuple(CONTENDERS)


@dataclass(frozen=True)
class Result:
    """Medians of one contender in one case."""

    case: str
    touched: int
    contender: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    rounds: list[float]


def cases(folder: Path, scale: float) -> list[Case]:
    """Return the cases; the goals are those set before anything was written."""
    one, mixed = (
        Clickstream(folder / f"{n}-{scale}.parquet", scale, n == "shuffled")
        for n in ("clustered", "shuffled")
    )
    spread = [
        [i for group in np.linspace(0, GROUPS - 1, n, dtype=int) for i in one.ids(int(group))]
        for n in (10, 59, 80)
    ]
    return [
        Case("nobody", one, [1], names=("ours", "cp")),
        Case(ONE, one, one.ids(40), peers=(12, 40), copies=(1.05, 0.35)),
        Case(THOUSAND, one, one.ids(40, 1000)),
        Case("10 people, 10 row groups", one, spread[0], peers=(5, 5)),
        Case("59 people, 59 row groups", one, spread[1]),
        Case("80 people, all row groups", one, spread[2], peers=(1, 1)),
        Case("1 person, shuffled", mixed, mixed.ids(40)),
        Case("100 people, shuffled", mixed, mixed.ids(40, 100), peers=(1, 1)),
    ]


def race(case: Case, names: list[str], rounds: int, folder: Path) -> list[Result]:
    """Let contenders take turns at a case and return their medians.

    Raises:
        WrongResult: an output is not what the oracle says.
    """
    case.data.write()
    ids = folder / "ids"
    ids.write_text("\n".join(map(str, case.gone)))
    expected = _rows([case.data.path], case.data.staying(case.gone))
    whole = _rows([case.data.path], np.arange(case.data.rows))
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            told[name].append(_once(name, case, ids, whole if name == "cp" else expected, folder))
            print(f"  {case.name}: {name} {told[name][-1]['seconds']:.2f} s", file=sys.stderr)
    return [_median(case, name, runs) for name, runs in told.items()]


def _once(name: str, case: Case, ids: Path, expected: Rows, folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as work:
        path = Path(work, "table", "clicks.parquet")
        path.parent.mkdir()
        subprocess.run(["cp", "--reflink=never", case.data.path, path], check=True)
        subprocess.run(["sync", "-f", path], check=True)
        command = [sys.executable, "-m", "benchmarks.contenders", name, path, ids, str(case.data.group)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        if _outcome(path.parent, ordered=name not in TABLES) != expected:
            raise WrongResult(f"{name}, {case.name}: the rows are not those that stay")
        return json.loads(done.stdout)


def _outcome(folder: Path, *, ordered: bool) -> Rows:
    """Return what a contender left; a table format gives it other names, and may make several files of it."""
    return _rows(sorted(folder.rglob("*.parquet")), None, ordered=ordered)


def _rows(paths: list[Path], only: np.ndarray | None, *, ordered: bool = True) -> Rows:
    """Return a digest of the row numbers in their order, and a sum over the hash of every whole row."""
    if only is None:
        only = np.concatenate([pq.read_table(path, columns=["n"])["n"].to_numpy() for path in paths])
    numbers = only if ordered else np.sort(only)
    with duckdb.connect() as connection:
        connection.register("kept", {"n": numbers})
        query = "select sum(hash(t)::hugeint) from read_parquet(?) t semi join kept using (n)"
        return hashlib.sha256(numbers.tobytes()).hexdigest(), int(
            connection.execute(query, [list(map(str, paths))]).fetchone()[0]
        )


def _median(case: Case, name: str, runs: list[dict[str, Any]]) -> Result:
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return Result(
        case=case.name,
        touched=case.data.touched(case.gone),
        contender=name,
        seconds=middle["seconds"],
        cpu_seconds=middle["cpu_seconds"],
        peak_bytes=int(middle["peak_bytes"]),
        rounds=[run["seconds"] for run in runs],
    )


def lines(case: Case, results: list[Result], *, reflinks: bool) -> list[str]:
    """Return a case as text: every contender, the ratios, and whether they reach the goals."""
    by_name = {one.contender: one for one in results}
    mine = by_name["ours"].seconds
    shown = [f"{one.contender} {one.seconds:.2f} s ({one.cpu_seconds:.2f} CPU)" for one in results]
    out = [f"{case.name} ({results[0].touched} of {GROUPS} touched): " + ", ".join(shown)]
    peers = [one for one in results if one.contender in PEERS]
    if peers:
        best = min(peers, key=lambda one: one.seconds)
        told = f"  {best.seconds / mine:.2f} times as fast as the best peer, {best.contender}"
        out.append(told + _judged(case.peers and case.peers[reflinks], (best.seconds / mine).__ge__))
    if "cp" in by_name:
        share = mine / by_name["cp"].seconds
        out.append(
            f"  {share:.2f} times as long as cp"
            + _judged(case.copies and case.copies[reflinks], share.__le__)
        )
    return out


def _judged(goal: float | None, reached: Callable[[float], bool]) -> str:
    return "" if goal is None else f" (goal {goal}: {'reached' if reached(goal) else 'MISSED'})"


def batch_line(results: list[Result]) -> str:
    """Return what a thousand people cost in comparison to one, where they touch the same row group."""
    mine = {one.case: one.seconds for one in results if one.contender == "ours"}
    share = mine[THOUSAND] / mine[ONE]
    return f"{THOUSAND}: {share:.2f} times as long as one{_judged(1.3, share.__le__)}"


def memory(folder: Path) -> tuple[Result, str]:
    """Erase one person from a file of about 2 GB and return the peak memory of the process."""
    data = Clickstream(folder / "large.parquet", MEMORY_SCALE)
    data.write()
    case = Case(f"1 person in {data.path.stat().st_size / 1e9:.1f} GB", data, data.ids(40))
    (result,) = race(case, ["ours"], 1, folder)
    met = "reached" if result.peak_bytes <= MEMORY_GOAL else "MISSED"
    peak, goal = result.peak_bytes >> 20, MEMORY_GOAL >> 20
    told = f"{case.name}: peak {peak} MB, {result.seconds:.2f} s (goal {goal} MB: {met})"
    return result, told


def file_system(folder: Path) -> str:
    """Return the name of the file system that a folder is on."""
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def main() -> None:
    """Run what was asked for and print it, as lines or as JSON."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-erase-") as made:
        folder = Path(made)
        system = file_system(folder)
        results: list[Result] = []
        say = functools.partial(print, file=sys.stderr if asked.json else sys.stdout, flush=True)
        say(f"scale {asked.scale}, {asked.rounds} rounds, {system}; S3F2's core: not run, it is no package")
        for case in cases(folder, asked.scale):
            if asked.case in case.name:
                names = [n for n in case.names if n in {"ours", *(asked.contenders or CONTENDERS)}]
                found = race(case, names, asked.rounds, folder)
                results += found
                say(*lines(case, found, reflinks=system in REFLINKS), sep="\n")
        if {ONE, THOUSAND} <= {one.case for one in results}:
            say(batch_line(results))
        if asked.memory:
            result, told = memory(folder)
            results.append(result)
            say(told)
    if asked.json:
        plain = {"file_system": system, "scale": asked.scale, "results": [asdict(one) for one in results]}
        print(json.dumps(plain, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-erase", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is a file of about 430 MB (default)")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions, of which the median counts")
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="who runs beside ours")
    parser.add_argument("--folder", type=Path, help="where files are made: the file system that is measured")
    parser.add_argument("--memory", action="store_true", help="peak memory on a file of about 2 GB, too")
    parser.add_argument("--json", action="store_true", help="print every round as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
