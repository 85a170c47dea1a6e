"""Where the boxes and arrows of a layered graph go, from the top down: rows, order in the rows, places, routes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.isotonic import isotonic_regression

GAP = 0.22  # between the boxes of a row, in inches
NARROW = 0.12  # between a box and an arrow that passes the row, or two of these
DROP = 0.42  # between rows
SWEEPS = 12

Node = Any  # whatever can be a key
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The centers of the boxes, and for each argument of each box the points that its arrow passes.

    Attributes:
        centers: a point per box.
        routes: per box, the way from each of its arguments: a list of points, two for each row that it touches.
        width: of the whole.
        height: of the whole.
    """

    centers: dict[Node, Point]
    routes: dict[Node, list[list[Point]]]
    width: float
    height: float


def layered(sizes: dict[Node, Point], parents: dict[Node, list[Node]], ordered: set[Node], limit: float) -> Layout:
    """Lay a graph without cycles out in rows, its sinks at the bottom, each box just above the first that needs it.

    Args:
        sizes: width and height of each box.
        parents: the arguments of each box, in order.
        ordered: the boxes whose arguments must arrive from left to right.
        limit: how wide a row may be before its boxes go to the row above.
    """
    row = _rows(sizes, parents, limit)
    lanes, links = _links(parents, ordered, row)
    widths = {node: size[0] for node, size in sizes.items()} | dict.fromkeys(lanes, 0.0)
    grid = _order(row | lanes, links)
    x = _places(grid, widths, links, limit)

    heights = [max(sizes[node][1] if node in sizes else 0.0 for node in nodes) for nodes in grid]
    y = [sum(heights[above:]) - heights[above] / 2 + DROP * (len(grid) - 1 - above) for above in range(len(grid))]
    y.reverse()  # rows count from the bottom
    heights.reverse()
    centers = {node: (x[node], y[row[node]]) for node in sizes}
    routes: dict[Node, list[list[Point]]] = {}
    for node, arguments in parents.items():
        starts = [_passage(argument, row[argument], row[node], x, y, heights, sizes) for argument in arguments]
        arrivals = list(range(len(starts)))
        if node not in ordered:
            arrivals.sort(key=lambda at: starts[at][-1][0])
        left, top = x[node] - widths[node] / 2, y[row[node]] + sizes[node][1] / 2
        routes[node] = [[] for _ in starts]
        for place, at in enumerate(arrivals):
            routes[node][at] = [*starts[at], (left + widths[node] * (place + 1) / (len(starts) + 1), top)]
    return Layout(centers, routes, max(x[n] + widths[n] / 2 for n in x), sum(heights) + DROP * (len(grid) - 1))


def _rows(sizes: dict[Node, Point], parents: dict[Node, list[Node]], limit: float) -> dict[Node, int]:
    """The row of each box, counted from the bottom."""
    children = defaultdict(list)
    for node, arguments in parents.items():
        for argument in arguments:
            children[argument].append(node)
    row: dict[Node, int] = {}
    used: dict[int, float] = defaultdict(float)
    for node in reversed(list(TopologicalSorter(parents).static_order())):
        at = max((row[child] + 1 for child in children[node]), default=0)
        while used[at] and used[at] + sizes[node][0] > limit:
            at += 1
        row[node] = at
        used[at] += sizes[node][0] + GAP
    return row


def _links(
    parents: dict[Node, list[Node]], ordered: set[Node], row: dict[Node, int]
) -> tuple[dict[Node, int], dict[tuple[Node, Node], float]]:
    """The lanes in which arrows pass rows, each with its row, and the links between neighboring rows, upper end first.

    A link's number says where it arrives: from -0.5, the left end of the lower box, to 0.5, the right one.
    """
    lanes: dict[Node, int] = {}
    links: dict[tuple[Node, Node], float] = {}
    for node, arguments in parents.items():
        for at, argument in enumerate(arguments):
            port = (at + 1) / (len(arguments) + 1) - 0.5 if node in ordered else 0.0
            upper = argument
            for passed in range(row[argument] - 1, row[node], -1):
                lane = ("lane", argument, passed)
                lanes[lane] = passed
                links[upper, lane] = 0.0
                upper = lane
            links[upper, node] = port
    return lanes, links


def _order(row: dict[Node, int], links: dict[tuple[Node, Node], float]) -> list[list[Node]]:
    """The nodes of each row from left to right, rows from the top, in the order with the fewest crossings found."""
    above, below = _neighbors(links)
    grid: list[list[Node]] = [[] for _ in range(max(row.values()) + 1)]
    seen = set()
    stack = [node for node in reversed(list(row)) if not below[node]]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            grid[len(grid) - 1 - row[node]].append(node)
            stack.extend(reversed(above[node]))
    best, fewest = [list(nodes) for nodes in grid], _crossings(grid, links)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for nodes in grid if down else reversed(grid):
            place = {node: at / len(others) for others in grid for at, node in enumerate(others)}
            if down:
                around = {node: [place[other] for other in above[node]] for node in nodes}
            else:
                around = {node: [place[other] + links[node, other] * 1e-3 for other in below[node]] for node in nodes}
            nodes.sort(key=lambda node: np.mean(around[node] or [place[node]]))
        crossings = _crossings(grid, links)
        if crossings < fewest:
            best, fewest = [list(nodes) for nodes in grid], crossings
    return best


def _neighbors(links: dict[tuple[Node, Node], float]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    above: dict[Node, list[Node]] = defaultdict(list)
    below: dict[Node, list[Node]] = defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _crossings(grid: list[list[Node]], links: dict[tuple[Node, Node], float]) -> int:
    _, below = _neighbors(links)
    count = 0
    for upper, lower in pairwise(grid):
        place = {node: at for at, node in enumerate(lower)}
        ends = [(at, place[other] + links[node, other]) for at, node in enumerate(upper) for other in below[node]]
        first, second = np.array(ends).reshape(-1, 2).T
        count += int(((first[:, None] < first) & (second[:, None] > second)).sum())
    return count


def _places(
    grid: list[list[Node]], widths: dict[Node, float], links: dict[tuple[Node, Node], float], limit: float
) -> dict[Node, float]:
    """The horizontal centers: each node as near as its row allows to the middle of its neighbors."""
    above, below = _neighbors(links)
    offsets = []
    for nodes in grid:
        steps = [(widths[a] + widths[b]) / 2 + (GAP if widths[a] and widths[b] else NARROW) for a, b in pairwise(nodes)]
        offsets.append(widths[nodes[0]] / 2 + np.concatenate([[0.0], np.cumsum(steps)]))
    room = [at[-1] + widths[nodes[-1]] / 2 for at, nodes in zip(offsets, grid, strict=True)]
    wide = max(*room, limit if len(grid) > 1 else 0.0)
    x = {
        node: place + (wide - taken) / 2
        for nodes, at, taken in zip(grid, offsets, room, strict=True)
        for node, place in zip(nodes, at, strict=True)
    }
    rows = list(zip(grid, offsets, room, strict=True))
    for sweep in range(SWEEPS):
        near = [above, below][sweep % 2] if sweep < SWEEPS - 2 else defaultdict(list)
        for nodes, at, taken in rows if sweep % 2 == 0 else reversed(rows):
            around = [near[node] or [*above[node], *below[node]] for node in nodes]
            wanted = np.array(
                [
                    np.mean([x[other] for other in others] or [x[node]])
                    for node, others in zip(nodes, around, strict=True)
                ]
            )
            straight = [1.0 if widths[node] else 4.0 for node in nodes]
            fitted = isotonic_regression(wanted - at, sample_weight=straight, y_min=0.0, y_max=wide - taken) + at
            x.update(zip(nodes, fitted.tolist(), strict=True))
    left = min(x[node] - widths[node] / 2 for node in x)
    return {node: place - left for node, place in x.items()}


def _passage(
    argument: Node,
    start: int,
    end: int,
    x: dict[Node, float],
    y: list[float],
    heights: list[float],
    sizes: dict[Node, Point],
) -> list[Point]:
    """The way from the foot of an argument's box through the rows between it and the box that takes it."""
    points = [(x[argument], y[start] - sizes[argument][1] / 2)]
    for at in range(start - 1, end, -1):
        across = x["lane", argument, at]
        points += [(across, y[at] + heights[at] / 2), (across, y[at] - heights[at] / 2)]
    return points
