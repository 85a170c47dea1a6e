"""What a model gives for data, and how well that fits: on one worker or on several."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._arguments import choice, whole_number
from pybridge._boundary import called
from pybridge._types import Like
from pybridge.distributed._strategy import Strategy
from pybridge.distributed._workers import Workers, as_workers
from pybridge.errors import OptionError
from pybridge.models._arrays import Arrays, arrays
from pybridge.models._data import as_batches, inputs, refuse_unknown_shapes, sample_count, sparse, streams
from pybridge.models._losses import weigh_outputs_by_samples
from pybridge.models._mapped import as_dataset, mapped
from pybridge.models._refused import refused
from pybridge.models._targets import check_targets
from pybridge.models._together import (
    Part,
    StreamPart,
    check_alike,
    measured_of_all,
    of_arrays,
    predicted_by_all,
    refuse_own_metrics,
)
from pybridge.models._use import check_built, check_kind


@called
def predict(
    model: keras.Model,
    x: Like,
    *,
    batch_size: int | None = 128,
    steps: int | None = None,
    callbacks: list[Any] | None = None,
    verbose: int | str = 0,
    strategy: Strategy | None = None,
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
        strategy: what `distributed.strategy()` returns, for several workers to share the batches; all get the whole.

    Returns:
        The output, its first axis that of the samples; a list or dict for a model of several outputs.

    Raises:
        ShapeError: there are no samples, or they have another shape than the model takes.
        OptionError: `model` is no Keras model, or has no weights yet and a strategy is given; an option is out of its
            range.
        WorkerError: another worker is gone, or has another model or other data.

    >>> from pybridge import models
    >>> models.predict(models.sequential(["relu"], input_shape=2), [[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """
    check_kind(model, keras.Model, "a Keras model")
    options = _options(steps, callbacks, verbose)
    size = whole_number("batch_size", 128 if batch_size is None else batch_size, least=1)
    workers = as_workers(strategy)
    given = None if streams(x) else Arrays(x if sparse(x) else inputs(model, x))
    with _without_xla(model, "predict_function"), workers.explained(), refused():
        if not workers.together:
            return model.predict(**_data(x, given, size, steps), **options)
        part, data = _part(model, x, given, size, workers, options)
        return predicted_by_all(workers, part, model.predict(**data, **options))


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
    strategy: Strategy | None = None,
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
        strategy: what `distributed.strategy()` returns, for several workers to share the batches; all get the numbers
            of all. Callbacks are told those of the worker's own batches.

    Returns:
        The loss and each metric by name.

    Raises:
        OptionError: the model has no loss yet or is none, an option is out of its range, or there are weights and no y.
        ShapeError: x and y differ in their number of samples, or there are none; a label or an index is out of range.
        WorkerError: another worker is gone, or has another model or other data.

    >>> from pybridge import models, training
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "ones"})], input_shape=1)
    >>> _ = training.fit(net, [[1.0]], [[1.0]], loss="mean_squared_error", metrics=[], epochs=0)
    >>> models.evaluate(net, [[1.0], [2.0]], [[1.0], [4.0]])
    {'loss': 2.0}
    """
    check_kind(model, keras.Model, "a Keras model")
    options = _options(steps, callbacks, verbose)
    size = whole_number("batch_size", 128 if batch_size is None else batch_size, least=1)
    if not model.compiled:
        raise OptionError(
            "the model has no loss to measure yet; train it with training.fit, or compile it with model.compile"
        )
    weigh_outputs_by_samples(model)
    workers = as_workers(strategy)
    given = None
    if streams(x):
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if value is not None:
                raise OptionError(f"a dataset holds its own targets and weights; leave out {name}")
        if type(model).test_step is keras.Model.test_step:
            refuse_unknown_shapes(x, "x")
    else:
        given = (Arrays if sparse(x, y) else functools.partial(arrays, model))(x, y, sample_weight)
        check_targets(model, model.loss, None, given.y, "y")
    with _without_xla(model, "test_function"), workers.explained(), refused():
        if not workers.together:
            return dict(model.evaluate(**_data(x, given, size, steps), return_dict=True, **options))
        refuse_own_metrics(model)
        part, data = _part(model, x, given, size, workers, options)
        return measured_of_all(model, workers, part, model.evaluate(**data, return_dict=True, **options))


def _data(x: Any, given: Arrays | None, batch_size: int, steps: int | None) -> dict[str, Any]:
    """Data as Keras's `evaluate` and `predict` take it: arrays, unless x gives its batches itself."""
    return {"x": as_batches(x, "x", steps)} if given is None else _whole(given, batch_size)


def _part(
    model: keras.Model, x: Any, given: Arrays | None, batch_size: int, workers: Workers, options: dict[str, Any]
) -> tuple[Part, dict[str, Any]]:
    """This worker's part of the data, and how Keras takes it; the options come to say what is left to be said."""
    workers.in_epoch(None)
    steps, options["steps"] = options["steps"], None
    if workers.rank:
        options["verbose"] = 0
    check_alike(check_built(model), workers, batch_size=batch_size, steps=steps)
    if given is None:
        stream = StreamPart(x, steps, workers)
        return stream, {"x": stream.batches()}
    part, own = of_arrays(given, batch_size, steps, workers)
    return part, _whole(own, batch_size)


def _whole(given: Arrays, batch_size: int) -> dict[str, Any]:
    """Arrays as Keras's `evaluate` and `predict` take them: as batches of a dataset where some are in files."""
    if not sparse(given.x, given.y):
        batch_size = min(batch_size, sample_count(x=given.x))
        if mapped(given.x, given.y, given.weight):
            return {"x": as_dataset(given.packed(), batch_size)}
    parts = {"x": keras.tree.map_structure(_strings, given.x), "y": given.y, "sample_weight": given.weight}
    return {name: part for name, part in parts.items() if part is not None} | {"batch_size": batch_size}


def _strings(array: Any) -> Any:
    """An array of strings as Keras takes it."""
    return tf.constant(array) if isinstance(array, np.ndarray) and array.dtype.kind in "SU" else array


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
