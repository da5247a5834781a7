"""A table of 20 GB: hard links to the files of a smaller one, of which no two hold the same rows."""

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scan.data import ANY, NOTE, TEXTS, People

ROWS, FILES = 8_000_000, 64
"""About 2.4 GB in memory. The scan reads at most 64 files at once: each such group has no rows twice."""


@dataclass(frozen=True)
class Large:
    """A folder of folders, each with links to all files of `people`."""

    people: People
    folder: Path
    copies: int

    @property
    def raw(self) -> int:
        """Bytes in memory of all that is read."""
        return self.copies * sum(self.people.raw.values())


def large(folder: Path, raw: int, scale: float) -> Large:
    """Make the data and as many links as it takes for so many bytes in memory.

    All e-mail addresses, sessions and URLs are different: the scan remembers values, not rows.
    """
    rows = max(1, round(ROWS * scale / FILES / 100)) * FILES * 100
    columns = (*TEXTS, NOTE)
    people = People(folder / "large", rows, each=1, files=FILES, sizes=(ANY, ANY, 40, 1_000), columns=columns)
    copies = max(1, round(raw / sum(people.made().raw.values())))
    links = folder / "links"
    for number in range(copies):
        (links / f"{number:03}").mkdir(parents=True)
        for path in people.paths:
            os.link(path, links / f"{number:03}" / path.name)
    return Large(people, links, copies)
