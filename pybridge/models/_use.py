"""What is done with a model: read and set its weights, predict, measure, describe."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from pybridge._arguments import choice, shown, whole_number
from pybridge._boundary import called
from pybridge._marks import mutates
from pybridge._types import Like, Variable
from pybridge.errors import OptionError, ShapeError
from pybridge.models._arrays import Arrays, arrays
from pybridge.models._data import as_batches, inputs, sample_count, sparse, streams
from pybridge.models._losses import weigh_outputs_by_samples
from pybridge.models._mapped import as_dataset, mapped
from pybridge.models._refused import refused
from pybridge.models._targets import check_targets
from pybridge.tensors._dtypes import as_tensor


@called
def weights(model: keras.Model) -> list[np.ndarray]:
    """Copy a model's weights out, layer by layer: what is trained and what is only kept, as a mean over batches.

    Args:
        model: a Keras model or layer.

    Returns:
        An array for each weight; changing it leaves the model as it is.

    Raises:
        OptionError: the model has no weights yet, or is none.

    >>> from pybridge import models
    >>> [w.shape for w in models.weights(models.sequential([("dense", 3)], input_shape=2))]
    [(2, 3), (3,)]
    """
    return [np.array(weight) for weight in _built(model).get_weights()]


@called
def variables(model: keras.Model) -> list[Variable]:
    """Give the variables that training changes, for a tape to differentiate by and an update to assign to.

    Args:
        model: a Keras model or layer.

    Returns:
        The variables themselves, in the order of the layers.

    Raises:
        OptionError: the model has no weights yet, or is none.

    >>> from pybridge import models
    >>> [v.shape.as_list() for v in models.variables(models.sequential([("dense", 3)], input_shape=2))]
    [[2, 3], [3]]
    """
    return [variable.value for variable in _built(model).trainable_variables]


@called
@mutates
def set_weights(model: keras.Model, weights: list[Any]) -> None:
    """Put weights into a model, in the order in which `weights` gives them.

    Args:
        model: a Keras model or layer.
        weights: an array, tensor or nested list for each of the model's weights, of its shape.

    Raises:
        OptionError: the model has no weights yet, or is none.
        ShapeError: there are too few or too many weights, or one has another shape than its place in the model.

    >>> from pybridge import models
    >>> net = models.sequential([("dense", 1)], input_shape=2)
    >>> models.set_weights(net, [[[2.0], [3.0]], [1.0]])
    >>> models.predict(net, [[1.0, 1.0]]).tolist()
    [[6.0]]
    """
    places = _built(model).weights
    given = [np.asarray(as_tensor(weight)) for weight in weights]
    if len(given) != len(places):
        raise ShapeError(f"the model has {len(places)} weights; got {len(given)}")
    for place, weight in zip(places, given, strict=True):
        if tuple(place.shape) != weight.shape:
            raise ShapeError(f"{place.path} has the shape {tuple(place.shape)}; got the shape {weight.shape}")
    model.set_weights(given)


@called
def predict(
    model: keras.Model,
    x: Like,
    *,
    batch_size: int | None = 128,
    steps: int | None = None,
    callbacks: list[Any] | None = None,
    verbose: int | str = 0,
) -> np.ndarray:
    """Compute what the model gives for every sample.

    Args:
        model: a Keras model.
        x: the samples, shape (samples, ...); a list or dict of such for a model of several inputs; or what gives
            batches itself, as a tf.data.Dataset or a generator, with or without targets. Memory-mapped arrays are read
            a batch at a time.
        batch_size: how many samples are computed at a time; None for 128.
        steps: how many batches are computed; None for all.
        callbacks: Keras callbacks.
        verbose: 1 for a bar, 2 for a line, 0 for nothing.

    Returns:
        The output, its first axis that of the samples; a list or dict for a model of several outputs.

    Raises:
        ShapeError: there are no samples, or they have another shape than the model takes.
        OptionError: `model` is no Keras model, or an option is out of its range.

    >>> from pybridge import models
    >>> models.predict(models.sequential(["relu"], input_shape=2), [[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """
    _check(model, keras.Model, "a Keras model")
    options = _options(steps, callbacks, verbose)
    size = whole_number("batch_size", 128 if batch_size is None else batch_size, least=1)
    if streams(x):
        data = {"x": as_batches(x, "x", steps)}
    else:
        data = _whole(Arrays(x if sparse(x) else inputs(model, x)), size)
    with _without_xla(model, "predict_function"), refused():
        return model.predict(**data, **options)


@called
def evaluate(
    model: keras.Model,
    x: Like,
    y: Like | None = None,
    *,
    batch_size: int | None = 128,
    sample_weight: Like | None = None,
    steps: int | None = None,
    callbacks: list[Any] | None = None,
    verbose: int | str = 0,
) -> dict[str, Any]:
    """Measure the model on data with the loss and the metrics that it was compiled with, by `training.fit` or by Keras.

    The losses of several outputs are averaged over samples. Keras counts a smaller last batch as much as a full one,
    so that its parts do not add up to the whole.

    Args:
        model: a Keras model that has been trained, or compiled by Keras.
        x: the samples, shape (samples, ...); or what gives batches (x, y) or (x, y, sample_weight) itself, as a
            tf.data.Dataset or a generator. Memory-mapped arrays, those of y and sample_weight too, are read a batch at
            a time.
        y: their targets, one for each sample.
        batch_size: how many samples are computed at a time; None for 128.
        sample_weight: for each sample, how much it counts in the loss.
        steps: how many batches are measured; None for all.
        callbacks: Keras callbacks.
        verbose: 1 for a bar, 2 for a line, 0 for nothing.

    Returns:
        The loss and each metric by name.

    Raises:
        OptionError: the model has no loss yet or is none, an option is out of its range, or there are weights and no y.
        ShapeError: x and y differ in their number of samples, or there are none; a label or an index is out of range.

    >>> from pybridge import models, training
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "ones"})], input_shape=1)
    >>> _ = training.fit(net, [[1.0]], [[1.0]], loss="mean_squared_error", metrics=[], epochs=0)
    >>> models.evaluate(net, [[1.0], [2.0]], [[1.0], [4.0]])
    {'loss': 2.0}
    """
    _check(model, keras.Model, "a Keras model")
    options = _options(steps, callbacks, verbose)
    size = whole_number("batch_size", 128 if batch_size is None else batch_size, least=1)
    if not model.compiled:
        raise OptionError(
            "the model has no loss to measure yet; train it with training.fit, or compile it with model.compile"
        )
    weigh_outputs_by_samples(model)
    if streams(x):
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if value is not None:
                raise OptionError(f"a dataset holds its own targets and weights; leave out {name}")
        data = {"x": as_batches(x, "x", steps)}
    else:
        given = (Arrays if sparse(x, y) else functools.partial(arrays, model))(x, y, sample_weight)
        data = _whole(given, size)
        check_targets(model, model.loss, None, given.y, "y")
    with _without_xla(model, "test_function"), refused():
        return dict(model.evaluate(**data, return_dict=True, **options))


@called
def summary(model: keras.Model) -> str:
    """Describe a model as a table: its layers, the shapes of what they give, and how many numbers each trains.

    Args:
        model: a Keras model.

    Returns:
        The table as text.

    Raises:
        OptionError: `model` is no Keras model.

    >>> from pybridge import models
    >>> print(models.summary(models.sequential([("dense", 3)], input_shape=2)).splitlines()[-3].strip())
    Total params: 9 (36.00 B)
    """
    _check(model, keras.Model, "a Keras model")
    lines = []
    model.summary(print_fn=lambda line, line_break=None: lines.append(line), line_length=80)
    return "\n".join(line.rstrip() for line in "\n".join(lines).rstrip().splitlines())


def _built(model: keras.Layer) -> keras.Layer:
    _check(model, keras.Layer, "a Keras model or layer")
    if not model.built and not model.weights:
        raise OptionError(
            f"{model.name} has no weights yet: give models.sequential an input_shape, or call the model on data first"
        )
    return model


def _check(model: object, kind: type, what: str) -> None:
    if not isinstance(model, kind):
        raise OptionError(f"{what} is wanted first, as models.sequential makes one; got {shown(model)}")


def _whole(given: Arrays, batch_size: int) -> dict[str, Any]:
    """Arrays as Keras's `evaluate` and `predict` take them: as batches of a dataset where some are in files."""
    if not sparse(given.x, given.y):
        batch_size = min(batch_size, sample_count(x=given.x))
        if mapped(given.x, given.y, given.weight):
            return {"x": as_dataset(given.packed(), batch_size)}
    parts = {"x": given.x, "y": given.y, "sample_weight": given.weight}
    return {name: part for name, part in parts.items() if part is not None} | {"batch_size": batch_size}


def _options(steps: object, callbacks: object, verbose: object) -> dict[str, Any]:
    return {
        "steps": None if steps is None else whole_number("steps", steps, least=1),
        "callbacks": callbacks or None,
        "verbose": choice("verbose", verbose, [0, 1, 2, "auto"]),
    }


@contextlib.contextmanager
def _without_xla(model: keras.Model, function: str) -> Iterator[None]:
    """Compute by TensorFlow's own kernels, which refuse a label or an index out of range where XLA takes any."""
    before = model.jit_compile
    if before:
        model.jit_compile = False
        setattr(model, function, None)
    try:
        yield
    finally:
        if before:
            model.jit_compile = before
            setattr(model, function, None)
