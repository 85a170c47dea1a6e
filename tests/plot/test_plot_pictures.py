from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from plot_contrast import contrast

from pybridge import data, plot
from pybridge.errors import DtypeError, OptionError, ShapeError

DIGITS, LABELS = data.load_digits()[0]


def test_images_show_the_pixels_and_the_labels():
    figure = plot.images(DIGITS[:3], LABELS[:3])
    assert [axes.get_title() for axes in figure.axes] == [str(label) for label in LABELS[:3]]
    for axes, digit in zip(figure.axes, DIGITS[:3], strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), digit)
        assert axes.images[0].get_clim() == (0, 255)


@pytest.mark.parametrize("kind", [list, np.array, tf.constant])
def test_images_may_be_of_any_kind(kind):
    figure = plot.images(kind([[[0.0, 1.0]], [[1.0, 0.5]]]), kind([7, 2]))
    assert [axes.get_title() for axes in figure.axes] == ["7", "2"]
    assert figure.axes[1].images[0].get_clim() == (0, 1)


def test_a_wrong_prediction_is_marked_by_more_than_color():
    figure = plot.images(DIGITS[:3], [0, 1, 2], [0, 7, 2])
    assert [axes.get_title() for axes in figure.axes] == ["0", "7 (1)", "2"]
    assert figure.axes[1].title.get_weight() == "bold"
    assert figure.get_supxlabel() == '1 of 3 wrong: "7 (1)" is predicted 7, labelled 1'


def test_scores_count_by_the_largest():
    scores = [[0.1, 0.9, 0.0], [0.8, 0.1, 0.1]]
    assert [axes.get_title() for axes in plot.images(DIGITS[:2], predictions=scores).axes] == ["1", "0"]


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 3), (2, 4, 4), (2, 4, 4, 1), (2, 4, 4, 3)])
def test_images_of_every_shape(shape):
    figure = plot.images(np.zeros(shape))
    assert len(figure.axes) == (1 if shape[0] == 4 else 2)


def test_images_refused():
    with pytest.raises(ShapeError, match=r"images: an image is \(height, width\).*got \(4,\)"):
        plot.images([1, 2, 3, 4])
    with pytest.raises(ShapeError, match=r"got \(2, 4, 4, 2\)"):
        plot.images(np.zeros((2, 4, 4, 2)))
    with pytest.raises(OptionError, match="images: 101 images do not fit in a figure; draw at most 100"):
        plot.images(np.zeros((101, 4, 4)))
    with pytest.raises(ShapeError, match="images: 3 images need as many labels; got 2"):
        plot.images(DIGITS[:3], [1, 2])
    with pytest.raises(ShapeError, match="images: 3 images need as many predictions; got 4"):
        plot.images(DIGITS[:3], predictions=[1, 2, 3, 4])
    with pytest.raises(DtypeError, match="images: the images: a tensor holds numbers; got 'x'"):
        plot.images("x")


def test_heatmap_writes_the_numbers_where_they_fit():
    figure = plot.heatmap([[0.5, 0.25], [1.0, 0.0]], rows=["a", "b"], columns=["c", "d"])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.25", "1.00", "0.00"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["c", "d"]
    assert len(plot.heatmap(np.zeros((40, 40))).axes[0].texts) == 0
    assert [text.get_text() for text in plot.heatmap([[1, -2]]).axes[0].texts] == ["1", "-2"]
    assert [text.get_text() for text in plot.heatmap([[1e-5, 2e9]]).axes[0].texts] == ["1e-05", "2e+09"]


def test_a_number_that_would_look_whole_by_rounding_says_so():
    words = [text.get_text() for text in plot.heatmap([[-0.9998, 0.0003, -0.0003, 1.0, -0.0, 0.5]]).axes[0].texts]
    assert words == ["≈-1", "≈0", "≈0", "1.00", "0.00", "0.50"]


def test_the_numbers_of_a_heatmap_read_on_their_cells():
    figure = plot.heatmap(np.linspace(-1, 1, 36).reshape(6, 6))
    axes = figure.axes[0]
    shades = axes.images[0].cmap(axes.images[0].norm(axes.images[0].get_array()))
    for text, shade in zip(axes.texts, shades.reshape(-1, 4), strict=True):
        assert contrast(text.get_color(), shade[:3]) > 4.5


def test_numbers_of_both_signs_part_at_zero():
    assert plot.heatmap([[-1.0, 3.0]]).axes[0].images[0].get_clim() == (-3, 3)
    assert plot.heatmap([[1.0, 3.0]]).axes[0].images[0].get_clim() == (1, 3)


def test_heatmap_of_odd_matrices():
    plot.heatmap([0.1, 0.9]).canvas.draw()
    plot.heatmap([[float("nan"), 1.0]]).canvas.draw()
    plot.heatmap([[float("nan")]]).canvas.draw()
    plot.heatmap([[7]]).canvas.draw()


def test_heatmap_refused():
    with pytest.raises(ShapeError, match=r"heatmap: a matrix has rows and columns; got shape \(1, 1, 1\)"):
        plot.heatmap([[[1]]])
    with pytest.raises(ShapeError, match="heatmap: 1 rows need as many names; got 2"):
        plot.heatmap([[1, 2]], rows=["a", "b"])
    with pytest.raises(ShapeError, match="heatmap: 2 columns need as many names; got 1"):
        plot.heatmap([[1, 2]], columns=["a"])
    with pytest.raises(OptionError, match="heatmap: columns are a list of names; got 'ab'"):
        plot.heatmap([[1, 2]], columns="ab")
    with pytest.raises(DtypeError, match="heatmap: the matrix: complex numbers have no place"):
        plot.heatmap([[1j]])
