"""The one look of all figures: 620 pixels wide, no background, and colors that read on white and on black alike."""

from __future__ import annotations

from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# A grey with the same contrast, 4.6 : 1, on white and on black.
INK = "#757575"

# Okabe and Ito's palette, told apart by color-blind readers too. The first four reach 3 : 1 on white and on #111.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
PALETTE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
MARKERS = ("o", "^", "s", "D", "v", "P")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 3)))

WIDTH = 6.2  # with letters of this size, what is written can be read on a phone, which is half as wide
DPI = 100
TITLE, LABEL, SMALL = 14, 13, 12
LETTER = 0.114  # the width in inches of a small letter, on average


def new_figure(
    width: float, height: float, layout: Literal["constrained", "compressed"] | None = "constrained"
) -> Figure:
    """An empty figure of this size in inches that no global registry knows."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="none", layout=layout)
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=0.08, h_pad=0.08)
    return figure


def dress(axes: Axes, title: str = "", x: str = "", y: str = "", *, grid: bool = True) -> None:
    """Give axes the common look, a title and axis labels."""
    axes.set_facecolor("none")
    axes.set_title(title, color=INK, fontsize=TITLE if len(title) <= 24 else SMALL - 1, parse_math=False)
    axes.set_xlabel(x, color=INK, fontsize=LABEL)
    axes.set_ylabel(y, color=INK, fontsize=LABEL)
    axes.tick_params(colors=INK, labelsize=SMALL, labelcolor=INK)
    for offset in (axes.xaxis.get_offset_text(), axes.yaxis.get_offset_text()):
        offset.set(color=INK, fontsize=SMALL)
    for side, spine in axes.spines.items():
        spine.set(color=INK, visible=side in ("left", "bottom"))
    if grid:
        axes.grid(color=INK, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def bare(axes: Axes) -> None:
    """Take ticks, labels and frame away."""
    axes.set_axis_off()
    axes.set_facecolor("none")


def legend(figure: Figure, handles: list[Any], labels: list[str], **options: Any) -> None:
    """A legend below the axes, with as many columns as fit."""
    columns = int(figure.get_figwidth() / (LETTER * max(map(len, labels)) + 0.7))
    look: dict[str, Any] = {"frameon": False, "fontsize": SMALL, "labelcolor": INK, "loc": "outside lower center"}
    box = figure.legend(handles, labels, ncols=max(1, min(len(labels), columns)), **look, **options)
    for text in box.get_texts():
        text.set_parse_math(False)
