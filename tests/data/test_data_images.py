"""Tests of the bundled digits and of images made ready for a net."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf
from sklearn import datasets

from pybridge._arguments import shown
from pybridge.data import load_digits, prepare_images
from pybridge.errors import DtypeError, OptionError, ShapeError


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


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_pixels_may_be_whole_numbers_of_any_width(dtype):
    pixels = np.arange(0, 128, 8).reshape(2, 2, 4).astype(dtype)
    assert np.array_equal(prepare_images(pixels), pixels.reshape(2, 8).astype("float32") / 255)


@pytest.mark.parametrize(
    ("shape", "wording"),
    [
        ((28, 28), "got (28, 28); one image needs an axis in front, flat images need a height and a width"),
        ((5, 7), "got (5, 7); one image needs an axis in front, flat images need a height and a width"),
        ((60000,), "got (60000,)"),
        ((100, 784), "got (100, 784); for flat images of 28 by 28 pixels, write images.reshape(-1, 28, 28)"),
        ((2, 28, 28, 1), "got (2, 28, 28, 1); write images[..., 0]"),
        ((2, 28, 28, 3), "got (2, 28, 28, 3); only grey images can be prepared"),
        ((0,), "got (0,)"),
    ],
)
def test_images_of_another_shape(shape, wording):
    expected = f"prepare_images: images must have the shape (images, height, width); {wording}"
    with pytest.raises(ShapeError, match=f"^{re.escape(expected)}$"):
        prepare_images(np.zeros(shape, np.uint8))


def test_the_way_out_of_flat_images_is_right():
    pixels = np.arange(2 * 784).reshape(2, 784) % 256
    with pytest.raises(ShapeError, match=r"write images\.reshape\(-1, 28, 28\)$"):
        prepare_images(pixels)
    assert np.array_equal(prepare_images(pixels.reshape(-1, 28, 28)), pixels.astype("float32") / 255)


def test_images_of_unequal_rows():
    with pytest.raises(
        ShapeError, match=r"^prepare_images: images must hold images of one shape; got \[\[\[1, 2\], \[3\]\]\]$"
    ):
        prepare_images([[[1, 2], [3]]])


@pytest.mark.parametrize(
    ("images", "wording"),
    [
        (np.zeros((1, 2, 2), np.float32), "from 0 to 255; got float32 from 0 to 1: these images are prepared already"),
        (np.full((1, 2, 2), 255.0), 'from 0 to 255; got float64; write images.astype("uint8")'),
        (np.full((1, 2, 2), 2.5), "from 0 to 255; got float64"),
        (np.full((1, 2, 2), np.nan), "from 0 to 255; got float64"),
        (np.zeros((0, 2, 2)), "from 0 to 255; got float64"),
        (np.zeros((1, 2, 2), bool), 'got bool; write images.astype("uint8") * 255'),
        (np.zeros((1, 2, 2), complex), "got complex128"),
        ([[[None]]], "got object"),
        ([[["a"]]], "got <U1"),
        ([[[0, 256]]], "from 0 to 255; got 0 to 256"),
        ([[[-1, 0]]], "from 0 to 255; got -1 to 0"),
        ([[[2**70]]], "got object"),
    ],
)
def test_pixels_of_another_kind(images, wording):
    with pytest.raises(DtypeError, match=f"^prepare_images: pixels must be whole numbers .*{re.escape(wording)}$"):
        prepare_images(images)


@pytest.mark.parametrize("images", [None, 3, "images", {1: 2}, object()])
def test_what_is_no_array_of_images(images):
    wording = f"^prepare_images: images must be an array, a list or a tensor of images; got {re.escape(shown(images))}$"
    with pytest.raises(DtypeError, match=wording):
        prepare_images(images)


@pytest.mark.parametrize("flatten", [None, 1, "yes"])
def test_flatten_is_a_switch(flatten):
    with pytest.raises(OptionError, match=f"^prepare_images: flatten must be true or false; got {flatten!r}$"):
        prepare_images(np.zeros((1, 2, 2), np.uint8), flatten=flatten)
