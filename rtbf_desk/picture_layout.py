"""Where the boxes of a lineage picture stand: columns from the sources on, few crossings, no overlaps.

A column is a topological generation. An edge that skips columns bends through a free place in each of them,
so that it passes between boxes and never behind one. Heights are in rows: a box is 1, a bend less.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

Edge = tuple[str, str]
Point = tuple[str, str, int]
"""(asset, "", column) for a box; (upstream, downstream, column) for a bend."""

BEND_HEIGHT = 0.35
SWEEPS = 12


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Places as (column, row of the middle); `routes` leads each edge from box over bends to box."""

    columns: int
    rows: float
    boxes: Mapping[str, tuple[int, float]]
    routes: Mapping[Edge, tuple[tuple[int, float], ...]]


def layout(graph: "nx.DiGraph[str]") -> Layout:
    """Return where everything of an acyclic graph stands; the same graph always gives the same places.

    Parts of the graph that no edge joins stand below one another, the largest on top.
    """
    column_of = {
        name: number for number, names in enumerate(nx.topological_generations(graph)) for name in names
    }
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    boxes: dict[str, tuple[int, float]] = {}
    routes: dict[Edge, tuple[tuple[int, float], ...]] = {}
    rows = 0.0
    for part in parts:
        chains = {edge: _chain(edge, column_of) for edge in sorted(graph.edges(part))}
        row_of, height = _part(part, column_of, chains.values())
        boxes |= {name: (column_of[name], rows + row_of[name, "", column_of[name]]) for name in part}
        for edge, chain in chains.items():
            routes[edge] = tuple((point[2], rows + row_of[point]) for point in chain)
        rows += height
    return Layout(columns=max(column_of.values(), default=-1) + 1, rows=rows, boxes=boxes, routes=routes)


def _part(
    names: Iterable[str], column_of: Mapping[str, int], chains: Iterable[list[Point]]
) -> tuple[dict[Point, float], float]:
    """Return the rows of one connected part, its top at 0, and its height."""
    chains = list(chains)
    points = {(name, "", column_of[name]) for name in names} | {one for chain in chains for one in chain}
    columns: list[list[Point]] = [[] for _ in range(max(point[2] for point in points) + 1)]
    for point in sorted(points):
        columns[point[2]].append(point)
    links = [pair for chain in chains for pair in pairwise(chain)]
    row_of = _rows(_ordered(columns, links), links)
    top = min(row - _height(point) / 2 for point, row in row_of.items())
    bottom = max(row + _height(point) / 2 for point, row in row_of.items())
    return {point: row - top for point, row in row_of.items()}, bottom - top


def _chain(edge: Edge, column_of: Mapping[str, int]) -> list[Point]:
    up, down = edge
    first, last = column_of[up], column_of[down]
    bends = [(up, down, number) for number in range(first + 1, last)]
    return [(up, "", first), *bends, (down, "", last)]


def _height(point: Point) -> float:
    return BEND_HEIGHT if point[1] else 1.0


def _neighbours(links: Iterable[tuple[Point, Point]], *, left: bool) -> dict[Point, list[Point]]:
    found: dict[Point, list[Point]] = {}
    for one, other in links:
        found.setdefault(other if left else one, []).append(one if left else other)
    return found


def _ordered(columns: list[list[Point]], links: Sequence[tuple[Point, Point]]) -> list[list[Point]]:
    """Return the columns sorted to the mean of their neighbours, again and again; the best try wins."""
    left, right = _neighbours(links, left=True), _neighbours(links, left=False)
    best, fewest = columns, _crossings(columns, links)
    now = [list(column) for column in columns]
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for number in range(len(now)) if forward else reversed(range(len(now))):
            place = {point: float(at) for column in now for at, point in enumerate(column)}
            near = left if forward else right
            now[number].sort(key=lambda point: _mean(place, near.get(point, [point])))
        crossings = _crossings(now, links)
        if crossings < fewest:
            best, fewest = [list(column) for column in now], crossings
    return best


def _mean(place: Mapping[Point, float], points: Sequence[Point]) -> float:
    return sum(place[point] for point in points) / len(points)


def _crossings(columns: Sequence[Sequence[Point]], links: Iterable[tuple[Point, Point]]) -> int:
    """Return how many pairs of edges between neighbouring columns cross."""
    place = {point: at for column in columns for at, point in enumerate(column)}
    between: dict[int, list[tuple[int, int]]] = {}
    for one, other in links:
        between.setdefault(one[2], []).append((place[one], place[other]))
    count = 0
    for pairs in between.values():
        ends: list[int] = []
        for _, end in sorted(pairs):
            count += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return count


def _rows(columns: Sequence[Sequence[Point]], links: Sequence[tuple[Point, Point]]) -> dict[Point, float]:
    """Return the row of every point: near its neighbours, in the column's order, without overlaps."""
    sides = _neighbours(links, left=True), _neighbours(links, left=False)
    row_of: dict[Point, float] = {}
    for column in columns:
        row_of |= _apart(column, [0.0] * len(column))
    for sweep in range(SWEEPS):
        near = sides[sweep % 2]
        for column in columns if sweep % 2 == 0 else reversed(columns):
            row_of |= _apart(column, [_mean(row_of, near.get(point, [point])) for point in column])
    return row_of


def _apart(column: Sequence[Point], wanted: Sequence[float]) -> dict[Point, float]:
    """Return rows as close to the wanted ones as order and heights allow (least squares, by pooling)."""
    offsets = [0.0][: len(column)]
    for one, other in pairwise(column):
        offsets.append(offsets[-1] + (_height(one) + _height(other)) / 2)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, size = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            before = pools.pop()
            total, size = total + before[0], size + before[1]
        pools.append((total, size))
    starts = [total / size for total, size in pools for _ in range(size)]
    return {point: start + offset for point, start, offset in zip(column, starts, offsets, strict=True)}
