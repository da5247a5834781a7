"""The picture: each contender's speed in each case, where plain decode is 1."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.scan.contenders import PEERS
from benchmarks.scan.goals import SHARES
from benchmarks.scan.race import Raced

MARKS = {"ours": "o"} | dict(zip(PEERS, ("s", "^", "v"), strict=True))


def draw(raced: Sequence[Raced], path: Path) -> None:
    """Write the picture as SVG; the same figures give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    compared = [one for one in raced if one.runs.get("decode")]
    with mpl.rc_context({"svg.hashsalt": "scan", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 1.5 + 0.3 * len(compared)), layout="constrained")
        label = "speed, plain decode of the same columns is 1; further right is faster"
        axes = figure.add_subplot(xscale="log", xlabel=label)
        for name, mark in MARKS.items():
            shares = [one.share(one.mine if name == "ours" else name) for one in compared]
            points = [(y, share) for y, share in enumerate(shares) if share is not None]
            size, above = (90, 3) if name == "ours" else (35, 2)
            axes.scatter(
                [share for _, share in points],
                [y for y, _ in points],
                marker=mark,
                s=size,
                label=name,
                zorder=above,
            )
        goals = [(y, SHARES[one.case]) for y, one in enumerate(compared) if one.case in SHARES]
        where, bounds = [y for y, _ in goals], [bound for _, bound in goals]
        axes.scatter(bounds, where, marker="|", s=120, color="black", label="goal")
        axes.axvline(1, color="0.6", linewidth=1)
        axes.set_yticks(range(len(compared)), [one.case for one in compared])
        axes.xaxis.set_major_formatter("{x:g}")
        axes.invert_yaxis()
        axes.grid(axis="both", color="0.9")
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper center", ncols=len(MARKS) + 1, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
