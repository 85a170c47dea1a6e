from __future__ import annotations

import gc
import io
import itertools
import weakref

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from plot_contrast import contrast
from plot_functions import bowl, descent, valley

from pybridge import data, graphs, plot
from pybridge.errors import OptionError
from pybridge.plot._style import INK, PALETTE, WIDTH

DIGITS, LABELS = data.load_digits()[0]
LINE = graphs.from_form(["+", ["*", 2, "x"], 3])
LOSS = graphs.from_form(
    ["mean", ["square", ["-", "y", ["+", ["matmul", ["relu", ["+", ["matmul", "x", "W1"], "b1"]], "W2"], "b2"]]]]
)


SPIRAL = [[2 * 0.8**k * np.cos(k), 2 * 0.8**k * np.sin(k)] for k in range(20)]

FIGURES = {
    "images": lambda: plot.images(DIGITS[:10], LABELS[:10]),
    "one image": lambda: plot.images(DIGITS[4]),
    "wrong predictions": lambda: plot.images(DIGITS[:25], LABELS[:25], [*LABELS[:24], (LABELS[24] + 1) % 10]),
    "wordy labels": lambda: plot.images(DIGITS[:6], ["zero", "a rather long label", "two", "three", "four", "five"]),
    "history": lambda: plot.history({"loss": [3, 2, 1], "accuracy": [0.5, 0.6, 0.7], "val_loss": [3, 2, 2]}),
    "long history": lambda: plot.history({name: [1e5] * 200 for name in ("loss", "a", "val_a", "b")}),
    "boundary": lambda: plot.boundary(lambda x: x[:, :1] - x[:, 1:] + 0.5, *data.two_clouds(200)),
    "optimizer paths": lambda: plot.optimizer_paths({"slow": descent(0.001, 50), "fast": descent(0.9, 50)}, valley),
    "optimizer paths in the plane": lambda: plot.optimizer_paths({f"path {n}": SPIRAL[n:] for n in range(6)}, bowl),
    "four paths": lambda: plot.optimizer_paths(
        {f"rate {rate}": descent(rate, 30) for rate in (0.001, 0.01, 1.0, 1.01)}, valley
    ),
    "heatmap": lambda: plot.heatmap(np.eye(5) - 0.1, rows=list("abcde"), columns=["word"] * 4 + ["a long word"]),
    "large heatmap": lambda: plot.heatmap(np.arange(3000).reshape(50, 60)),
    "transformation": lambda: plot.transformation([[1, 1], [0, -1]]),
    "graph": lambda: plot.graph(LINE, graphs.values(LINE, {"x": 5.0})),
    "graph with slopes": lambda: plot.graph(LINE, graphs.values(LINE, {"x": 5.0}), {"x": 2.0, "n1": 1.0, "n3": 1.0}),
    "derivative graph": lambda: plot.graph(graphs.derivative(LOSS, ["W1", "b1", "W2", "b2"])),
    "activations": plot.activations,
    "all activations": lambda: plot.activations(["leaky_relu", "elu", "selu", "gelu", "silu", "mish", "relu6"]),
    "loss surface": lambda: plot.loss_surface(bowl, SPIRAL),
}  # fmt: skip


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("page", ["white", "black"])
def test_colors_read_on_light_and_on_dark_pages(page):
    assert contrast(INK, page) > 4.5
    assert all(contrast(color, page) > 3 for color in PALETTE[:4])


def test_the_palette_is_okabe_and_ito_s():
    assert set(PALETTE) < {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_legible_whole_and_transparent(make):
    figure = make()
    assert type(figure) is Figure
    file = io.BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    pixels = imread(file)
    assert pixels[0, 0, 3] == 0 and pixels[-1, -1, 3] == 0
    assert pixels.shape[1] <= WIDTH * 100
    drawn = pixels[..., 3] > 0
    assert drawn.any() and not any(edge.any() for edge in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]))
    renderer = figure.canvas.get_renderer()
    ticks = {label for axes in figure.axes for axis in axes._axis_map.values() for label in axis.get_ticklabels()}
    boxes = {}
    for text in texts(figure):
        assert text.get_fontsize() >= (10 if text in ticks else 11)
        if text not in ticks:
            box = boxes[text] = text.get_window_extent(renderer)
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= pixels.shape[1] and box.y1 <= pixels.shape[0], text
    for one, other in itertools.combinations(boxes, 2):
        assert not boxes[one].overlaps(boxes[other]), (one, other)


def test_a_figure_is_freed_and_pyplot_knows_of_none():
    settings = dict(matplotlib.rcParams)
    figure = plot.heatmap([[1, 2]])
    gone = weakref.ref(figure)
    del figure
    gc.collect()
    assert gone() is None
    for make in FIGURES.values():
        make()
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == settings


def test_a_dollar_in_a_reader_s_label_is_a_dollar():
    figure = plot.heatmap([[1, 2]], columns=["$5", "5$ and $6"])
    figure.canvas.draw()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["$5", "5$ and $6"]


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")]
)
def test_save_writes_the_kind_that_the_name_says(tmp_path, suffix, start):
    path = str(tmp_path / f"figure{suffix}")
    assert plot.save(plot.heatmap([[1, 2]]), path) == path
    assert (tmp_path / f"figure{suffix}").read_bytes().startswith(start)


def test_the_same_figure_gives_the_same_file(tmp_path):
    for suffix in ("svg", "png", "pdf"):
        first, second = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
        for file in (first, second):
            plot.save(plot.boundary(lambda x: x[:, 0], [[0, 1], [1, 0]], [0, 1]), str(file))
        assert first.read_bytes() == second.read_bytes()


def test_save_refused(tmp_path):
    figure = plot.heatmap([[1, 2]])
    with pytest.raises(OptionError, match=r'save: a figure is saved as .svg, .png or .pdf; got "figure.gif"'):
        plot.save(figure, str(tmp_path / "figure.gif"))
    with pytest.raises(OptionError, match=r'save: there is no folder ".*nowhere"; make it first'):
        plot.save(figure, str(tmp_path / "nowhere" / "figure.svg"))
    with pytest.raises(OptionError, match="save: the first argument is a figure; got a value of type list"):
        plot.save([[1, 2]], str(tmp_path / "figure.svg"))
