"""Losses of probabilities: how surprising the truth is."""

from __future__ import annotations

import keras
import tensorflow as tf

from pybridge._arguments import flag, number
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ShapeError
from pybridge.losses._pairs import (
    CLASS_NUMBERS,
    are_labels,
    check_classes,
    check_probabilities,
    check_real,
    class_numbers,
    do_not_pair,
    pairs,
)
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import as_float, as_tensor, promote
from pybridge.tensors._wider import in_float32


@boundary
def binary_crossentropy(y_true: Like, y_pred: Like, from_logits: bool = False, label_smoothing: float = 0.0) -> Tensor:
    """Average the cross-entropy of yes or no, given a probability p of yes: -log p for a yes, -log(1 - p) for a no.

    Args:
        y_true: 1 for yes, 0 for no, or something between, any shape.
        y_pred: probabilities of yes, the same shape.
        from_logits: whether `y_pred` holds numbers of any size whose sigmoid is the probability.
        label_smoothing: how far labels are moved towards a half, from 0 to 1: at 0.2, they are 0.9 and 0.1.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, or there are no predictions.
        OptionError: a label is not from 0 to 1, or an option is out of range.
        DtypeError: the numbers are complex.

    Source: Keras, `binary_crossentropy`.

    >>> binary_crossentropy([1, 0], [0.5, 0.5]).numpy().round(4)
    np.float32(0.6931)
    """
    from_logits = flag("from_logits", from_logits)
    smoothing = number("label_smoothing", label_smoothing, least=0, most=1)
    y_true, y_pred = pairs(y_true, y_pred, CLASS_NUMBERS)
    check_probabilities(y_true, f"1 is for yes and 0 for no; {CLASS_NUMBERS}")

    def mean(true: Tensor, pred: Tensor) -> Tensor:
        true = true * (1 - smoothing) + smoothing / 2 if smoothing else true
        return tf.reduce_mean(keras.ops.binary_crossentropy(true, pred, from_logits=from_logits))

    return in_float32(mean, y_true, y_pred)


@boundary
def categorical_crossentropy(
    y_true: Like, y_pred: Like, from_logits: bool = False, label_smoothing: float = 0.0
) -> Tensor:
    """Average the cross-entropy of the classes, given a probability for each: -log p of the true one.

    Args:
        y_true: each sample's classes as 0 and a single 1, or as probabilities, shape (..., classes).
        y_pred: probabilities, the same shape; what does not sum to 1 is divided by its sum.
        from_logits: whether `y_pred` holds numbers of any size whose softmax is the probabilities.
        label_smoothing: how much of each label is spread evenly over the classes, from 0 to 1.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes differ, there is no axis of classes or a single class, or there are no predictions.
        OptionError: a label is not from 0 to 1, or an option is out of range.
        DtypeError: the numbers are complex.

    Source: Keras, `categorical_crossentropy`.

    >>> categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]).numpy().round(4)
    np.float32(0.6931)
    """
    from_logits = flag("from_logits", from_logits)
    smoothing = number("label_smoothing", label_smoothing, least=0, most=1)
    y_true, y_pred = _distributions(y_true, y_pred)
    if y_pred.shape[-1] == 1:
        raise ShapeError(
            f"y_pred {shown(extents(y_pred))} has a single class, whose probability is always 1; "
            "one column of yes or no goes with binary_crossentropy"
        )

    def mean(true: Tensor, pred: Tensor) -> Tensor:
        if smoothing:
            true = true * (1 - smoothing) + smoothing / tf.cast(tf.shape(true)[-1], true.dtype)
        return tf.reduce_mean(keras.ops.categorical_crossentropy(true, pred, from_logits=from_logits))

    return in_float32(mean, y_true, y_pred)


@boundary
def sparse_categorical_crossentropy(y_true: Like, y_pred: Like, from_logits: bool = False) -> Tensor:
    """Average the cross-entropy of the classes, given as numbers: -log p of the true one.

    As in Keras it has no label smoothing; `categorical_crossentropy` of `tensors.one_hot` labels has.

    Args:
        y_true: class numbers from 0, shape (...) or (..., 1).
        y_pred: probabilities, shape (..., classes); what does not sum to 1 is divided by its sum.
        from_logits: whether `y_pred` holds numbers of any size whose softmax is the probabilities.

    Returns:
        One number, at least 0.

    Raises:
        ShapeError: the shapes do not fit, there are no predictions, or a class number is not one of the predicted
            classes.
        OptionError: `from_logits` is neither true nor false.
        DtypeError: the numbers are complex.

    Source: Keras, `sparse_categorical_crossentropy`.

    >>> sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]]).numpy().round(4)
    np.float32(0.6931)
    """
    from_logits = flag("from_logits", from_logits)
    labels, y_pred = as_tensor(y_true), as_float(y_pred)
    check_real(labels, y_pred)
    check_classes(y_pred)
    if not are_labels(labels, y_pred):
        one_hot = labels.shape.is_compatible_with(y_pred.shape)
        hint = "classes as 0 and 1 go with categorical_crossentropy" if one_hot else "each sample has one class number"
        raise do_not_pair(labels, y_pred, hint)
    numbers = class_numbers(labels, y_pred)

    def mean(pred: Tensor) -> Tensor:
        return tf.reduce_mean(keras.ops.sparse_categorical_crossentropy(numbers, pred, from_logits=from_logits))

    return in_float32(mean, y_pred)


@boundary
def kl_divergence(y_true: Like, y_pred: Like) -> Tensor:
    """Average how many nats are lost by taking the predicted probabilities for the true ones: the sum of p log(p / q).

    Args:
        y_true: the true probabilities p of each class, shape (..., classes).
        y_pred: the predicted ones q, the same shape. Both are clipped to the range from 1e-7 to 1.

    Returns:
        One number, 0 where both are the same.

    Raises:
        ShapeError: the shapes differ, there is no axis of classes, or there are no predictions.
        OptionError: a true probability is not from 0 to 1.
        DtypeError: the numbers are complex.

    Source: Kullback and Leibler (1951); Keras, `kl_divergence`.

    >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).numpy().round(4)
    np.float32(0.1438)
    """

    def mean(true: Tensor, pred: Tensor) -> Tensor:
        p, q = (tf.clip_by_value(x, keras.config.epsilon(), 1) for x in (true, pred))
        return tf.reduce_mean(tf.reduce_sum(p * tf.math.log(p / q), -1))

    return in_float32(mean, *_distributions(y_true, y_pred))


def _distributions(y_true: Like, y_pred: Like) -> list[Tensor]:
    """Labels and predictions with a probability for each class along their last axis."""
    y_true, y_pred = promote(y_true, y_pred, least=tf.float32)
    check_real(y_true)
    check_classes(y_pred)
    if not y_true.shape.is_compatible_with(y_pred.shape):
        labels = are_labels(y_true, y_pred)
        raise do_not_pair(y_true, y_pred, CLASS_NUMBERS if labels else "they must have one shape")
    check_probabilities(y_true, f"a row holds a probability for each class; {CLASS_NUMBERS}")
    return [y_true, y_pred]
