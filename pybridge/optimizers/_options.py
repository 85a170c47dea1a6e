"""Rules and schedules as plain data: dicts that name the function that makes them, and hold its options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pybridge._arguments import number, shown
from pybridge.errors import OptionError


def rule(
    name: str, learning_rate: float | dict[str, Any], clip_norm: object, clip_value: object, **options: object
) -> dict[str, Any]:
    """A rule of this name. A rule that does not clip says nothing of it.

    Raises:
        OptionError: an option is out of its range.
    """
    made = {"rule": name, "learning_rate": learning_rate, **options}
    if clip_norm is not None and clip_value is not None:
        given = f"{shown(clip_norm)} and {shown(clip_value)}"
        raise OptionError(f"clip_norm and clip_value are two ways to clip, so give one of them; got {given}")
    for option, value in (("clip_norm", clip_norm), ("clip_value", clip_value)):
        if value is not None:
            made[option] = number(option, value, above=0, otherwise="None")
    return made


def read_named(given: object, kind: str, builders: dict[str, Callable[..., dict[str, Any]]]) -> dict[str, Any]:
    """A rule or schedule with every option checked, and those that it leaves out at their defaults.

    Args:
        given: what a reader wrote.
        kind: "rule" or "schedule": the key that holds its name.
        builders: the functions that make one, by their names.

    Raises:
        OptionError: there is none of this name, or an option is unknown, missing or out of its range.
    """
    if not isinstance(given, dict) or kind not in given:
        raise OptionError(f"a {kind} is a dict, as {listed(builders)} return it; got {shown(given)}")
    name = given[kind]
    if not isinstance(name, str) or name not in builders:
        raise OptionError(f"there is no {kind} {shown(name)}; there are {listed(builders)}")
    options = {option: value for option, value in given.items() if option != kind}
    parameters = _parameters(builders[name])
    for option in options:
        if option not in parameters:
            raise OptionError(f"{name} has no option {shown(option)}; it takes {listed(parameters)}")
    for option, parameter in parameters.items():
        if option not in options and parameter.default is parameter.empty:
            raise OptionError(f"{name} needs the option {option}; it takes {listed(parameters)}")
    return builders[name](**options)


def undecorated(*builders: Callable[..., dict[str, Any]]) -> dict[str, Callable[..., dict[str, Any]]]:
    """The functions by their names, without what names them in an error."""
    return {builder.__name__: inspect.unwrap(builder) for builder in builders}


def listed(names: Iterable[str]) -> str:
    """Names in a sentence.

    >>> listed(["sgd"]), listed(["sgd", "adam", "adamw"])
    ('sgd', 'sgd, adam and adamw')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


@functools.cache
def _parameters(builder: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(builder).parameters
