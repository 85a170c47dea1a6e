"""Data as Keras takes it: one array with the samples along its first axis, or several in a list or dict."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import is_grain_dataset, is_torch_dataloader
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from pybridge._arguments import shown
from pybridge.errors import OptionError, ShapeError
from pybridge.models._mapped import Mapped, in_file
from pybridge.tensors._dtypes import as_float, as_tensor

Data = object
"""An array or tensor, or a list, tuple or dict of them."""

ARRAYS = (np.ndarray, tf.Tensor, Mapped)


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


def sample_weights(sample_weight: object, y: Data, name: str) -> Data:
    """The weights as Keras takes them: an array for each output; one array counts for all of them."""
    outputs = None if isinstance(y, ARRAYS) else y
    if isinstance(sample_weight, dict) or (outputs is not None and isinstance(sample_weight, (list, tuple))):
        weights = keras.tree.map_structure(_floats, sample_weight)
        try:
            return keras.tree.pack_sequence_as(outputs, keras.tree.flatten(weights))
        except (TypeError, ValueError):
            raise OptionError(f"{name} must be one array, or as many as the model has outputs") from None
    weights = _floats(sample_weight)
    return weights if outputs is None else keras.tree.map_structure(lambda _: weights, outputs)


def _floats(weights: object) -> np.ndarray | Mapped:
    if hasattr(weights, "to_numpy"):  # pandas
        weights = weights.to_numpy()
    if in_file(weights):
        return Mapped(weights, keras.config.floatx())
    return np.asarray(as_float(weights)).astype(keras.config.floatx(), copy=False)


def streams(x: object) -> bool:
    """Whether the batches come from x itself: a dataset, a generator, a PyDataset, another library's loader."""
    known = isinstance(x, (tf.data.Dataset, tf.distribute.DistributedDataset, keras.utils.PyDataset, DataAdapter))
    return known or hasattr(x, "__next__") or is_torch_dataloader(x) or is_grain_dataset(x)


def as_batches(x: Any, name: str, steps: int | None) -> object:
    """Data that gives its batches itself, as Keras takes it.

    Args:
        x: the data.
        name: what it is called.
        steps: how many batches are wanted; None for all.

    Raises:
        OptionError: it never ends, and all of it is wanted.
        ShapeError: there are no samples.
    """
    if isinstance(x, tf.data.Dataset):
        cardinality = int(x.cardinality())
        if cardinality == tf.data.INFINITE_CARDINALITY and steps is None:
            option = {"x": "steps_per_epoch or steps", "validation_data": "validation_steps"}[name]
            raise OptionError(f"{name} is a dataset without end; end it with {name}.take(steps), or give {option}")
        if cardinality == 0:
            raise ShapeError(f"there are no samples in {name}")
    elif hasattr(x, "__next__"):
        return (_batch(batch) for batch in x)
    return x


def refuse_unknown_shapes(x: object, name: str) -> None:
    """Refuse a dataset that does not say how many axes its batches have, which Keras's losses and layers ask for.

    Raises:
        OptionError: it does not.
    """
    if isinstance(x, tf.data.Dataset):
        for spec in tf.nest.flatten(x.element_spec):
            if isinstance(spec, tf.TensorSpec) and spec.shape.rank is None:
                raise OptionError(
                    f"{name} is a dataset that does not say what shape its batches have; give from_generator an "
                    "output_signature in place of output_types, as (tf.TensorSpec((None, 4), tf.float32), "
                    f"tf.TensorSpec((None,), tf.int64)), or write {name}.map(lambda x, y: (tf.ensure_shape(x, "
                    "(None, 4)), tf.ensure_shape(y, (None,))))"
                )


def _batch(batch: object) -> Data:
    """A batch of an iterator as Keras takes it: a tuple, and arrays where there are lists of numbers."""
    if not isinstance(batch, (list, tuple)):
        return batch
    names = ("x", "y", "sample_weight")
    listed = [_nested(part, name) if isinstance(part, list) else part for name, part in zip(names, batch, strict=False)]
    return (*listed, *batch[len(names) :])


def lists_batches(x: Any) -> bool:
    """Whether this looks like a list of batches (x, y) or (x, y, sample_weight)."""
    pairs = isinstance(x, list) and bool(x) and all(isinstance(batch, (list, tuple)) for batch in x)
    return pairs and all(len(batch) in (2, 3) and all(map(_holds_arrays, batch)) for batch in x)


def sparse(*parts: object) -> bool:
    """Whether any of the arrays has no place for each number, so that Keras's own adapter has to cut it."""
    return any(
        isinstance(leaf, (tf.SparseTensor, tf.RaggedTensor)) or type(leaf).__module__.startswith("scipy.sparse")
        for part in parts
        for leaf in (part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else [part])
    )


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


def as_array(value: object, name: str) -> np.ndarray | tf.Tensor | Mapped:
    """One array as Keras takes it: floats in Keras's own precision, everything else as it is.

    A memory-mapped array of numbers stays in its file; one of strings is read whole.

    Raises:
        ShapeError: a single number, which has no axis of samples.
        DtypeError: not made of numbers.
    """
    if hasattr(value, "to_numpy"):  # pandas, whose columns are samples of one number in Keras
        value = value.to_numpy()[:, None] if getattr(value, "ndim", 0) == 1 else value.to_numpy()
    if _strings(value):
        value = tf.constant(np.asarray(value).tolist())
    if in_file(value):
        value = Mapped(value)
    elif not isinstance(value, np.ndarray) or value.dtype.kind not in "biufUS":
        value = value if isinstance(value, tf.Tensor) else as_tensor(value)
    if len(value.shape) == 0:
        raise ShapeError(f"{name} must have an axis of samples first; got a single number")
    floats = keras.config.floatx()
    if isinstance(value, Mapped):
        return value
    if isinstance(value, tf.Tensor):
        return tf.cast(value, floats) if value.dtype.is_floating else value
    return value.astype(floats, copy=False) if value.dtype.kind == "f" else value


def _strings(value: object) -> bool:
    """Whether these are strings without a dtype that says so."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and value.size > 0 and all(isinstance(each, str) for each in value.flat)
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(each, str) for each in value)


def _places(model: keras.Model, kind: str) -> list[Any] | None:
    """The model's symbolic inputs or outputs; None where it does not say what it takes before it is called."""
    if isinstance(model, keras.Sequential) and not model.built:
        return [None]
    return getattr(model, kind, None)


def _arrange(name: str, value: Any, places: list[Any] | None) -> Data:
    if isinstance(value, dict):
        return {key: _nested(each, f"{name}[{shown(key)}]") for key, each in value.items()}
    several = isinstance(value, (list, tuple)) and bool(value) and all(map(_holds_arrays, value))
    if several and places is not None and len(places) == 1:
        several = len(value) == 1 and places[0] is not None and len(value[0].shape) == len(places[0].shape)
        if several:
            return as_array(value[0], name)
    elif isinstance(value, (list, tuple)) and places is not None and len(places) > 1:
        several = True
        if len(value) != len(places):
            raise ShapeError(f"the model has {len(places)} places for {name}; got {len(value)} arrays")
    if several:
        return tuple(_nested(each, f"{name}[{i}]") for i, each in enumerate(value))
    return as_array(value, name)


def _nested(value: object, name: str) -> Data:
    """An array, or where a model takes several at one place, several."""
    if isinstance(value, dict):
        return {key: _nested(each, f"{name}[{shown(key)}]") for key, each in value.items()}
    if isinstance(value, (list, tuple)) and value and all(map(_holds_arrays, value)):
        return tuple(_nested(each, f"{name}[{i}]") for i, each in enumerate(value))
    return as_array(value, name)


def _holds_arrays(value: object) -> bool:
    if isinstance(value, dict):
        return True
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_holds_arrays, value))
    return hasattr(value, "shape")


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


def _sizes(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """The shape of one sample without the axes of length 1, which Keras adds and drops by itself."""
    return tuple(size for size in shape[1:] if size != 1)
