"""How a training went, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._read import array
from pybridge.plot._style import BLUE, VERMILLION, WIDTH, dress, legend, new_figure


@boundary
def history(history: dict[str, Any]) -> Figure:
    """Draw what `training.fit` returned: one panel a measure, training and validation in each.

    Args:
        history: a list of numbers per name, one number an epoch, such as `{"loss": [...], "val_loss": [...]}`.

    Returns:
        The figure. Training is a solid line, validation (the names that begin with `val_`) a dashed one.

    Raises:
        OptionError: `history` is not a dict of at least one name.
        ShapeError: a name's numbers are not a list, or an empty one.
        DtypeError: a name's numbers are not numbers.

    >>> figure = history({"loss": [0.9, 0.4, 0.2], "val_loss": [0.8, 0.5, 0.4]})
    >>> [axes.get_title() for axes in figure.axes]
    ['loss']
    """
    if not isinstance(history, dict) or not history:
        raise OptionError(f'give what fit returned, such as {{"loss": [0.9, 0.4]}}; got {shown(history)}')
    measures = {str(name): array(f'the numbers of "{name}"', numbers) for name, numbers in history.items()}
    for name, numbers in measures.items():
        if numbers.ndim != 1 or not numbers.size:
            raise ShapeError(f'"{name}" needs one number an epoch, in a list; got shape {numbers.shape}')
    titles = list(dict.fromkeys(name.removeprefix("val_") for name in measures))
    columns = min(len(titles), 2)
    rows = -(-len(titles) // columns)
    figure = new_figure(WIDTH, 2.8 * rows + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    lines: dict[str, Line2D] = {}
    for axes, title in zip(panels[: len(titles)], titles, strict=True):
        lines |= _panel(axes, title, measures)
    for axes in panels[len(titles) :]:
        axes.remove()
    legend(figure, list(lines.values()), list(lines))
    return figure


def _panel(axes: Axes, title: str, measures: dict[str, np.ndarray]) -> dict[str, Line2D]:
    """One measure against the epoch; gives its lines by what they are."""
    lines = {}
    looks: list[tuple[str, str, dict[str, Any]]] = [
        (title, "training", {"color": BLUE, "marker": "o"}),
        (f"val_{title}", "validation", {"color": VERMILLION, "marker": "^", "linestyle": "--"}),
    ]
    for name, label, look in looks:
        if name in measures:
            numbers = measures[name]
            size = 4 if len(numbers) <= 30 else 0
            (lines[label],) = axes.plot(range(1, len(numbers) + 1), numbers, markersize=size, **look)
    dress(axes, title.replace("_", " "), x="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    return lines
