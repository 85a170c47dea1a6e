"""How much memory the weights of a layer will take, asked before they have any numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf
from keras.src.backend.common import global_state

from pybridge._sizes import check_room
from pybridge.errors import ShapeError

UNINITIALIZED = "uninitialized_variables"  # where Keras keeps those that have no numbers yet
SCOPE = "stateless_scope"  # where it keeps what says that they get none


def size(*layers: keras.Layer) -> int:
    """How many bytes the variables of layers take, or will take."""
    variables = {id(each): each for layer in layers for each in layer.variables}
    return sum(math.prod(each.shape) * tf.as_dtype(each.dtype).size for each in variables.values())


@contextmanager
def unmade() -> Iterator[None]:
    """Make variables that get no numbers, and have Keras forget them."""
    before = _pending()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(UNINITIALIZED, before)


def check_weights(wanted: int) -> None:
    """See that weights of so many bytes fit into memory.

    Raises:
        ShapeError: they do not fit.
    """
    check_room(wanted, "the weights of these layers take", "take smaller layers")


def check_when_built(model: keras.Model, layers: list[keras.Layer]) -> None:
    """Have the weights of a model of layers refused where they do not fit into memory, whenever they are made."""
    for part in {id(part): part for layer in (*layers, model) for part in layer._flatten_layers()}.values():
        if not part.built:
            _check_when_built(part, layers)


def _check_when_built(layer: keras.Layer, layers: list[keras.Layer]) -> None:
    build = layer.build
    refused: list[str] = []  # once, after which Keras lets the layer make no weights any more

    @functools.wraps(build)
    def checked(*args: object, **kwargs: object) -> None:
        if refused:
            raise ShapeError(refused[0])
        if not all(map(_makes_weights_only, layer._flatten_layers())):
            build(*args, **kwargs)
            return
        before, scope = _pending(), global_state.get_global_attribute(SCOPE)
        try:
            with keras.StatelessScope(initialize_variables=False):
                build(*args, **kwargs)
            check_weights(size(*layers))
            with keras.StatelessScope():  # whose end gives them their numbers
                pass
        except BaseException as error:  # an interrupt too, which may come inside the scopes' own code
            global_state.set_global_attribute(SCOPE, scope)
            global_state.set_global_attribute(UNINITIALIZED, before)
            layer.built = False
            if isinstance(error, ShapeError):
                refused.append(str(error))
            raise

    layer.build = checked


def _makes_weights_only(layer: keras.Layer) -> bool:
    """Whether all that a layer makes while it is built are weights, which may get their numbers later."""
    return type(layer).__module__.startswith("keras.") and not getattr(layer, "stateful", False)


def _pending() -> list[keras.Variable]:
    """What Keras has to give numbers; it never forgets those whose turn an error ended, and fails at them for ever."""
    pending = global_state.get_global_attribute(UNINITIALIZED) or []
    return [each for each in pending if each._value is None]
