from __future__ import annotations

import numpy as np
import pytest

from pybridge import plot
from pybridge.errors import DtypeError, OptionError, ShapeError


def test_history_has_a_panel_a_measure():
    figure = plot.history(
        {"loss": [0.9, 0.5], "accuracy": [0.6, 0.8], "val_loss": [1.0, 0.7], "val_accuracy": [0.5, 0.6]}
    )
    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    training, validation = figure.axes[0].lines
    assert list(training.get_xdata()) == [1, 2]
    assert list(training.get_ydata()) == [0.9, 0.5]
    assert list(validation.get_ydata()) == [1.0, 0.7]
    assert training.get_linestyle() != validation.get_linestyle()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation"]


def test_history_that_diverged():
    figure = plot.history({"loss": [1.0, 50.0, float("inf"), float("nan")]})
    figure.canvas.draw()
    assert len(figure.axes[0].lines[0].get_ydata()) == 4


def test_history_refused():
    with pytest.raises(OptionError, match="history: give what fit returned"):
        plot.history([1, 2, 3])
    with pytest.raises(OptionError, match="history: give what fit returned"):
        plot.history({})
    with pytest.raises(ShapeError, match=r'history: "loss" needs one number an epoch, in a list; got shape \(0,\)'):
        plot.history({"loss": []})
    with pytest.raises(DtypeError, match='history: the numbers of "loss": a tensor holds numbers'):
        plot.history({"loss": ["low"]})


def test_activations_draw_the_function_and_its_slope():
    sigmoid, tanh, relu, softmax = plot.activations().axes
    for axes, function in (
        (sigmoid, lambda x: 1 / (1 + np.exp(-x))),
        (tanh, np.tanh),
        (relu, lambda x: np.maximum(x, 0)),
    ):
        curve = next(line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 2)
        np.testing.assert_allclose(curve.get_ydata(), function(curve.get_xdata()), atol=1e-6)
    slope = next(line for line in sigmoid.lines if line.get_linestyle() == "--")
    assert max(slope.get_ydata()) == pytest.approx(0.25, abs=1e-3)
    assert [round(bar.get_height(), 4) for bar in softmax.patches] == [0.09, 0.2447, 0.6652]


def test_activations_refused():
    with pytest.raises(OptionError, match="there is no activation 'sigmod'; did you mean sigmoid"):
        plot.activations(["sigmod"])
    with pytest.raises(OptionError, match="there is no activation 'xyzzy'; there are sigmoid, tanh, relu"):
        plot.activations(["xyzzy"])
    with pytest.raises(
        OptionError, match=r'activations: give a list of names, such as \["relu", "tanh"\]; got \'relu\''
    ):
        plot.activations("relu")
    with pytest.raises(OptionError, match=r"give a list of names.*got \[\]"):
        plot.activations([])
