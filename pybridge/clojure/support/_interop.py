"""Attributes, items, context managers, iterators and code of any kind."""

from __future__ import annotations
import __future__

import ast
import builtins
import importlib
import inspect
import sys
from collections.abc import Callable, Coroutine, Mapping, Set
from types import CodeType
from typing import Any

from pybridge.clojure.support._indented import parsed
from pybridge.clojure.support._objects import Kept, type_name
from pybridge.clojure.support._sources import remember_source
from pybridge.clojure.support._text import representation
from pybridge.clojure.support._values import length

NO_FILE = "<python>"
_FEATURES = frozenset(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

# Called by name like the helpers.
callable = builtins.callable
tuple = builtins.tuple
slice = builtins.slice


def subject(name: str) -> object:
    """The module `pybridge.NAME`."""
    return importlib.import_module(f"pybridge.{name}")


def is_class(x: object) -> bool:
    return isinstance(x, type)


def set_attr(x: object, name: str, value: object) -> None:
    setattr(x, name, value)


def del_attr(x: object, name: str) -> None:
    delattr(x, name)


def set_item(x: Any, key: object, value: object) -> None:
    x[key] = value


def del_item(x: Any, key: object) -> None:
    del x[key]


def contains(x: Any, key: object) -> bool:
    """Whether `x` has `key`, a key of a mapping, a position of a sequence or an element of a set."""
    if isinstance(x, Mapping | Set):
        return key in x
    return type(key) is int and 0 <= key < length(x)


def lookup(x: Any, key: object) -> list:
    """[what `x` has at `key`], or an empty list where it has nothing; a defaultdict makes nothing."""
    if not contains(x, key):
        return []
    if isinstance(x, Set):
        return [next(element for element in x if element is key or element == key)]
    return [x[key]]


def datafied(x: object) -> dict:
    """What can be said of an object without calling anything of its own but its repr."""
    names = [name for name in dir(x) if name.isidentifier() and not name.startswith("_")]
    return {"type": type_name(x), "text": representation(x), "attributes": names}


class SeqIterator:
    """A Clojure seq as a Python iterator: `step` gives the next [value], or an empty list at the end."""

    def __init__(self, step: Callable[[], list]) -> None:
        self._step = step

    def __iter__(self) -> SeqIterator:
        return self

    def __next__(self) -> object:
        following = self._step()
        if not following:
            raise StopIteration
        return following[0]


def call_with(manager: Any, body: Callable[[Any], None]) -> None:
    """Call `body` inside a context manager with what it gives; Python's `with` decides what becomes of an exception."""
    with manager as given:
        body(Kept(given) if isinstance(given, builtins.tuple | list | dict | set | frozenset) else given)


def session_value(name: str) -> object:
    """A variable of the Python session, which is `__main__`."""
    try:
        return getattr(sys.modules["__main__"], name)
    except AttributeError:
        raise NameError(f"Python's session has no {name!r}") from None


def run(
    code: str,
    namespace: dict | None = None,
    filename: str = NO_FILE,
    settle: Callable[[Coroutine], object] | None = None,
    above: int = 0,
    features: set[int] | None = None,
) -> object:
    """Run Python code, in the session unless a namespace is given; the value of a last line that is an expression.

    Where there is something that runs a coroutine to its end, `settle`, the code may `await` outside functions too.
    `above` of its lines stand above what is line 1. `features` are the compiler's flags for what earlier code has
    imported from `__future__`, to which it adds its own.
    """
    namespace = vars(sys.modules["__main__"]) if namespace is None else namespace
    tree = parsed(code, filename, in_string=filename == NO_FILE, above=above)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None

    def evaluated(part: ast.Module | ast.Expression, mode: str) -> object:
        flags = sum(features or (), ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if settle else 0)
        compiled: CodeType = compile(part, filename, mode, flags, dont_inherit=True)
        if features is not None:
            features.update(flag for flag in _FEATURES if compiled.co_flags & flag)
        remember_source(compiled, code if filename == NO_FILE else "")
        value = eval(compiled, namespace)
        return settle(value) if settle and compiled.co_flags & inspect.CO_COROUTINE else value

    evaluated(tree, "exec")
    return evaluated(last, "eval") if last else None
