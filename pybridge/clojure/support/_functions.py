"""Clojure functions in Python: they bind, carry attributes and describe themselves as functions of Python's own do."""

from __future__ import annotations

import builtins
import ctypes
import inspect
import pickle
import types
from collections.abc import Callable
from typing import Any, NoReturn

# Called by name like the helpers.
TypeError = builtins.TypeError

NAME = "pybridge.clojure.Function"
WAY_OUT = "run it in threads: ThreadPoolExecutor, multiprocessing.pool.ThreadPool, or joblib with prefer='threads'"


class _LeftOut:
    """The default of an argument that only longer arities of a Clojure function have. Passing it is passing nothing,
    as some callers fill in the defaults of a signature."""

    __slots__ = ("__weakref__",)

    def __copy__(self) -> _LeftOut:
        return self

    def __deepcopy__(self, memo: dict) -> _LeftOut:
        return self

    def __reduce__(self) -> str:
        return "LEFT_OUT"

    def __repr__(self) -> str:
        return "..."


LEFT_OUT = _LeftOut()


# What a function's attributes may be set to, with the words for it, as Python's functions have it.
_KINDS: dict[str, tuple[type | types.UnionType, str]] = {
    "__name__": (str, "a string object"),
    "__qualname__": (str, "a string object"),
    "__defaults__": (tuple | None, "a tuple object"),
    "__kwdefaults__": (dict | None, "a dict object"),
    "__annotations__": (dict | None, "a dict object"),
}


def _set_described(function: Function, name: str, value: object) -> None:
    kind, words = _KINDS.get(name, (object, ""))
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be set to {words}")
    _description(function)[name] = {} if name == "__annotations__" and value is None else value


def _delete_described(function: Function, name: str) -> None:
    if name != "__signature__":
        _set_described(function, name, None)
    elif _description(function)[name] is _description(function)["signature"]:
        raise AttributeError(f"a Clojure function has no attribute {name!r} of its own", name=name, obj=function)
    else:
        _description(function)[name] = _description(function)["signature"]


class _Described:
    """An attribute that Clojure is asked for at the first look; what is set instead stays."""

    def __init__(self, name: str, of_class: object = None) -> None:
        self.name = name
        self.of_class = of_class

    def __get__(self, function: Function | None, owner: type | None = None) -> Any:
        if function is not None:
            return _description(function)[self.name]
        if self.of_class is None:
            raise AttributeError(self.name)
        return self.of_class

    def __set__(self, function: Function, value: object) -> None:
        _set_described(function, self.name, value)

    def __delete__(self, function: Function) -> None:
        _delete_described(function, self.name)


class _DescribedModule(str):
    """`__module__`, which has to be a string where the class itself is asked."""

    __slots__ = ()

    def __get__(self, function: Function | None, owner: type | None = None) -> str:
        return self if function is None else _description(function)["__module__"]

    def __set__(self, function: Function, value: object) -> None:
        _set_described(function, "__module__", value)

    def __delete__(self, function: Function) -> None:
        _delete_described(function, "__module__")


class Function:
    """What a Clojure function does as a Python object. Calls, and its end, are C's: `function_type` adds them."""

    __slots__ = ("__dict__", "__weakref__", "_described")

    autograph_info__ = types.MappingProxyType(
        {}
    )  # TensorFlow then calls it as it is: there is no Python source to convert

    __name__ = _Described("__name__")
    __signature__ = _Described("__signature__")
    __annotations__ = _Described("__annotations__")
    __defaults__ = _Described("__defaults__")
    __kwdefaults__ = _Described("__kwdefaults__")

    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":  # a class body cannot hold a descriptor of this name: here and below
            return _description(self)[name]
        raise AttributeError(f"a Clojure function has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> None:
        if name == "__qualname__":
            _set_described(self, name, value)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name == "__qualname__":
            _delete_described(self, name)
        elif name == "__dict__":
            raise TypeError("cannot delete __dict__")
        else:
            object.__delattr__(self, name)

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self if instance is None else types.MethodType(self, instance)

    def __copy__(self) -> Function:
        return self

    def __deepcopy__(self, memo: dict) -> Function:
        return self

    def __reduce_ex__(self, protocol: int) -> NoReturn:
        raise pickle.PicklingError(
            f"the Clojure function {_qualified(self)} cannot be pickled: it lives in this process's JVM; {WAY_OUT}"
        )

    def __repr__(self) -> str:
        return f"<Clojure function {_qualified(self)}>"


_describe: Callable[[Function], dict] | None = None
_refusal: Callable[[Function, tuple, list, list], str | None] | None = None


def register_description(describe: Callable[[Function], dict], why_refused: Callable) -> None:
    """Let `describe` tell what a Clojure function says of itself, and `why_refused` why a call does not fit it."""
    global _describe, _refusal
    _describe, _refusal = describe, why_refused


def refusal(function: Callable, arguments: tuple, options: dict) -> str | None:
    """Why a call does not fit a Clojure function, in Python's words behind the name; None for one that fits."""
    n = len(arguments)
    while n and arguments[n - 1] is LEFT_OUT:
        n -= 1
    holes = [i for i in range(n) if arguments[i] is LEFT_OUT]
    named = [option for option in options.items() if option[1] is not LEFT_OUT]
    return _refusal(function, arguments[:n], named, holes)


def code_of(function: Function) -> str:
    """The name of the compiled class that a Clojure function's code is in; empty where that is none of the user's."""
    return _description(function)["code"]


def other_names(function: Function) -> list[str]:
    """The names that arguments of a Clojure function have in one of its arities only, which a signature cannot show."""
    return _description(function)["other names"]


def _description(function: Function) -> dict[str, Any]:
    try:
        return function._described
    except AttributeError:
        told = _describe(function)
    signature = inspect.Signature([_parameter(*parameter) for parameter in told["parameters"]])
    function._described = {
        "qualified": told["qualified"],
        "code": told["code"],
        "other names": told["other names"],
        "__name__": told["name"],
        "__qualname__": told["name"],
        "__module__": told["module"],
        "__doc__": told["doc"],
        "signature": signature,
        "__signature__": signature,
        "__annotations__": {},
        "__defaults__": None,
        "__kwdefaults__": None,
    }
    return function._described


def _parameter(name: str, kind: str, optional: bool) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect._ParameterKind[kind], default=LEFT_OUT if optional else inspect.Parameter.empty
    )


def _qualified(function: Function) -> str:
    """The function's name in Clojure, where that can be asked: in a forked process it cannot."""
    try:
        return _description(function)["qualified"]
    except Exception:
        return f"at {id(function):#x}"


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("value", ctypes.c_void_p))


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


# Of CPython's stable ABI.
PY_TP_CALL, PY_TP_FINALIZE, PY_TP_MEMBERS = 50, 80, 72
PY_T_PYSSIZET, PY_READONLY = 19, 1
DISALLOW_INSTANTIATION, HAVE_VECTORCALL, METHOD_DESCRIPTOR, HAVE_VERSION_TAG = 1 << 7, 1 << 11, 1 << 17, 1 << 18

WORD = 8

_kept: list[object] = []  # what the type points to
_type: type | None = None


def function_type(finalize: int) -> type:
    """The type of Clojure functions, made once. An instance's last two words are the C function that a call goes to
    (vectorcall) and the number of the Clojure function; the C function at `finalize` takes an instance that ends.

    Everything else (attributes, weak references, cycles) is the base class's, so CPython looks after it.
    """
    global _type
    if _type is None:
        _type = _make(finalize)
        _type.__doc__ = _Described("__doc__", "A Clojure function.")
        _type.__module__ = _DescribedModule(NAME.rpartition(".")[0])
    return _type


def is_function_type(cls: type) -> bool:
    return cls is _type


def _make(finalize: int) -> type:
    offset = Function.__basicsize__
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", PY_T_PYSSIZET, offset, PY_READONLY, None))
    call = ctypes.cast(ctypes.pythonapi.PyVectorcall_Call, ctypes.c_void_p)
    slots = (_Slot * 4)(
        _Slot(PY_TP_CALL, call.value),
        _Slot(PY_TP_FINALIZE, finalize),
        _Slot(PY_TP_MEMBERS, ctypes.addressof(members)),
    )
    flags = HAVE_VERSION_TAG | HAVE_VECTORCALL | METHOD_DESCRIPTOR | DISALLOW_INSTANTIATION
    spec = _Spec(NAME.encode(), offset + 2 * WORD, 0, flags, slots)
    make = ctypes.pythonapi.PyType_FromSpecWithBases
    make.argtypes, make.restype = (ctypes.POINTER(_Spec), ctypes.py_object), ctypes.py_object
    _kept.extend((members, slots, spec))
    return make(ctypes.byref(spec), (Function,))
