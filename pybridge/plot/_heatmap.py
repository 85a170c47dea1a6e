"""A matrix as colors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._read import array
from pybridge.plot._style import INK, LETTER, SMALL, WIDTH, dress, new_figure


@boundary
def heatmap(matrix: Like, rows: list[Any] | None = None, columns: list[Any] | None = None) -> Figure:
    """Draw a matrix as colors, with its numbers where they fit: attention weights, a confusion table, a kernel.

    Args:
        matrix: the numbers, shape (rows, columns); a vector is drawn as one row.
        rows: the name of each row, such as the words of the output.
        columns: the name of each column, such as the words of the input.

    Returns:
        The figure. Numbers of both signs get colors that part at zero.

    Raises:
        ShapeError: the numbers are no matrix, or a count of names is not that of the rows or columns.
        OptionError: names that are not a list.
        DtypeError: the matrix does not hold numbers.

    >>> figure = heatmap([[0.09, 0.24, 0.67]], rows=["it"], columns=["the", "old", "cat"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0.09', '0.24', '0.67']
    """
    given = array("the matrix", matrix)
    cells = np.atleast_2d(given).astype(np.float64)
    if cells.ndim != 2 or not cells.size:
        raise ShapeError(f"a matrix has rows and columns; got shape {cells.shape}")
    names = [_names(*case) for case in (("rows", rows, cells.shape[0]), ("columns", columns, cells.shape[1]))]

    words = _words(cells)
    letters = max(len(word) for row in words for word in row)
    margin = 0.6 + LETTER * max(map(len, names[0]), default=0)
    roomy = WIDTH - margin - 0.9
    cell_width = max(min(max(0.6, letters * LETTER + 0.1), roomy / cells.shape[1]), 0.0)
    cell_height = min(0.48, 6.0 / cells.shape[0])
    written = cell_width >= letters * LETTER + 0.05 and cell_height >= 0.24
    tilted = max(map(len, names[1]), default=0) * LETTER > cell_width
    top = (LETTER * max(map(len, names[1]), default=0) if tilted else 0.2) + 0.35

    figure = new_figure(
        max(3.0, cells.shape[1] * cell_width + margin + 0.9), max(1.4, cells.shape[0] * cell_height + top)
    )
    axes = figure.subplots()
    finite = cells[np.isfinite(cells)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    signed = low < 0 < high
    reach = max(-low, high)
    picture = axes.imshow(
        np.ma.masked_invalid(cells),
        cmap="PuOr" if signed else "cividis",
        vmin=-reach if signed else low,
        vmax=reach if signed else high,
        aspect="auto",
        interpolation="nearest",
    )
    dress(axes, grid=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.xaxis.tick_top()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if names[1]:
        look: dict[str, Any] = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"} if tilted else {}
        axes.set_xticks(range(cells.shape[1]), names[1], parse_math=False, **look)
    if names[0]:
        axes.set_yticks(range(cells.shape[0]), names[0], parse_math=False)
    elif given.ndim < 2:
        axes.set_yticks([])
    if written:
        _write(axes, picture, cells, words)
    bar = figure.colorbar(picture, ax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=INK, labelsize=SMALL)
    return figure


def _names(what: str, names: list[Any] | None, count: int) -> list[str]:
    if names is None:
        return []
    if isinstance(names, str) or not hasattr(names, "__len__"):
        raise OptionError(f"{what} are a list of names; got {shown(names)}")
    if len(names) != count:
        raise ShapeError(f"{count} {what} need as many names; got {len(names)}")
    return [str(name) for name in names]


def _words(cells: np.ndarray) -> list[list[str]]:
    """Each number as text, in the one form that suits them all."""
    finite = cells[np.isfinite(cells)]
    largest = np.abs(finite).max(initial=0.0)
    if (finite == np.round(finite)).all() and largest < 1e6:
        form = ".0f"
    else:
        form = ".2f" if 0.1 <= largest < 100 else ".2g"
    return [[_word(float(cell), form) for cell in row] for row in cells]


def _word(cell: float, form: str) -> str:
    """A number as text; one that would look whole by rounding says that it is not, and zero has no sign."""
    if not np.isfinite(cell):
        return f"{cell:{form}}"
    word = f"{cell:{form}}"
    if float(word) == cell or float(word) != round(float(word)):
        return word.removeprefix("-") if float(word) == 0 else word
    return f"≈{abs(float(word)) * np.sign(cell) + 0.0:.0f}" if float(word) else "≈0"


def _write(axes: Axes, picture: AxesImage, cells: np.ndarray, words: list[list[str]]) -> None:
    """The numbers, black on light cells and white on dark ones."""
    shades = np.asarray(picture.cmap(picture.norm(cells)))[..., :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    for (row, column), shade in np.ndenumerate(shades):
        ink = "black" if shade > 0.18 else "white"
        axes.text(column, row, words[row][column], ha="center", va="center", color=ink, fontsize=SMALL)
