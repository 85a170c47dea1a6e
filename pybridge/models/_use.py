"""What is done with a model itself: read and set its weights, describe it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from pybridge._arguments import shown
from pybridge._boundary import called
from pybridge._marks import mutates
from pybridge._types import Variable
from pybridge.errors import OptionError, ShapeError
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
    return [np.array(weight) for weight in check_built(model).get_weights()]


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
    return [variable.value for variable in check_built(model).trainable_variables]


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
    places = check_built(model).weights
    given = [np.asarray(as_tensor(weight)) for weight in weights]
    if len(given) != len(places):
        raise ShapeError(f"the model has {len(places)} weights; got {len(given)}")
    for place, weight in zip(places, given, strict=True):
        if tuple(place.shape) != weight.shape:
            raise ShapeError(f"{place.path} has the shape {tuple(place.shape)}; got the shape {weight.shape}")
    model.set_weights(given)


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
    check_kind(model, keras.Model, "a Keras model")
    lines = []
    model.summary(print_fn=lambda line, line_break=None: lines.append(line), line_length=80)
    return "\n".join(line.rstrip() for line in "\n".join(lines).rstrip().splitlines())


def check_built(model: keras.Layer) -> keras.Layer:
    """The model; raises OptionError where it has no weights yet, or is none."""
    check_kind(model, keras.Layer, "a Keras model or layer")
    if not model.built and not model.weights:
        raise OptionError(
            f"{model.name} has no weights yet: give models.sequential an input_shape, or call the model on data first"
        )
    return model


def check_kind(model: object, kind: type, what: str) -> None:
    """Raises OptionError for what is no such thing."""
    if not isinstance(model, kind):
        raise OptionError(f"{what} is wanted first, as models.sequential makes one; got {shown(model)}")
