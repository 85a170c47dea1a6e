"""Losses over one or two weights, and the paths that optimizers take down them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._read import array, function, height, points
from pybridge.plot._style import (
    DASHES,
    INK,
    LABEL,
    MARKERS,
    PALETTE,
    SMALL,
    VERMILLION,
    WIDTH,
    dress,
    legend,
    new_figure,
)

GRID = 61  # points a side at which a function of two numbers is asked
CURVE = 301  # points at which a function of one number is asked


@boundary
def optimizer_paths(paths: dict[str, Any], f: Callable[..., Any]) -> Figure:
    """Draw the paths that optimizers take over a function of one or two numbers.

    A path that ends higher than it began is followed only as far as the frame of the others.

    Args:
        paths: the points of each path by its label, as `optimizers.minimize` gives them: numbers, or lists of two.
        f: the function that was minimized; it takes a number, or a list of two, and returns a number.

    Returns:
        The figure: for points that are numbers the curve of `f` and the points against the step, for points in the
        plane the contours of `f` with the paths on them.

    Raises:
        OptionError: `paths` is not a dict of one to six paths, or `f` is not a function.
        ShapeError: a path is empty, not of numbers or pairs, not like the others, or `f` does not give one number.
        DtypeError: a path is not made of numbers.

    >>> figure = optimizer_paths({"descent": [3.0, 8.4, 12.7]}, lambda w: (30 - w) ** 2)
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['f(w)', 'w']
    """
    f = function(f)
    read = _paths(paths)
    low, high = _frame(read.values(), f)
    inside = {label: _inside(path, low, high) for label, path in read.items()}
    if len(low) == 2:
        figure = new_figure(WIDTH, _height(low, high))
        axes = figure.subplots()
        axes.set_aspect("equal")  # or a path would not meet the contours at right angles
        _contours(axes, *_surface(f, low, high))
        lines = [_draw(axes, number, *path.T) for number, path in enumerate(inside.values())]
        dress(axes, x="first weight", y="second weight", grid=False)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    else:
        figure, curves, steps = _panels(list(inside))
        lines = []
        for number, (label, path) in enumerate(inside.items()):
            axes = curves[number % len(curves)]
            if axes not in curves[:number]:
                _curve(axes, f, low[0], high[0], "the path on f" if len(curves) == 1 else str(label))
            lines.append(_walk(axes, number, path, f))
            axes.set_xlim(low[0], high[0])
        for number, path in enumerate(inside.values()):
            _draw(steps, number, np.arange(len(path)), path[:, 0], ends=False)
        dress(steps, "w after each step", x="step", y="w")
        steps.set_ylim(low[0], high[0])
    legend(figure, lines, [str(label) for label in read])
    return figure


@boundary
def loss_surface(f: Callable[..., Any], path: Like | None = None) -> Figure:
    """Draw a function of two numbers as a surface and, beside it, as a map of contours.

    Args:
        f: the function; it takes a list of two numbers and returns one number.
        path: points to draw on it, shape (n, 2), such as those of `optimizers.minimize`; they choose the part of the
            plane that is drawn, which without them reaches from -2 to 2 both ways.

    Returns:
        The figure.

    Raises:
        OptionError: `f` is not a function.
        ShapeError: the path is not one of points in the plane, or `f` does not give one number.
        DtypeError: the path is not made of numbers.

    >>> figure = loss_surface(lambda w: w[0] ** 2 + 3 * w[1] ** 2, path=[[2, 1], [1, 0.2], [0.5, 0.1]])
    >>> [axes.name for axes in figure.axes]
    ['3d', 'rectilinear']
    """
    f = function(f)
    walked = None if path is None else points("the path", path)
    if walked is not None and not np.isfinite(walked[0]).all():
        raise ShapeError("the path begins at a point that is not finite")
    if walked is None:
        low, high = np.full(2, -2.0), np.full(2, 2.0)
    else:
        low, high = _frame([walked], f)
    x, y, z = _surface(f, low, high)

    figure = new_figure(WIDTH, 3.9)
    hills = figure.add_subplot(1, 2, 1, projection="3d", computed_zorder=False)
    flat = figure.add_subplot(1, 2, 2)
    flat.set_aspect("equal")
    hills.plot_surface(x, y, z, cmap="cividis", rcount=GRID, ccount=GRID, linewidth=0, antialiased=False)
    _contours(flat, x, y, z)
    if walked is not None:
        seen = _inside(walked, low, high)
        heights = [height(f, point) for point in seen.tolist()]
        hills.plot(*seen.T, heights, color=VERMILLION, marker="o", markersize=3, zorder=5)
        flat.plot(*seen.T, color=VERMILLION, marker="o", markersize=3)
    _dress_hills(hills)
    dress(flat, "from above", x="first weight", y="second weight", grid=False)
    flat.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    return figure


def _paths(paths: dict[str, Any]) -> dict[str, np.ndarray]:
    """Every path as an array of shape (points, 1) or (points, 2)."""
    if not isinstance(paths, dict) or not 1 <= len(paths) <= len(PALETTE):
        given = f"{len(paths)} of them" if isinstance(paths, dict) else f"a value of type {type(paths).__name__}"
        raise OptionError(f'give one to {len(PALETTE)} paths by their labels, such as {{"sgd": points}}; got {given}')
    read = {}
    for label, path in paths.items():
        numbers = array(f'the path "{label}"', path).astype(np.float64)
        numbers = numbers[:, None] if numbers.ndim == 1 else numbers
        if numbers.ndim != 2 or numbers.shape[1] not in (1, 2) or not len(numbers):
            raise ShapeError(f'a path is a list of numbers or of pairs; "{label}" has shape {numbers.shape}')
        if not np.isfinite(numbers[0]).all():
            raise ShapeError(f'the path "{label}" begins at a point that is not finite')
        read[label] = numbers
    if len({path.shape[1] for path in read.values()}) > 1:
        kinds = ", ".join(f'"{label}" of {("numbers", "pairs")[path.shape[1] - 1]}' for label, path in read.items())
        raise ShapeError(f"paths over one function are all of numbers or all of pairs; got {kinds}")
    return read


def _frame(paths: Iterable[np.ndarray], f: Callable[..., Any]) -> tuple[np.ndarray, np.ndarray]:
    """The corners of what to draw: every start, and the whole of the paths that do not end higher than they began."""
    finite = [path[np.isfinite(path).all(axis=1)] for path in paths]
    kept = []
    for path in finite:
        first, last = (height(f, _point(end)) for end in (path[0], path[-1]))
        kept.append(path if last <= first + 1e-6 * abs(first) else path[:1])
    if all(len(path) == 1 for path in kept):
        kept = finite
    everything = np.concatenate(kept)
    low, high = everything.min(axis=0), everything.max(axis=0)
    wide = high - low
    margin = np.where(wide > 0, 0.15 * wide, np.where(wide.max() > 0, 0.5 * wide.max(), 1.0))
    low, high = low - margin, high + margin
    narrow = np.maximum(0.45 * (high - low).max() - (high - low), 0) / 2  # a frame is no strip
    return low - narrow, high + narrow


def _inside(path: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The path as far as the frame, and one step further if it leaves."""
    outside = ~((path >= low) & (path <= high)).all(axis=1)
    if not outside.any():
        return path
    left = outside.argmax()
    return path[: left + 1] if np.isfinite(path[left]).all() else path[:left]


def _point(row: np.ndarray) -> float | list[float]:
    return float(row[0]) if len(row) == 1 else row.tolist()


def _surface(f: Callable[..., Any], low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.linspace(low[0], high[0], GRID), np.linspace(low[1], high[1], GRID))
    z = np.array([height(f, [a, b]) for a, b in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)])
    return x, y, np.where(np.isfinite(z), z, np.nan).reshape(x.shape)


def _contours(axes: Axes, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> None:
    """Lines of equal height, at equal distances on a round bowl."""
    low, high = np.nanmin(z), np.nanmax(z)
    if low < high:
        levels = low + (high - low) * np.linspace(0, 1, 15)[1:] ** 2
        axes.contour(x, y, z, levels=levels, colors=[INK], linewidths=0.8, linestyles="solid", alpha=0.7)


def _draw(axes: Axes, number: int, x: np.ndarray, y: np.ndarray, *, ends: bool = True) -> Line2D:
    """One path as a line in its color and dashes, its marker at its end.

    A restless one is faint in the plane; against the steps it is points alone, of which the eye makes two lines.
    """
    look: dict[str, Any] = {
        "color": PALETTE[number],
        "linestyle": DASHES[number],
        "linewidth": 1.6,
        "marker": MARKERS[number],
    }
    restless = np.abs(np.diff(y)).sum() > 10 * np.ptp(y)
    if restless and not ends:
        look |= {"linestyle": "none", "markersize": 3.5, "markerfacecolor": "none", "zorder": 1.5}
    else:
        look |= {"markersize": 6, "markevery": [len(x) - 1]}
    if restless and ends:
        look |= {"linestyle": "-", "linewidth": 0.6, "alpha": 0.5, "zorder": 1.5}
    (line,) = axes.plot(x, y, **look)
    if ends:
        axes.plot(x[:1], y[:1], "o", color=PALETTE[number], markersize=7, fillstyle="none")
    return line


def _height(low: np.ndarray, high: np.ndarray) -> float:
    """How high a figure is, in inches, whose axes have one scale and fill its width."""
    return float(np.clip(5.2 * (high - low)[1] / (high - low)[0], 2.4, 5.2)) + 1.2


def _panels(labels: list[str]) -> tuple[Figure, list[Axes], Axes]:
    """A figure with panels for the function and one for the steps; more than two paths have a panel each."""
    if len(labels) <= 2:
        figure = new_figure(WIDTH, 3.6)
        curve, steps = figure.subplots(1, 2)
        return figure, [curve], steps
    rows = -(-len(labels) // 2)
    figure = new_figure(WIDTH, 2.4 * rows + 3.2)
    grid = figure.add_gridspec(rows + 1, 2, height_ratios=[*([1] * rows), 1.2])
    curves: list[Axes] = []
    for number in range(len(labels)):
        shared = {"sharex": curves[0], "sharey": curves[0]} if curves else {}
        curves.append(figure.add_subplot(grid[number // 2, number % 2], **shared))
    return figure, curves, figure.add_subplot(grid[rows, :])


def _curve(axes: Axes, f: Callable[..., Any], low: float, high: float, title: str) -> None:
    """A function of one number."""
    w = np.linspace(low, high, CURVE)
    axes.plot(w, np.array([height(f, point) for point in w.tolist()]), color=INK, linewidth=1.2)
    dress(axes, title, x="w", y="f(w)")


def _walk(axes: Axes, number: int, path: np.ndarray, f: Callable[..., Any]) -> Line2D:
    """The points of a path on the curve."""
    walked = path[:, 0]
    y = [height(f, point) for point in walked.tolist()]
    look: dict[str, Any] = {"color": PALETTE[number], "linestyle": DASHES[number], "marker": MARKERS[number]}
    every = len(walked) // 60 * 2 + 1  # odd, so that what swings shows both sides
    (line,) = axes.plot(walked, y, linewidth=1, markersize=4, markerfacecolor="none", markevery=every, **look)
    return line


def _dress_hills(axes: Any) -> None:
    dress(axes, "the surface", x="first weight", y="second weight")
    axes.view_init(elev=35, azim=-60)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.line.set_color(INK)
        axis._axinfo["grid"].update(color=INK, linewidth=0.4)
        axis.set_tick_params(colors=INK, labelsize=SMALL)
        axis.label.set(color=INK, fontsize=LABEL)
    axes.locator_params(nbins=4)
