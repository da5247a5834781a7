"""Measure the detectors on the labelled corpus, print the figures, write them into the documents."""

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.detectors.corpus import SEED, Labelled, corpus
from benchmarks.detectors.measure import ask_all, score_of, score_of_all
from benchmarks.detectors.report import Report, told, write
from scanners.undeclared.detectors import core_detectors
from scanners.undeclared.detectors.presidio import Presidio

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure, print, write."""
    columns = corpus(SEED)
    detectors = (*core_detectors("DE"), Presidio())
    begun = time.perf_counter()
    said = ask_all(columns, detectors)
    taken = time.perf_counter() - begun
    parts = sorted({one.part for one in columns})
    together = [score_of_all(part, [one for one in said if one.column.part == part]) for part in parts]
    report = Report(
        date=datetime.now(UTC).date().isoformat(),
        seed=SEED,
        columns={part: _counts(columns, part) for part in parts},
        milliseconds_per_column=round(1000 * taken / len(columns), 1),
        together=[*together, score_of_all("all", said)],
        alone=[score_of(one, said) for one in detectors],
        said=said,
    )
    print(told(report))
    write(report, ROOT)


def _counts(columns: list[Labelled], part: str) -> dict[str, int]:
    counted = Counter(one.kind is not None for one in columns if one.part == part)
    return {"personal": counted[True], "other": counted[False]}


if __name__ == "__main__":
    main()
