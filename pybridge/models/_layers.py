"""A layer from its description: a name, the arguments in the Keras layer's own order, and options last."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras

from pybridge._arguments import LAST, plain, shown, suggestion
from pybridge.errors import OptionError, PybridgeError
from pybridge.models._names import classes, same_name

BASES = {"layer", "wrapper"}
OF_EVERY_LAYER = ("name", "dtype", "trainable", "activity_regularizer", "autocast")
HOLDS_A_LAYER = {"layer", "backward_layer", "cell"}
HOLDS_LAYERS = {"layers", "cells"}


def as_layer(description: object, dtype: object = None) -> keras.Layer:
    """The Keras layer that a description names; a Keras layer is itself.

    Args:
        description: the description, or a Keras layer.
        dtype: the dtype policy of a layer whose description names none.

    Raises:
        OptionError: there is no such layer or option, or an argument does not fit.

    >>> as_layer(("dense", 512, "relu", {"use_bias": False})).units
    512
    """
    if isinstance(description, keras.Layer):
        return description
    name, *arguments = description if isinstance(description, (list, tuple)) and description else [description]
    if not isinstance(name, str):
        raise OptionError(
            f'a layer is a name with its arguments, as ("dense", 512, "relu"), or a Keras layer; '
            f"got {shown(description)}"
        )
    options: Any = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    return _build(name, _maker(name), arguments, options, dtype)


def _maker(name: str) -> Callable[..., keras.Layer]:
    makers = _makers()
    known = {same_name(known): known for known in makers}
    if same_name(name) not in known:
        raise OptionError(f"there is no layer {shown(name)}; {suggestion(name, makers)}")
    return makers[known[same_name(name)]]


@functools.cache
def _makers() -> dict[str, Callable[..., keras.Layer]]:
    """Every Keras layer by name, and every activation function that is no layer of its own."""
    makers: dict[str, Callable[..., keras.Layer]] = {
        name: cls for name, cls in classes(keras.layers, keras.Layer).items() if name not in BASES
    }
    functions = {name: value for name, value in vars(keras.activations).items() if inspect.isfunction(value)}
    for name in functions.keys() - makers.keys() - {"deserialize", "get", "serialize"}:
        makers[name] = functools.partial(keras.layers.Activation, name)
    return makers


def _build(
    name: str, maker: Callable[..., keras.Layer], arguments: list[Any], options: dict[str, Any], dtype: object
) -> keras.Layer:
    signature = inspect.signature(maker)
    takes = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    known = {*takes, *OF_EVERY_LAYER}
    for option in options:
        if option not in known:
            raise OptionError(f"{name} has no option {shown(option)}; {suggestion(option, known)}")
    if len(arguments) > len(takes):
        raise OptionError(f"{name} takes {len(takes)} arguments: {', '.join(takes)}; got {len(arguments)}")
    given = dict(zip(takes, arguments, strict=False))
    for option in given.keys() & options.keys():
        raise OptionError(
            f"{name} got {option} twice: {shown(given[option])} in its place and {shown(options[option])} by name"
        )
    given |= options
    for parameter in takes:
        if parameter not in given and signature.parameters[parameter].default is inspect.Parameter.empty:
            raise OptionError(f'{name} needs {parameter}; write ("{name}", {parameter}, ...)')
    if dtype is not None:
        given.setdefault("dtype", dtype)
    given = {parameter: _value(parameter, value, dtype) for parameter, value in given.items()}
    try:
        return maker(**given)
    except PybridgeError:
        raise
    except (TypeError, ValueError, ImportError) as error:
        raise OptionError(f"{name} cannot be made of {shown(given)}: {error}") from error


def _value(parameter: str, value: Any, dtype: object) -> object:
    if parameter in HOLDS_A_LAYER and value is not None:
        return as_layer(value, dtype)
    if parameter in HOLDS_LAYERS:
        return [as_layer(each, dtype) for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's, which are all that some of Keras's layers take."""
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    held = plain(value)
    if isinstance(held, int) and not -LAST - 1 <= held <= LAST:
        raise OptionError(f"a layer takes whole numbers below 2^63; got {shown(held)}")
    return held
