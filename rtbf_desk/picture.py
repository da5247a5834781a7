"""Draws the lineage with the verdicts of one record: one SVG, with no font and no script from outside.

What an asset ended in is told three times: by a word, by a symbol and by a colour, so that it reads in grey,
in print and for the colour-blind; a screen reader gets all of it as text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lineage_assets.errors import GraphError
from lineage_assets.graph import LineageGraph
from rtbf_desk.picture_layout import Layout, layout
from rtbf_ledger.verdicts import WORDS, Verdict

EDGE, GAP, HEAD, LINE = 14, 28, 62, 24
BOX_HEIGHT, ROW = 60, 76
PADDING, BADGE = 8, 15
LONGEST_NAME = 28
BOLD, WIDE, SLIM = 1.1, 7.1, 4.0
"""How much more bold takes; the mean width of letters and digits, and of slim signs."""
DIGEST_SHOWN = 12
STYLE = (
    "text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:12.5px;fill:#1b1f24}"
    ".n{font-size:13px;font-weight:bold}.t{font-size:17px;font-weight:bold}.s{fill:#57606a}"
    ".e{fill:none;stroke:#8c959f;stroke-width:1.5}.m{fill:none;stroke:#fff;stroke-width:2;stroke-linecap:round}"
)


class Look(NamedTuple):
    """How a verdict looks: dark and light colour, and a symbol drawn in white inside 16 x 16."""

    dark: str
    light: str
    symbol: str


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


class Box(NamedTuple):
    """What one asset's box says. `verdict` is None for an asset the record does not cover."""

    name: str
    verdict: Verdict | None
    counted: str
    told: str

    @property
    def word(self) -> str:
        """The verdict in its own word."""
        return str(self.verdict).replace("_", " ") if self.verdict else UNTOLD_WORD


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
    boxes = [_box(name, records.get(name)) for name in graph.order(graph.nodes)]
    places = layout(graph.nx)
    wide = _box_width(boxes)
    width = max(2 * EDGE + places.columns * (wide + GAP) - GAP, 640)
    foot = HEAD + places.rows * ROW
    legend, height = _legend(boxes, top=foot, width=width)
    title = f"{body['title']}: lineage and what became of one person's data"
    about = (
        f"request {body['request_id']}, {len(records)} assets of inventory {body['graph'][:DIGEST_SHOWN]}; "
        "data flows from left to right"
    )
    parts = [
        *_head(width, height, title, f"{about}. {' '.join(box.told for box in boxes)}"),
        _text(EDGE, 28, title, "t"),
        _text(EDGE, 48, about, "s"),
        *_edges(places, wide),
        *(_drawn(box, *_corner(places.boxes[box.name], wide), wide) for box in boxes),
        *legend,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(width: float, height: float, title: str, description: str) -> list[str]:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    marker = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="rtbf-title rtbf-desc">',
        f'<title id="rtbf-title">{_safe(title)}</title>',
        f'<desc id="rtbf-desc">{_safe(description)}</desc>',
        f"<style>{STYLE}</style>",
        f'<defs><marker id="rtbf-arrow" {marker}><path d="M0 0L8 4L0 8z" fill="#8c959f"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#fff"/>',
    ]


def _box(name: str, record: Mapping[str, Any] | None) -> Box:
    if record is None:
        return Box(name, None, "", f"{name}: {UNTOLD_WORD}.")
    verdict, count = Verdict(record["verdict"]), _count(record)
    basis = f" ({record['basis']})" if record["basis"] else ""
    until = f", until {record['until']}" if record["until"] else ""
    said = ", ".join(filter(None, (f"{name}: {WORDS[verdict]}{until}", count)))
    return Box(name, verdict, count, f"{said}. {record['reason']}{basis}")


def _count(record: Mapping[str, Any]) -> str:
    """Return the counts of one person in one asset in a few words; empty where nothing was counted."""
    seen = record["evidence"]
    before, removed, after = (seen[name] for name in ("found_before", "removed", "found_after"))
    if removed:
        return f"{_number(removed)} removed, {_number(after or 0)} left"
    if before is not None:
        return f"{_number(before)} found, {_number(after or 0)} left" if before else "0 found"
    if record["until"]:
        return f"until {record['until']}"
    return f"{_number(seen['rows_searched'])} rows searched" if seen["rows_searched"] else ""


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _box_width(boxes: Iterable[Box]) -> int:
    """Return a width that holds the longest line of any box."""
    lines = [
        width
        for box in boxes
        for width in (
            _length(_short(box.name)) * BOLD,
            _length(box.word) + BADGE + 5,
            _length(box.counted),
        )
    ]
    return round(max(lines, default=0) + 2 * PADDING)


def _length(text: str) -> float:
    return sum(SLIM if letter in "fijlrtI .,:;'()[]|/-" else WIDE for letter in text)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _corner(place: tuple[int, float], wide: int) -> tuple[float, float]:
    column, row = place
    return EDGE + column * (wide + GAP), round(HEAD + row * ROW - BOX_HEIGHT / 2, 1)


def _edges(places: Layout, wide: int) -> Iterable[str]:
    for route in places.routes.values():
        points = [(x, y + BOX_HEIGHT / 2) for x, y in (_corner(place, wide) for place in route)]
        x, y = points[0]
        path = f"M{x + wide:g} {y:g}"
        for number, (next_x, next_y) in enumerate(points[1:], start=1):
            middle = x + wide + GAP / 2
            last = number == len(points) - 1
            path += f"C{middle:g} {y:g} {middle:g} {next_y:g} {next_x - (1 if last else 0):g} {next_y:g}"
            path += "" if last else f"H{next_x + wide:g}"
            x, y = next_x, next_y
        yield f'<path class="e" d="{path}" marker-end="url(#rtbf-arrow)"/>'


def _drawn(box: Box, x: float, y: float, wide: int) -> str:
    look = LOOKS[box.verdict] if box.verdict else UNTOLD
    dashes = "" if box.verdict else ' stroke-dasharray="4 3"'
    return (
        f"<g><title>{_safe(box.told)}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{wide}" height="{BOX_HEIGHT}" rx="6" fill="{look.light}" '
        f'stroke="{look.dark}" stroke-width="1.5"{dashes}/>'
        + _text(x + PADDING, y + 18, _short(box.name), "n")
        + _badge(look, x + PADDING, y + 24)
        + _text(x + PADDING + BADGE + 5, y + 36, box.word)
        + _text(x + PADDING, y + 53, box.counted)
        + "</g>"
    )


def _badge(look: Look, x: float, y: float) -> str:
    return (
        f'<g transform="translate({x:g} {y:g}) scale({BADGE / 16:g})">'
        f'<rect width="16" height="16" rx="3.5" fill="{look.dark}"/><path class="m" d="{look.symbol}"/></g>'
    )


def _legend(boxes: Iterable[Box], *, top: float, width: float) -> tuple[list[str], float]:
    """Return the verdicts used, with their words, in as many lines as it takes; and the whole height."""
    used = {box.verdict for box in boxes}
    items = [
        (LOOKS[one], word if word == WORDS[one] else f"{word}: {WORDS[one]}")
        for one in Verdict
        if one in used
        for word in (str(one).replace("_", " "),)
    ]
    items += [(UNTOLD, UNTOLD_WORD)] if None in used else []
    out, x, y = [], float(EDGE), top + LINE - 6
    for look, text in items:
        wide = BADGE + 5 + _length(text)
        if x > EDGE and x + wide > width - EDGE:
            x, y = float(EDGE), y + LINE
        out += [_badge(look, x, y - 12), _text(x + BADGE + 5, y, text)]
        x += round(wide + 14)
    return out, round(y + EDGE)


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    style = f" class={quoteattr(kind)}" if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{style}>{_safe(text)}</text>' if text else ""


def _safe(text: str) -> str:
    """Return text for XML: escaped, and without characters that XML 1.0 does not take."""
    return escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))
