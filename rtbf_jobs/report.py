"""Where progress is told: a port with numbers and fixed sentences only, so that no value can pass."""

from collections.abc import Mapping
from typing import Protocol

FEWEST_PEOPLE = 5
HOURS_OVER = "this run has had its hours; the next tick resumes the batch"


class Report(Protocol):
    """Takes what a phase has done at an asset."""

    def observed(self, asset: str, numbers: Mapping[str, int | float]) -> None:
        """Take numbers of an asset, to plot over time."""

    def checked(self, asset: str, *, passed: bool, numbers: Mapping[str, int | float]) -> None:
        """Take the verdict of a search after the erasure."""

    def said(self, sentence: str) -> None:
        """Take a sentence of ours."""


def shown(numbers: Mapping[str, int], rows: Mapping[str, int], *, people: int) -> dict[str, int | float]:
    """Return the numbers that may be told: rows only where they are about 5 people or more.

    Small counts single people out; the ledger keeps them, Dagster does not.
    """
    return {**numbers, **rows} if people >= FEWEST_PEOPLE else dict(numbers)
