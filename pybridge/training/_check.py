"""What is wrong with a call is said before any work is done."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from pybridge.errors import OptionError, ShapeError
from pybridge.models._data import Data


def check_model(model: object) -> None:
    """Raises OptionError for what cannot be trained here."""
    if not isinstance(model, keras.Model):
        raise OptionError(f"only a Keras model can be trained here, as models.sequential makes one; got {model!r}")
    if model.distribute_strategy.num_replicas_in_sync > 1:
        raise OptionError(f"{model.name} was made for several replicas, which keras.Model.fit trains")


def check_whole_number(name: str, value: object, least: int) -> None:
    """Raises OptionError unless the value is a whole number of at least so much."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{name} must be a whole number of at least {least}; got {value!r}")


def check_split(validation_split: object) -> None:
    """Raises OptionError unless the value is a share of the data."""
    number = isinstance(validation_split, (int, float)) and not isinstance(validation_split, bool)
    if not number or not 0 <= validation_split < 1:
        raise OptionError(f"validation_split must be a number of at least 0 and below 1; got {validation_split!r}")


def check_labels(model: keras.Model, loss: object, y: Data, name: str) -> None:
    """Raises ShapeError for labels that sparse categorical cross-entropy cannot find among the model's outputs."""
    outputs = getattr(model, "outputs", None)
    if not _is_sparse(loss) or not outputs or len(outputs) != 1 or not isinstance(y, (np.ndarray, tf.Tensor)):
        return
    shape = outputs[0].shape
    classes = shape[-1]
    one_column = len(y.shape) == len(shape) and y.shape[-1] == 1
    if len(y.shape) != len(shape) - 1 and not one_column:
        raise ShapeError(
            f"sparse categorical cross-entropy takes one label for each sample; {name} has the shape {tuple(y.shape)}. "
            "For one-hot targets there is categorical_crossentropy"
        )
    low, high = float(np.min(y)), float(np.max(y))
    if classes is not None and (low < 0 or high >= classes):
        raise ShapeError(
            f"the model tells {classes} classes apart, so labels run from 0 to {classes - 1}; "
            f"those in {name} run from {low:g} to {high:g}"
        )


def _is_sparse(loss: object) -> bool:
    if isinstance(loss, keras.losses.SparseCategoricalCrossentropy):
        return loss.get_config().get("ignore_class") is None
    return loss in ("sparse_categorical_crossentropy", keras.losses.sparse_categorical_crossentropy)
