"""Clojure functions as methods: functions of Python's own, with the parameters of the Clojure function.

Nothing else is taken for a method everywhere: Python itself makes `__new__` static and `__init_subclass__` a class
method, and libraries read a method's parameters, from its code and wherever it is wrapped.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import Any

from pybridge.clojure.support._functions import LEFT_OUT, Function, code_of, other_names, refusal
from pybridge.clojure.support._objects import Kept

_SOURCE = """
def make(pybridge_call, pybridge_left_out, pybridge_method, pybridge_function):
    def method{signature}:
        {statement}pybridge_call(pybridge_method, pybridge_function, ({arguments}), {{{options}}})
    return method
"""


def is_clojure_function(x: Any) -> bool:
    return isinstance(x, Function)


@dataclasses.dataclass(eq=False, slots=True, weakref_slot=True)
class _Method:
    """A method written in Clojure; its class will be in the cell `home`."""

    name: str
    home: types.CellType
    same_code: weakref.WeakSet[_Method]


# The name of a Clojure function's compiled class -> the methods that it is the code of, while there are any.
_methods: weakref.WeakValueDictionary[str, weakref.WeakSet[_Method]] = weakref.WeakValueDictionary()
_lock = threading.RLock()  # a finalizer, too, may call super


def method(function: Callable, name: str, owner: str, module: str, home: types.CellType, of_type: bool) -> Callable:
    """The method `name` of the class `owner`, which will be in the cell `home`, that calls a Clojure function.

    `of_type` says whether the class is one of classes, a metaclass.
    """
    described = _Method(f"{owner}.{name}", home, weakref.WeakSet())
    code = code_of(function)
    with _lock:
        described.same_code = _methods.setdefault(code, described.same_code)
        described.same_code.add(described)
    parameters = _parameters(inspect.signature(function), other_names(function))
    call = _call_of_type if of_type and name == "__new__" else _call
    scope: dict[str, Any] = {}
    exec(compile(_source(parameters, name), f"{__file__}<{name}>", "exec", dont_inherit=True), scope)
    made = scope["make"](call, LEFT_OUT, described, function)
    made.__code__ = made.__code__.replace(co_name=name)
    made.__dict__.update(getattr(function, "__dict__", {}))
    made.__name__, made.__qualname__, made.__module__ = name, described.name, module
    made.__doc__ = function.__doc__
    made.autograph_info__ = {}  # TensorFlow then calls it as it is: its source is none of a user's
    return made


def _parameters(signature: inspect.Signature, names: list[str]) -> list[Parameter]:
    """What a method takes to hand it on: also by place the map that options are in, and by name what has `names`.

    Whatever these let in beside what fits, Clojure refuses.
    """
    parameters = list(signature.parameters.values())
    taken = {*signature.parameters, *names}
    if names:
        parameters = [x.replace(name=_unless(taken, x.name)) if x.name in names else x for x in parameters]
        parameters = [x if x.kind > Parameter.POSITIONAL_ONLY else x.replace(default=LEFT_OUT) for x in parameters]
        parameters += [Parameter(x, Parameter.KEYWORD_ONLY, default=LEFT_OUT) for x in names]
    options = _names(parameters, Parameter.VAR_KEYWORD)
    if (names or options) and not _names(parameters, Parameter.VAR_POSITIONAL):
        parameters.append(Parameter(_unless(taken, "rest"), Parameter.VAR_POSITIONAL))
    return sorted(parameters, key=lambda x: x.kind)


def _unless(taken: set[str], name: str) -> str:
    return next(x for n in itertools.count() if (x := name + "_" * n) not in taken)


def _names(parameters: list[Parameter], *kinds: object) -> list[str]:
    return [x.name for x in parameters if x.kind in kinds]


def _source(parameters: list[Parameter], name: str) -> str:
    fixed = _names(parameters, Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    rest = _names(parameters, Parameter.VAR_POSITIONAL)
    named = _names(parameters, Parameter.KEYWORD_ONLY)
    others = _names(parameters, Parameter.VAR_KEYWORD)
    return _SOURCE.format(
        signature=inspect.Signature([_in_source(x) for x in parameters]),
        # `__init__` must give None, and a Clojure function gives what comes last in it.
        statement="" if name == "__init__" else "return ",
        arguments="".join(f"{x}, " for x in [*fixed, *(f"*{x}" for x in rest)]),
        options="".join([f"{x!r}: {x}, " for x in named] + [f"**{x}" for x in others]),
    )


class _LeftOutInSource:
    def __repr__(self) -> str:
        return "pybridge_left_out"


def _in_source(parameter: Parameter) -> Parameter:
    default = Parameter.empty if parameter.default is Parameter.empty else _LeftOutInSource()
    return parameter.replace(default=default, annotation=Parameter.empty)


def _call(method: _Method, function: Callable, arguments: tuple, options: dict) -> Any:
    """Call the Clojure function of a method; a call that does not fit is refused under the method's name."""
    try:
        return function(*arguments, **options)
    except TypeError:
        words = refusal(function, arguments, options)
        if words is None:
            raise
    raise TypeError(f"{method.name}() {words}")


def _call_of_type(method: _Method, function: Callable, arguments: tuple, options: dict) -> Any:
    """Call a metaclass's `__new__`: it is given bases and namespace as the tuple and dict that `type.__new__` needs."""
    kept = (Kept(x) if type(x) in (tuple, dict) else x for x in arguments[2:4])
    return _call(method, function, (*arguments[:2], *kept, *arguments[4:]), options)


def super_of(x: Any, cls: type) -> object:
    """Python's `super(cls, x)`."""
    return super(cls, x)


def own_super(x: Any, running: list[str]) -> object:
    """Python's `super()` for the object or class `x`: its class is the one whose method the call is written in.

    `running` has the names of the classes of compiled Clojure code that run for the innermost call from Python. A
    function outside of all methods belongs to the one that calls it.
    """
    return super(_home(x, running), x)


def _home(x: object, running: list[str]) -> type:
    for code in running:
        methods, is_method = _written_around(code)
        if methods:
            return _one_home(x, methods, is_method)
    frame = sys._getframe(1).f_back
    if frame is not None and (method := _method_of(frame, x)):
        return method.home.cell_contents
    raise RuntimeError(
        "super was called outside a method of this object; name the class whose parent is meant: (pb/super cls self)"
    )


def _written_around(code: str) -> tuple[list[_Method], bool]:
    """The methods that the compiled class called `code` is written in, and whether it is theirs itself."""
    around = code
    while around:
        with _lock:
            found = list(_methods.get(around, ()))
        if found:
            return found, around == code
        around = around.rpartition("$")[0]
    return [], False


def _one_home(x: object, methods: list[_Method], is_method: bool) -> type:
    """The class of those of `methods`, which share their code, that are meant for `x`."""
    homes = {method: method.home.cell_contents for method in methods if _is_made(method)}
    fitting = {method: home for method, home in homes.items() if _is_of(x, home)} or homes
    if len(set(fitting.values())) > 1:
        running = [method for method in _running_methods(x) if method in fitting]
        # Code of a method itself is the innermost's; a function that was made in one may be another's.
        fitting = {method: fitting[method] for method in (running[:1] if is_method else running)} or fitting
    if len(found := set(fitting.values())) == 1:
        return found.pop()
    names = ", ".join(sorted(home.__qualname__ for home in found))
    raise RuntimeError(
        f"super was called in code that several classes share ({names}); "
        "name the class whose parent is meant: (pb/super cls self)"
    )


def _is_made(method: _Method) -> bool:
    try:
        return method.home.cell_contents is not None
    except ValueError:  # the cell is empty
        return False


def _is_of(x: object, cls: type) -> bool:
    return cls in type(x).__mro__ or (isinstance(x, type) and cls in x.__mro__)


def _running_methods(x: object) -> Iterator[_Method]:
    """The methods of `x` that run on this thread, the innermost first."""
    frame = sys._getframe()
    while frame is not None:
        if method := _method_of(frame, x):
            yield method
        frame = frame.f_back


def _method_of(frame: types.FrameType, x: object) -> _Method | None:
    if frame.f_code is not _call.__code__:
        return None
    called = frame.f_locals
    return called["method"] if called["arguments"] and called["arguments"][0] is x else None
