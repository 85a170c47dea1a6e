"""Create tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge import _arguments
from pybridge._arguments import whole_number
from pybridge._boundary import boundary
from pybridge._sizes import MOST, check_size
from pybridge._types import Dtype, Like, Num, Shape, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import checked_shape, extents, finite, shown
from pybridge.tensors._dtypes import as_dtype, as_tensor, named_dtype


@boundary
def tensor(value: Like, dtype: str | None = None) -> Tensor:
    """Make a tensor, which never changes, of a number, a nested list, an array, or a variable's value.

    Args:
        value: the numbers; a list may hold tensors, which are stacked.
        dtype: the dtype's name; by default integers become int64, floats float32, and an array keeps its own.

    Returns:
        The tensor.

    Raises:
        ShapeError: a list whose rows differ in length.
        DtypeError: something that is not made of numbers, or a number that the dtype does not hold.

    >>> tensor([[1, 2], [3, 4]]).dtype.name
    'int64'
    >>> tensor([1, 2], dtype="float32").numpy()
    array([1., 2.], dtype=float32)
    """
    return as_tensor(value) if dtype is None else as_dtype(value, named_dtype(dtype))


@boundary
def zeros(shape: Shape, dtype: Dtype = "float32") -> Tensor:
    """Make a tensor of zeros.

    Args:
        shape: the length of each axis; [] for a single number.
        dtype: the dtype's name.

    Returns:
        Zeros of that shape.

    Raises:
        ShapeError: a negative length, or a tensor that does not fit into memory.
        OptionError: a length that is not a whole number.
        DtypeError: an unknown dtype.

    >>> zeros([2, 3]).numpy()
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    of = named_dtype(dtype)
    return tf.zeros(checked_shape(shape, of=of), of)


@boundary
def ones(shape: Shape, dtype: Dtype = "float32") -> Tensor:
    """Make a tensor of ones.

    Args:
        shape: the length of each axis; [] for a single number.
        dtype: the dtype's name.

    Returns:
        Ones of that shape.

    Raises:
        ShapeError: a negative length, or a tensor that does not fit into memory.
        OptionError: a length that is not a whole number.
        DtypeError: an unknown dtype.

    >>> ones([2], dtype="int32").numpy()
    array([1, 1], dtype=int32)
    """
    of = named_dtype(dtype)
    return tf.ones(checked_shape(shape, of=of), of)


@boundary
def full(shape: Shape, value: Num, dtype: Dtype = None) -> Tensor:
    """Make a tensor that holds one value everywhere.

    Args:
        shape: the length of each axis; [] for a single number.
        value: the number.
        dtype: the dtype's name; by default the value's: int64 for an integer, float32 for a float.

    Returns:
        The value in that shape.

    Raises:
        ShapeError: a negative length, a tensor that does not fit into memory, or a value that is not a single number.
        OptionError: a length that is not a whole number.
        DtypeError: an unknown dtype, or one that does not hold the value.

    >>> full([2], 7).numpy()
    array([7, 7])
    """
    number = tensor(value, dtype)
    lengths = checked_shape(shape, of=number.dtype)
    if number.shape.rank:
        raise ShapeError(f"the value is a single number; got {shown(extents(number))}: see broadcast_to")
    return tf.fill(lengths, number)


@boundary
def eye(n: int, dtype: Dtype = "float32") -> Tensor:
    """Make the identity matrix.

    Args:
        n: how many rows and columns.
        dtype: the dtype's name.

    Returns:
        Shape (n, n): ones on the diagonal, zeros elsewhere.

    Raises:
        ShapeError: `n` is negative, or the matrix does not fit into memory.
        OptionError: `n` is not a whole number.
        DtypeError: an unknown dtype.

    >>> eye(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    of = named_dtype(dtype)
    (rows,) = checked_shape([n])
    check_size([rows, rows], of.size)
    return tf.eye(rows, dtype=of)


@boundary
def arange(start: Num, stop: Num | None = None, step: Num = 1, dtype: Dtype = None) -> Tensor:
    """Count from `start` up to but not including `stop`.

    Args:
        start: the first number; alone, it is `stop`, and counting begins at 0.
        stop: the end, which is left out.
        step: the distance from one number to the next; negative to count down.
        dtype: the dtype's name; by default int64 when all numbers are integers, else float32.

    Returns:
        Shape (count,).

    Raises:
        ShapeError: more numbers than fit into memory.
        OptionError: something that is not a finite number, or a step of 0.
        DtypeError: an unknown dtype, or one that does not hold the numbers.

    >>> arange(3).numpy()
    array([0, 1, 2])
    >>> arange(0, 1, 0.25).numpy()
    array([0.  , 0.25, 0.5 , 0.75], dtype=float32)
    """
    first, last = (0, start) if stop is None else (start, stop)
    first, last, step = (finite("a bound or step", each) for each in (first, last, step))
    if step == 0:
        raise OptionError("a step of 0 never arrives; take another")
    counted = all(isinstance(each, int) for each in (first, last, step))
    numbers = _counted(first, last, step) if counted else _stepped(first, last, step)
    return as_dtype(numbers, named_dtype(dtype or ("int64" if counted else "float32")))


@boundary
def linspace(start: Num, stop: Num, num: int = 50, dtype: Dtype = None) -> Tensor:
    """Go from one number to another in steps of one length.

    Args:
        start: the first number.
        stop: the last number, which is included.
        num: how many numbers there are.
        dtype: the dtype's name; by default float32.

    Returns:
        Shape (num,).

    Raises:
        ShapeError: more numbers than fit into memory.
        OptionError: an end that is not a finite number, or `num` is not a whole number of at least 0.
        DtypeError: an unknown dtype, or one that does not hold the numbers.

    Source: NumPy, `linspace`.

    >>> linspace(0, 1, 5).numpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    count = whole_number("num", num)
    check_size([count], 8)
    numbers = np.linspace(float(finite("start", start)), float(finite("stop", stop)), count)
    return as_dtype(numbers, named_dtype(dtype or "float32"))


@boundary
def random_normal(shape: Shape, mean: Num = 0.0, stddev: Num = 1.0, seed: int | None = None) -> Tensor:
    """Draw float32 numbers from the normal distribution.

    Args:
        shape: the length of each axis.
        mean: the middle of the distribution.
        stddev: its standard deviation.
        seed: from 0 to 2^63 - 1; the same seed gives the same numbers every time, and without one they always differ.

    Returns:
        The numbers in that shape.

    Raises:
        ShapeError: a negative length, or a tensor that does not fit into memory.
        OptionError: something that is not a finite number, a negative `stddev`, or a seed out of its range.

    >>> random_normal([2, 3], seed=1).shape
    TensorShape([2, 3])
    """
    lengths = checked_shape(shape, of=tf.float32)
    mean, stddev = finite("mean", mean), finite("stddev", stddev)
    if stddev < 0:
        raise OptionError(f"a standard deviation is not negative; got {stddev}")
    if seed is None:
        return tf.random.normal(lengths, mean, stddev)
    return tf.random.stateless_normal(lengths, _seed_pair(seed), mean, stddev, alg="philox")


@boundary
def random_uniform(shape: Shape, low: Num = 0.0, high: Num = 1.0, seed: int | None = None) -> Tensor:
    """Draw float32 numbers evenly between two bounds.

    Args:
        shape: the length of each axis.
        low: the lower bound, which may be drawn.
        high: the upper bound, which is left out.
        seed: from 0 to 2^63 - 1; the same seed gives the same numbers every time, and without one they always differ.

    Returns:
        The numbers in that shape.

    Raises:
        ShapeError: a negative length, or a tensor that does not fit into memory.
        OptionError: something that is not a finite number, `low` above `high`, or a seed out of its range.

    >>> random_uniform([2, 3], seed=1).shape
    TensorShape([2, 3])
    """
    lengths = checked_shape(shape, of=tf.float32)
    low, high = finite("low", low), finite("high", high)
    if low > high:
        raise OptionError(f"low is at most high; got {low} and {high}")
    if seed is None:
        return tf.random.uniform(lengths, low, high)
    pair = _seed_pair(seed)
    return tf.random.stateless_uniform(lengths, pair, float(low), float(high), alg="philox")


def _counted(first: Any, last: Any, step: Any) -> np.ndarray | list[int]:
    """The whole numbers of a range, however large; NumPy counts them in floats."""
    count = max(-((first - last) // step), 0)
    check_size([count], 8)
    if all(-MOST - 1 <= each <= MOST for each in (first, first + (count - 1) * step, step)):
        return np.arange(count) * step + first
    return list(range(first, last, step))


def _stepped(first: Num, last: Num, step: Num) -> np.ndarray:
    check_size([math.ceil(min(max((last - first) / step, 0), MOST))], 8)
    return np.arange(first, last, step)


def _seed_pair(seed: object) -> Tensor:
    return tf.constant([_arguments.seed(seed), 0], tf.int64)
