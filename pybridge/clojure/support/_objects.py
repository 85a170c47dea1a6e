"""What an object is: how it crosses, what it can do in Clojure, and whether it is a tensor or an array."""

from __future__ import annotations

import datetime
import decimal
import fractions
import pathlib
import sys
import types
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set, Sized
from typing import Any

from pybridge.clojure.support import _numpy as np
from pybridge.clojure.support._functions import is_function_type
from pybridge.clojure.support._opaque import java_kind
from pybridge.errors import PybridgeError


class Kept:
    """Carries an object to Clojure as a handle, whatever it is."""

    __slots__ = ("object",)

    def __init__(self, x: object) -> None:
        self.object = x


# Types whose values have a counterpart in Clojure; their subclasses have none.
COUNTERPARTS: dict[type, str] = {
    datetime.date: "date",
    datetime.time: "time",
    datetime.datetime: "datetime",
    datetime.timedelta: "timedelta",
    decimal.Decimal: "decimal",
    fractions.Fraction: "fraction",
    uuid.UUID: "uuid",
    type(pathlib.Path()): "path",
    Kept: "kept",
}


# By which objects say how they are shown, as notebooks ask them, with the type of what each gives.
REPRESENTATIONS = {"_repr_svg_": "image/svg+xml", "_repr_png_": "image/png", "_repr_html_": "text/html"}

BUILT_IN = type(None), bool, int, float, str, bytes, list, tuple, set, frozenset, dict


def built_in_name(cls: type) -> str | None:
    """The name of a type whose values are converted before anything is asked about them; None of any other."""
    return cls.__name__ if cls in BUILT_IN else None


def kind(cls: type) -> str:
    """How objects of `cls` cross, what their handles can do, how those compare and how they are shown: four words.

    The first is "scalar" (a number), the name of a counterpart, "array" or "tensor" (handles whose memory counts),
    "function" or "throwable" (a handle or, when it began in Clojure, itself), "opaque" or "jpype" (the object of the
    JVM that it is), "lasting" (a handle that no scope releases) or "handle".
    The second is "sequence", "mapping", "set", "collection", "iterator", "iterable", "sized" or "plain", by
    `collections.abc`.
    The third is "value" where an object's class says by a `__hash__` of its own what it equals, otherwise "identity".
    The fourth is "shown" where tools that show more than text have something to show, otherwise "text".
    """
    shown = has_axes(cls) or is_figure(cls) or any(hasattr(cls, name) for name in REPRESENTATIONS)
    return f"{crossing(cls)} {_shape(cls)} {_equality(cls)} {'shown' if shown else 'text'}"


def crossing(cls: type) -> str:
    if found := java_kind(cls):
        return found
    if cls in COUNTERPARTS:
        return COUNTERPARTS[cls]
    if issubclass(cls, np.generic) and not issubclass(cls, np.datetime64 | np.timedelta64):
        return "scalar"
    if issubclass(cls, np.ndarray):
        return "array"
    if is_function_type(cls):
        return "function"
    if issubclass(cls, PybridgeError):
        return "throwable"
    if issubclass(cls, types.ModuleType | type | types.FunctionType | BaseException):
        return "lasting"
    ops = sys.modules.get("tensorflow.python.framework.ops")
    if ops is not None and issubclass(cls, ops.EagerTensor):
        return "tensor"
    return "handle"


def _shape(cls: type) -> str:
    if has_axes(cls) or issubclass(cls, Sequence):
        return "sequence"
    if issubclass(cls, Mapping):
        return "mapping"
    if issubclass(cls, Set):
        return "set"
    if issubclass(cls, Iterator):
        return "iterator"
    if has_elements(cls) and not issubclass(cls, Sized):
        return "plain"
    iterable = issubclass(cls, Iterable) or (_defines(cls, "__getitem__", "__len__"))
    sized = issubclass(cls, Sized)
    return "collection" if iterable and sized else "iterable" if iterable else "sized" if sized else "plain"


def has_axes(cls: type) -> bool:
    """Whether objects of `cls` are NumPy's arrays, or tensors and variables: indexed by position along axis 0."""
    if issubclass(cls, np.ndarray):
        return True
    tf = sys.modules.get("tensorflow")
    return tf is not None and hasattr(tf, "Variable") and issubclass(cls, tf.Tensor | tf.Variable)


def is_figure(cls: type) -> bool:
    """Whether objects of `cls` are matplotlib's figures."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and issubclass(cls, module.Figure)


def _equality(cls: type) -> str:
    own = getattr(cls, "__hash__", None)
    if own is None or own in (object.__hash__, type.__hash__):
        return "identity"
    return "identity" if has_elements(cls) and not issubclass(cls, np.generic) else "value"


def has_elements(cls: type) -> bool:
    """Whether the class itself says that its objects have a shape and a dtype, as arrays of every library do."""
    return _defines(cls, "shape", "dtype")


def _defines(cls: type, *names: str) -> bool:
    """Whether a class has these attributes for its objects; what its metaclass has is for the class itself."""
    return all(any(name in vars(base) for base in cls.__mro__) for name in names)


def is_array(x: object) -> bool:
    """Whether `x` is an array or a tensor, of whichever library; a mock, which answers every attribute, is none."""
    return has_elements(type(x)) or is_tensor(x) or is_composite(x)


def is_tensor(x: object) -> bool:
    """Whether `x` is one of TensorFlow's tensors or variables, or Keras's; `tf.is_tensor` alone says so of a mock."""
    tf = sys.modules.get("tensorflow")
    if tf is None or not has_elements(type(x)):
        return False
    return (tf.is_tensor(x) or isinstance(x, tf.Variable)) and not is_composite(x)


def is_composite(x: object) -> bool:
    """Whether `x` is a tensor made of several: ragged, sparse or indexed slices."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(x, tf.RaggedTensor | tf.SparseTensor | tf.IndexedSlices)


def type_name(x: Any) -> str:
    return f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")
