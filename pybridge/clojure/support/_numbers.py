"""What an array or tensor holds, as the plain values that Clojure knows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pybridge.clojure.support import _numpy as np
from pybridge.clojure.support._objects import is_tensor
from pybridge.errors import ConversionError

LONGEST = 20  # bytes that an error shows


MOST_BITS = 100_000_000  # of an int that crosses


def int_bytes(x: int) -> bytes | int:
    """The bytes of an int as Java reads them, or how many bits it has, where those are too many."""
    bits = x.bit_length()
    return x.to_bytes(bits // 8 + 1, "big", signed=True) if bits <= MOST_BITS else bits


def int_from_bytes(content: bytes) -> int:
    """The int whose bytes Java gives."""
    return int.from_bytes(content, "big", signed=True)


def numbers(x: Any) -> object:
    """The elements of an array or tensor that has a value: one (rank 0) or nested lists of them.

    Raises:
        ConversionError: an element is a long double that equals no double, or bytes that are no text.
    """
    return _numbers(x, _exact, decoded)


FEWEST_AT_ONCE = 256


@functools.cache
def at_once() -> dict[np.dtype, str]:
    """What elements that Java reads as a whole are read as."""
    ints = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    return {
        np.dtype("bool"): "bool",
        np.dtype("float32"): "float32",
        **dict.fromkeys(map(np.dtype, ["float16", "float64"]), "float64"),
        **dict.fromkeys(map(np.dtype, ints), "int64"),
    }


def block(x: Any, float32: bool) -> np.ndarray | None:
    """The elements of a large array or tensor as a contiguous array of bool, float32, float64 or int64, where they are.

    Java reads them as a whole then. It has float32's digits or, where `float32` is false, not.
    """
    if not isinstance(x, np.ndarray):
        if not is_tensor(x) or not hasattr(x, "numpy"):
            return None
        x = x.numpy()
    array = np.asarray(x)
    target = at_once().get(array.dtype.newbyteorder("="))
    if target == "float32" and not array.dtype.isnative:  # whose numbers are read exactly
        target = "float64"
    if array.ndim == 0 or array.size < FEWEST_AT_ONCE or target is None or (target == "float32" and not float32):
        return None
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and array.max() >= 2**63:
        return None
    with np.errstate(invalid="ignore"):  # as of signalling NaNs
        return np.ascontiguousarray(array, target)


def number_kind(array: np.ndarray) -> str:
    return array.dtype.kind


def approximate_numbers(x: Any) -> object:
    """The same to be shown: the nearest doubles, and U+FFFD for bytes that are no text."""
    return _numbers(x, lambda array, _: array, lambda x: x.decode("utf-8", "replace"))


def _numbers(x: Any, narrowed: Callable, text: Callable) -> object:
    value = x.numpy() if not isinstance(x, np.ndarray) and hasattr(x, "numpy") else x
    if isinstance(value, bytes):
        return text(value)
    array = np.asarray(value)
    match array.dtype.kind:
        case "c":
            return map_nested(narrowed(_narrow(array, np.complex128), array).tolist(), _complex)
        case "f" if array.dtype == np.float32:
            return _shortest(array)
        case "f" if array.dtype.itemsize > 8:
            return narrowed(_narrow(array, np.float64), array).tolist()
        case "S":
            return map_nested(array.tolist(), text)
        case "O" if value is not x:  # a tensor's strings; of an array of objects, each crosses as what it is
            return map_nested(array.tolist(), lambda x: text(x) if isinstance(x, bytes) else x)
        case "M" | "m":
            return _nested(array)
    return array.tolist()


def _narrow(x: Any, dtype: type) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(x).astype(dtype)


def _exact(narrow: np.ndarray, array: np.ndarray) -> np.ndarray:
    """`narrow`, if it equals `array`, whose numbers may have more digits or a larger exponent."""
    if array.dtype.itemsize > narrow.dtype.itemsize and not np.array_equal(narrow, array, equal_nan=True):
        raise ConversionError(
            f"numbers of dtype {array.dtype} are not all doubles, which is what Clojure has: "
            f'round them with (pb/call x :astype "{narrow.dtype}")'
        )
    return narrow


def held_exactly(x: np.generic) -> bool:
    """Whether the double, or the two of a complex number, that stands for a scalar in Clojure equals it."""
    if type(x) not in (np.longdouble, np.clongdouble):
        return True
    narrow = _narrow(x, np.complex128 if isinstance(x, np.complexfloating) else np.float64)
    return np.array_equal(narrow, x, equal_nan=True)


def decoded(x: bytes) -> str:
    """A string of a tensor, or of an array of NumPy's strings of bytes."""
    try:
        return x.decode()
    except UnicodeDecodeError as error:
        shown = repr(x) if len(x) <= LONGEST else repr(x[:LONGEST]) + " …"
        raise ConversionError(
            f"the bytes {shown} are no text in UTF-8, which the strings of a tensor or array are read as: "
            'take them as byte arrays, with (pb/call x :numpy) of a tensor, or (pb/call x :astype "object") of an array'
        ) from error


def _complex(x: complex) -> dict:
    return {"re": x.real, "im": x.imag}


def _nested(array: np.ndarray) -> object:
    """The elements of an array in lists, themselves as they are."""
    return [_nested(row) for row in array] if array.ndim else array[()]


def _shortest(array: np.ndarray) -> object:
    """float32 numbers as the doubles with the same shortest digits: 0.1, not 0.10000000149011612."""
    if array.ndim == 0:
        return float(str(array[()]))
    return np.array([float(s) for s in array.astype(str).ravel()]).reshape(array.shape).tolist()


def map_nested(x: object, f: Callable) -> object:
    """`f` of each of the elements in nested lists."""
    return [map_nested(element, f) for element in x] if isinstance(x, list) else f(x)
