"""How far predictions are from what is wanted, as one number: loss functions, and accuracy.

Predictions are probabilities where a loss wants probabilities; they are kept 1e-7 away from 0 and 1, as Keras does, so
that no logarithm is infinite. A last axis of length 1 that only one of the two has is dropped, as in Keras: labels of
shape (n, 1) and predictions of shape (n,) meet pair by pair. Otherwise shapes must be equal; nothing broadcasts.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import as_float, as_tensor, promote

__all__ = [
    "mean_squared_error",
    "mean_absolute_error",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "accuracy",
]


@boundary
def mean_squared_error(y_true: Like, y_pred: Like) -> Tensor:
    """The mean of the squared differences.

    Args:
        y_true: what is wanted, any shape.
        y_pred: what comes out, the same shape.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ.

    Source: Keras, `mean_squared_error`.

    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0]).numpy()
    np.float32(2.0)
    """
    y_true, y_pred = _pairs(y_true, y_pred)
    return tf.reduce_mean(tf.square(y_true - y_pred))


@boundary
def mean_absolute_error(y_true: Like, y_pred: Like) -> Tensor:
    """The mean of the differences, whatever their sign.

    Args:
        y_true: what is wanted, any shape.
        y_pred: what comes out, the same shape.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ.

    Source: Keras, `mean_absolute_error`.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0]).numpy()
    np.float32(1.0)
    """
    y_true, y_pred = _pairs(y_true, y_pred)
    return tf.reduce_mean(tf.abs(y_true - y_pred))


@boundary
def binary_crossentropy(y_true: Like, y_pred: Like) -> Tensor:
    """The surprise at yes or no, given a probability p of yes: the mean of -log p for a yes and -log(1 - p) for a no.

    Args:
        y_true: 1 for yes, 0 for no, or something between, any shape.
        y_pred: probabilities of yes, the same shape.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ.

    Source: Keras, `binary_crossentropy`.

    >>> binary_crossentropy([1, 0], [0.5, 0.5]).numpy().round(4)
    np.float32(0.6931)
    """
    y_true, y_pred = _pairs(y_true, y_pred)
    return tf.reduce_mean(keras.ops.binary_crossentropy(y_true, y_pred))


@boundary
def categorical_crossentropy(y_true: Like, y_pred: Like) -> Tensor:
    """The surprise at the true class, given a probability for each: the mean of -log p of the true one.

    Args:
        y_true: each sample's classes as 0 and a single 1, or as probabilities, shape (..., classes).
        y_pred: probabilities, the same shape; what does not sum to 1 is divided by its sum.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, or there is no axis of classes.

    Source: Keras, `categorical_crossentropy`.

    >>> categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).numpy().round(4)
    np.float32(0.6931)
    """
    y_true, y_pred = promote(y_true, y_pred, least=tf.float32)
    _check_classes(y_pred)
    if not y_true.shape.is_compatible_with(y_pred.shape):
        labels = _are_labels(y_true, y_pred)
        hint = "class numbers go with sparse_categorical_crossentropy" if labels else "they must have one shape"
        raise _do_not_pair(y_true, y_pred, hint)
    return tf.reduce_mean(keras.ops.categorical_crossentropy(y_true, y_pred))


@boundary
def sparse_categorical_crossentropy(y_true: Like, y_pred: Like) -> Tensor:
    """The surprise at the true class, given as its number: the mean of -log p of the true one.

    Args:
        y_true: class numbers from 0, shape (...) or (..., 1).
        y_pred: probabilities, shape (..., classes); what does not sum to 1 is divided by its sum.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes do not fit, or a class number is not one of the predicted classes.

    Source: Keras, `sparse_categorical_crossentropy`.

    >>> sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).numpy().round(4)
    np.float32(0.6931)
    """
    labels, y_pred = as_tensor(y_true), as_float(y_pred)
    _check_classes(y_pred)
    if not _are_labels(labels, y_pred):
        one_hot = labels.shape.is_compatible_with(y_pred.shape)
        hint = "classes as 0 and 1 go with categorical_crossentropy" if one_hot else "each sample has one class number"
        raise _do_not_pair(labels, y_pred, hint)
    _check_labels(labels, y_pred)
    return tf.reduce_mean(keras.ops.sparse_categorical_crossentropy(_one_a_sample(labels, y_pred), y_pred))


@boundary
def accuracy(y_true: Like, y_pred: Like) -> Tensor:
    """The share of predictions that are right.

    One column of probabilities says yes above 0.5. Otherwise the most probable class counts.

    Args:
        y_true: 0 and 1 for one column, shape (...) or (..., 1); for classes their numbers, of the same shapes, or 0 and
            a single 1 for each sample, shape (..., classes).
        y_pred: probabilities, shape (n,) or (..., 1) for one column, (..., classes) for classes.

    Returns:
        One number from 0 to 1, float32.

    Raises:
        ShapeError: the shapes do not fit, or there are no predictions.

    Source: Keras, metric `accuracy`.

    >>> accuracy([1, 0, 1], [[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]).numpy().round(4)
    np.float32(0.6667)
    """
    y_true, y_pred = as_float(y_true), as_float(y_pred)
    if 0 in (extents(y_pred) or []):
        raise ShapeError(f"there are no predictions in y_pred {shown(extents(y_pred))}")
    if _is_one_column(y_true, y_pred):
        y_true, y_pred = _pairs(y_true, y_pred)
        right = tf.equal(y_true, tf.cast(y_pred > 0.5, y_true.dtype))
    elif y_true.shape.is_compatible_with(y_pred.shape):
        right = tf.equal(tf.argmax(y_true, -1), tf.argmax(y_pred, -1))
    elif _are_labels(y_true, y_pred):
        right = tf.equal(_one_a_sample(y_true, y_pred), tf.argmax(y_pred, -1))
    else:
        raise _do_not_pair(y_true, y_pred, "y_true holds class numbers, or a row of 0 and 1 for each sample")
    return tf.reduce_mean(tf.cast(right, tf.float32))


def _pairs(y_true: Like, y_pred: Like) -> list[Tensor]:
    """Both in one dtype, each number beside the one that it is compared to."""
    y_true, y_pred = promote(y_true, y_pred, least=tf.float32)
    true, pred = extents(y_true), extents(y_pred)
    if true == [*pred, 1]:
        return [y_true[..., 0], y_pred]
    if pred == [*true, 1]:
        return [y_true, y_pred[..., 0]]
    if not y_true.shape.is_compatible_with(y_pred.shape):
        raise _do_not_pair(y_true, y_pred, "they must have one shape")
    return [y_true, y_pred]


def _is_one_column(y_true: Tensor, y_pred: Tensor) -> bool:
    true, pred = extents(y_true), extents(y_pred)
    return pred == [] or pred[-1] == 1 or len(true) == len(pred) == 1 or true == [*pred, 1]


def _are_labels(y_true: Tensor, y_pred: Tensor) -> bool:
    """Whether there is one number for each row of predictions."""
    rows = y_pred.shape[:-1]
    return y_pred.shape.rank > 0 and any(y_true.shape.is_compatible_with(shape) for shape in (rows, [*rows, 1]))


def _one_a_sample(labels: Tensor, y_pred: Tensor) -> Tensor:
    """Class numbers as integers, without an axis of length 1."""
    return tf.cast(labels if labels.shape.rank < y_pred.shape.rank else labels[..., 0], tf.int64)


def _check_classes(y_pred: Tensor) -> None:
    if y_pred.shape.rank == 0:
        raise ShapeError("y_pred holds a probability for each class along its last axis; got a single number")


def _check_labels(labels: Tensor, y_pred: Tensor) -> None:
    """See that class numbers name one of the classes, where they are known."""
    classes = y_pred.shape[-1]
    if tf.is_symbolic_tensor(labels) or classes is None:
        return
    numbers = labels.numpy()
    wrong = numbers[~np.isin(numbers, np.arange(classes))]
    if wrong.size:
        raise ShapeError(f"y_pred {shown(extents(y_pred))} has the classes 0 to {classes - 1}; y_true names {wrong[0]}")


def _do_not_pair(y_true: Tensor, y_pred: Tensor, hint: str) -> ShapeError:
    return ShapeError(f"y_true {shown(extents(y_true))} and y_pred {shown(extents(y_pred))} do not pair; {hint}")
