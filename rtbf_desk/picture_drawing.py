"""Draws boxes on a lineage as one SVG, without font or script from outside; what they say is the caller's.

What a box means is told three times: by a word, by a symbol and by a colour, so that it reads in grey, in
print and for the colour-blind; a screen reader gets all of it as text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lineage_assets.graph import LineageGraph
from rtbf_desk.picture_layout import Layout, layout

EDGE, GAP, HEAD, LINE = 14, 28, 62, 24
BOX_HEIGHT, ROW = 60, 76
PADDING, BADGE = 8, 15
LONGEST_NAME = 28
BOLD, WIDE, SLIM = 1.1, 7.1, 4.0
"""How much more bold takes; the mean width of letters and digits, and of slim signs."""
STYLE = (
    "text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:12.5px;fill:#1b1f24}"
    ".n{font-size:13px;font-weight:bold}.t{font-size:17px;font-weight:bold}.s{fill:#57606a}"
    ".e{fill:none;stroke:#8c959f;stroke-width:1.5}.m{fill:none;stroke:#fff;stroke-width:2;stroke-linecap:round}"
)


class Look(NamedTuple):
    """How a meaning looks: dark and light colour, and a symbol drawn in white inside 16 x 16."""

    dark: str
    light: str
    symbol: str


class Box(NamedTuple):
    """What one asset's box says; `told` is all of it as a sentence."""

    name: str
    look: Look
    word: str
    counted: str
    told: str
    dashed: bool = False


def drawing(
    graph: LineageGraph, boxes: Sequence[Box], *, title: str, about: str, meanings: Mapping[Look, str]
) -> str:
    """Return a box for every asset of the graph, and its edges, as SVG; below them what each look means.

    Raises:
        GraphError: the graph has a cycle.
    """
    places = layout(graph.nx)
    wide = _box_width(boxes)
    width = max(2 * EDGE + places.columns * (wide + GAP) - GAP, 640)
    legend, height = _legend(meanings, top=HEAD + places.rows * ROW, width=width)
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


def figure(count: int) -> str:
    """Return a number in groups of three."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


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
    look = box.look
    dashes = ' stroke-dasharray="4 3"' if box.dashed else ""
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


def _legend(meanings: Mapping[Look, str], *, top: float, width: float) -> tuple[list[str], float]:
    """Return what the looks mean, in as many lines as it takes; and the whole height."""
    out, x, y = [], float(EDGE), top + LINE - 6
    for look, text in meanings.items():
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
