"""What contenders took that take turns: all their runs, how a race is run, and in which order."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Run = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """How a race is run.

    Attributes:
        rounds: how often each contender runs.
        patience: seconds of a case after which a contender that may be left out runs no more in it.
        say: takes a line of progress.
    """

    rounds: int
    patience: float
    say: Callable[[str], None]


class Turns:
    """All runs of a case by contender, and why some contenders do not count."""

    runs: dict[str, list[Run]]
    failed: dict[str, str]

    def median(self, name: str, what: str = "seconds") -> float | None:
        """Return the median of a contender's figures, None where there is none."""
        told = [run[what] for run in self.runs.get(name, []) if run[what] is not None]
        return statistics.median(told) if told else None

    def used(self, name: str) -> float:
        """Return the seconds of all runs of a contender."""
        return sum(run["seconds"] for run in self.runs.get(name, []))

    def peak(self, name: str) -> int:
        """Return the most memory of any run of a contender, in bytes."""
        return max(run["peak_bytes"] for run in self.runs[name])

    def last(self, name: str, digits: int) -> str:
        """Say how a contender's last turn went: in seconds, or why it is out."""
        if name in self.failed:
            return f"{name} {self.failed[name]}"
        return f"{name} {self.runs[name][-1]['seconds']:.{digits}f} s"

    def cell(self, name: str, rounds: int, digits: int) -> str:
        """Return a contender's median for a table; in brackets of how many rounds, where it ran fewer."""
        median = self.median(name)
        if median is None:
            return "failed" if name in self.failed else "-"
        ran = len(self.runs[name])
        return f"{median:.{digits}f}" if ran == rounds else f"{median:.{digits}f} ({ran})"


def in_turn(names: list[str], rounds: int) -> Iterator[str]:
    """Yield the contenders, each once a round; each round begins with another one."""
    for number in range(rounds):
        turn = number % len(names)
        yield from names[turn:] + names[:turn]
