"""Tests of the bundled digits and of images made ready for a net."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf
from sklearn import datasets

from pybridge.data import load_digits, prepare_images
from pybridge.errors import DtypeError, ShapeError


def test_digits_have_the_form_of_mnist():
    (train_images, train_labels), (test_images, test_labels) = load_digits()
    assert [array.shape for array in (train_images, train_labels)] == [(1500, 28, 28), (1500,)]
    assert [array.shape for array in (test_images, test_labels)] == [(297, 28, 28), (297,)]
    assert {array.dtype for array in (train_images, train_labels, test_images, test_labels)} == {np.dtype(np.uint8)}
    assert (train_images.min(), train_images.max()) == (0, 255)


def test_digits_are_scikit_learns_enlarged_with_a_margin():
    (train_images, train_labels), (test_images, test_labels) = load_digits()
    images, labels = np.concatenate([train_images, test_images]), np.concatenate([train_labels, test_labels])
    bundled = datasets.load_digits()
    assert labels.tolist() == bundled.target.tolist()
    inner = images[:, 2:-2, 2:-2].reshape(-1, 8, 3, 8, 3)
    assert np.array_equal(inner.min(axis=(2, 4)), inner.max(axis=(2, 4)))
    assert np.array_equal(np.rint(inner[:, :, 0, :, 0] * (16 / 255)), bundled.images)
    assert images.sum() == images[:, 2:-2, 2:-2].sum()


def test_every_digit_is_in_both_parts_and_the_parts_are_the_same_every_time():
    first, second = load_digits(), load_digits()
    for (images, labels), (again, labels_again) in zip(first, second, strict=True):
        assert sorted(set(labels.tolist())) == list(range(10))
        assert np.array_equal(images, again)
        assert np.array_equal(labels, labels_again)


@pytest.mark.parametrize("make", [np.asarray, tf.constant, tf.Variable, lambda pixels: pixels.astype("int64").tolist()])
def test_pixels_become_floats_from_0_to_1(make):
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    prepared = prepare_images(make(pixels))
    assert prepared.dtype == np.float32
    assert prepared.shape == (2, 128)
    # the book's own line
    assert np.array_equal(prepared, pixels.reshape((2, 8 * 16)).astype("float32") / 255)


def test_images_may_keep_their_axes():
    pixels = np.full((3, 28, 28), 51, np.uint8)
    assert np.array_equal(prepare_images(pixels, flatten=False), np.full((3, 28, 28), np.float32(0.2)))
    assert prepare_images(pixels).shape == (3, 784)


def test_no_images_are_fine_and_the_argument_stays_as_it_is():
    assert prepare_images(np.empty((0, 28, 28), np.uint8)).shape == (0, 784)
    pixels = np.full((1, 2, 2), 255, np.uint8)
    prepare_images(pixels)[:] = 0
    assert pixels.min() == 255


@pytest.mark.parametrize(
    ("shape", "wording"),
    [
        ((28, 28), "shape (images, height, width); got (28, 28); one image needs an axis in front"),
        ((60000,), "shape (images, height, width); got (60000,)"),
        ((2, 28, 28, 1), "shape (images, height, width); got (2, 28, 28, 1)"),
    ],
)
def test_images_of_another_shape(shape, wording):
    with pytest.raises(ShapeError, match=f"{re.escape(wording)}$"):
        prepare_images(np.zeros(shape, np.uint8))


def test_images_of_unequal_rows():
    with pytest.raises(ShapeError, match=r"images of one height and one width; .*inhomogeneous"):
        prepare_images([[[1, 2], [3]]])


@pytest.mark.parametrize(
    ("images", "wording"),
    [
        (np.zeros((1, 2, 2), np.float32), "whole numbers from 0 to 255, as load_mnist gives them; got float32: are"),
        (np.zeros((1, 2, 2), bool), "got bool"),
        ([[["a"]]], "got <U1"),
        ([[[0, 256]]], "whole numbers from 0 to 255; got 0 to 256"),
        ([[[-1, 0]]], "whole numbers from 0 to 255; got -1 to 0"),
    ],
)
def test_pixels_of_another_kind(images, wording):
    with pytest.raises(DtypeError, match=re.escape(wording)):
        prepare_images(images)
