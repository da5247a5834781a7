"""The measurement as JSON and as the generated part of `docs/detectors.md`."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.detectors.measure import Said, Score, wrong_kinds
from benchmarks.published import END

RESULT = Path("benchmarks", "results", "detectors.json")
DOCUMENT = Path("docs", "detectors.md")
BEGIN = "<!-- `make bench-detectors` writes from here -->"
spliced = functools.partial(markdown.spliced, name=str(DOCUMENT), begin=BEGIN, end=END)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A measurement: on which corpus, when, how long, and the scores."""

    date: str
    seed: int
    columns: dict[str, dict[str, int]]
    milliseconds_per_column: float
    together: list[Score]
    alone: list[Score]
    said: Sequence[Said]


def write(report: Report, root: Path) -> None:
    """Write the result and the generated part of the document below a folder.

    Raises:
        ValueError: the document does not have the two lines between which it is written.
    """
    path = root / DOCUMENT
    path.write_text(spliced(path.read_text(), told(report)))
    (root / RESULT).write_text(json.dumps(as_json(report), indent=1) + "\n")


def as_json(report: Report) -> dict[str, Any]:
    """Return the scores, and every column on which the detectors fail; no value."""
    return {
        "date": report.date,
        "seed": report.seed,
        "columns": report.columns,
        "milliseconds_per_column": report.milliseconds_per_column,
        "together": [one.as_json() for one in report.together],
        "alone": [one.as_json() for one in report.alone],
        "missed": [_failure(one) for one in missed(report.said)],
        "false_alarms": [_failure(one) for one in false_alarms(report.said)],
        "wrong_kind": [_failure(one) for one in wrong_kinds(report.said)],
    }


def missed(said: Sequence[Said]) -> list[Said]:
    """Return the columns of personal data that no detector found."""
    return [one for one in said if one.column.kind is not None and not one.suspected()]


def false_alarms(said: Sequence[Said]) -> list[Said]:
    """Return the columns without personal data that a detector flagged."""
    return [one for one in said if one.column.kind is None and one.suspected()]


def _failure(one: Said) -> dict[str, Any]:
    return {
        "part": one.column.part,
        "what": one.column.what,
        "column": one.column.sample.column,
        "holds": one.column.kind,
        "said": [f"{found.detector}: {found.kind} {found.confidence}" for found in one.suspected()],
    }


def told(report: Report) -> str:
    """Return the measurement as Markdown."""
    took = f"all core detectors and presidio took {report.milliseconds_per_column} ms for a column"
    parts = [
        f"{report.date}, seed {report.seed}; {took}.",
        "### The corpus",
        markdown.table(
            ("part", "columns with personal data", "without"),
            [
                (part, str(counts["personal"]), str(counts["other"]))
                for part, counts in report.columns.items()
            ],
        ),
        "### All together: personal data or not",
        _scores(report.together, "part"),
        "### Each by itself: the right kind",
        _scores(report.alone, "detector"),
        "### Where they fail",
        "Personal data that is missed: " + _list(missed(report.said)),
        "False alarms: " + _list(false_alarms(report.said)),
        "Found, under another kind: " + _list(wrong_kinds(report.said)),
    ]
    return "\n\n".join(parts)


def _scores(scores: Sequence[Score], what: str) -> str:
    head = (what, "precision", "right of flagged", "recall", "found of sought")
    rows = [
        (
            *(one.what, _share(one.precision), f"{one.right}/{one.flagged}"),
            *(_share(one.recall), f"{one.found}/{one.sought}"),
        )
        for one in scores
    ]
    return markdown.table(head, rows)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _list(said: Sequence[Said]) -> str:
    return ("; ".join(f"{one.column.what} (`{one.column.sample.column}`)" for one in said) or "none") + "."
