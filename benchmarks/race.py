"""Contenders take turns at a case, each in a process of its own on a fresh copy; every output is checked."""

import functools
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.contenders import CONTENDERS
from benchmarks.filesystems import file_system
from benchmarks.job import Job
from benchmarks.oracle import Oracle, WrongResult
from benchmarks.table import Ids, Table, parquet_files
from benchmarks.turns import Rules, Run, Turns, in_turn

ROOT = Path(__file__).parents[1]
OWN_ORDER = frozenset({"duckdb", "delta-rs", "pyiceberg"})
"""Who may write rows in another order: joins and table formats promise none."""
PEERS = [name for name in CONTENDERS if name not in {"ours", "cp"}]
LONGEST = 120
"""Seconds after which a peer's process is ended."""


@dataclass
class Raced(Turns):
    """What a case took on a file system: all runs by contender, and why some did not run or count."""

    case: str
    file_system: str
    table: str
    key: str
    ids: int
    touched: int
    groups: int
    bytes: int
    why: str = ""
    runs: dict[str, list[Run]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def ranking(self) -> list[str]:
        """The peers whose output was right, the shortest median first."""
        ran = {name: median for name in PEERS if (median := self.median(name)) is not None}
        return sorted(ran, key=ran.__getitem__)

    @property
    def best_peer(self) -> str | None:
        """The fastest peer, of those whose output was right."""
        return next(iter(self.ranking), None)


def race(case: Case, names: list[str], folder: Path, rules: Rules) -> Raced:
    """Let contenders take turns at a case on the file system of a folder.

    Raises:
        WrongResult: our own output is not what the oracle says.
        subprocess.CalledProcessError: our own process failed.
    """
    table, ids = case.data()
    oracle = oracle_of(table)
    holds = oracle.touched(ids)
    raced = Raced(
        case=case.name,
        file_system=file_system(folder),
        table=table.name,
        key=f"{table.key} ({'text' if table.text else 'int'})",
        ids=len(ids),
        touched=sum(map(len, holds.values())),
        groups=sum(map(len, table.groups.values())),
        bytes=table.bytes,
        why=case.why,
    )
    for name in in_turn(names, min(rules.rounds, case.rounds or rules.rounds)):
        if _runs_again(raced, name, rules.patience):
            _take(raced, name, functools.partial(_once, name, oracle, ids, list(holds), folder))
            rules.say(f"{raced.case} ({raced.file_system}): {raced.last(name, digits=2)}")
    return raced


def fewer(case: Case, one: Raced) -> Case:
    """Return a case for another file system: with the two peers that were fastest on the first one."""
    kept = {"ours", "cp", *one.ranking[:2]}
    why = f"only the two peers run that were fastest on {one.file_system}"
    return replace(case, names=tuple(name for name in case.names if name in kept), why=why)


@functools.cache
def oracle_of(table: Table) -> Oracle:
    """Return a table's oracle, whose rows are read once."""
    return Oracle(table)


def _runs_again(raced: Raced, name: str, patience: float) -> bool:
    if name in raced.failed:
        return False
    return name not in PEERS or name == raced.best_peer or raced.used(name) < patience


def _take(raced: Raced, name: str, once: Callable[[], Run]) -> None:
    """Note a run; a peer that fails, or whose output is wrong, is out of the case, and the report says so."""
    try:
        raced.runs.setdefault(name, []).append(once())
    except (WrongResult, subprocess.SubprocessError) as failed:
        if name not in PEERS:
            failed.add_note(str(getattr(failed, "stderr", "")))
            raise
        raced.runs.pop(name)
        raced.failed[name] = _reason(failed)


def _reason(failed: Exception) -> str:
    if isinstance(failed, subprocess.TimeoutExpired):
        return f"took longer than {LONGEST} s"
    if isinstance(failed, subprocess.CalledProcessError):
        if failed.returncode < 0:
            return f"was ended by {signal.Signals(-failed.returncode).name}"
        return f"failed with {failed.stderr.strip().splitlines()[-1].partition(':')[0]}"
    return str(failed)


def _once(name: str, oracle: Oracle, ids: Ids, holds: list[str], folder: Path) -> Run:
    table = oracle.table
    with tempfile.TemporaryDirectory(dir=folder) as work:
        copy, told = Path(work, "table"), Path(work, "job.json")
        copy.mkdir()
        subprocess.run(["cp", "--reflink=never", *table.files, copy], check=True)
        group = max(max(counts) for counts in table.groups.values())
        Job(name=name, folder=copy, key=table.key, ids=ids, holds=holds, group=group).write(told)
        subprocess.run(["sync", "-f", copy], check=True)
        command = [sys.executable, "-m", "benchmarks.contenders", str(told)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            timeout=LONGEST if name in PEERS else None,
        )
        oracle.check(copy, [] if name == "cp" else ids, ordered=name not in OWN_ORDER)
        left = sum(file.stat().st_size for file in parquet_files(copy))
        return json.loads(done.stdout) | {"bytes_after": left}
