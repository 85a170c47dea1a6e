"""The figures of the page, each as SVG whose text stays text and whose ink is the page's."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from pybridge.plot._style import DASHES, INK, MARKERS, PALETTE, dress, new_figure

WIDTH = 5.0  # inches, so that a phone shows it at three quarters of its size
LINE, GAP, KEY = 0.17, 0.3, 0.22  # the heights of a bar, of a row's name, and of a line of the legend
PANEL = 1.7  # the height of one of many small figures
TEXT = 10
SIDES = {"ours": "pybridge", "peer": "its peer"}
WIDE = 200  # the range from which on a logarithmic axis has powers of ten alone
SHORT = 22  # letters of a name, two of which fit beside each other
Rows = Sequence[dict[str, Any]]


def figures(rows: Rows, name: str) -> list[str]:
    """The figures that say more than the rows' table, as SVG.

    Args:
        rows: a room's.
        name: the room's, which no other figure on the page has.
    """
    rows = [row for row in rows if row["ours"]]
    grown = [row for row in rows if row["series"]]
    made = [row for row in rows if row["parts"]]
    compared = [row for row in rows if row["peers"] and not row["series"] and not row["parts"]]
    kinds: list[tuple[Rows, Callable[[Rows], Figure]]] = [(made, parts), (compared, ratios), (grown, growth)]
    return [svg(draw(some), f"{name}-{draw.__name__}") for some, draw in kinds if some]


def ratios(rows: Rows) -> Figure:
    """Ratios to each peer as bars that begin at 1, with whiskers from the least round to the most."""
    peers = list(dict.fromkeys(peer for row in rows for peer in row["peers"]))
    many = len(peers) > len(PALETTE)  # then each bar has a line of its own that names the peer
    bars = sum(len(row["peers"]) for row in rows)
    figure = new_figure(WIDTH, 0.7 + GAP * (bars if many else len(rows)) + LINE * bars)
    axes = figure.subplots()
    dress(axes, x="ratio to the peer: to the left of 1, pybridge takes less")
    axes.set_xscale("log")
    y, labelled = 0.0, set()
    for row in rows:
        for number, (peer, of_peer) in enumerate(row["peers"].items()):
            if many or number == 0:
                y += GAP
                above(axes, y, f"{row['name']} / {peer}" if many else row["name"])
            label = None if many or peer in labelled else peer
            labelled.add(peer)
            bar(axes, y + LINE / 2, of_peer["ratio"], PALETTE[0 if many else peers.index(peer)], label)
            if number == 0 and row["most"]:
                axes.plot([row["most"]] * 2, [y, y + LINE], color=INK, linewidth=2.5)
            y += LINE
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_ylim(y + 0.1, 0)
    axes.set_yticks([])
    plain(axes.xaxis)
    if len(peers) > 1 and not many:
        legend(figure)
    return figure


def growth(rows: Rows) -> Figure:
    """A small figure for each row: time against size, pybridge's line and its peer's."""
    lines = math.ceil(len(rows) / 2)
    figure = new_figure(WIDTH, PANEL * lines + 0.2)
    panels = figure.subplots(lines, 2, squeeze=False)
    labelled: set[str] = set()
    for axes, row in zip(panels.flat, rows, strict=False):
        series = row["series"]
        dress(axes, x=series["of"])
        axes.set_title(textwrap.fill(series["name"], SHORT), color=INK, fontsize=TEXT, loc="left", parse_math=False)
        axes.set(xscale="log", yscale="log")
        for number, side in enumerate(SIDES):
            if series[side]:
                label = None if side in labelled else SIDES[side]
                labelled.add(side)
                style = {
                    "marker": MARKERS[number],
                    "linestyle": DASHES[number],
                    "color": PALETTE[number],
                    "label": label,
                }
                axes.plot(series["sizes"], series[side], markersize=3.5, linewidth=1.5, **style)
        axes.tick_params(labelsize=TEXT - 2)
        axes.xaxis.label.set_fontsize(TEXT - 1)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(numticks=4))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: duration(seconds)))
        axes.xaxis.set_major_locator(LogLocator(numticks=5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: short(size)))
    for axes in panels.flat[len(rows) :]:
        axes.set_axis_off()
    legend(figure)
    return figure


def parts(rows: Rows) -> Figure:
    """What each row's figure is made of, as parts of one bar, with the share of the last part."""
    names = list(dict.fromkeys(part for row in rows for part in row["parts"]))
    figure = new_figure(WIDTH, 0.7 + (GAP + LINE) * len(rows))
    axes = figure.subplots()
    dress(axes, x=f"{rows[0]['unit']} (the percentage is the share of {names[-1]})")
    y = 0.0
    for row in rows:
        y += GAP
        above(axes, y, row["name"])
        left = 0.0
        for number, part in enumerate(names):
            length = row["parts"].get(part, 0.0)
            label = part if row is rows[0] else None
            axes.barh(y + LINE / 2, length, LINE * 0.8, left=left, color=PALETTE[number], alpha=0.75, label=label)
            left += length
        share = row["parts"].get(names[-1], 0.0) / left if left else 0.0
        axes.text(left, y + LINE / 2, f" {share:.0%}", color=INK, fontsize=TEXT, va="center")
        y += LINE
    axes.set_ylim(y + 0.1, 0)
    axes.set_yticks([])
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    legend(figure)
    return figure


def bar(axes: Axes, y: float, ratio: dict[str, float], colour: str, label: str | None) -> None:
    """A ratio's bar, and its whiskers."""
    value = ratio["value"]
    axes.barh(y, value - 1, LINE * 0.7, left=1, color=colour, alpha=0.75, label=label)
    reach = [[value - ratio["least"]], [ratio["most"] - value]]
    axes.errorbar(value, y, xerr=reach, color=INK, linewidth=1.2, capsize=2.5)


def above(axes: Axes, y: float, name: str) -> None:
    """A row's name above its bars, which begin at y."""
    at_left = axes.get_yaxis_transform()
    axes.text(0.01, y - 0.04, name, transform=at_left, color=INK, fontsize=TEXT, va="bottom", parse_math=False)


def legend(figure: Figure) -> None:
    """What the colours mean, above the figure."""
    names = [name for axes in figure.axes for name in axes.get_legend_handles_labels()[1]]
    figure.set_figheight(figure.get_figheight() + KEY * math.ceil(len(names) / columns(names)))
    figure.legend(loc="outside upper left", ncols=columns(names), fontsize=TEXT, labelcolor=INK, frameon=False)


def columns(names: Sequence[str]) -> int:
    """How many names fit beside each other."""
    return 2 if all(len(name) <= SHORT for name in names) else 1


def plain(axis: Any) -> None:
    """Label a logarithmic axis with plain numbers, as many as have room."""
    least, most = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1,) if most > WIDE * least else (1, 2, 5), numticks=9))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def duration(seconds: float) -> str:
    """A power of ten of seconds in few letters.

    >>> duration(0.001), duration(10)
    ('1 ms', '10 s')
    """
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 0.999:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def short(size: float) -> str:
    """A size in few letters.

    >>> short(100), short(10_000), short(1_000_000)
    ('100', '10k', '1M')
    """
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if size >= factor:
            return f"{size / factor:g}{letter}"
    return f"{size:g}"


def svg(figure: Figure, name: str) -> str:
    """A figure as SVG to stand in a page: ids that no other figure has, and the page's ink."""
    written = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "axes.unicode_minus": False}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'( id="|url\(#|href="#)', rf"\1{name}-", text)
    text = text.replace(INK, "currentColor")
    return re.sub(r"<svg ", '<svg role="img" ', text, count=1)
