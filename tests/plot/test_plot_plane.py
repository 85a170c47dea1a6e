from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from matplotlib.colors import to_rgb
from plot_functions import bowl, descent, valley

from pybridge import plot
from pybridge.errors import OptionError, ShapeError
from pybridge.plot._style import PALETTE


def test_boundary_asks_for_points_and_colors_the_regions():
    asked = []

    def f(points):
        asked.append(points)
        return points[:, :1]  # the first coordinate: above 0.5 is class 1

    figure = plot.boundary(f, [[-1.0, 0.0], [2.0, 1.0]], [[0], [1]])
    assert isinstance(asked[0], tf.Tensor) and asked[0].dtype == tf.float32 and asked[0].shape[1] == 2
    axes = figure.axes[0]
    tints = axes.images[0].get_array()
    left, right, *_ = axes.images[0].get_extent()
    columns = np.linspace(left, right, tints.shape[1])
    assert np.allclose(tints[:, columns < 0.5, :3], to_rgb(PALETTE[0]))
    assert np.allclose(tints[:, columns > 0.5, :3], to_rgb(PALETTE[1]))
    line = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert np.allclose(line[:, 0], 0.5)


def test_boundary_of_several_classes():
    corners = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 4.0]])
    figure = plot.boundary(lambda x: -np.square(np.asarray(x)[:, None] - corners).sum(-1), corners, [0, 1, 2])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["class 0", "class 1", "class 2"]
    assert len(np.unique(figure.axes[0].images[0].get_array().reshape(-1, 4), axis=0)) == 3


@pytest.mark.parametrize("kind", [list, np.array, tf.constant])
def test_boundary_takes_points_of_any_kind(kind):
    plot.boundary(lambda x: tf.ones(len(x)), kind([[0.0, 1.0], [1.0, 0.0]]), kind([0, 1]), threshold=2.0)


def test_boundary_refused():
    def f(points):
        return points[:, 0]

    with pytest.raises(OptionError, match="boundary: f is a function of the point; got a value of type int"):
        plot.boundary(3, [[0, 1]], [0])
    with pytest.raises(
        ShapeError, match=r"boundary: the points must be points in the plane, of shape \(n, 2\); got \(1, 3\)"
    ):
        plot.boundary(f, [[0, 1, 2]], [0])
    with pytest.raises(ShapeError, match=r"boundary: 1 points need as many labels; got shape \(2,\)"):
        plot.boundary(f, [[0, 1]], [0, 1])
    with pytest.raises(OptionError, match=r"boundary: labels are classes, integers from 0 to 5; got 0.5 to 0.5"):
        plot.boundary(f, [[0, 1]], [0.5])
    with pytest.raises(ShapeError, match=r"boundary: f got points of shape \(40000, 2\) and gave shape \(3,\)"):
        plot.boundary(lambda x: [1, 2, 3], [[0, 1]], [0])


def test_paths_of_numbers():
    asked = set()

    def f(w):
        asked.add(type(w))
        return tf.constant(valley(w))

    figure = plot.optimizer_paths({"a": [3.0, 30.0], "b": [3.0, 10.0, 20.0]}, f)
    assert asked == {float}
    curve, steps = figure.axes
    assert [list(line.get_xdata()) for line in curve.lines[1:]] == [[3, 30], [3, 10, 20]]
    assert [list(line.get_ydata()) for line in curve.lines[1:]] == [[729, 0], [729, 400, 100]]
    assert [list(line.get_ydata()) for line in steps.lines] == [[3, 30], [3, 10, 20]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_more_than_two_paths_have_a_panel_each():
    figure = plot.optimizer_paths({name: [3.0, 10.0] for name in "abc"}, valley)
    *curves, steps = figure.axes
    assert [axes.get_title() for axes in curves] == ["a", "b", "c"]
    assert [list(axes.lines[1].get_ydata()) for axes in curves] == [[729, 400]] * 3
    assert len(steps.lines) == 3


def test_the_plane_has_one_scale_so_that_a_path_meets_the_contours_at_right_angles():
    for axes in (
        plot.optimizer_paths({"a": [[2.0, 1.0], [0.0, 0.0]]}, bowl).axes[0],
        plot.loss_surface(bowl, [[2.0, 1.0], [0.0, 0.0]]).axes[1],
    ):
        axes.figure.canvas.draw()
        (left, bottom), (right, top) = axes.transData.transform([[0, 0], [1, 1]])
        assert right - left == pytest.approx(top - bottom)


def test_a_path_that_diverges_is_followed_to_the_frame():
    figure = plot.optimizer_paths({"good": descent(0.1, 40), "bad": descent(1.01, 5000)}, valley)
    good, bad = figure.axes[1].lines
    low, high = figure.axes[1].get_ylim()
    assert len(good.get_ydata()) == 41
    assert low < 3 and 30 < high < 40
    assert list(bad.get_ydata()) == descent(1.01, 1)


def test_a_path_that_diverges_alone_is_drawn_whole():
    figure = plot.optimizer_paths({"bad": descent(1.5, 10)}, valley)
    assert len(figure.axes[1].lines[0].get_ydata()) == 11


def test_paths_in_the_plane():
    asked = []

    def f(w):
        asked.append(w)
        return bowl(w)

    figure = plot.optimizer_paths({"a": [[2.0, 1.0], [0.0, 0.0]]}, f)
    assert all(type(w) is list and [type(x) for x in w] == [float, float] for w in asked)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[2, 1], [0, 0]])


def test_a_flat_function_and_a_path_that_stays():
    plot.optimizer_paths({"a": [[1, 1], [1, 1]]}, lambda w: 5).canvas.draw()
    plot.optimizer_paths({"a": [1, 1]}, lambda w: 5).canvas.draw()
    plot.loss_surface(lambda w: 5, [[1, 1]]).canvas.draw()


def test_paths_refused():
    with pytest.raises(OptionError, match="optimizer_paths: f is a function of the point; got a value of type str"):
        plot.optimizer_paths({"a": [1]}, "f")
    with pytest.raises(
        OptionError, match=r'one to 6 paths by their labels, such as {"sgd": points}; got a value of type list'
    ):
        plot.optimizer_paths([1, 2], valley)
    with pytest.raises(OptionError, match="got 7 of them"):
        plot.optimizer_paths({str(n): [1] for n in range(7)}, valley)
    with pytest.raises(ShapeError, match=r'a path is a list of numbers or of pairs; "a" has shape \(1, 3\)'):
        plot.optimizer_paths({"a": [[1, 2, 3]]}, valley)
    with pytest.raises(ShapeError, match='all of numbers or all of pairs; got "a" of numbers, "b" of pairs'):
        plot.optimizer_paths({"a": [1], "b": [[1, 2]]}, valley)
    with pytest.raises(ShapeError, match='the path "a" begins at a point that is not finite'):
        plot.optimizer_paths({"a": [float("nan"), 1.0]}, valley)
    with pytest.raises(ShapeError, match=r"optimizer_paths: f gave shape \(2,\) at 1.0; it must give one number"):
        plot.optimizer_paths({"a": [1.0]}, lambda w: [w, w])


def test_loss_surface():
    figure = plot.loss_surface(bowl, [[2.0, 1.0], [0.0, 0.0]])
    hills, flat = figure.axes
    assert hills.name == "3d"
    np.testing.assert_allclose(np.transpose(hills.lines[0].get_data_3d()), [[2, 1, 7], [0, 0, 0]])
    np.testing.assert_array_equal(flat.lines[0].get_xydata(), [[2, 1], [0, 0]])
    assert plot.loss_surface(bowl).axes[1].get_xlim() == (-2, 2)


def test_loss_surface_refused():
    with pytest.raises(OptionError, match="loss_surface: f is a function of the point; got a value of type dict"):
        plot.loss_surface({})
    with pytest.raises(
        ShapeError, match=r"loss_surface: the path must be points in the plane, of shape \(n, 2\); got \(2,\)"
    ):
        plot.loss_surface(bowl, [1, 2])
    with pytest.raises(ShapeError, match="loss_surface: the path begins at a point that is not finite"):
        plot.loss_surface(bowl, [[float("inf"), 0.0]])


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        ([[2, 0], [0, 3]], "after: area times 6"),
        ([[0, 1], [1, 0]], "after: area times 1, turned over"),
        ([[1, 1], [1, 1]], "after: flattened, area times 0"),
        ([[1, 0, 5], [0, 1, 5], [0, 0, 1]], "after: area times 1"),
    ],
)
def test_transformation_says_how_area_changes(matrix, says):
    figure = plot.transformation(matrix)
    assert [axes.get_title() for axes in figure.axes] == ["before", says]


def test_transformation_moves_the_points():
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    figure = plot.transformation([[0, -1], [1, 0]], square)
    before, after = (axes.patches[0].get_xy()[:4] for axes in figure.axes)
    np.testing.assert_allclose(before, square)
    np.testing.assert_allclose(after, [[0, 0], [0, 1], [-1, 1], [-1, 0]], atol=1e-6)
    shifted = plot.transformation([[1, 0, 5], [0, 1, -2], [0, 0, 1]], square)
    np.testing.assert_allclose(shifted.axes[1].patches[0].get_xy()[0], [5, -2], atol=1e-6)


def test_transformation_takes_several_steps():
    figure = plot.transformation([[[1, 1], [0, 1]], [[0, 1], [2, 0]]], [[0, 0], [1, 0], [0, 1]])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["before", "step 1\narea times 1", "step 2\narea times 2,\nturned over"]
    corners = [axes.patches[0].get_xy()[1:3] for axes in figure.axes]
    np.testing.assert_allclose(corners, [[[1, 0], [0, 1]], [[1, 0], [1, 1]], [[0, 2], [1, 2]]], atol=1e-6)
    shifts = [[[1, 0, 5], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 7], [0, 0, 1]]]
    assert plot.transformation(shifts).axes[2].patches[0].get_xy()[0].tolist() == [5, 7]


def test_transformation_refused():
    with pytest.raises(ShapeError, match=r"got shape \(0, 2, 2\)"):
        plot.transformation(np.ones((0, 2, 2)))
    with pytest.raises(ShapeError, match=r"last row 0 0 1; got shape \(2, 3, 3\)"):
        plot.transformation(np.ones((2, 3, 3)))
    with pytest.raises(
        ShapeError, match=r"a matrix of the plane has shape \(2, 2\), or \(3, 3\) .*; got shape \(2, 3\)"
    ):
        plot.transformation([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ShapeError, match=r"last row 0 0 1; got shape \(3, 3\)"):
        plot.transformation(np.ones((3, 3)))
    with pytest.raises(ShapeError, match=r"the points must be points in the plane, of shape \(n, 2\); got \(1, 3\)"):
        plot.transformation(np.eye(2), [[1, 2, 3]])
