"""How much each sample counts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._arguments import number, shown, whole_number
from pybridge._types import Tensor
from pybridge.errors import OptionError
from pybridge.models._data import ARRAYS, Data
from pybridge.models._mapped import Mapped


def class_weights(given: object) -> dict[int, float]:
    """The weights of classes as plain numbers.

    Raises:
        OptionError: this is no dict of whole numbers, each with a number.
    """
    if not isinstance(given, dict):
        wanted = "a dict of class numbers, each with its weight, as {0: 1.0, 1: 2.5}"
        raise OptionError(f"class_weight must be {wanted}; got {shown(given)}")
    return {
        whole_number("a class in class_weight", label): number(f"class_weight[{shown(label)}]", weight)
        for label, weight in given.items()
    }


def of_classes(y: Data, class_weight: dict[int, float]) -> np.ndarray:
    """The weight of each sample by its class; classes that are not named weigh 1."""
    if not isinstance(y, ARRAYS):
        raise OptionError("class_weight is for a model of one output; give sample_weight instead")
    if isinstance(y, Mapped):
        return np.concatenate([of_classes(piece, class_weight) for piece in y.pieces()])
    return np.asarray(_by_label(tf.convert_to_tensor(y), class_weight))


def of_classes_in(dataset: tf.data.Dataset, class_weight: dict[int, float]) -> tf.data.Dataset:
    """A dataset of (x, y) with a third part: the weight of each sample by its class."""
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2 or not isinstance(spec[1], tf.TensorSpec):
        raise OptionError("class_weight needs a dataset of (x, y) with one array y, and without weights of its own")

    @tf.autograph.experimental.do_not_convert
    def weigh(x: Data, y: Tensor) -> tuple[Any, ...]:
        return x, y, _by_label(y, class_weight)

    return dataset.map(weigh, num_parallel_calls=tf.data.AUTOTUNE)


def _by_label(y: Tensor, class_weight: dict[int, float]) -> Tensor:
    if y.shape.rank != 1:
        y = tf.squeeze(y, -1) if y.shape[-1] == 1 else tf.argmax(y, axis=-1)
    labels = tf.cast(tf.round(y) if y.dtype.is_floating else y, tf.int64)
    classes = sorted(class_weight)
    floats = keras.config.floatx()
    if not classes:
        return tf.ones_like(labels, floats)
    known = tf.constant(classes, tf.int64)
    flat = tf.reshape(labels, [-1])
    places = tf.minimum(tf.searchsorted(known, flat), len(classes) - 1)
    weights = tf.gather(tf.constant([class_weight[label] for label in classes], floats), places)
    named = tf.gather(known, places) == flat
    return tf.reshape(tf.where(named, weights, tf.ones([], floats)), tf.shape(labels))
