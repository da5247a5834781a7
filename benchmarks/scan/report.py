"""What a run found: as JSON, and as the generated part of `docs/performance-scan.md`."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.published import Published
from benchmarks.scan.cases import MEMORY
from benchmarks.scan.contenders import PEERS
from benchmarks.scan.plot import draw
from benchmarks.scan.race import Raced
from benchmarks.setting import Setting
from benchmarks.verdict import Verdict

PUBLISHED = Published(
    command="make bench-scan",
    result=Path("benchmarks", "results", "scan.json"),
    document=Path("docs", "performance-scan.md"),
    picture=Path("docs", "pictures", "scan.svg"),
)
PACKAGES = ("duckdb", "polars", "pyarrow", "numpy")


@dataclass(frozen=True)
class Report(Setting):
    """A run of the benchmark: its setting, and everything that was measured."""

    memory: str
    raced: list[Raced]
    verdicts: list[Verdict]


def write(report: Report, root: Path) -> list[Path]:
    """Write result, document and picture below a folder; returns where.

    Raises:
        ValueError: the document is there without the two lines between which it is written.
    """
    draw_it = partial(draw, report.raced)
    return PUBLISHED.write(root, plain=as_json(report), told=told(report), draw=draw_it)


def as_json(report: Report) -> dict[str, Any]:
    """Return everything, every round included."""
    plain = {key: value for key, value in vars(report).items() if key not in {"raced", "verdicts"}}
    return plain | {
        "goals": [asdict(one) | {"reached": one.reached} for one in report.verdicts],
        "cases": [_case_json(one) for one in report.raced],
    }


def _case_json(one: Raced) -> dict[str, Any]:
    plain = {key: value for key, value in vars(one).items() if key != "runs"}
    return plain | {
        "contenders": {
            name: {
                "rounds": len(runs),
                "median_seconds": one.median(name),
                "median_cpu_seconds": one.median(name, "cpu_seconds"),
                "share_of_decode": one.share(name),
                "peak_bytes": one.peak(name),
                "runs": runs,
            }
            for name, runs in one.runs.items()
        }
    }


def told(report: Report) -> str:
    """Return the run as Markdown."""
    picture = "![Speed of every contender in every case, plain decode is 1](pictures/scan.svg)"
    parts = [report.setting(PACKAGES), _goals(report), picture, _seconds(report), _shares(report)]
    parts += [_resources(report), _memory(report), _left_out(report)]
    return "\n\n".join(part for part in parts if part)


def _goals(report: Report) -> str:
    rows = [[one.goal, *one.cells] for one in report.verdicts]
    return "### Goals\n\n" + markdown.table(["goal", "bound", "measured", ""], rows) if rows else ""


def _seconds(report: Report) -> str:
    head = ["case", "MB in memory", "MB of files", "cells to find", "decode", "ours", *PEERS, "ours, MB/s"]
    rows = []
    for one in _compared(report):
        mine = one.median(one.mine)
        rate = f"{one.raw / 1e6 / mine:,.0f}" if mine else "-"
        sizes = [f"{one.raw / 1e6:.0f}", f"{one.bytes / 1e6:.0f}", f"{sum(one.found.values()):,}"]
        cells = [one.cell(name, report.rounds, digits=3) for name in ("decode", one.mine, *PEERS)]
        rows.append([one.case, *sizes, *cells, rate])
    note = (
        f"Medians of {report.rounds} rounds; in brackets how many there were if fewer: who used "
        f"{report.patience:g} s in a case runs no more in it."
    )
    return f"### Seconds\n\n{markdown.table(head, rows)}\n\n{note}"


def _shares(report: Report) -> str:
    rows = [
        [one.case, *(_share(one, name) for name in (one.mine, *PEERS)), _share(one, one.mine, "cpu_seconds")]
        for one in _compared(report)
    ]
    head = ["case", "ours", *PEERS, "ours, by CPU time"]
    return f"### Speed, where plain decode is 1\n\n{markdown.table(head, rows)}"


def _resources(report: Report) -> str:
    names = ("decode", "ours", *PEERS)
    rows = [
        [one.case, *(_used(one, one.mine if name == "ours" else name) for name in names)]
        for one in _compared(report)
    ]
    return f"### CPU seconds, and peak MB of memory\n\n{markdown.table(['case', *names], rows)}"


def _memory(report: Report) -> str:
    lines = [
        f"{one.raw / 1e9:.1f} GB in memory ({one.bytes / 1e9:.1f} GB of files; {report.memory}), "
        f"{one.count:,} people looked for: {run['seconds']:.0f} s, "
        f"{one.raw / 1e6 / run['seconds']:.0f} MB/s, peak {run['peak_bytes'] / 1e6:.0f} MB."
        for one in report.raced
        if one.case == MEMORY
        for run in one.runs.get(one.mine, [])
    ]
    return "### Memory\n\n" + "\n".join(lines) if lines else ""


def _left_out(report: Report) -> str:
    lines = [f"- {one.case}: {name} {reason}" for one in report.raced for name, reason in one.failed.items()]
    return "### Left out\n\n" + "\n".join(lines) if lines else ""


def _compared(report: Report) -> list[Raced]:
    return [one for one in report.raced if one.case != MEMORY]


def _share(one: Raced, name: str, what: str = "seconds") -> str:
    share = one.share(name, what)
    return "-" if share is None else f"{share:.2f}"


def _used(one: Raced, name: str) -> str:
    if not one.runs.get(name):
        return "-"
    return f"{one.median(name, 'cpu_seconds'):.2f}, {one.peak(name) / 1e6:.0f}"
