"""Which number of the labels meets which of the predictions, and what labels may be."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import promote

CLASS_NUMBERS = "class numbers go with sparse_categorical_crossentropy"


def pairs(y_true: Like, y_pred: Like, of_classes: str = "they must have one shape") -> list[Tensor]:
    """Both as floats of one dtype, each number beside the one that it is compared to.

    Args:
        y_true: what is wanted.
        y_pred: what comes out.
        of_classes: what to write where there is one label for each row of predictions.
    """
    y_true, y_pred = promote(y_true, y_pred, least=tf.float32)
    check_real(y_true)
    check_some(y_pred)
    met = side_by_side(y_true, y_pred)
    if met is None:
        raise do_not_pair(y_true, y_pred, of_classes if are_labels(y_true, y_pred) else "they must have one shape")
    return met


def side_by_side(y_true: Tensor, y_pred: Tensor) -> list[Tensor] | None:
    """Both in one shape, without a last axis of length 1 that only one of them has; None where they do not pair."""
    true, pred = y_true.shape, y_pred.shape
    if true.is_compatible_with(pred):
        return [y_true, y_pred]
    if true.rank == pred.rank + 1 and true[-1] == 1 and true[:-1].is_compatible_with(pred):
        return [tf.squeeze(y_true, -1), y_pred]
    if pred.rank == true.rank + 1 and pred[-1] == 1 and pred[:-1].is_compatible_with(true):
        return [y_true, tf.squeeze(y_pred, -1)]
    return None


def are_labels(y_true: Tensor, y_pred: Tensor) -> bool:
    """Whether there is one number for each row of predictions."""
    rows = y_pred.shape[:-1]
    return y_pred.shape.rank > 0 and any(y_true.shape.is_compatible_with(shape) for shape in (rows, [*rows, 1]))


def class_numbers(labels: Tensor, y_pred: Tensor) -> Tensor:
    """The class number of each row of predictions as an integer, one of the classes as far as that is known."""
    classes = y_pred.shape[-1]
    if not tf.is_symbolic_tensor(labels) and classes is not None:
        numbers = labels.numpy()
        wrong = numbers[~np.isin(numbers, np.arange(classes))]
        if wrong.size:
            raise ShapeError(
                f"y_pred {shown(extents(y_pred))} has the classes 0 to {classes - 1}; y_true names {wrong[0]}"
            )
    numbers = tf.cast(labels, tf.int64)
    if labels.shape.rank is None:
        return tf.reshape(numbers, tf.shape(y_pred)[:-1])
    return numbers if labels.shape.rank < y_pred.shape.rank else tf.squeeze(numbers, -1)


def check_classes(y_pred: Tensor) -> None:
    """See that predictions have an axis of classes.

    Raises:
        ShapeError: they do not, as far as is known.
    """
    check_some(y_pred)
    if y_pred.shape.rank is None:
        raise ShapeError("y_pred holds a probability for each class along its last axis; its axes are unknown here")
    if y_pred.shape.rank == 0:
        raise ShapeError("y_pred holds a probability for each class along its last axis; got a single number")


def check_some(y_pred: Tensor) -> None:
    """See that there are predictions.

    Raises:
        ShapeError: there are none.
    """
    if 0 in (extents(y_pred) or []):
        raise ShapeError(f"there are no predictions in y_pred {shown(extents(y_pred))}")


def check_real(*xs: Tensor) -> None:
    """See that tensors hold real numbers.

    Raises:
        DtypeError: they hold complex ones, or none.
    """
    for x in xs:
        if not (x.dtype.is_floating or x.dtype.is_integer or x.dtype.is_bool):
            hint = ": take real parts first" if x.dtype.is_complex else ""
            raise DtypeError(f"labels and predictions are real numbers; got {x.dtype.name}{hint}")


def check_probabilities(y_true: Tensor, hint: str) -> None:
    """See that labels are from 0 to 1, but for what rounding adds, where they are known.

    Raises:
        OptionError: one of them is not, or is NaN.
    """
    if tf.is_symbolic_tensor(y_true):
        return
    numbers = y_true.numpy()
    wrong = ~((numbers > -1e-3) & (numbers < 1 + 1e-3))
    if wrong.any():
        raise OptionError(f"y_true is made of numbers from 0 to 1; got {numbers[wrong][0]}; {hint}")


def do_not_pair(y_true: Tensor, y_pred: Tensor, hint: str) -> ShapeError:
    """The error for shapes that do not fit."""
    return ShapeError(f"y_true {shown(extents(y_true))} and y_pred {shown(extents(y_pred))} do not pair; {hint}")
