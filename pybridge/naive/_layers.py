"""A dense layer and a model of layers, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pybridge import _arguments
from pybridge import tensors as t
from pybridge._arguments import choice, shown, whole_number
from pybridge._boundary import boundary, readers
from pybridge._types import Like, Tensor, Variable
from pybridge.errors import OptionError

ACTIVATIONS = {"relu": t.relu, "sigmoid": t.sigmoid, "softmax": t.softmax, "tanh": t.tanh}


class NaiveDense:
    """A dense layer: output = activation(inputs W + b).

    Args:
        input_size: how many features a sample has.
        output_size: how many numbers the layer makes of them.
        activation: "relu", "sigmoid", "softmax" or "tanh", a function of a tensor, or None for none.
        seed: fixes the weights that the layer begins with, which are drawn evenly from [0, 0.1); the bias begins at 0.

    Raises:
        OptionError: an unknown activation, a size below 1, or a seed below 0.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.1.

    >>> layer = NaiveDense(3, 2, "relu", seed=1)
    >>> layer([[1.0, 2.0, 3.0]]).shape
    TensorShape([1, 2])
    """

    @boundary
    def __init__(
        self,
        input_size: int,
        output_size: int,
        activation: str | Callable[[Tensor], Tensor] | None,
        *,
        seed: int | None = None,
    ) -> None:
        shape = [whole_number("input_size", input_size, least=1), whole_number("output_size", output_size, least=1)]
        if not callable(activation):
            known = choice("activation", activation, [*ACTIVATIONS, None], otherwise="a function")
            activation = ACTIVATIONS.get(known)
        self.activation = activation
        self.W = t.variable(t.random_uniform(shape, 0.0, 0.1, seed=_arguments.seed(seed)))
        self.b = t.variable(t.zeros(shape[1:]))

    @boundary
    def call(self, inputs: Like) -> Tensor:
        """Send samples through the layer, as calling the layer itself does.

        Args:
            inputs: samples, shape (..., input size).

        Returns:
            Shape (..., output size).

        Raises:
            ShapeError: the samples have another size.
        """
        sums = t.add(t.matmul(inputs, self.W), self.b)
        return sums if self.activation is None else readers(self.activation)(sums)

    __call__ = call

    @property
    def weights(self) -> list[Variable]:
        """The variables that training changes: W, shape (input size, output size), and b, shape (output size)."""
        return [self.W, self.b]


class NaiveSequential:
    """A model that sends its input through one layer after the other.

    Args:
        layers: the layers, first to last: `NaiveDense`, or anything that can be called and has weights.

    Raises:
        OptionError: there is no layer, or one that cannot be called or has no weights.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.1.

    >>> model = NaiveSequential([NaiveDense(4, 3, "relu"), NaiveDense(3, 2, "softmax")])
    >>> len(model.weights)
    4
    """

    @boundary
    def __init__(self, layers: list[Any]) -> None:
        if not isinstance(layers, list | tuple):
            raise OptionError(f"a list of layers is wanted; got {shown(layers)}")
        if not layers:
            raise OptionError("a model has at least one layer; got none")
        for place, layer in enumerate(layers):
            if not callable(layer) or not hasattr(layer, "weights"):
                raise OptionError(f"a layer can be called and has weights; layers[{place}] is {shown(layer)}")
        self.layers = list(layers)

    @boundary
    def call(self, inputs: Like) -> Tensor:
        """Send samples through all the layers; in Python the model itself can be called.

        Args:
            inputs: samples, shape (..., the first layer's input size).

        Returns:
            The last layer's output, shape (..., its output size).

        Raises:
            ShapeError: the samples do not fit the first layer, or a layer the one before it.
        """
        x = inputs
        for layer in self.layers:
            x = readers(layer)(x)
        return x

    __call__ = call

    @property
    def weights(self) -> list[Variable]:
        """The variables of all layers, in order."""
        return [weight for layer in self.layers for weight in layer.weights]
