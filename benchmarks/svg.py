"""A picture of cases, one below the other, on a logarithmic axis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def picture(path: Path, rows: Sequence[str], *, xlabel: str, legend: int) -> Iterator[Any]:
    """Yield the axes to draw on, and write them as SVG; the same figures give the same bytes.

    Args:
        path: where it is written; its stem makes the ids in it.
        rows: what the rows are called, from the top.
        xlabel: what the axis says.
        legend: how many columns the legend has.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 1.5 + 0.3 * len(rows)), layout="constrained")
        axes = figure.add_subplot(xscale="log", xlabel=xlabel)
        yield axes
        axes.set_yticks(range(len(rows)), rows)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.invert_yaxis()
        axes.grid(axis="both", color="0.9")
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper center", ncols=legend, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def mark(
    axes: Any, figures: Sequence[float | None], name: str, marker: str, *, above: bool, large: bool
) -> None:
    """Mark a contender's figure in each row that has one."""
    points = [(figure, row) for row, figure in enumerate(figures) if figure is not None]
    axes.scatter(
        [figure for figure, _ in points],
        [row for _, row in points],
        marker=marker,
        s=90 if large else 35,
        label=name,
        zorder=3 if above else 2,
    )
