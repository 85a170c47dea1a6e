"""Images side by side, with what they are and what they were taken for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._read import array
from pybridge.plot._style import INK, LABEL, LETTER, SMALL, VERMILLION, WIDTH, bare, new_figure

MOST = 100


@boundary
def images(images: Like, labels: Like | None = None, predictions: Like | None = None) -> Figure:
    """Draw images in a grid, each under its label; a wrong prediction is marked, with the label in brackets.

    Args:
        images: one image or several: shape (height, width), (n, height, width) for grey ones, with a last axis of 1 or
            3 channels too. Integers count from 0 to 255, floats from 0 to 1. At most 100.
        labels: what they show, one number or text an image.
        predictions: what they were taken for, one number or text an image, or a row of scores per image, shape
            (n, classes), of which the largest counts.

    Returns:
        The figure.

    Raises:
        ShapeError: no such images, or a count of labels or predictions that is not theirs.
        OptionError: more than 100 images.
        DtypeError: the images are not numbers.

    >>> figure = images([[[0, 255], [255, 0]], [[255, 0], [0, 255]]], labels=["falling", "rising"])
    >>> [axes.get_title() for axes in figure.axes]
    ['falling', 'rising']
    """
    pictures = _pictures(images)
    count, tall, wide = pictures.shape[:3]
    truth = _names("labels", labels, count)
    guess = _names("predictions", predictions, count)
    titles, wrong = _titles(truth, guess, count)

    columns = _columns(count, max(map(len, titles)))
    rows = -(-count // columns)
    tile = 3.0 if count == 1 else min(1.9, WIDTH / columns)
    height = rows * (tile * min(tall / wide, 2) + (0.3 if titles[0] else 0))
    figure = new_figure(tile * columns, max(height, 0.6), "compressed")
    for number, axes in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        bare(axes)
        if number < count:
            _show(axes, pictures[number], wrong=wrong[number])
            size, weight = LABEL if columns <= 5 else SMALL, "bold" if wrong[number] else "normal"
            axes.set_title(titles[number], fontsize=size, pad=3, parse_math=False, color=INK, weight=weight)
    if any(wrong):
        first = wrong.index(True)
        note = f'{sum(wrong)} of {count} wrong: "{titles[first]}" is predicted {guess[first]}, labelled {truth[first]}'
        figure.set_figheight(figure.get_figheight() + 0.3)
        figure.supxlabel(note, color=INK, fontsize=SMALL, parse_math=False)
    return figure


def _pictures(images: Like) -> np.ndarray:
    pictures = array("the images", images)
    if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[-1] in (1, 3)):
        pictures = pictures[None]
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim not in (3, 4) or (pictures.ndim == 4 and pictures.shape[-1] != 3) or not pictures.size:
        raise ShapeError(
            "an image is (height, width), several are (n, height, width), and a last axis may hold 1 or 3 "
            f"channels; got {pictures.shape}"
        )
    if len(pictures) > MOST:
        raise OptionError(f"{len(pictures)} images do not fit in a figure; draw at most {MOST} of them")
    return pictures


def _names(what: str, names: Like | None, count: int) -> list[str]:
    """One text per image; none where nothing was given."""
    if names is None:
        return []
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        numbers = array(what, names)
        if numbers.ndim == 2 and numbers.shape[1] > 1 and what == "predictions":
            numbers = numbers.argmax(axis=1)
        names = numbers.ravel().tolist()
    if len(names) != count:
        raise ShapeError(f"{count} images need as many {what}; got {len(names)}")
    return [f"{name:g}" if isinstance(name, float) else str(name) for name in names]


def _titles(truth: list[str], guess: list[str], count: int) -> tuple[list[str], list[bool]]:
    if not (truth and guess):
        return truth or guess or [""] * count, [False] * count
    wrong = [said != label for said, label in zip(guess, truth, strict=True)]
    pairs = zip(guess, truth, wrong, strict=True)
    return [f"{said} ({label})" if missed else said for said, label, missed in pairs], wrong


def _columns(count: int, letters: int) -> int:
    """How many columns fill the rows evenly and leave room for the longest title."""
    fit = max(1, math.floor(WIDTH / (letters * LETTER + 0.1)))
    most = min(fit, 5 if count <= 10 else 10)
    return -(-count // -(-count // most))


def _show(axes: Axes, picture: np.ndarray, *, wrong: bool) -> None:
    edge: dict[str, Any] = {"edgecolor": VERMILLION, "linewidth": 2.5} if wrong else {"edgecolor": INK, "linewidth": 1}
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, clip_on=False, zorder=3, **edge))
    whole = picture.dtype.kind in "iu" and picture.max() > 1
    if picture.ndim == 3:
        axes.imshow(np.clip(picture / (255 if whole else 1), 0, 1))
        return
    low, high = (0, 255) if whole else (0, 1)
    if picture.min() < low or picture.max() > high:
        low, high = picture.min(), picture.max()
    axes.imshow(picture, cmap="binary", vmin=low, vmax=high, interpolation="nearest")
