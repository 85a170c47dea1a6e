"""Clojure functions as methods: functions of Python's own, with the parameters of the Clojure function.

Nothing else is taken for a method everywhere: Python itself makes `__new__` static and `__init_subclass__` a class
method, libraries read a method's parameters, and the frame of its call tells `super_of` whose method runs.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from pybridge.clojure.support._functions import Function

_SOURCE = """
def make(pybridge_call, pybridge_given, pybridge_home, pybridge_function):
    def method{signature}:
        {statement}pybridge_call(pybridge_home, pybridge_function, {arguments}, {options})
    return method
"""


def is_clojure_function(x: Any) -> bool:
    return isinstance(x, Function)


def method(function: Callable, name: str, owner: str, module: str, home: types.CellType) -> Callable:
    """The method `name` of the class `owner`, which will be in the cell `home`, that calls a Clojure function."""
    signature = inspect.signature(function)
    fixed = _names(signature, Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    rest = _names(signature, Parameter.VAR_POSITIONAL)
    others = _names(signature, Parameter.VAR_KEYWORD)
    required = sum(signature.parameters[x].default is Parameter.empty for x in fixed)
    source = _SOURCE.format(
        signature=signature,
        # `__init__` must give None, and a Clojure function gives what comes last in it.
        statement="" if name == "__init__" else "return ",
        arguments=f"pybridge_given(({''.join(f'{x}, ' for x in fixed)}), {required}, {rest[0] if rest else '()'})",
        options=others[0] if others else "{}",
    )
    scope: dict[str, Any] = {}
    exec(compile(source, f"{__file__}<{name}>", "exec", dont_inherit=True), scope)
    made = scope["make"](_call, _given, home, function)
    made.__code__ = made.__code__.replace(co_name=name)
    made.__dict__.update(getattr(function, "__dict__", {}))
    made.__name__, made.__qualname__, made.__module__ = name, f"{owner}.{name}", module
    made.__doc__ = function.__doc__
    made.autograph_info__ = {}  # TensorFlow then calls it as it is: its source is none of a user's
    return made


def _names(signature: inspect.Signature, *kinds: object) -> list[str]:
    return [x.name for x in signature.parameters.values() if x.kind in kinds]


def _given(fixed: tuple, required: int, rest: tuple) -> tuple:
    """The arguments of a call, without the optional ones at the end that are left out: the signature's `...`."""
    if rest:
        return fixed + rest
    n = len(fixed)
    while n > required and fixed[n - 1] is ...:
        n -= 1
    return fixed[:n]


def _call(home: types.CellType, function: Callable, arguments: tuple, options: dict) -> Any:
    """Call the Clojure function of a method of the class in `home`."""
    return function(*arguments, **options)


def super_of(x: Any, cls: type | None = None) -> object:
    """`super()` inside the method of `x` that runs on this thread, or Python's `super(cls, x)`."""
    return super(_running_class(x) if cls is None else cls, x)


def _running_class(x: object) -> type:
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code is _call.__code__:
            called = frame.f_locals
            if called["arguments"] and called["arguments"][0] is x:
                return called["home"].cell_contents
        frame = frame.f_back
    raise RuntimeError(
        "super was called outside a method of this object, or on another thread than the method's; "
        "name the class whose parent is meant: (pb/super cls self)"
    )
