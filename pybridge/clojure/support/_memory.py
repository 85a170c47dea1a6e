"""Memory that both languages share."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from pybridge.clojure.support import _numpy as np
from pybridge.clojure.support._objects import Kept, is_array, is_composite, type_name
from pybridge.errors import ConversionError

# The dtypes whose memory another library of the JVM reads as it is, and those that are copied, with what they become.
SHARED = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float32", "float64"}
COPIED = {"bool": "bool", "float16": "float32", "bfloat16": "float32"}


def empty_array(n: int | list[int], dtype: str) -> np.ndarray:
    return np.empty(n, dtype)


def lists(array: np.ndarray, shape: list[int]) -> list:
    return array.reshape(shape).tolist()


def float_rows(array: np.ndarray, shape: list[int]) -> object:
    """What stands for nested lists of these floats where only their numbers are read."""
    from pybridge.tensors._dtypes import FloatRows

    return FloatRows(array.reshape(shape))


def array_at(address: int, nbytes: int, dtype: str, read_only: bool, owner: object) -> np.ndarray:
    """A 1-D array over `nbytes` at `address`; `owner` lives as long as the array."""
    memory = (ctypes.c_char * nbytes).from_address(address)
    memory._owner = owner
    array = np.frombuffer(memory, dtype)
    if array.dtype.isnative:
        array = array.view(array.dtype.newbyteorder("="))
    array.flags.writeable = not read_only
    return array


def strided_at(
    address: int, nbytes: int, dtype: str, owner: object, shape: list[int], strides: list[int]
) -> np.ndarray:
    """An array over `nbytes` at `address`, its strides in bytes; `owner` lives as long as the array."""
    memory = array_at(address, nbytes, "u1", False, owner)
    return np.ndarray(shape, dtype, buffer=memory, strides=strides)


def form(x: Any) -> list | None:
    """[dtype, shape, sharing] of an array or tensor of plain numbers for another library; None of anything else.

    `sharing` says how its memory may be used: "packed" if the elements follow one another in the order of the axes,
    "strided" if they do not, "none" if they must be copied, because they cannot be written or are kept in another form.
    """
    if not is_array(x) or not (isinstance(x, np.ndarray) or hasattr(x, "numpy")):
        return None
    if isinstance(x, np.ma.MaskedArray):
        raise ConversionError(
            "dtype-next has no masked arrays; give it the numbers, (pb/call x :compressed), or all of them with others "
            "in place of what is masked, (pb/call x :filled 0)"
        )
    if is_composite(x):
        raise ConversionError(
            f"dtype-next has no {type_name(x)}; give it a tensor, (pb/call x :to_tensor), or Clojure data, (pb/->clj x)"
        )
    name = getattr(x.dtype, "name", str(x.dtype).rpartition(".")[2])
    if name not in SHARED and name not in COPIED:
        raise ConversionError(
            f"dtype-next has no numbers of dtype {name}; give it Clojure data, (pb/->clj x), or of complex numbers the "
            "parts, (pb/attr x :real) and (pb/attr x :imag)"
        )
    return [COPIED.get(name, name), [int(n) for n in x.shape], _sharing(x) if name in SHARED else "none"]


def _sharing(x: Any) -> str:
    if not isinstance(x, np.ndarray) or not (x.flags.writeable and x.flags.aligned and x.dtype.isnative):
        return "none"
    if x.flags.c_contiguous:
        return "packed"
    return "strided" if all(stride > 0 and stride % x.itemsize == 0 for stride in x.strides) else "none"


def memory_of(x: Any) -> list:
    """[array, address, strides] of what has a `form`; of a packed copy where its memory cannot be shared."""
    dtype, _, sharing = form(x)
    array = np.array(x if isinstance(x, np.ndarray) else x.numpy(), dtype, order="C") if sharing == "none" else x
    return [Kept(array), array.ctypes.data, list(array.strides)]


def buffer_source(x: Any) -> list:
    """[object with a Python buffer, dtype, byte order] whose memory is `x`'s: a variable's is a snapshot."""
    if is_array(x) and hasattr(x, "assign") and hasattr(x, "numpy"):
        x = np.array(x.numpy())
    if not isinstance(x, np.ndarray) and not (is_array(x) and hasattr(x, "numpy")):
        raise ConversionError(f"{type_name(x)} has no memory to share; give a tensor or an array")
    if isinstance(x, np.ndarray) and not x.flags.c_contiguous:
        raise ConversionError("the array is not contiguous in memory; copy it first (numpy.ascontiguousarray)")
    dtype = getattr(x.dtype, "name", str(x.dtype))
    if dtype in ("string", "object"):
        raise ConversionError(f"a tensor or array of dtype {dtype} has no memory of plain numbers to share; deref it")
    order = "big" if isinstance(x, np.ndarray) and x.dtype.byteorder == ">" else sys.byteorder
    return [x, dtype, order]
