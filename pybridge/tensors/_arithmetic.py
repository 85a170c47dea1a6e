"""Arithmetic, number by number; shapes broadcast where two tensors meet."""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError
from pybridge.tensors._checks import meet
from pybridge.tensors._dtypes import as_float, as_tensor
from pybridge.tensors._power import raised
from pybridge.tensors._wider import in_int64


@boundary
def add(x: Like, y: Like) -> Tensor:
    """Add element by element.

    Args:
        x: the first summand; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        x + y.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> add([[1, 2], [3, 4]], [10, 20]).numpy()
    array([[11, 22],
           [13, 24]])
    """
    return tf.add(*meet(x, y))


@boundary
def subtract(x: Like, y: Like) -> Tensor:
    """Subtract element by element.

    Args:
        x: what to subtract from; booleans count as 0 and 1.
        y: what to subtract; the shapes broadcast.

    Returns:
        x - y.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> subtract([3, 4], 1).numpy()
    array([2, 3])
    """
    return tf.subtract(*meet(x, y))


@boundary
def multiply(x: Like, y: Like) -> Tensor:
    """Multiply element by element.

    Args:
        x: the first factor; booleans count as 0 and 1.
        y: the second; their shapes broadcast.

    Returns:
        x * y.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> multiply([1, 2, 3], [4, 5, 6]).numpy()
    array([ 4, 10, 18])
    """
    return tf.multiply(*meet(x, y))


@boundary
def divide(x: Like, y: Like) -> Tensor:
    """Divide element by element.

    Args:
        x: the dividend; integers are divided as float32.
        y: the divisor; the shapes broadcast. Division by 0 gives infinity or NaN.

    Returns:
        x / y, floats.

    Raises:
        ShapeError: the shapes do not broadcast.

    >>> divide([1, 2], 4).numpy()
    array([0.25, 0.5 ], dtype=float32)
    """
    return tf.divide(*meet(x, y, least=tf.float32))


@boundary
def power(x: Like, y: Like) -> Tensor:
    """Raise to a power, element by element.

    Its slopes are right at 0 as well: that of x⁰ is 0, where Python's ** on tensors, which is TensorFlow's, has NaN.

    Args:
        x: the base; booleans count as 0 and 1.
        y: the exponent; the shapes broadcast.

    Returns:
        x to the power of y.

    Raises:
        ShapeError: the shapes do not broadcast.
        DtypeError: an integer to a negative power.

    >>> power([1, 2, 3], 2).numpy()
    array([1, 4, 9])
    """
    x, y = meet(x, y)
    try:
        return in_int64(raised, x, y)
    except tf.errors.InvalidArgumentError:
        raise DtypeError("an integer to a negative power is a fraction; write the base as 2.0") from None


@boundary
def negative(x: Like) -> Tensor:
    """Change the sign.

    Args:
        x: the numbers; booleans count as 0 and 1.

    Returns:
        -x.

    >>> negative([1, -2]).numpy()
    array([-1,  2])
    """
    return in_int64(tf.negative, as_tensor(x, least=tf.int64))


@boundary
def absolute(x: Like) -> Tensor:
    """Drop the sign.

    Args:
        x: the numbers; booleans count as 0 and 1.

    Returns:
        |x|, real where x is complex.

    >>> absolute([1, -2]).numpy()
    array([1, 2])
    """
    x = as_tensor(x, least=tf.int64)
    return x if x.dtype.is_unsigned else tf.abs(x)


@boundary
def square(x: Like) -> Tensor:
    """Multiply by itself.

    Args:
        x: the numbers; booleans count as 0 and 1.

    Returns:
        x².

    >>> square([1, -2]).numpy()
    array([1, 4])
    """
    return tf.square(as_tensor(x, least=tf.int64))


@boundary
def sqrt(x: Like) -> Tensor:
    """Take the square root.

    Args:
        x: the numbers; integers become float32. A negative one gives NaN.

    Returns:
        √x.

    >>> sqrt([4, 9]).numpy()
    array([2., 3.], dtype=float32)
    """
    x = as_float(x)
    root = tf.sqrt(x)
    if not x.dtype.is_complex:
        return root
    below = tf.atan2(tf.math.imag(x), tf.fill(tf.shape(x), tf.constant(-1.0, root.dtype.real_dtype))) < 0
    return tf.where(below & (tf.math.imag(root) > 0), tf.math.conj(root), root)  # where the imaginary part is -0


@boundary
def exp(x: Like) -> Tensor:
    """Raise e to this power.

    Args:
        x: the exponents; integers become float32.

    Returns:
        eˣ.

    >>> exp([0, 1]).numpy()
    array([1.       , 2.7182817], dtype=float32)
    """
    return tf.exp(as_float(x))


@boundary
def log(x: Like) -> Tensor:
    """Take the natural logarithm.

    Args:
        x: the numbers; integers become float32. 0 gives -infinity, a negative one NaN.

    Returns:
        ln x.

    >>> log([1.0, 2.0]).numpy()
    array([0.       , 0.6931472], dtype=float32)
    """
    return tf.math.log(as_float(x))


@boundary
def log1p(x: Like) -> Tensor:
    """Take the natural logarithm of 1 + x, accurately even where x is tiny.

    Args:
        x: the numbers; integers become float32. -1 gives -infinity, anything below NaN.

    Returns:
        ln(1 + x).

    Source: NumPy, `log1p`.

    >>> log1p([0.0, 1e-10]).numpy()
    array([0.e+00, 1.e-10], dtype=float32)
    """
    x = as_float(x)
    logarithm = tf.math.log1p(x)
    # of the complex -1 TensorFlow's is NaN
    return tf.where(x == -1, tf.math.log(x + 1), logarithm) if x.dtype.is_complex else logarithm


@boundary
def expm1(x: Like) -> Tensor:
    """Raise e to this power and subtract 1, accurately even where x is tiny.

    Args:
        x: the exponents; integers become float32.

    Returns:
        eˣ - 1.

    Source: NumPy, `expm1`.

    >>> expm1([0.0, 1e-10]).numpy()
    array([0.e+00, 1.e-10], dtype=float32)
    """
    return tf.math.expm1(as_float(x))
