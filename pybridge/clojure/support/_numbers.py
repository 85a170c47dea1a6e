"""What an array or tensor holds, as the plain values that Clojure knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def numbers(x: Any) -> object:
    """The elements of an array or tensor that has a value: one (rank 0) or nested lists of them."""
    array = _array(x)
    match array.dtype.kind:
        case "c":
            return _map_nested(array.astype(np.complex128).tolist(), _complex)
        case "f" if array.dtype == np.float32:
            return _shortest(array)
        case "f" if array.dtype.itemsize > 8:
            return array.astype(np.float64).tolist()
        case "O" | "S":
            return _map_nested(array.tolist(), _decoded)
        case "M" | "m":
            return _nested(array)
    return array.tolist()


def _complex(x: complex) -> dict:
    return {"re": x.real, "im": x.imag}


def _array(x: Any) -> np.ndarray:
    return x if isinstance(x, np.ndarray) else np.asarray(x.numpy() if hasattr(x, "numpy") else x)


def _decoded(x: object) -> object:
    return x.decode("utf-8", "surrogateescape") if isinstance(x, bytes) else x


def _nested(array: np.ndarray) -> object:
    """The elements of an array in lists, themselves as they are."""
    return [_nested(row) for row in array] if array.ndim else array[()]


def _shortest(array: np.ndarray) -> object:
    """float32 numbers as the doubles with the same shortest digits: 0.1, not 0.10000000149011612."""
    if array.ndim == 0:
        return float(str(array[()]))
    return np.array([float(s) for s in array.astype(str).ravel()]).reshape(array.shape).tolist()


def _map_nested(x: object, f: Callable) -> object:
    return [_map_nested(element, f) for element in x] if isinstance(x, list) else f(x)
