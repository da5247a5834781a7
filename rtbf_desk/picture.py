"""The lineage with the verdicts of one record, as SVG."""

from collections.abc import Mapping
from typing import Any

from lineage_assets.errors import GraphError
from lineage_assets.graph import LineageGraph
from rtbf_desk.picture_drawing import Box, Look, drawing, figure
from rtbf_ledger.verdicts import WORDS, Verdict

DIGEST_SHOWN = 12
LOOKS = {
    Verdict.ERASED: Look("#0b5394", "#e3eef9", "M4.5 4.5l7 7M11.5 4.5l-7 7"),
    Verdict.REDACTED: Look("#6a3d9a", "#efe8f6", "M3.5 5.5h9M3.5 10.5h5"),
    Verdict.REBUILT: Look("#00695c", "#e0f2ef", "M12 8a4 4 0 1 1-1.4-3M11.2 2.4v3h-3"),
    Verdict.RETRAIN_DUE: Look("#9a5b00", "#fdf0da", "M4.5 3.5h7l-7 9h7z"),
    Verdict.QUARANTINED: Look("#8a1c5b", "#f9e4ef", "M6 4v8M10 4v8"),
    Verdict.EXEMPT: Look("#4d4d00", "#f5f3d7", "M4.5 7.5h7v5h-7zM6 7.5v-2a2 2 0 0 1 4 0v2"),
    Verdict.BEYOND_USE: Look("#5d4037", "#f1e9e6", "M8 3.5a4.5 4.5 0 1 0 .01 0M5 11l6-6"),
    Verdict.NOT_AFFECTED: Look("#57606a", "#f6f8fa", "M8 4a4 4 0 1 0 .01 0"),
    Verdict.NEEDS_DECISION: Look("#b3261e", "#fdeae8", "M5.8 5.6a2.2 2.2 0 1 1 3.4 1.9L8 8.6v.9M8 12v.1"),
}
UNTOLD = Look("#57606a", "#ffffff", "M5 8h6")
UNTOLD_WORD = "not in the record"


def picture(graph: LineageGraph, body: Mapping[str, Any]) -> str:
    """Return the lineage with verdicts as SVG.

    Args:
        graph: the declared graph that the record was made from.
        body: the `body` of a certificate file, parsed (`docs/formats/certificate.md`).

    Raises:
        GraphError: the record was made from another graph, or the graph has a cycle.
    """
    if body["graph"] != graph.digest:
        raise GraphError("picture: the record was made from another graph than the one given")
    records = {item["asset"]: item for item in body["assets"]}
    about = (
        f"request {body['request_id']}, {len(records)} assets of inventory {body['graph'][:DIGEST_SHOWN]}; "
        "data flows from left to right"
    )
    boxes = [_box(name, records.get(name)) for name in graph.order(graph.nodes)]
    used = {box.look for box in boxes}
    meanings = {LOOKS[one]: _meaning(one) for one in Verdict} | {UNTOLD: UNTOLD_WORD}
    return drawing(
        graph,
        boxes,
        title=f"{body['title']}: lineage and what became of one person's data",
        about=about,
        meanings={look: text for look, text in meanings.items() if look in used},
    )


def _meaning(verdict: Verdict) -> str:
    word = str(verdict).replace("_", " ")
    return word if word == WORDS[verdict] else f"{word}: {WORDS[verdict]}"


def _box(name: str, record: Mapping[str, Any] | None) -> Box:
    if record is None:
        return Box(name, UNTOLD, UNTOLD_WORD, "", f"{name}: {UNTOLD_WORD}.", dashed=True)
    verdict, count = Verdict(record["verdict"]), _count(record)
    word = str(verdict).replace("_", " ")
    basis = f" ({record['basis']})" if record["basis"] else ""
    until = f", until {record['until']}" if record["until"] else ""
    said = ", ".join(filter(None, (f"{name}: {WORDS[verdict]}{until}", count)))
    return Box(name, LOOKS[verdict], word, count, f"{said}. {record['reason']}{basis}")


def _count(record: Mapping[str, Any]) -> str:
    """Return the counts of one person in one asset in a few words; empty where nothing was counted."""
    seen = record["evidence"]
    before, removed, after = (seen[name] for name in ("found_before", "removed", "found_after"))
    if removed:
        return f"{figure(removed)} removed, {figure(after or 0)} left"
    if before is not None:
        return f"{figure(before)} found, {figure(after or 0)} left" if before else "0 found"
    if record["until"]:
        return f"until {record['until']}"
    return f"{figure(seen['rows_searched'])} rows searched" if seen["rows_searched"] else ""
