"""A Keras layer made of two functions, of either language."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from pybridge._arguments import shown, whole, whole_number
from pybridge._boundary import called
from pybridge._types import Tensor
from pybridge.errors import OptionError
from pybridge.models._room import check_weights
from pybridge.tensors._dtypes import as_float, as_tensor


@called
def layer(build: Callable[..., Any], call: Callable[..., Any]) -> keras.Layer:
    """Make a Keras layer of two functions: one that says what weights it has, one that computes.

    Args:
        build: a function of the input's shape, a list whose first entry is None for the batch; it returns a dict of
            names, each with a shape (a list of whole numbers) or an initial value (a number, tensor, array or list
            with a float or a list in it). A shape of two axes or more starts as Glorot and Bengio's uniform
            distribution, a shorter one as zeros. All become weights to be trained.
        call: a function of the weights, a dict by name, and of the input; it returns the output.

    Returns:
        The layer; it holds functions, so a model with it keeps its weights by `weights` instead of a file.

    Raises:
        OptionError: `build` or `call` is not a function, or `build` returns something else.
        ShapeError: once the layer is built, weights that do not fit into memory.

    Source: Glorot and Bengio (2010), equation 16.

    >>> double = layer(lambda shape: {"factor": 2.0}, lambda weights, x: weights["factor"] * x)
    >>> double(tf.constant([[1.0, 2.0]])).numpy()
    array([[2., 4.]], dtype=float32)
    """
    for name, function in (("build", build), ("call", call)):
        if not callable(function):
            raise OptionError(f"{name} must be a function; got {shown(function)}")
    return FunctionLayer(build, call)


class FunctionLayer(keras.Layer):
    """The layer that `layer` makes."""

    def __init__(self, builds: Callable[..., Any], calls: Callable[..., Any]) -> None:
        super().__init__()
        self.builds = builds
        self.calls = calls
        self.named: dict[str, Any] = {}
        self.raised: Exception | None = None

    def __call__(self, x: Tensor, **options: object) -> Tensor:
        self.raised = None
        try:
            return super().__call__(x, **options)
        except Exception:
            if self.raised is None:
                raise
            raise self.raised from None

    def build(self, input_shape: tuple[Any, ...]) -> None:
        made = self._own(self.builds, list(input_shape))
        if not isinstance(made, dict) or not all(isinstance(name, str) for name in made):
            raise OptionError(
                f"build must return a dict of names, each with a shape or an initial value; got {shown(made)}"
            )
        shapes = {
            name: tuple(whole_number(f"each length in {name}'s shape", length) for length in what)
            for name, what in made.items()
            if _is_shape(what)
        }
        check_weights(sum(map(math.prod, shapes.values())) * tf.as_dtype(self.variable_dtype).size)
        for name, what in made.items():
            if name in shapes:
                start = "glorot_uniform" if len(what) > 1 else "zeros"
                self.named[name] = self.add_weight(shape=shapes[name], initializer=start, name=name)
            else:
                value = as_float(what)
                self.named[name] = self.add_weight(
                    shape=value.shape, initializer=_given(value), dtype=value.dtype.name, name=name
                )

    def call(self, x: Tensor) -> Tensor:
        weights = {name: variable.value for name, variable in self.named.items()}
        return as_tensor(self._own(self.calls, weights, x))

    def get_config(self) -> dict[str, Any]:
        raise OptionError(
            "a layer made of functions cannot be written to a file; keep the model's weights with models.weights, "
            "and put them back into a model made the same way with models.set_weights"
        )

    def _own(self, function: Callable[..., Any], *arguments: object) -> object:
        """Call a reader's function; what it raises stays what it is, where Keras makes new errors of its text."""
        try:
            return function(*arguments)
        except Exception as error:
            error._keras_call_info_injected = True  # type: ignore[attr-defined]  # Keras's own mark
            self.raised = error
            raise


def _is_shape(what: object) -> bool:
    return isinstance(what, (list, tuple)) and all(whole(length) is not None for length in what)


def _given(value: tf.Tensor) -> Callable[..., Any]:
    return lambda shape, dtype=None: tf.cast(value, dtype)
