"""Where a classifier of points in the plane changes its mind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from pybridge import _boundary
from pybridge._types import Like
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._read import array, function
from pybridge.plot._read import points as read_points
from pybridge.plot._style import INK, MARKERS, PALETTE, WIDTH, dress, legend, new_figure
from pybridge.tensors._dtypes import as_tensor

GRID = 200  # points a side at which the classifier is asked


@_boundary.boundary
def boundary(f: Callable[..., Any], points: Like, labels: Like, threshold: float = 0.5) -> Figure:
    """Draw labelled points in the plane and the regions that a classifier gives to each class.

    Args:
        f: the classifier, a model or a function: it gets a float32 tensor of points, shape (m, 2), and gives one number
            per point, shape (m,) or (m, 1), or one row of scores per point, shape (m, classes).
        points: the points, shape (n, 2).
        labels: their classes, integers from 0, shape (n,) or (n, 1).
        threshold: where one number per point divides class 0 from class 1.

    Returns:
        The figure.

    Raises:
        ShapeError: points, labels or what `f` gives do not fit together.
        OptionError: `f` is not a function, or the labels are no classes from 0 to 5.
        DtypeError: points or labels are not numbers.

    >>> figure = boundary(lambda points: points[:, 0] - points[:, 1], [[0, 3], [3, 0]], [0, 1], threshold=0.0)
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['class 0', 'class 1']
    """
    f = function(f)
    where = read_points("the points", points)
    classes = _classes(labels, len(where))
    low, high = where.min(axis=0), where.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 1.0)
    low, high = low - margin, high + margin
    across, up = np.linspace(low[0], high[0], GRID), np.linspace(low[1], high[1], GRID)
    x, y = np.meshgrid(across, up)
    regions = _ask(f, np.column_stack([x.ravel(), y.ravel()])).reshape((*x.shape, -1))

    figure = new_figure(WIDTH, 5.0)
    axes = figure.subplots()
    count = int(max(classes.max() + 1, 2, regions.shape[-1]))
    if regions.shape[-1] == 1:
        chosen = (regions[..., 0] > threshold).astype(int)
        margins = [regions[..., 0] - threshold]
    else:
        chosen = regions.argmax(axis=-1)
        margins = [regions[..., k] - np.delete(regions, k, axis=-1).max(axis=-1) for k in range(regions.shape[-1])]
    tints = np.array([to_rgba(color, 0.12) for color in PALETTE])
    axes.imshow(tints[chosen], extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto")
    for margin in margins:
        if margin.min() < 0 < margin.max():
            axes.contour(x, y, margin, levels=[0], colors=[INK], linewidths=1.5)
    size = 28 if len(where) <= 400 else 12
    dots = []
    for number in range(count):
        mine = where[classes == number]
        look: dict[str, Any] = {"color": PALETTE[number], "marker": MARKERS[number], "alpha": 0.9, "linewidths": 0}
        dots.append(axes.scatter(mine[:, 0], mine[:, 1], s=size, **look))
    dress(axes, grid=False)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    labels = [f"class {number}" for number in range(count)]
    legend(figure, dots, labels, markerscale=1.5)
    return figure


def _classes(labels: Like, count: int) -> np.ndarray:
    read = array("the labels", labels)
    if read.size != count or read.ndim not in (1, 2):
        raise ShapeError(f"{count} points need as many labels; got shape {read.shape}")
    classes = read.ravel().astype(int)
    if (classes != read.ravel()).any() or classes.min() < 0 or classes.max() >= len(PALETTE):
        raise OptionError(
            f"labels are classes, integers from 0 to {len(PALETTE) - 1}; got {read.min():g} to {read.max():g}"
        )
    return classes


def _ask(f: Callable[..., Any], asked: np.ndarray) -> np.ndarray:
    """What f gives at each point, shape (points, 1) or (points, classes)."""
    given = array("what f gives", f(as_tensor(asked.astype(np.float32)))).astype(np.float64)
    columns = given[:, None] if given.ndim == 1 else given
    if columns.ndim != 2 or len(columns) != len(asked) or columns.shape[1] > len(PALETTE):
        raise ShapeError(
            f"f got points of shape {asked.shape} and gave shape {given.shape}; it must give one number or "
            f"one row of at most {len(PALETTE)} scores per point"
        )
    return columns
