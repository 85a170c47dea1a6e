"""Which class is meant and which one was told, and how often they are the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.losses._pairs import are_labels, check_real, check_some, class_numbers, do_not_pair, side_by_side
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._compare import equal
from pybridge.tensors._dtypes import as_tensor


@boundary
def accuracy(y_true: Like, y_pred: Like) -> Tensor:
    """Compute the share of predictions that are right.

    Integers of one shape are class numbers and compared as such. One column of probabilities says yes above 0.5. Of
    several columns the most probable class counts.

    Args:
        y_true: class numbers, shape (...) or (..., 1); 0 and 1 for one column of probabilities, of the same shapes; or,
            for several columns, a row for each sample that sums to 1, such as 0 and a single 1, shape (..., classes).
        y_pred: class numbers as integers, of the shape of `y_true`; or probabilities, shape (n,) or (..., 1) for one
            column, (..., classes) for several.

    Returns:
        One number from 0 to 1, float32.

    Raises:
        ShapeError: the shapes do not fit, there are no predictions, or a class number is not one of the predicted
            classes.
        OptionError: labels that do not go with the predictions, or integers with a single 1 in each row, which could
            be class numbers as well as rows of classes.
        DtypeError: the numbers are complex.

    Source: Keras, metric `accuracy`.

    >>> accuracy([1, 0, 1], [[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]]).numpy().round(4)
    np.float32(0.6667)
    >>> accuracy([0, 1, 2, 2], [0, 1, 2, 1]).numpy()
    np.float32(0.75)
    """
    true, told = classes(y_true, y_pred)
    return tf.reduce_mean(tf.cast(_same(true, told), tf.float32))


def classes(y_true: Like, y_pred: Like) -> tuple[Tensor, Tensor]:
    """The class of each sample and the one predicted for it, of one shape; both are whole numbers."""
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    check_real(y_true, y_pred)
    check_some(y_pred)
    if None in (y_true.shape.rank, y_pred.shape.rank):
        raise ShapeError("the number of axes of y_true and of y_pred must be known")
    met = side_by_side(y_true, y_pred)
    if met and _is_whole(y_true) and _is_whole(y_pred):
        _check_no_rows(*met)
        return met[0], met[1]
    hint = "y_true holds class numbers, or a row of 0 and 1 for each sample"
    if _is_one_column(y_true, y_pred):
        if met is None:
            raise do_not_pair(y_true, y_pred, hint)
        return _of_column(*met)
    y_pred = y_pred if y_pred.dtype.is_floating else tf.cast(y_pred, tf.float32)
    if y_true.shape.is_compatible_with(y_pred.shape):
        _check_rows(y_true)
        return tf.argmax(tf.cast(y_true, y_pred.dtype), -1), tf.argmax(y_pred, -1)
    if not are_labels(y_true, y_pred):
        raise do_not_pair(y_true, y_pred, hint)
    return class_numbers(y_true, y_pred), tf.argmax(y_pred, -1)


def _same(true: Tensor, told: Tensor) -> Tensor:
    """Where two class numbers are the same; floats are compared as the integers that they stand for."""
    if not true.dtype.is_floating:
        return equal(true, told)
    told = tf.cast(told, tf.int64) if told.dtype.is_bool else told
    number = tf.cast(true, tf.float64)
    held = tf.equal(number, tf.floor(number)) & (number >= told.dtype.min) & (number < float(told.dtype.max + 1))
    return held & tf.equal(tf.cast(number, told.dtype), told)


def _is_whole(x: Tensor) -> bool:
    return x.dtype.is_integer or x.dtype.is_bool


def _is_one_column(y_true: Tensor, y_pred: Tensor) -> bool:
    true, pred = extents(y_true), extents(y_pred)
    return pred == [] or pred[-1] == 1 or len(pred) == len(true) == 1 or len(true) > len(pred)


def _of_column(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Yes or no: the label, and whether the probability is above a half. Integers are class numbers even here."""
    if _is_whole(y_pred):
        _check_known(
            y_true, lambda numbers: np.isfinite(numbers) & (numbers == np.floor(numbers)), "a class number is whole"
        )
        return y_true, y_pred
    as_integers = 'class numbers are compared where both are integers: write cast(y_pred, "int64")'
    _check_known(y_true, lambda numbers: np.isin(numbers, (0, 1)), f"1 is for yes and 0 for no; {as_integers}")
    if not tf.is_symbolic_tensor(y_pred):
        numbers = y_pred.numpy()
        if (numbers == np.floor(numbers)).all() and (numbers > 1).any():
            raise OptionError(f"one column of y_pred holds probabilities of yes; got {numbers.max()}; {as_integers}")
    return tf.cast(y_true, tf.int64), tf.cast(y_pred > 0.5, tf.int64)


def _check_rows(y_true: Tensor) -> None:
    """See that rows of labels are rows of one sample's classes, where they are known."""
    if tf.is_symbolic_tensor(y_true):
        return
    numbers = y_true.numpy().astype(np.float64)
    good = (numbers > -1e-3).all(-1) & (np.abs(numbers.sum(-1) - 1) < 1e-2)
    if not good.all():
        raise OptionError(
            f"a row of y_true sums to 1, as 0 and a single 1 do; got {numbers[~good][0].tolist()}; "
            "class numbers are compared where y_pred holds integers too, and several yes or no of a sample "
            f"in the shape {shown([*extents(y_true), 1])}"
        )


def _check_no_rows(y_true: Tensor, y_pred: Tensor) -> None:
    """See that integers of one shape cannot be rows of 0 and a single 1 with another result, where they are known."""
    if tf.is_symbolic_tensor(y_true) or tf.is_symbolic_tensor(y_pred) or y_true.shape.rank < 2:
        return
    true, pred = y_true.numpy(), y_pred.numpy()
    rows = np.isin(true, (0, 1)).all() and (true.sum(-1) == 1).all()
    if true.shape[-1] > 1 and rows and (true == pred).mean() != (true.argmax(-1) == pred.argmax(-1)).mean():
        raise OptionError(
            "integers of one shape are class numbers, but each row of y_true has a single 1, as a row of classes has; "
            "write argmax(y_true, -1) and argmax(y_pred, -1) for rows of classes, and reshape class numbers to one axis"
        )


def _check_known(y_true: Tensor, is_good: Callable[[np.ndarray], np.ndarray], hint: str) -> None:
    """See that labels are good, where they are known."""
    if tf.is_symbolic_tensor(y_true):
        return
    numbers = y_true.numpy()
    good = is_good(numbers)
    if not np.all(good):
        raise OptionError(f"y_true holds {np.ravel(numbers)[~np.ravel(good)][0]}; {hint}")
