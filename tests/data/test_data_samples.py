"""Tests of the two clouds and of the examples of real-world data."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pybridge.data import example_shapes, example_tensor, two_clouds
from pybridge.errors import OptionError


def test_two_clouds_in_the_books_form_label_0_first():
    points, labels = two_clouds()
    assert (points.shape, points.dtype) == ((2000, 2), np.float32)
    assert (labels.shape, labels.dtype) == ((2000, 1), np.float32)
    assert (labels[:1000].max(), labels[1000:].min()) == (0, 1)


def test_each_cloud_has_its_mean_and_covariance():
    points, _ = two_clouds(100_000)
    for cloud, mean in ((points[:100_000], [0, 3]), (points[100_000:], [3, 0])):
        assert np.allclose(cloud.mean(axis=0), mean, atol=0.02)
        assert np.allclose(np.cov(cloud.T), [[1, 0.5], [0.5, 1]], atol=0.02)


def test_the_points_are_the_same_every_time_whatever_else_was_drawn():
    np.random.seed(3)
    points, _ = two_clouds()
    again, _ = two_clouds()
    assert np.array_equal(points, again)
    fewer, _ = two_clouds(10)
    assert np.array_equal(fewer, np.concatenate([points[:10], points[1000:1010]]))


def test_a_line_tells_the_clouds_apart_as_in_the_book():
    points, labels = two_clouds()
    w, b = np.zeros((2, 1)), np.zeros(1)
    for _ in range(40):
        error = points @ w + b - labels
        w -= 0.1 * 2 * points.T @ error / len(points)
        b -= 0.1 * 2 * error.mean(axis=0)
    assert np.mean((points @ w + b - labels) ** 2) < 0.03
    assert np.mean((points @ w + b > 0.5) == labels) >= 0.996


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "ten", None])
def test_a_cloud_has_a_whole_number_of_points(n):
    with pytest.raises(OptionError, match=re.escape(f"n must be a whole number of at least 1; got {n!r}")):
        two_clouds(n)


def test_example_shapes_are_plain_data_that_names_every_axis():
    rows = example_shapes()
    assert all(list(row) == ["kind", "axes", "shape", "example"] for row in rows)
    assert all(len(row["axes"]) == len(row["shape"]) for row in rows)
    assert all(isinstance(row["axes"], list) and isinstance(row["shape"], list) for row in rows)


def test_example_shapes_are_the_books():
    shapes = [(row["kind"], *row["shape"]) for row in example_shapes() if row["axes"][-1] != "width"]
    assert shapes == [
        ("vector", 100_000, 3),
        ("vector", 500, 20_000),
        ("timeseries", 250, 390, 3),
        ("timeseries", 1_000_000, 280, 128),
        ("image", 128, 256, 256, 1),
        ("image", 128, 256, 256, 3),
        ("video", 4, 240, 144, 256, 3),
    ]
    channels_first = [(row["axes"], row["shape"]) for row in example_shapes() if row["axes"][-1] == "width"]
    assert channels_first == [
        (["samples", "channels", "height", "width"], [128, 3, 256, 256]),
        (["samples", "frames", "channels", "height", "width"], [4, 240, 3, 144, 256]),
    ]


def test_changing_a_row_changes_no_other_list():
    example_shapes()[0]["shape"].append(1)
    assert example_shapes()[0]["shape"] == [100_000, 3]


@pytest.mark.parametrize(
    ("kind", "channels", "shape"),
    [
        ("vector", "last", [2, 3]),
        ("timeseries", "last", [2, 2, 3]),
        ("image", "last", [2, 4, 5, 3]),
        ("image", "first", [2, 3, 4, 5]),
        ("video", "last", [2, 3, 4, 5, 3]),
        ("video", "first", [2, 3, 3, 4, 5]),
    ],
)
def test_example_tensors(kind, channels, shape):
    tensor = example_tensor(kind, channels=channels)
    assert tensor.dtype.name == "float32"
    assert tensor.shape.as_list() == shape


@pytest.mark.parametrize("kind", ["image", "video"])
def test_colours_are_the_same_wherever_their_axis_is(kind):
    last = example_tensor(kind).numpy()
    first = example_tensor(kind, channels="first").numpy()
    assert np.array_equal(np.moveaxis(first, -3, -1), last)
    assert (last.min(), last.max()) == (0, 1)
    red, green = last[0, ..., 0].reshape(-1, 4, 5)[0], last[0, ..., 1].reshape(-1, 4, 5)[0]
    assert np.array_equal(red[0], np.float32([0, 0.25, 0.5, 0.75, 1]))
    assert np.allclose(green[:, 0], [0, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        ({"kind": "sound"}, 'kind must be "vector", "timeseries", "image" or "video"; got \'sound\''),
        ({"kind": "image", "channels": "middle"}, 'channels must be "last" or "first"; got \'middle\''),
        (
            {"kind": "vector", "channels": "first"},
            "channels='first' is for an image or a video; a vector has no channels",
        ),
    ],
)
def test_options_that_do_not_exist(arguments, wording):
    with pytest.raises(OptionError, match=re.escape(wording)):
        example_tensor(**arguments)
