"""What is given as an array, read into one, or refused where NumPy would guess."""

from __future__ import annotations

import numpy as np

from pybridge._arguments import shown
from pybridge._types import Like
from pybridge.errors import DtypeError, ShapeError

DENSE = {"RaggedTensor": "{}.to_tensor()", "SparseTensor": "tf.sparse.to_dense({})"}


def array(name: str, value: Like, holding: str) -> np.ndarray:
    """Read an argument into an array of one axis or more.

    Args:
        name: the argument.
        value: what was given.
        holding: what it holds, for a message.

    Raises:
        ShapeError: it holds lists of unequal lengths.
        DtypeError: it is sparse, ragged or masked, or no array at all.

    >>> array("x", [1, 2], "numbers").shape
    (2,)
    """
    dense = DENSE.get(type(value).__name__, "{}.toarray()" if hasattr(value, "toarray") else "")
    if np.ma.is_masked(value):
        dense = "{}.filled(0)"
    if dense:
        raise DtypeError(f"{name} must be dense; got {shown(value)}: write {dense.format(name)}")
    try:
        read = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"{name} must hold {holding} of one shape; got {shown(value)}") from error
    if read.ndim == 0:
        raise DtypeError(f"{name} must be an array, a list or a tensor of {holding}; got {shown(value)}")
    return read
