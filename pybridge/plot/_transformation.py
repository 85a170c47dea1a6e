"""What a matrix does to a figure in the plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pybridge import linalg
from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import ShapeError
from pybridge.plot._read import array
from pybridge.plot._read import points as read_points
from pybridge.plot._style import BLUE, GREEN, INK, VERMILLION, WIDTH, dress, legend, new_figure

# A letter with no symmetry, so that a reflection never looks like a rotation.
LETTER_F = [[0, 0], [0, 2], [1.2, 2], [1.2, 1.6], [0.4, 1.6], [0.4, 1.2], [0.9, 1.2], [0.9, 0.8], [0.4, 0.8], [0.4, 0]]


@boundary
def transformation(matrix: Like, points: Like | None = None) -> Figure:
    """Draw a figure of the plane before and after a matrix, with what becomes of the grid and the unit vectors.

    Args:
        matrix: shape (2, 2), or homogeneous, shape (3, 3) with the last row 0 0 1, which can shift too; or a list of
            them, which act one after the other, with a panel after each.
        points: the corners of the figure in order, shape (n, 2); the letter F without.

    Returns:
        The figure. Its titles say how the area changes at each step: by the determinant, negative where the figure is
        turned over.

    Raises:
        ShapeError: a matrix does not act on the plane, the list is empty, or the points are not of the plane.
        DtypeError: matrix or points are not made of numbers.

    >>> transformation([[0, -1], [1, 0]]).axes[0].get_title()
    'before'
    >>> len(transformation([[[1, 1], [0, 1]], [[0, -1], [1, 0]]]).axes)
    3
    """
    steps = _steps(matrix)
    corners = read_points("the points", LETTER_F if points is None else points)

    def after(count: int) -> Callable[[np.ndarray], np.ndarray]:
        """What the first matrices do to points together."""

        def move(where: np.ndarray) -> np.ndarray:
            for acting in steps[:count]:
                where = linalg.transform(acting, where).numpy()
            return where

        return move

    moves = [after(count) for count in range(len(steps) + 1)]
    marks = np.concatenate([corners, np.eye(2), np.zeros((1, 2))])
    seen = np.concatenate([move(marks) for move in moves])
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = 0.12 * (high - low).max()
    low, high = low - margin, high + margin

    titles = ["before", *_titles(steps)]
    lines = max(title.count("\n") for title in titles) + 1
    panel = 6.4 / len(moves) - 0.1 * (len(steps) - 1)  # its width
    tall = np.clip(panel * (high - low)[1] / (high - low)[0], 0.625 * panel, 4.5)
    figure = new_figure(WIDTH, float(tall) + (1.2 if lines == 1 else 0.75 + 0.25 * lines))
    panels = figure.subplots(1, len(moves), sharex=True, sharey=True)
    for axes, move, title in zip(panels, moves, titles, strict=True):
        arrows = _panel(axes, corners, move, low, high)
        dress(axes, title, grid=False)
    panels[0].set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    legend(figure, arrows, ["(1, 0)", "(0, 1)"])
    return figure


def _steps(matrix: Like) -> np.ndarray:
    """The matrices as an array of shape (steps, 2, 2) or (steps, 3, 3)."""
    acting = array("the matrix", matrix).astype(np.float64)
    steps = acting if acting.ndim == 3 else acting[None]
    homogeneous = steps.shape[1:] == (3, 3) and (steps[:, 2] == [0, 0, 1]).all()
    if not (len(steps) and (steps.shape[1:] == (2, 2) or homogeneous)):
        raise ShapeError(
            f"a matrix of the plane has shape (2, 2), or (3, 3) with the last row 0 0 1; got shape {acting.shape}"
        )
    return steps


def _titles(steps: np.ndarray) -> list[str]:
    """What each matrix does to areas; several titles are narrow."""
    verdicts = [_verdict(determinant) for determinant in np.linalg.det(steps)]
    if len(steps) == 1:
        return [f"after: {verdicts[0]}"]
    return [f"step {number}\n{verdict}".replace(", ", ",\n") for number, verdict in enumerate(verdicts, 1)]


def _panel(
    axes: Axes, corners: np.ndarray, move: Callable[..., Any], low: np.ndarray, high: np.ndarray
) -> list[Line2D]:
    """The grid, the figure and the unit vectors where `move` puts them."""
    axes.set_aspect("equal")
    reach = np.abs([low, high]).max() * 2
    ticks = MaxNLocator(16, steps=[1, 2, 5, 10]).tick_values(-reach, reach)
    for tick in ticks:
        for line in ([[tick, ticks[0]], [tick, ticks[-1]]], [[ticks[0], tick], [ticks[-1], tick]]):
            axes.plot(*move(np.array(line)).T, color=INK, alpha=0.3, linewidth=0.6)
    moved = move(corners)
    axes.fill(*moved.T, facecolor=(*to_rgb(GREEN), 0.25), edgecolor=GREEN, linewidth=2)
    origin = move(np.zeros((1, 2)))[0]
    handles = []
    for color, tip in zip((BLUE, VERMILLION), move(np.eye(2)), strict=True):
        arrow = {"arrowstyle": "-|>", "color": color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14}
        axes.annotate("", xy=tip, xytext=origin, arrowprops=arrow)
        handles.append(Line2D([], [], color=color, linewidth=2))
    return handles


def _verdict(determinant: float) -> str:
    if abs(determinant) < 1e-9:
        return "flattened, area times 0"
    return f"area times {abs(determinant):.3g}" + (", turned over" if determinant < 0 else "")
