"""What figures are given, read as arrays and numbers, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._boundary import readers
from pybridge._types import Like
from pybridge.errors import DtypeError, OptionError, PybridgeError, ShapeError
from pybridge.tensors._dtypes import as_dtype, as_tensor


def array(what: str, x: Like) -> np.ndarray:
    """Numbers as an array: integers and booleans as they are, floats as float64."""
    try:
        read = as_tensor(x)
        if read.dtype.is_floating:
            read = as_dtype(x, tf.float64)
    except PybridgeError as error:
        raise type(error)(f"{what}: {error}") from None
    if read.dtype.is_complex:
        raise DtypeError(f"{what}: complex numbers have no place on an axis; draw their real parts or their sizes")
    return read.numpy()


def points(what: str, x: Like) -> np.ndarray:
    """Points in the plane, shape (n, 2)."""
    read = array(what, x).astype(np.float64)
    if read.ndim != 2 or read.shape[1] != 2 or not len(read):
        raise ShapeError(f"{what} must be points in the plane, of shape (n, 2); got {read.shape}")
    return read


def function(f: Callable[..., Any]) -> Callable[..., Any]:
    """A reader's function, or an error that says what came instead."""
    if not callable(f):
        raise OptionError(f"f is a function of the point; got a value of type {type(f).__name__}")
    return readers(f)


def height(f: Callable[..., Any], point: float | list[float]) -> float:
    """What f gives at a point, as one number; infinite where it is too large for a float."""
    try:
        value = f(point)
    except OverflowError:
        return np.inf
    if isinstance(value, int | float):
        return float(value)
    read = array("what f gives", value)
    if read.ndim:
        raise ShapeError(f"f gave shape {read.shape} at {point}; it must give one number")
    return float(read)
