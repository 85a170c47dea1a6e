"""Memory that both languages share."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np

from pybridge.clojure.support._objects import is_array, type_name
from pybridge.errors import ConversionError


def empty_array(n: int, dtype: str) -> np.ndarray:
    return np.empty(n, dtype)


def lists(array: np.ndarray, shape: list[int]) -> list:
    return array.reshape(shape).tolist()


def array_at(address: int, nbytes: int, dtype: str, read_only: bool, owner: object) -> np.ndarray:
    """A 1-D array over `nbytes` at `address`; `owner` lives as long as the array."""
    memory = (ctypes.c_char * nbytes).from_address(address)
    memory._owner = owner
    array = np.frombuffer(memory, dtype)
    if array.dtype.isnative:
        array = array.view(array.dtype.newbyteorder("="))
    array.flags.writeable = not read_only
    return array


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
