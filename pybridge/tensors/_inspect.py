"""Look at a tensor: how many axes, how long, of what, and the numbers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.tensors._checks import check_known, extents, total
from pybridge.tensors._dtypes import as_tensor

if TYPE_CHECKING:
    from numpy import ndarray


@boundary
def ndim(x: Like) -> int:
    """Count the axes: 0 for a number, 1 for a vector, 2 for a matrix.

    Args:
        x: the tensor.

    Returns:
        The number of axes, also called the rank.

    >>> ndim([[1, 2, 3], [4, 5, 6]])
    2
    """
    return as_tensor(x).shape.rank


@boundary
def shape(x: Like) -> list[int]:
    """Measure each axis.

    Args:
        x: the tensor.

    Returns:
        The length of each axis; inside a traced function, None where it is not known yet.

    >>> shape([[1, 2, 3], [4, 5, 6]])
    [2, 3]
    """
    return extents(as_tensor(x))


@boundary
def size(x: Like) -> int:
    """Count the numbers.

    Args:
        x: the tensor.

    Returns:
        The product of the lengths of all axes; inside a traced function, None while it is not known yet.

    >>> size([[1, 2, 3], [4, 5, 6]])
    6
    """
    return total(extents(as_tensor(x)))


@boundary
def dtype(x: Like) -> str:
    """Name what the numbers are.

    Args:
        x: the tensor.

    Returns:
        The dtype's name.

    >>> dtype([1, 2]), dtype([1.0, 2.0])
    ('int64', 'float32')
    """
    return as_tensor(x).dtype.name


@boundary
def describe(x: Like) -> dict[str, Any]:
    """Sum up a tensor: its axes, what it holds and how much memory that takes.

    Args:
        x: the tensor.

    Returns:
        "ndim", "shape", "dtype", "size" and "nbytes".

    >>> describe([[1, 2, 3], [4, 5, 6]])
    {'ndim': 2, 'shape': [2, 3], 'dtype': 'int64', 'size': 6, 'nbytes': 48}
    """
    x = as_tensor(x)
    count = size(x)
    nbytes = None if count is None else count * x.dtype.size
    return {"ndim": ndim(x), "shape": shape(x), "dtype": x.dtype.name, "size": count, "nbytes": nbytes}


@boundary
def to_list(x: Like) -> list[Any]:
    """Read the numbers as nested lists; a single number is itself.

    Args:
        x: the tensor.

    Returns:
        Plain numbers, one list per axis around them.

    Raises:
        ConversionError: inside a traced function, where there are no numbers yet.

    >>> to_list([[1, 2], [3, 4]])
    [[1, 2], [3, 4]]
    """
    x = as_tensor(x)
    check_known(x)
    return np.asarray(x.numpy()).tolist()


@boundary
def to_numpy(x: Like) -> ndarray:
    """Read the numbers as a NumPy array of the same shape and dtype, a copy.

    Args:
        x: the tensor.

    Returns:
        The array.

    Raises:
        ConversionError: inside a traced function, where there are no numbers yet.

    >>> to_numpy([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]])
    """
    x = as_tensor(x)
    check_known(x)
    return np.asarray(x.numpy())
