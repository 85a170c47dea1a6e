"""Data as Keras takes it: one array with the samples along its first axis, or several in a list or dict."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from pybridge.errors import ShapeError
from pybridge.tensors._dtypes import as_tensor

Data = object
"""An array or tensor, or a list, tuple or dict of them."""


def inputs(model: keras.Model, x: object) -> Data:
    """What a model is fed with.

    Raises:
        ShapeError: there are not as many arrays as the model has inputs, or one has another shape than its input.
    """
    data = _arrange("x", x, _places(model, "inputs"))
    _check_shapes(model, data)
    return data


def targets(model: keras.Model, y: object, name: str = "y") -> Data:
    """What a model should give."""
    return _arrange(name, y, _places(model, "outputs"))


def sample_count(**named: Data) -> int:
    """How many samples there are; every array of the named data must have as many.

    Raises:
        ShapeError: the numbers differ, or there are none.
    """
    counts = {name: {int(array.shape[0]) for array in keras.tree.flatten(data)} for name, data in named.items()}
    found = set().union(*counts.values())
    if len(found) > 1:
        listed = ", ".join(f"{name} {' and '.join(map(str, sorted(each)))}" for name, each in counts.items())
        raise ShapeError(f"each sample needs its target, but the numbers of samples differ: {listed}")
    if found == {0}:
        raise ShapeError(f"there are no samples in {' and '.join(named)}")
    return found.pop()


def as_array(value: object, name: str) -> np.ndarray | tf.Tensor:
    """One array as Keras takes it: floats in Keras's own precision, everything else as it is.

    Raises:
        ShapeError: a single number, which has no axis of samples.
        DtypeError: not made of numbers.
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufUS":
        value = value if isinstance(value, tf.Tensor) else as_tensor(value)
    if len(value.shape) == 0:
        raise ShapeError(f"{name} must have an axis of samples first; got a single number")
    floats = keras.config.floatx()
    if isinstance(value, tf.Tensor):
        return tf.cast(value, floats) if value.dtype.is_floating else value
    return value.astype(floats, copy=False) if value.dtype.kind == "f" else value


def _places(model: keras.Model, kind: str) -> list | None:
    """The model's symbolic inputs or outputs; None where it does not say what it takes before it is called."""
    if isinstance(model, keras.Sequential) and not model.built:
        return [None]
    return getattr(model, kind, None)


def _arrange(name: str, value: object, places: list | None) -> Data:
    if isinstance(value, dict):
        return {key: as_array(each, f"{name}[{key!r}]") for key, each in value.items()}
    several = isinstance(value, (list, tuple)) and all(hasattr(each, "shape") for each in value)
    if several and places is not None and len(places) == 1:
        several = len(value) == 1 and places[0] is not None and len(value[0].shape) == len(places[0].shape)
        if several:
            return as_array(value[0], name)
    elif isinstance(value, (list, tuple)) and places is not None and len(places) > 1:
        several = True
        if len(value) != len(places):
            raise ShapeError(f"the model has {len(places)} places for {name}; got {len(value)} arrays")
    if several:
        return tuple(as_array(each, f"{name}[{i}]") for i, each in enumerate(value))
    return as_array(value, name)


def _check_shapes(model: keras.Model, data: Data) -> None:
    places = _places(model, "inputs")
    if isinstance(data, dict) or not places or places[0] is None:
        return
    for place, array in zip(places, keras.tree.flatten(data), strict=True):
        if _sizes(place.shape) == _sizes(array.shape):
            continue
        wanted, got = place.shape[1:], tuple(array.shape[1:])
        fits = len(wanted) == len(got) and all(w in (None, g) for w, g in zip(wanted, got, strict=True))
        if not fits:
            raise ShapeError(f"the model takes samples of shape {wanted}; these have the shape {got}")


def _sizes(shape: tuple) -> tuple:
    """The shape of one sample without the axes of length 1, which Keras adds and drops by itself."""
    return tuple(size for size in shape[1:] if size != 1)
