"""Activation functions, each with its slope."""

from __future__ import annotations

import difflib
import textwrap
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge.errors import OptionError
from pybridge.plot._style import BLUE, GREEN, INK, SMALL, VERMILLION, WIDTH, dress, legend, new_figure

FORMULAS = {
    "sigmoid": "1 / (1 + exp(-x))",
    "tanh": "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    "relu": "max(x, 0)",
    "softmax": "exp(x) / sum(exp(x))",
    "leaky_relu": "x where x > 0, else 0.2 x",
    "relu6": "min(max(x, 0), 6)",
    "elu": "x where x > 0, else exp(x) - 1",
    "selu": "1.05 x where x > 0, else 1.76 (exp(x) - 1)",
    "gelu": "x · P(Z ≤ x), Z standard normal",
    "silu": "x · sigmoid(x)",
    "mish": "x · tanh(softplus(x))",
    "softplus": "log(1 + exp(x))",
    "softsign": "x / (1 + |x|)",
    "exponential": "exp(x)",
    "linear": "x",
}
SCORES = (1.0, 2.0, 3.0)


@boundary
def activations(names: list[str] | None = None) -> Figure:
    """Draw activation functions with their formulas: each as a curve with its slope, softmax as shares of three scores.

    Args:
        names: which ones, by their Keras names; sigmoid, tanh, relu and softmax without.

    Returns:
        The figure, one panel a function.

    Raises:
        OptionError: a name that is not known, or none at all.

    >>> [axes.get_title().splitlines()[0] for axes in activations(["relu", "gelu"]).axes]
    ['relu', 'gelu']
    """
    chosen = ["sigmoid", "tanh", "relu", "softmax"] if names is None else _known(names)
    columns = min(len(chosen), 2)
    rows = -(-len(chosen) // columns)
    figure = new_figure(WIDTH, 2.7 * rows + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(chosen) :]:
        axes.remove()
    lines: list[Any] = []
    for axes, name in zip(panels[: len(chosen)], chosen, strict=True):
        lines = (_shares(axes) if name == "softmax" else _curve(axes, name)) or lines
        formula = textwrap.fill(FORMULAS[name], 27)
        axes.set_title(f"{name}\n{formula}", color=INK, fontsize=SMALL)
    if lines:
        legend(figure, lines, ["the function", "its slope"])
    return figure


def _known(names: list[str]) -> list[str]:
    if not isinstance(names, (list, tuple)) or not names:
        raise OptionError(f'give a list of names, such as ["relu", "tanh"]; got {shown(names)}')
    for name in names:
        if not isinstance(name, str) or name not in FORMULAS:
            close = difflib.get_close_matches(str(name), FORMULAS, n=2)
            hint = "did you mean " + " or ".join(close) + "?" if close else "there are " + ", ".join(FORMULAS)
            raise OptionError(f"there is no activation {shown(name)}; {hint}")
    return list(names)


def _curve(axes: Axes, name: str) -> list[Any]:
    x = np.linspace(-4, 4, 801, dtype=np.float32)
    y = keras.ops.convert_to_numpy(keras.activations.get(name)(x))
    (slope,) = axes.plot(x, np.gradient(y, x), color=VERMILLION, linestyle="--", linewidth=1.5)
    (curve,) = axes.plot(x, y, color=BLUE, linewidth=2)
    dress(axes)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(0, color=INK, linewidth=0.8)
    return [curve, slope]


def _shares(axes: Axes) -> list[Any]:
    shares = keras.ops.convert_to_numpy(keras.ops.softmax(np.array(SCORES)))
    bars = axes.bar([f"score {score:g}" for score in SCORES], shares, color=GREEN, width=0.6)
    axes.bar_label(bars, [f"{share:.2f}" for share in shares], color=INK, fontsize=SMALL)
    dress(axes)
    axes.set_ylim(0, 1)
    return []
