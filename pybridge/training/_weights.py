"""How much each sample counts."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.errors import OptionError
from pybridge.models._data import Data
from pybridge.tensors._dtypes import as_float


def check_class_weight(class_weight: object) -> None:
    """Raises OptionError unless this is a dict of whole numbers, each with a number."""
    if not isinstance(class_weight, dict) or not all(
        isinstance(label, int) and isinstance(weight, (int, float)) for label, weight in class_weight.items()
    ):
        raise OptionError(
            f"class_weight must be a dict of class numbers, each with its weight, as {{0: 1.0, 1: 2.5}}; "
            f"got {class_weight!r}"
        )


def of_classes(y: Data, class_weight: dict) -> np.ndarray:
    """The weight of each sample by its class; classes that are not named weigh 1."""
    if not isinstance(y, (np.ndarray, tf.Tensor)):
        raise OptionError("class_weight is for a model of one output; give sample_weight instead")
    return np.asarray(_by_label(tf.convert_to_tensor(y), class_weight))


def of_classes_in(dataset: tf.data.Dataset, class_weight: dict) -> tf.data.Dataset:
    """A dataset of (x, y) with a third part: the weight of each sample by its class."""
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2 or not isinstance(spec[1], tf.TensorSpec):
        raise OptionError("class_weight needs a dataset of (x, y) with one array y, and without weights of its own")

    @tf.autograph.experimental.do_not_convert
    def weigh(x: Data, y: Tensor) -> tuple:
        return x, y, _by_label(y, class_weight)

    return dataset.map(weigh, num_parallel_calls=tf.data.AUTOTUNE)


def _by_label(y: Tensor, class_weight: dict) -> Tensor:
    if y.ndim > 1:
        y = tf.squeeze(y, -1) if y.shape[-1] == 1 else tf.argmax(y, axis=-1)
    labels = tf.cast(tf.round(y) if y.dtype.is_floating else y, tf.int64)
    weights = tf.ones_like(labels, keras.config.floatx())
    for label, weight in class_weight.items():
        weights = tf.where(labels == label, tf.cast(weight, weights.dtype), weights)
    return weights


def of_samples(sample_weight: object, y: Data, name: str) -> Data:
    """The weights as Keras takes them: an array for each output; one array counts for all of them."""
    outputs = None if isinstance(y, (np.ndarray, tf.Tensor)) else y
    if isinstance(sample_weight, dict) or (outputs is not None and isinstance(sample_weight, (list, tuple))):
        weights = keras.tree.map_structure(_floats, sample_weight)
        try:
            return keras.tree.pack_sequence_as(outputs, keras.tree.flatten(weights))
        except (TypeError, ValueError):
            raise OptionError(f"{name} must be one array, or as many as the model has outputs") from None
    weights = _floats(sample_weight)
    return weights if outputs is None else keras.tree.map_structure(lambda _: weights, outputs)


def _floats(weights: object) -> np.ndarray:
    return np.asarray(as_float(weights)).astype(keras.config.floatx(), copy=False)
