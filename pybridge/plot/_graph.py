"""A computation graph as boxes and arrows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from pybridge._boundary import boundary
from pybridge.errors import OptionError
from pybridge.graphs._graph import Graph, read, unknown
from pybridge.plot._layout import layered
from pybridge.plot._read import array
from pybridge.plot._style import BLUE, INK, LABEL, SMALL, VERMILLION, WIDTH, bare, new_figure

MOST = 150
LONGEST = 26  # letters of a line in a box
LINE, PAD, MARGIN = 0.23, 0.1, 0.12
COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "equal"}


@boundary
def graph(graph: dict[str, Any], values: dict[str, Any] | None = None, slopes: dict[str, Any] | None = None) -> Figure:
    """Draw a computation graph from its inputs at the top to its outputs at the bottom.

    Inputs have a blue frame, outputs an orange one, constants none. The arguments of an operation arrive from left to
    right wherever their order matters.

    Args:
        graph: a graph of `pybridge.graphs`, with at most 150 inputs and nodes.
        values: what each node came to, as `graphs.values` gives it; numbers and short lists are written into the
            boxes, of larger tensors the shape.
        slopes: how fast the output changes with each of these inputs and nodes, as `graphs.derivative` finds it; each
            is written at the arrows that leave the box, with an arrow back up, and into a box that none leaves.

    Returns:
        The figure.

    Raises:
        GraphError: the graph is malformed, or has no node that `values` or `slopes` names; the message names the node.
        OptionError: it is too large to be read.
        DtypeError: a value or a slope is not made of numbers.

    >>> line = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}
    >>> figure = graph(line, {"x": 3.0, "y": 9.0})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['x', '= 3', 'square', '= 9', 'output']
    >>> figure = graph(line, {"x": 3.0, "y": 9.0}, {"x": 6.0, "y": 1.0})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['x', '= 3', '↑ 6', 'square', '= 9', '↑ 1', 'output']
    """
    graph, values, slopes = read(graph), values or {}, slopes or {}
    parents = {name: [] for name in graph.inputs} | {node.id: list(node.args) for node in graph.nodes.values()}
    if len(parents) > MOST:
        raise OptionError(f"{len(parents)} inputs and nodes are too many to read; draw at most {MOST}")
    unknown("value", values, parents)
    unknown("slope", slopes, parents)

    backward = {name: _brief("slope", name, slope, sign="↑ ") for name, slope in slopes.items()}
    feeding = {argument for arguments in parents.values() for argument in arguments}
    texts = {name: _lines(name, graph, values, None if name in feeding else backward.get(name)) for name in parents}
    sizes = {name: _size(lines, backward.get(name) if name in feeding else None) for name, lines in texts.items()}
    ordered = {node.id for node in graph.nodes.values() if node.op not in COMMUTATIVE}
    layout = layered(sizes, parents, ordered, WIDTH - 2 * MARGIN)
    figure = new_figure(layout.width + 2 * MARGIN, layout.height + 2 * MARGIN, layout=None)
    axes = figure.add_axes((0, 0, 1, 1))
    bare(axes)
    axes.set(xlim=(-MARGIN, layout.width + MARGIN), ylim=(-MARGIN, layout.height + MARGIN))
    for routes in layout.routes.values():
        for route in routes:
            _arrow(axes, route)
    for name, center in layout.centers.items():
        color = BLUE if name in graph.inputs else INK if parents[name] else None
        _box(axes, center, sizes[name], texts[name], VERMILLION if name in graph.outputs else color)
        if name in backward and name in feeding:
            leans = sum(route[1][0] - center[0] for route in _leaving(name, parents, layout.routes))
            _slope(axes, center[0], center[1] - sizes[name][1] / 2, backward[name], side=-1 if leans > 0 else 1)
    return figure


def _leaving(
    name: str, parents: dict[str, list[str]], routes: dict[str, list[list[tuple[float, float]]]]
) -> list[list[tuple[float, float]]]:
    """The routes from a box to each that needs it."""
    return [
        route
        for node, arguments in parents.items()
        for argument, route in zip(arguments, routes[node], strict=True)
        if argument == name
    ]


def _lines(name: str, graph: Graph, values: dict[str, Any], slope: str | None) -> list[str]:
    """What a box says: its name or operation, the attributes, the value, the slope, whether it is an output."""
    node = graph.nodes.get(name)
    if node is None:
        lines = [name]
    elif node.op == "constant":
        lines = [_brief("value", name, node.attrs["value"])]
    else:
        own = dict(node.attrs)
        title = f"adjoint of {own.pop('of')}" if node.op == "adjoint" else node.op
        lines = [title.replace("_", " "), *(f"{key} = {value}" for key, value in own.items())]
    if name in values and lines[0] != _brief("value", name, values[name]):
        lines.append(_brief("value", name, values[name], sign="= "))
    if slope:
        lines.append(slope)
    if name in graph.outputs:
        number = graph.outputs.index(name) + 1
        lines.append("output" if len(graph.outputs) == 1 else f"output {number}")
    return [line if len(line) <= LONGEST else line[: LONGEST - 1] + "…" for line in lines]


def _brief(what: str, name: str, value: object, sign: str = "") -> str:
    """A number or a short list as itself, anything larger as its shape."""
    numbers = array(f'the {what} of "{name}"', value)
    text = sign + _digits(numbers.tolist()) if numbers.size <= 4 else ""
    return text if 0 < len(text) <= LONGEST else f"{sign if what == 'slope' else ''}shape {numbers.shape}"


def _digits(numbers: list[Any] | float) -> str:
    return f"[{', '.join(map(_digits, numbers))}]" if isinstance(numbers, list) else f"{numbers or 0:.4g}"


def _size(lines: list[str], slope: str | None) -> tuple[float, float]:
    """The width and height of a box in inches, with room under each half of it for the slope beside its arrow."""
    widths = [_width(line, _letters(at)) + 2 * PAD for at, line in enumerate(lines)]
    if slope:
        widths.append(2 * (1.05 * _width(slope, SMALL) + PAD))  # on a screen, letters are up to a twentieth wider
    return max(*widths, 0.45), LINE * len(lines) + PAD


def _width(text: str, letters: int) -> float:
    return TextPath((0, 0), text, size=letters).get_extents().width / 72


def _letters(line: int) -> int:
    return LABEL if line == 0 else SMALL


def _box(
    axes: Axes, center: tuple[float, float], size: tuple[float, float], lines: list[str], frame: str | None
) -> None:
    corner = (center[0] - size[0] / 2, center[1] - size[1] / 2)
    if frame:
        style = f"round,pad=0,rounding_size={0.16 if frame == BLUE else 0.05}"
        fill = (*to_rgb(frame), 0.1)
        axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=style, facecolor=fill, edgecolor=frame, linewidth=1.5))
    for at, line in enumerate(lines):
        y = center[1] + (len(lines) / 2 - at - 0.5) * LINE
        axes.text(center[0], y, line, ha="center", va="center", color=INK, fontsize=_letters(at), parse_math=False)


def _arrow(axes: Axes, route: list[tuple[float, float]]) -> None:
    """A smooth line through the points of a route, upright at each of them."""
    points, codes = [route[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(route):
        middle = (y0 + y1) / 2
        points += [(x0, middle), (x1, middle), (x1, y1)]
        codes += [Path.CURVE4] * 3
    head: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(path=Path(points, codes), color=INK, linewidth=1, **head))


def _slope(axes: Axes, x: float, y: float, text: str, side: int) -> None:
    """What comes back along the arrows from a box, on the side of them where they don't go."""
    aligned = "left" if side > 0 else "right"
    look: dict[str, Any] = {"color": VERMILLION, "fontsize": SMALL, "parse_math": False}
    axes.text(x + side * PAD / 2, y - LINE / 2 - 0.02, text, ha=aligned, va="center", **look)
