"""What the commands of the benchmarks share: options, how progress is said, and what is written when."""

import argparse
import functools
import signal
import sys
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from benchmarks.machine import commit, load, machine

ROOT = Path(__file__).parents[1]
FULL_SCALE, FULL_ROUNDS = 1.0, 5
SAY = functools.partial(Console(highlight=False, soft_wrap=True).print, markup=False)
PROGRESS = functools.partial(print, file=sys.stderr, flush=True)


class Command:
    """One run of a benchmark from the command line, timed from when this is made."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        """Read the options; ended from outside, the process leaves by way of every `finally`."""
        signal.signal(signal.SIGTERM, _ended)
        self.asked = parser.parse_args()
        self.asked.folder.mkdir(parents=True, exist_ok=True)
        self._load, self._start, self._date = load(), time.monotonic(), datetime.now(UTC).date()

    def setting(self) -> dict[str, Any]:
        """Return the fields of `Setting`, now that all was measured."""
        return {
            "date": self._date.isoformat(),
            "machine": machine() | {"load_before": self._load, "load_after": load()},
            "commit": commit(),
            "scale": self.asked.scale,
            "rounds": self.asked.rounds,
            "patience": self.asked.patience,
            "minutes": round((time.monotonic() - self._start) / 60, 1),
        }

    @property
    def whole(self) -> bool:
        """Whether everything was asked for, at full scale and with all rounds."""
        asked = self.asked
        most = asked.scale >= FULL_SCALE and asked.rounds >= FULL_ROUNDS
        return most and not (asked.case or asked.contenders)

    def publish(self, text: str, write: Callable[[Path], list[Path]], *, whole: bool) -> None:
        """Print the report, and write it where the run was a whole one or `--out` says where."""
        SAY(text)
        if whole or self.asked.out:
            for path in write(self.asked.out or ROOT):
                SAY(f"written: {path}")
        else:
            SAY("nothing is written: that takes a whole run, or --out")


def options(command: str, description: str, contenders: Collection[str]) -> argparse.ArgumentParser:
    """Return the options that every benchmark has, but `--patience`."""
    parser = argparse.ArgumentParser(prog=command, description=description)
    add = parser.add_argument
    add("--scale", type=float, default=FULL_SCALE, help="of the data; 1.0 is whole (default)")
    add("--rounds", type=int, default=FULL_ROUNDS, help="repetitions, of which the median counts")
    add("--case", default="", help="only cases whose name holds this")
    add("--contenders", nargs="*", choices=list(contenders), help="who runs beside ours")
    add("--folder", type=Path, default=ROOT / ".cache", help="where files are made, gigabytes of them")
    add("--out", type=Path, help="write the results below this folder, whole run or not")
    return parser


def _ended(number: int, frame: Any) -> NoReturn:
    """Leave by way of every `finally`: mounts, processes and files are cleaned up."""
    sys.exit(128 + number)
