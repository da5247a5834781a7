"""What one process is told: which data, where to look, and for how many."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.scan.data import NOTE, TEXTS, People, address, joined

Found = dict[str, int]
"""Rows found, by column; a column with none is left out."""
Run = Callable[[], Found]


class Look(StrEnum):
    """Where to look, and for what."""

    KEY = "key"
    TEXTS = "texts"
    NOTE = "note"
    SWEEP = "sweep"
    ALL = "all"


COLUMNS = {
    Look.KEY: ("id",),
    Look.TEXTS: ("id", *TEXTS),
    Look.NOTE: ("id", NOTE),
    Look.SWEEP: ("email",),
    Look.ALL: ("id", *TEXTS, NOTE),
}
"""What has to be decoded."""
THREADS, MEMORY = 2, "1500MB"
BACK = 1_000
"""How many of those on the suppression list came back."""


def whom(people: People, look: Look, count: int) -> list[int]:
    """Return who is looked for, as numbers."""
    return people.sought(count, BACK if look is Look.SWEEP else None)


@dataclass(frozen=True)
class Job:
    """One contender's work.

    Attributes:
        name: the contender.
        look: where to look.
        people: the data.
        folder: where the files are, if elsewhere than with `people`.
        count: how many people are looked for.
        temp: a folder of the process's own.
    """

    name: str
    look: Look
    people: People
    folder: Path
    count: int
    temp: Path

    @classmethod
    def read(cls, text: str) -> "Job":
        """Return the job that JSON tells."""
        told: dict[str, Any] = json.loads(text)
        paths = {name: Path(told[name]) for name in ("folder", "temp")}
        return cls(**told | paths | {"look": Look(told["look"]), "people": People.read(told["people"])})

    def write(self) -> str:
        """Return the job as JSON."""
        told = {"people": self.people.told(), "folder": str(self.folder), "temp": str(self.temp)}
        return json.dumps(asdict(replace(self)) | told)

    @cached_property
    def ids(self) -> list[int]:
        """Who is looked for, as numbers."""
        return whom(self.people, self.look, self.count)

    @cached_property
    def addresses(self) -> list[str]:
        """Their e-mail addresses."""
        return list(address(self.ids).to_pylist())

    @cached_property
    def texts(self) -> list[str]:
        """Their numbers and e-mail addresses as texts."""
        return [*joined(self.ids).to_pylist(), *self.addresses]

    @property
    def paths(self) -> list[str]:
        """The files."""
        return [str(path) for path in self.people.paths]
