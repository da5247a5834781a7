"""Reads damaged files with everything of ours, and prints what was wrong, a JSON line a file.

A process of its own, without threads, so that it can fork. Each argument is a seed, or the path of a file
that is damaged already: `python mangled_run.py 17 18 bad.parquet`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from forked import forked
from looks import verdicts
from mangled import mangled
from whole_files import CSV, PARQUET, WHOLE, write


def case(given: str, whole: dict[str, bytes]) -> dict[str, object]:
    """Return what was damaged and what was wrong."""
    if given.isdecimal():
        name = name_of(given)
        how, data = mangled(whole[name], int(given), csv=name.startswith("csv"))
    else:
        name, how, data = given, "given", Path(given).read_bytes()
    with tempfile.TemporaryDirectory(prefix="mangled-") as folder:
        root, scratch = Path(folder) / "lake", Path(folder) / "scratch"
        root.mkdir()
        scratch.mkdir()
        path = root / (CSV if name.startswith("csv") or name.endswith(".csv") else PARQUET)
        path.write_bytes(data)
        return {"case": given, "file": name, "how": how, "wrong": list(verdicts(path, scratch))}


def name_of(seed: str) -> str:
    """Return which of the valid files a seed damages."""
    return list(WHOLE)[int(seed) % len(WHOLE)]


def whole_bytes(names: set[str]) -> dict[str, bytes]:
    """Return some of the valid files; a fork writes them, since the engines start threads."""
    with tempfile.TemporaryDirectory(prefix="whole-") as folder:
        made = {name: Path(folder) / str(number) for number, name in enumerate(sorted(names))}

        def work() -> Iterator[tuple[str, None]]:
            for name, place in made.items():
                yield name, None
                place.mkdir()
                write(name, place)

        fate = forked(work)
        if fate.died:
            raise RuntimeError(f"{fate}")
        return {name: next(place.iterdir()).read_bytes() for name, place in made.items()}


if __name__ == "__main__":
    valid = whole_bytes({name_of(one) for one in sys.argv[1:] if one.isdecimal()})
    for one in sys.argv[1:]:
        print(json.dumps(case(one, valid)), flush=True)
