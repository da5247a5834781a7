"""Contenders take turns at a case, each in a process of its own; what each finds is compared every time."""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.oracle import WrongResult
from benchmarks.scan.cases import Case
from benchmarks.scan.contenders import PEERS
from benchmarks.scan.job import COLUMNS, Found, Job
from benchmarks.scan.oracle import expected
from benchmarks.turns import Rules, Run, Turns, in_turn

ROOT = Path(__file__).parents[2]
LONGEST = 60
"""Seconds after which a peer's process is ended."""


@dataclass
class Raced(Turns):
    """What a case took: all runs by contender, and why some do not count.

    Attributes:
        case: its name.
        look: where it looks.
        count: for how many people.
        bytes: of the files.
        raw: bytes in memory of the columns that are decoded.
        found: how many rows are there to find, by column.
    """

    case: str
    look: str
    count: int
    bytes: int
    raw: int
    found: Found
    runs: dict[str, list[Run]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def mine(self) -> str:
        """Which one is ours."""
        return next((name for name in self.runs if name.startswith("ours")), "ours")

    def share(self, name: str, what: str = "seconds") -> float | None:
        """Return plain decode's figure as a share of a contender's: 1 is as fast as decode."""
        decode, one = self.median("decode", what), self.median(name, what)
        return decode / one if decode and one else None


def race(case: Case, names: list[str], rules: Rules) -> Raced:
    """Let contenders take turns at a case.

    Raises:
        WrongResult: ours did not find what is there.
        ContenderEnded: our own process ended.
    """
    people = case.people()
    found = expected(people, case.look, case.count)
    raw = sum(people.raw[column] for column in COLUMNS[case.look])
    raced = Raced(case.name, case.look, case.count, people.bytes, raw, found)
    with contextlib.ExitStack() as stack:
        processes: dict[str, Process] = {}
        for name in in_turn(names, rules.rounds):
            if _runs_again(raced, name, rules.patience):
                with _noted(raced, name):
                    if name not in processes:
                        processes[name] = stack.enter_context(process(name, case, people.folder))
                    _take(raced, name, processes[name])
                rules.say(f"{raced.case}: {raced.last(name, digits=3)}")
    return raced


def once(case: Case, folder: Path, found: Found, raced: Raced) -> Raced:
    """Let ours run once over the files of another folder, and note that."""
    with process("ours", case, folder) as one:
        raced.found.update(found)
        _take(raced, "ours", one)
    return raced


class ContenderEnded(RuntimeError):
    """A contender's process ended instead of answering; the text says how, without what it printed."""


class Process:
    """A contender's process, which answers line by line."""

    def __init__(self, popen: "subprocess.Popen[str]", errors: Path, longest: float | None) -> None:
        self._popen, self._errors, self._longest = popen, errors, longest

    def answer(self, *, ask: bool) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            ContenderEnded: there is none.
        """
        if ask:
            _send(self._popen)
        timer = threading.Timer(self._longest, self._popen.kill) if self._longest else None
        if timer:
            timer.start()
        line = self._popen.stdout.readline() if self._popen.stdout else ""
        if timer:
            timer.cancel()
        if line:
            return dict(json.loads(line))
        code = self._popen.wait()
        if code < 0:
            raise ContenderEnded(f"was ended by signal {-code}, as after {LONGEST} s")
        told = self._errors.read_text().strip().splitlines() or ["nothing said"]
        raise ContenderEnded(f"failed with {told[-1].partition(':')[0]}")


@contextlib.contextmanager
def process(name: str, case: Case, folder: Path) -> Iterator[Process]:
    """Start a contender, wait until it is ready, and end it afterwards.

    Raises:
        ContenderEnded: it did not become ready.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="process-") as made:
        temp, told, errors = Path(made, "temp"), Path(made, "job.json"), Path(made, "errors")
        told.write_text(Job(name, case.look, case.people(), folder, case.count, temp).write())
        command = [sys.executable, "-m", "benchmarks.scan.contenders", str(told)]
        with (
            errors.open("w") as stderr,
            subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as popen,
        ):
            one = Process(popen, errors, LONGEST if name in PEERS else None)
            try:
                one.answer(ask=False)
                yield one
            finally:
                popen.kill()


def _send(popen: "subprocess.Popen[str]") -> None:
    if popen.stdin is not None:
        with contextlib.suppress(BrokenPipeError):  # its end is told by what it does not answer
            popen.stdin.write("run\n")
            popen.stdin.flush()


@contextlib.contextmanager
def _noted(raced: Raced, name: str) -> Iterator[None]:
    """A peer that fails, or finds something else, is out of the case, and the report says so."""
    try:
        yield
    except (WrongResult, ContenderEnded) as failed:
        if name not in PEERS:
            raise
        raced.runs.pop(name, None)
        raced.failed[name] = str(failed)


def _take(raced: Raced, name: str, one: Process) -> None:
    told = one.answer(ask=True)
    found = told.pop("found")
    if name != "decode" and found != raced.found:
        raise WrongResult(f"{name} did not find the rows that are there")
    raced.runs.setdefault(name, []).append(told)


def _runs_again(raced: Raced, name: str, patience: float) -> bool:
    return name not in raced.failed and raced.used(name) < patience
