"""What a run found: as JSON, and as the generated part of `docs/performance.md`."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.contenders import CONTENDERS
from benchmarks.goals import S3F2, VerdictOn
from benchmarks.machine import PACKAGES
from benchmarks.plot import draw
from benchmarks.published import Published
from benchmarks.race import PEERS, Raced
from benchmarks.setting import Setting
from benchmarks.turns import Run

PUBLISHED = Published(
    command="make bench-erase",
    result=Path("benchmarks", "results", "erase.json"),
    document=Path("docs", "performance.md"),
    picture=Path("docs", "pictures", "erase.svg"),
)


@dataclass(frozen=True)
class Report(Setting):
    """A run of the benchmark: its setting, and everything that was measured."""

    left_out: list[str]
    raced: list[Raced]
    verdicts: list[VerdictOn]


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
        "s3f2": S3F2,
        "cases": [_case_json(one) for one in report.raced],
    }


def _case_json(one: Raced) -> dict[str, Any]:
    plain = {key: value for key, value in vars(one).items() if key != "runs"}
    return plain | {"contenders": {name: _runs_json(one, name, runs) for name, runs in one.runs.items()}}


def _runs_json(one: Raced, name: str, runs: list[Run]) -> dict[str, Any]:
    return {
        "rounds": len(runs),
        "median_seconds": one.median(name),
        "min_seconds": min(run["seconds"] for run in runs),
        "find_seconds": one.median(name, "find_seconds"),
        "rewrite_seconds": one.median(name, "rewrite_seconds"),
        "cpu_seconds": one.median(name, "cpu_seconds"),
        "peak_bytes": one.peak(name),
        "bytes_after": runs[-1]["bytes_after"],
        "runs": runs,
    }


def told(report: Report) -> str:
    """Return the run as Markdown."""
    systems = [one.file_system for one in report.raced]
    parts = [report.setting(PACKAGES, systems=systems), _goals(report), _losses(report)]
    parts += ["![Seconds of every contender in every case](pictures/erase.svg)"]
    parts += [_seconds(report), _finds(report), _resources(report), _left_out(report)]
    return "\n\n".join(part for part in parts if part)


def _goals(report: Report) -> str:
    if not report.verdicts:
        return ""
    rows = [[one.goal, one.file_system, *one.cells] for one in report.verdicts]
    return "### Goals\n\n" + markdown.table(["goal", "on", "bound", "measured", ""], rows) + f"\n\n{S3F2}"


def _losses(report: Report) -> str:
    """Say where a peer is faster."""
    lost = []
    for one in report.raced:
        best, mine = one.best_peer, one.median("ours")
        if best and mine and (fastest := one.median(best) or 0) < mine:
            times = f"{mine / fastest:.2f} times as long as {best}"
            lost.append(
                f"- {one.case} ({one.file_system}): {times}, {one.touched} of {one.groups} row groups touched"
            )
    return "### Where we lose\n\n" + ("\n".join(lost) or "In no case of this run is a peer faster.")


def _seconds(report: Report) -> str:
    head = ["case", "on", "MB", "ids", "touched", *CONTENDERS, "best peer / ours"]
    rows = []
    for one in report.raced:
        best, mine = one.best_peer, one.median("ours")
        fastest = one.median(best) if best else None
        sizes = [f"{one.bytes / 1e6:.0f}", f"{one.ids:,}", f"{one.touched} of {one.groups}"]
        cells = [one.cell(name, report.rounds, digits=2) for name in CONTENDERS]
        ratio = f"{fastest / mine:.2f}" if fastest and mine else "-"
        rows.append([one.case, one.file_system, *sizes, *cells, ratio])
    note = (
        f"Medians of {report.rounds} rounds; in brackets how many there were if fewer: a peer other than the "
        f"fastest runs no more in a case once it used {report.patience:g} s of it. With several files a peer "
        "has to find the one to rewrite; with one file its time is the rewrite alone. Ours is always both."
    )
    return f"### Seconds\n\n{markdown.table(head, rows)}\n\n{note}"


def _finds(report: Report) -> str:
    """Tell find and rewrite apart."""
    finders = [
        "ours",
        *(name for name in PEERS if any(one.median(name, "find_seconds") for one in report.raced)),
    ]
    head = ["case", "on", "ours: rewrite", *(f"{name}: find" for name in finders)]
    rows = [
        [
            one.case,
            one.file_system,
            _figure(one.median("ours", "rewrite_seconds")),
            *(_figure(one.median(name, "find_seconds")) for name in finders),
        ]
        for one in report.raced
    ]
    return f"### Find and rewrite, seconds\n\n{markdown.table(head, rows)}"


def _resources(report: Report) -> str:
    rows = [[one.case, one.file_system, *(_used(one, name) for name in CONTENDERS)] for one in report.raced]
    return f"### CPU seconds, and peak MiB of memory\n\n{markdown.table(['case', 'on', *CONTENDERS], rows)}"


def _used(one: Raced, name: str) -> str:
    if not one.runs.get(name):
        return "-"
    return f"{_figure(one.median(name, 'cpu_seconds'))}, {one.peak(name) / (1 << 20):.0f}"


def _left_out(report: Report) -> str:
    lines = list(report.left_out)
    for one in report.raced:
        where = f"{one.case} ({one.file_system})"
        lines += [f"{where}: {name} {reason}" for name, reason in one.failed.items()]
        absent = [name for name in CONTENDERS if name not in one.runs and name not in one.failed]
        if absent:
            lines.append(f"{where}: without {', '.join(absent)}: {one.why or 'not asked for'}")
    return "### Left out\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _figure(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f}"
