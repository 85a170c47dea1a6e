"""Targets that a loss or metric would read otherwise than they were meant, found before any work is done."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._names import function_name
from pybridge.errors import DtypeError, ShapeError
from pybridge.models._mapped import Mapped

ONE_HOT = {"categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence"}
PER_OUTPUT = {"binary_crossentropy", "binary_focal_crossentropy"}
COUNTING = {
    *("precision", "recall", "auc", "f1_score", "fbeta_score", "true_positives", "true_negatives", "false_positives"),
    *("false_negatives", "categorical_accuracy", "top_k_categorical_accuracy", "categorical_crossentropy"),
}
ONE_ARRAY = (np.ndarray, tf.Tensor, tf.TensorSpec, Mapped)


def check_targets(model: keras.Model, loss: object, metrics: object, y: Any, name: str) -> None:
    """Raise an error for targets that do not go with the loss and the metrics of a model of one output.

    Args:
        model: the model; one that has not said what it puts out is not looked at.
        loss: its loss, as `compile` takes it.
        metrics: its metrics.
        y: the targets, or what describes them: something with a shape and a dtype.
        name: what the targets are called.

    Raises:
        ShapeError: class numbers where a target for each output is wanted, or the other way round.
        DtypeError: the targets are strings.
    """
    if y is None or loss is None:
        return
    for part in keras.tree.flatten(y):
        if tf.as_dtype(getattr(part, "dtype", tf.float32)) == tf.string:
            raise DtypeError(
                f"{name} holds strings, and a loss takes numbers; numpy.unique({name}, return_inverse=True) numbers "
                "the classes, and keras.layers.StringLookup does so within a dataset"
            )
    outputs: Any = getattr(model, "outputs", None)
    single = outputs and len(outputs) == 1 and not keras.tree.is_nested(loss) and isinstance(y, ONE_ARRAY)
    if not single or y.shape is None or len(y.shape) == 0:
        return
    shape, given = tuple(outputs[0].shape), tuple(y.shape)
    kind, classes = _name(loss), shape[-1]
    column = len(given) == len(shape) and given[-1] == 1
    numbers = classes not in (None, 1) and (len(given) == len(shape) - 1 or column)
    if kind == "sparse_categorical_crossentropy" and len(given) != len(shape) - 1 and not column:
        raise ShapeError(
            f"sparse categorical cross-entropy takes one label for each sample; {name} has the shape {given}. "
            "For one-hot targets there is categorical_crossentropy"
        )
    if kind in ONE_HOT | PER_OUTPUT and numbers:
        other = "sparse_categorical_crossentropy" if classes > 1 else "binary_crossentropy"
        raise ShapeError(
            f"{kind} takes a target for each of the {classes} outputs; {name} has the shape {given}. For class numbers "
            f"there is {other}, and tensors.one_hot({name}, {classes}) makes them one-hot"
        )
    for metric in keras.tree.flatten(metrics or []):
        if _name(metric) in COUNTING and numbers:
            raise ShapeError(
                f"the metric {_name(metric)} takes a target for each of the {classes} outputs; {name} has the shape "
                f"{given}. tensors.one_hot({name}, {classes}) makes them one-hot, with the loss "
                "categorical_crossentropy; for class numbers there is sparse_categorical_accuracy"
            )


def _name(given: object) -> str:
    """What a loss or metric is called, whichever way it was given."""
    if isinstance(given, str):
        return function_name(given)
    if inspect.isclass(given) or inspect.isfunction(given):
        return function_name(given.__name__)
    if getattr(given, "ignore_class", None) is not None:
        return "with a class to ignore"
    return function_name(type(given).__name__)
