"""A stack of layers from a list of descriptions."""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge import _arguments
from pybridge._arguments import shown, whole
from pybridge._boundary import called
from pybridge._sizes import check_size
from pybridge.errors import OptionError, PybridgeError, ShapeError
from pybridge.models._layers import as_layer
from pybridge.models._room import check_when_built
from pybridge.models._seeds import seed_building, seed_layers, seeds_drawn_from


@called
def sequential(
    layers: list[Any],
    *,
    input_shape: list[int] | int | None = None,
    seed: int | None = None,
    name: str | None = None,
    dtype: str | None = None,
) -> keras.Sequential:
    """Stack layers into a Keras model, each fed with what the one before gives.

    Args:
        layers: each a Keras layer's name in snake_case with its arguments in the layer's own order and its options as
            a dict last, as `("dense", 512, "relu", {"use_bias": False})`; the name alone where nothing else is
            needed, as "flatten"; or a Keras layer. Activation functions are layers too: "relu", "softmax".
        input_shape: the shape of one sample; the model has its weights at once. Without it they are made from the
            first data it sees.
        seed: makes the initial weights and the masks of dropout the same every time, whatever else is random; a
            layer's own seed stays. None makes them new each time.
        name: the model's name.
        dtype: Keras's dtype policy of the layers that name none: "mixed_float16" and "mixed_bfloat16" compute in 16
            bits with weights in 32, all but the last layer, which stays in float32; "float64" and the like do all in
            one. None takes `keras.config.dtype_policy()`.

    Returns:
        The model.

    Raises:
        OptionError: there is no such layer, option or dtype policy, or an argument does not fit.
        ShapeError: a layer cannot take what the one before gives, or its weights do not fit into memory.

    >>> net = sequential([("dense", 512, "relu"), ("dense", 10, "softmax")], input_shape=[784], seed=0)
    >>> net.count_params()
    407050
    """
    if not isinstance(layers, (list, tuple)) or not layers:
        raise OptionError(f'layers must be a list of layers, as [("dense", 10, "softmax")]; got {shown(layers)}')
    shape = None if input_shape is None else _shape(input_shape)
    seed = _arguments.seed(seed)
    policy = None if dtype is None else _policy(dtype)
    with contextlib.nullcontext() if seed is None else seeds_drawn_from(seed):
        return _stack(layers, shape, seed, name, policy)


def _stack(
    layers: list[Any], shape: tuple[Any, ...] | None, seed: int | None, name: str | None, policy: Any
) -> keras.Sequential:
    last = policy and policy.variable_dtype
    stack = [*(as_layer(description, policy) for description in layers[:-1]), as_layer(layers[-1], last)]
    model = keras.Sequential(name=name)
    check_when_built(model, stack)
    if seed is not None:
        seed_layers(stack, seed)
        seed_building(model, seed)
    try:
        if shape is not None:
            model.add(keras.Input(shape))
        for layer in stack:
            model.add(layer, rebuild=layer is stack[-1])
    except PybridgeError:
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError, tf.errors.InvalidArgumentError) as error:
        raise ShapeError("the weights of these layers do not fit into memory; take smaller layers") from error
    except ValueError as error:
        raise ShapeError(f"these layers do not fit on each other: {error}") from error
    return model


def _policy(dtype: object) -> Any:
    """The dtype policy of a name.

    Raises:
        OptionError: there is none.
    """
    policy = None
    if isinstance(dtype, str | keras.DTypePolicy):
        with contextlib.suppress(TypeError, ValueError, IndexError):
            policy = keras.dtype_policies.get(dtype)
    if policy is None or policy.quantization_mode or not tf.as_dtype(policy.compute_dtype).is_floating:
        raise OptionError(
            f'dtype must be a dtype policy of Keras, as "mixed_bfloat16" or "float64"; got {shown(dtype)}'
        )
    return policy


def _shape(given: object) -> tuple[int | None, ...]:
    sizes = given if isinstance(given, list | tuple) else [given]
    if (isinstance(given, np.ndarray) and given.ndim == 1) or (isinstance(given, tf.TensorShape) and given.rank):
        sizes = list(given)
    shape = tuple(None if size is None else whole(size) or 0 for size in sizes)
    if not all(size is None or size > 0 for size in shape):
        raise OptionError(f"input_shape must be the shape of one sample, as [28, 28]; got {shown(given)}")
    check_size([size or 1 for size in shape], 4)
    return shape
