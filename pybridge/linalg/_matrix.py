"""What every function on matrices needs: to read them, to see that they fit, and to tell when one is singular."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge._types import Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import promote

EXACT_ENOUGH = (tf.float32, tf.float64, tf.complex64, tf.complex128)


def read(*values: Like) -> list[Tensor]:
    """Values as tensors of one dtype in which matrices can be factored: float32 unless they are wider."""
    tensors = promote(*values, least=tf.float32)
    return tensors if tensors[0].dtype in EXACT_ENOUGH else [tf.cast(x, tf.float32) for x in tensors]


def read_matrix(value: Like) -> Tensor:
    """A matrix, or a batch of them, of finite numbers.

    Raises:
        ShapeError: it has fewer than two axes, or no elements.
        OptionError: it holds NaN or infinite numbers.
    """
    (a,) = read(value)
    shape = extents(a)
    if shape is not None and (len(shape) < 2 or 0 in shape[-2:]):
        raise ShapeError(f"a matrix has rows and columns; got the shape {shown(shape)}")
    check_finite(a)
    return a


def read_square(value: Like) -> Tensor:
    """A matrix, or a batch of them, with as many rows as columns.

    Raises:
        ShapeError: it is not square.
        OptionError: it holds NaN or infinite numbers.
    """
    a = read_matrix(value)
    shape = extents(a)
    if shape is not None and None not in shape[-2:] and shape[-1] != shape[-2]:
        raise ShapeError(f"a square matrix is needed; got the shape {shown(shape)}")
    return a


def check_finite(a: Tensor) -> None:
    """See that no number is NaN or infinite, where the numbers are known.

    Raises:
        OptionError: one is.
    """
    if not tf.is_symbolic_tensor(a) and not np.isfinite(a.numpy()).all():
        raise OptionError("the numbers must be finite; got NaN or infinity")


def check_regular(a: Tensor) -> None:
    """See that square matrices can be undone, where their numbers are known.

    Raises:
        OptionError: one is singular, as far as its dtype can tell.
    """
    for matrix in [] if tf.is_symbolic_tensor(a) else a.numpy().reshape(-1, *a.shape[-2:]):
        n, directions = len(matrix), rank(matrix, rounding(a.dtype))
        if directions == n:
            continue
        why = f"its rank is {directions}, not {n}, so no matrix undoes it"
        if rank(matrix, rounding(np.float64)) == n:
            why = f"in {a.dtype.name} its rank is {directions}, not {n}; float64 may tell more"
        raise OptionError(f"the matrix is singular: {why}")


def rounding(dtype: object) -> float:
    """How far apart numbers of a dtype are, relative to their size."""
    return float(np.finfo(tf.as_dtype(dtype).as_numpy_dtype).eps)


def rank(a: np.ndarray, eps: float) -> int:
    """How many independent columns a matrix has whose entries are known to a relative exactness."""
    a = a.astype(np.result_type(a, np.float64))
    rows, columns = a.shape
    if rows == columns and is_regular(a, eps):
        return rows
    s = np.linalg.svd(a, compute_uv=False)
    directions = int((s > s.max() * max(rows, columns) * eps).sum())
    return min(directions, rows - 1) if rows == columns else directions


def is_regular(a: np.ndarray, eps: float) -> bool:
    """Whether a square matrix stays clear of every singular one, however its entries were rounded.

    The measure is Skeel's condition number, of the matrix and of its transpose. Unlike the ratio of the singular values
    it does not mind units, as in a translation by thousands.
    """
    with np.errstate(all="ignore"):
        try:
            undone = np.abs(np.linalg.inv(a))
        except np.linalg.LinAlgError:
            return False
        size = np.abs(a)
        condition = np.max([(undone @ size).sum(1), (size @ undone).sum(0)])
    return bool(condition * len(a) * eps < 1)
