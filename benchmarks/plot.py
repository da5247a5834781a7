"""The picture: seconds of every contender in every case, on a logarithmic axis."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.race import Raced

MARKS = dict(zip(CONTENDERS, ("o", "|", "s", "^", "v", "D", "X"), strict=True))


def draw(raced: Sequence[Raced], path: Path) -> None:
    """Write the picture as SVG; the same figures give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "erase", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 1.5 + 0.3 * len(raced)), layout="constrained")
        axes = figure.add_subplot(xscale="log", xlabel="seconds, median; further left is faster")
        for name, mark in MARKS.items():
            points = [(y, told) for y, one in enumerate(raced) if (told := one.median(name)) is not None]
            where, seconds = [y for y, _ in points], [told for _, told in points]
            size = 90 if name in {"ours", "cp"} else 35
            axes.scatter(seconds, where, marker=mark, s=size, label=name, zorder=3 if name == "ours" else 2)
        axes.set_yticks(range(len(raced)), [f"{one.case} ({one.file_system})" for one in raced])
        axes.xaxis.set_major_formatter("{x:g}")
        axes.invert_yaxis()
        axes.grid(axis="both", color="0.9")
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper center", ncols=len(MARKS), frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
