"""Files that a folder or a glob leaves out because of their names; they are counted, and that is told."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from rtbf_jobs.files.targets import local_places

HINT = (
    "files left out because of their names: {count:,}; `rtbf files scan` looks into them, and `rtbf files"
    " erase` takes a hidden one of this machine that is named on its own, another one once its name ends in"
    " .parquet, .parq, .pq or .csv"
)


def left_out(given: str, taken: Collection[Path]) -> set[Path]:
    """Return the files that a place on this machine holds and that are not among those that were taken.

    A folder that cannot be listed counts as one file. What a link leads to is not counted, the link is.

    Raises:
        UsageRefused: there is no such place.
    """
    return {path for place in local_places(given) for path in _files(Path(place))} - set(taken)


def _files(place: Path) -> Iterator[Path]:
    if place.is_symlink() or not place.is_dir():
        yield place
        return
    closed: list[Path] = []
    for folder, folders, names in os.walk(place, onerror=lambda error: closed.append(Path(error.filename))):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 - many files
        yield from (Path(folder, name) for name in (*names, *links))
    yield from closed
