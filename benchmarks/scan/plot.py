"""The picture: each contender's speed in each case, where plain decode is 1."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.scan.contenders import PEERS
from benchmarks.scan.goals import SHARES
from benchmarks.scan.race import Raced
from benchmarks.svg import mark, picture

MARKS = {"ours": "o"} | dict(zip(PEERS, ("s", "^", "v"), strict=True))


def draw(raced: Sequence[Raced], path: Path) -> None:
    """Write the picture as SVG; the same figures give the same bytes."""
    compared = [one for one in raced if one.runs.get("decode")]
    xlabel = "speed, plain decode of the same columns is 1; further right is faster"
    with picture(path, [one.case for one in compared], xlabel=xlabel, legend=len(MARKS) + 1) as axes:
        for name, marker in MARKS.items():
            ours = name == "ours"
            shares = [one.share(one.mine if ours else name) for one in compared]
            mark(axes, shares, name, marker, above=ours, large=ours)
        goals = [(y, SHARES[one.case]) for y, one in enumerate(compared) if one.case in SHARES]
        where, bounds = [y for y, _ in goals], [bound for _, bound in goals]
        axes.scatter(bounds, where, marker="|", s=120, color="black", label="goal")
        axes.axvline(1, color="0.6", linewidth=1)
