"""The lineage with what a plan would do at each asset, as SVG: the preview, before there is a record."""

from collections.abc import Iterable, Mapping
from typing import Any

from lineage_assets.graph import LineageGraph
from rtbf_desk.picture import LOOKS, UNTOLD
from rtbf_desk.picture_drawing import Box, Look, drawing, figure
from rtbf_ledger.verdicts import Verdict

NOTHING = "nothing is done"
MEANINGS: dict[Look, str] = {
    LOOKS[Verdict.ERASED]: "is deleted",
    LOOKS[Verdict.REDACTED]: "fields are emptied",
    LOOKS[Verdict.REBUILT]: "is made again without the person",
    LOOKS[Verdict.EXEMPT]: "is kept",
    LOOKS[Verdict.NEEDS_DECISION]: "a person decides",
    LOOKS[Verdict.NOT_AFFECTED]: NOTHING,
    UNTOLD: "not in the plan",
}
BUILT = {"rebuild", "retrain"}
_ACTS = {
    "delete rows": LOOKS[Verdict.ERASED],
    "delete file": LOOKS[Verdict.ERASED],
    "redact columns": LOOKS[Verdict.REDACTED],
    "rebuild": LOOKS[Verdict.REBUILT],
    "retrain": LOOKS[Verdict.REBUILT],
}


def planned(graph: LineageGraph, rows: Iterable[Mapping[str, Any]], request_id: str) -> str:
    """Return the lineage with the plan of one request as SVG.

    Args:
        graph: the declared graph; assets of it that the plan does not have are drawn dashed.
        rows: the lines of the preview: asset, will, word, rows, mentions, undecided, of_rows, touched.
        request_id: the request's id.

    Raises:
        GraphError: the graph has a cycle.
    """
    by_asset = {row["asset"]: row for row in rows}
    boxes = [_box(name, by_asset.get(name)) for name in graph.order(graph.nodes)]
    used = {box.look for box in boxes}
    return drawing(
        graph,
        boxes,
        title="Preview: lineage and what would happen to one person's data",
        about=f"request {request_id}; nothing is erased yet; data flows from left to right",
        meanings={look: text for look, text in MEANINGS.items() if look in used},
    )


def _box(name: str, row: Mapping[str, Any] | None) -> Box:
    if row is None:
        return Box(name, UNTOLD, MEANINGS[UNTOLD], "", f"{name}: {MEANINGS[UNTOLD]}.", dashed=True)
    count = _count(row)
    told = ", ".join(filter(None, (f"{name}: {row['word']}", count)))
    return Box(name, _look(row), row["word"], count, f"{told}.")


def _look(row: Mapping[str, Any]) -> Look:
    if row["undecided"]:
        return LOOKS[Verdict.NEEDS_DECISION]
    if row["will"] == "keep":
        return LOOKS[Verdict.EXEMPT]
    acts = row["touched"] or row["will"] in BUILT
    return _ACTS[row["will"]] if acts else LOOKS[Verdict.NOT_AFFECTED]


def _count(row: Mapping[str, Any]) -> str:
    """Return what was found of the person at an asset in a few words; empty where it was not searched."""
    if row["of_rows"] is None:
        return ""
    counts = ((row["rows"], "found"), (row["mentions"], "mentions"), (row["undecided"], "to decide"))
    return ", ".join(f"{figure(number)} {word}" for number, word in counts if number) or "0 found"
