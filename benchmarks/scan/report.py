"""What a run found: as JSON, and as the generated part of `docs/performance-scan.md`."""

import functools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.scan.cases import MEMORY
from benchmarks.scan.contenders import PEERS
from benchmarks.scan.goals import Verdict
from benchmarks.scan.plot import draw
from benchmarks.scan.race import Raced

RESULT = Path("benchmarks", "results", "scan.json")
DOCUMENT = Path("docs", "performance-scan.md")
PICTURE = Path("docs", "pictures", "scan.svg")
BEGIN, END = "<!-- `make bench-scan` writes from here -->", "<!-- to here -->"
spliced = functools.partial(markdown.spliced, name=str(DOCUMENT), begin=BEGIN, end=END)


@dataclass(frozen=True)
class Report:
    """A run of the benchmark: on what, how, and everything that was measured."""

    date: str
    machine: dict[str, Any]
    commit: str
    scale: float
    rounds: int
    patience: float
    minutes: float
    memory: str
    raced: list[Raced]
    verdicts: list[Verdict]


def write(report: Report, root: Path) -> list[Path]:
    """Write the result, the generated part of the document, and the picture below a folder; return where.

    Raises:
        ValueError: the document is there without the two lines between which it is written.
    """
    paths = [root / RESULT, root / DOCUMENT, root / PICTURE]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    document = paths[1].read_text() if paths[1].exists() else f"{BEGIN}\n{END}\n"
    paths[1].write_text(spliced(document, told(report)))
    paths[0].write_text(json.dumps(as_json(report), indent=1) + "\n")
    draw(report.raced, paths[2])
    return paths


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
                "peak_bytes": max(run["peak_bytes"] for run in runs),
                "runs": runs,
            }
            for name, runs in one.runs.items()
        }
    }


def told(report: Report) -> str:
    """Return the run as Markdown."""
    picture = "![Speed of every contender in every case, plain decode is 1](pictures/scan.svg)"
    parts = [_setting(report), _goals(report), picture, _seconds(report), _shares(report)]
    parts += [_resources(report), _memory(report), _left_out(report)]
    return "\n\n".join(part for part in parts if part)


def _setting(report: Report) -> str:
    on = report.machine
    names = ("duckdb", "polars", "pyarrow", "numpy")
    versions = ", ".join(f"{name} {on['versions'][name]}" for name in names if name in on["versions"])
    small = "" if report.scale >= 1 else f" **A quick look at scale {report.scale}: no figure for a goal.**"
    return (
        f"{report.date}, commit {report.commit}: {on['processor']}, {on['cores']} cores, "
        f"{on['memory_bytes'] / (1 << 30):.0f} GiB, {on['kernel']}, Python {on['python']}; "
        f"load {on['load_before'][0]} before and {on['load_after'][0]} after; {report.minutes} minutes. "
        f"{versions}.{small}"
    )


def _goals(report: Report) -> str:
    rows = [
        [
            one.goal,
            f"{'at least' if one.least else 'at most'} {one.bound:g}",
            f"{one.figure:.3g}",
            "reached" if one.reached else "**MISSED**",
        ]
        for one in report.verdicts
    ]
    return "### Goals\n\n" + markdown.table(["goal", "bound", "measured", ""], rows) if rows else ""


def _seconds(report: Report) -> str:
    head = ["case", "MB in memory", "MB of files", "cells to find", "decode", "ours", *PEERS, "ours, MB/s"]
    rows = []
    for one in _compared(report):
        mine = one.median(one.mine)
        rate = f"{one.raw / 1e6 / mine:,.0f}" if mine else "-"
        sizes = [f"{one.raw / 1e6:.0f}", f"{one.bytes / 1e6:.0f}", f"{sum(one.found.values()):,}"]
        cells = [_cell(one, name, report.rounds) for name in ("decode", one.mine, *PEERS)]
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


def _cell(one: Raced, name: str, rounds: int) -> str:
    median = one.median(name)
    if median is None:
        return "failed" if name in one.failed else "-"
    ran = len(one.runs[name])
    return f"{median:.3f}" if ran == rounds else f"{median:.3f} ({ran})"


def _share(one: Raced, name: str, what: str = "seconds") -> str:
    share = one.share(name, what)
    return "-" if share is None else f"{share:.2f}"


def _used(one: Raced, name: str) -> str:
    if not one.runs.get(name):
        return "-"
    peak = max(run["peak_bytes"] for run in one.runs[name])
    return f"{one.median(name, 'cpu_seconds'):.2f}, {peak / 1e6:.0f}"
