"""What an object is: how it crosses, and whether it is a tensor, an array or made of several."""

from __future__ import annotations

import sys
import types

import numpy as np


def kind(cls: type) -> str:
    """How an object of `cls` crosses: "scalar" as a number, "array" and "tensor" as handles whose memory counts,
    "function" as a handle or, when it began in Clojure, as itself, "lasting" as a handle that no scope releases."""
    if issubclass(cls, np.generic) and not issubclass(cls, np.datetime64 | np.timedelta64):
        return "scalar"
    if issubclass(cls, np.ndarray):
        return "array"
    if issubclass(cls, types.BuiltinFunctionType):
        return "function"
    if issubclass(cls, types.ModuleType | type | types.FunctionType):
        return "lasting"
    ops = sys.modules.get("tensorflow.python.framework.ops")
    if ops is not None and issubclass(cls, ops.EagerTensor):
        return "tensor"
    return "other"


def is_array(x: object) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def is_tensor(x: object) -> bool:
    tf = sys.modules.get("tensorflow")
    return tf is not None and (tf.is_tensor(x) or isinstance(x, tf.Variable)) and not is_composite(x)


def is_composite(x: object) -> bool:
    """Whether `x` is a tensor made of several: ragged, sparse or indexed slices."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(x, tf.RaggedTensor | tf.SparseTensor | tf.IndexedSlices)


def type_name(x: object) -> str:
    return f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")
