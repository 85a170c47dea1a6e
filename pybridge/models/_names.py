"""Keras's classes under names as its users write them: `Conv2D` is conv2d, `LeakyReLU` leaky_relu."""

from __future__ import annotations

import inspect
from types import ModuleType

from pybridge._names import function_name


def same_name(name: str) -> str:
    """What two spellings of a name share: conv_2d, conv2d and Conv2D are one.

    >>> {same_name(name) for name in ("conv_2d", "conv2d", "Conv2D")}
    {'conv2d'}
    """
    return name.replace("_", "").lower()


def classes(module: ModuleType, parent: type) -> dict[str, type]:
    """The classes of a module below a parent, by their names in snake_case."""
    found = {function_name(name): value for name, value in vars(module).items() if inspect.isclass(value)}
    return {name: value for name, value in found.items() if issubclass(value, parent) and value is not parent}
