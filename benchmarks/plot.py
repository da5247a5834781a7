"""The picture: seconds of every contender in every case, on a logarithmic axis."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.race import Raced
from benchmarks.svg import mark, picture

MARKS = dict(zip(CONTENDERS, ("o", "|", "s", "^", "v", "D", "X"), strict=True))


def draw(raced: Sequence[Raced], path: Path) -> None:
    """Write the picture as SVG; the same figures give the same bytes."""
    rows = [f"{one.case} ({one.file_system})" for one in raced]
    xlabel = "seconds, median; further left is faster"
    with picture(path, rows, xlabel=xlabel, legend=len(MARKS)) as axes:
        for name, marker in MARKS.items():
            seconds = [one.median(name) for one in raced]
            mark(axes, seconds, name, marker, above=name == "ours", large=name in {"ours", "cp"})
