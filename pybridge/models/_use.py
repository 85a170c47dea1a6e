"""What is done with a model: read and set its weights, predict, measure, describe."""

from __future__ import annotations

import keras
import numpy as np

from pybridge._marks import mutates
from pybridge._types import Like, Variable
from pybridge.errors import OptionError, ShapeError
from pybridge.models._data import inputs, sample_count, targets
from pybridge.tensors._dtypes import as_tensor


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


@mutates
def set_weights(model: keras.Model, weights: list) -> None:
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


def predict(model: keras.Model, x: Like, *, batch_size: int = 128) -> np.ndarray:
    """Compute what the model gives for every sample.

    Args:
        model: a Keras model.
        x: the samples, shape (samples, ...); a list or dict of such for a model of several inputs.
        batch_size: how many samples are computed at a time.

    Returns:
        The output, its first axis that of the samples; a list or dict for a model of several outputs.

    Raises:
        ShapeError: there are no samples, or they have another shape than the model takes.
        OptionError: `model` is no Keras model, or `batch_size` is below 1.

    >>> from pybridge import models
    >>> models.predict(models.sequential(["relu"], input_shape=2), [[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """
    _check(model, keras.Model, "a Keras model")
    _check_batch_size(batch_size)
    data = inputs(model, x)
    sample_count(x=data)
    return model.predict(data, batch_size=batch_size, verbose=0)


def evaluate(model: keras.Model, x: Like, y: Like, *, batch_size: int = 128) -> dict:
    """Measure the model on data with the loss and the metrics that `training.fit` gave it.

    Args:
        model: a Keras model that has been trained, or compiled by Keras.
        x: the samples, shape (samples, ...).
        y: their targets, one for each sample.
        batch_size: how many samples are computed at a time.

    Returns:
        The loss and each metric by name.

    Raises:
        OptionError: the model has no loss yet or is none, or `batch_size` is below 1.
        ShapeError: x and y differ in their number of samples, or there are none.

    >>> from pybridge import models, training
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "ones"})], input_shape=1)
    >>> _ = training.fit(net, [[1.0]], [[1.0]], loss="mean_squared_error", metrics=[], epochs=0)
    >>> models.evaluate(net, [[1.0], [2.0]], [[1.0], [4.0]])
    {'loss': 2.0}
    """
    _check(model, keras.Model, "a Keras model")
    _check_batch_size(batch_size)
    if not model.compiled:
        raise OptionError(
            "the model has no loss to measure yet; train it with training.fit, or compile it with model.compile"
        )
    data, goal = inputs(model, x), targets(model, y)
    sample_count(x=data, y=goal)
    return dict(model.evaluate(data, goal, batch_size=batch_size, verbose=0, return_dict=True))


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
    if not model.built:
        raise OptionError(
            f"{model.name} has no weights yet: give models.sequential an input_shape, or call the model on data first"
        )
    return model


def _check(model: object, kind: type, what: str) -> None:
    if not isinstance(model, kind):
        raise OptionError(f"{what} is wanted first, as models.sequential makes one; got {model!r}")


def _check_batch_size(batch_size: int) -> None:
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise OptionError(f"batch_size must be a whole number of at least 1; got {batch_size!r}")
