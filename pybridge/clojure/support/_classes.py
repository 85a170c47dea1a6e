"""Python classes whose members are written in Clojure."""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable
from typing import Any

from pybridge.clojure.support._methods import is_clojure_function, method

# Called by name like the helpers.
property = builtins.property
staticmethod = builtins.staticmethod
classmethod = builtins.classmethod


def make_class(name: str, bases: list, members: list[list], keywords: dict[str, Any], module: str) -> Any:
    """The class that a `class` statement would make; `keywords` are the metaclass and what that takes."""
    home = types.CellType()
    of_type = any(isinstance(base, type) and issubclass(base, type) for base in bases)
    make = functools.partial(method, owner=name, module=module, home=home, of_type=of_type)
    made = [(key, _member(value, key, make)) for key, value in members]

    def fill(namespace: Any) -> None:
        namespace["__module__"] = module
        namespace["__qualname__"] = name
        for key, value in made:
            namespace[key] = value
        if any(value is not given for (_, value), (_, given) in zip(made, members, strict=True)):
            namespace["__classcell__"] = home  # as Python does for `super()`: the class, once it is there

    return types.new_class(name, tuple(bases), keywords, fill)


def _member(value: Any, name: str, make: Callable) -> object:
    """A member as a class holds it: each Clojure function in it is a method."""
    if type(value) is property:
        parts = [part and _member(part, name, make) for part in (value.fget, value.fset, value.fdel)]
        return property(*parts, value.__doc__)
    if type(value) in (staticmethod, classmethod):
        return type(value)(_member(value.__func__, name, make))
    return make(value, name) if is_clojure_function(value) else value
