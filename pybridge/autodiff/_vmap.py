"""A function of one row, made a function of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._arguments import shown as said
from pybridge._boundary import boundary, readers
from pybridge._sizes import check_size
from pybridge._types import Tensor
from pybridge.autodiff._structure import leaves, mapped, rebuilt
from pybridge.errors import DtypeError, PybridgeError, ShapeError
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import as_tensor


@boundary
def vmap(f: Callable[..., Any], x: Any) -> Any:
    """Call a function of each row, all rows in one call.

    `f` is called once, with tensors that stand for any row, and TensorFlow turns its operations into ones on the whole
    batch. Where that is impossible, because `f` looks at the numbers in its row (`if x > 0`, NumPy), it is called row
    by row: the same result, slower, except inside a compiled function. Gradients pass through. Random numbers are drawn
    for each row anew. Where all rows are computed at once their numbers are not checked, as in compiled functions: a
    matrix that `linalg` would refuse gives NaN or another number.

    Args:
        f: takes one row, a tensor, or lists and maps of rows as `x` holds them; returns a number, a tensor, or lists
            and maps of them, the same for each row.
        x: the rows, along the first axis; lists and maps of tensors with as many rows each.

    Returns:
        What `f` returns, with an axis for the rows in front of each tensor.

    Raises:
        ShapeError: `x` has no rows to run over, or not the same number everywhere, or `f` returns different shapes, or
            what it returns for all rows does not fit into memory.
        DtypeError: `x` does not hold numbers, or `f` returns something else.
        OptionError: `f` is not a function.

    >>> from pybridge import tensors
    >>> vmap(lambda row: tensors.sum(row), [[1.0, 2.0], [3.0, 4.0]]).numpy()
    array([3., 7.], dtype=float32)
    >>> vmap(lambda row: {"next": row + 1, "double": 2 * row}, [1.0, 2.0])["double"].numpy()
    array([2., 4.], dtype=float32)
    """
    f = readers(f)
    rows = mapped(as_tensor, x)
    batch = leaves(rows)
    count = _count(batch)
    try:
        return _at_once(f, rows, batch, count)
    except tf.errors.ResourceExhaustedError:
        raise
    except Exception:
        if count == 0 or any(map(tf.is_symbolic_tensor, batch)):
            raise
    return _one_by_one(f, rows, batch, count)


def _count(batch: list[Tensor]) -> int | Any:
    """How many rows there are, where that is known."""
    if not batch:
        raise ShapeError("there are no rows; got no tensors")
    shapes = [extents(each) for each in batch]
    if [] in shapes:
        raise ShapeError("a single number has no rows; give a tensor with an axis to run over")
    counts = {shape[0] for shape in shapes if shape}
    if len(counts - {None}) > 1:
        raise ShapeError(f"as many rows are needed everywhere; got the shapes {' and '.join(map(shown, shapes))}")
    return max(counts, key=lambda count: count is not None, default=None)


def _at_once(f: Callable[..., Any], rows: object, batch: list[Tensor], count: Any) -> object:
    returned: list[Any] = []

    def flat(row: list[Tensor]) -> list[Tensor]:
        returned.append(mapped(_number, f(rebuilt(rows, row))))
        numbers = [tf.convert_to_tensor(each) for each in leaves(returned[-1])]
        _check_size(numbers, count)
        return numbers

    stacked = tf.vectorized_map(flat, batch, warn=False)
    return rebuilt(returned[-1], stacked)


def _one_by_one(f: Callable[..., Any], rows: object, batch: list[Tensor], count: int) -> object:
    results = []
    for i in range(count):
        results.append(mapped(_number, f(rebuilt(rows, [each[i] for each in batch]))))
        _check_size(leaves(results[-1]), count)
    flat = [leaves(result) for result in results]
    try:
        return rebuilt(results[0], [tf.stack(each) for each in zip(*flat, strict=True)])
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        if isinstance(error, PybridgeError):
            raise
        raise ShapeError("the function must return the same shapes, and dtypes, for each row") from None


def _check_size(result: list[Tensor], count: Any) -> None:
    """See that the results of as many rows fit into memory, where their shape is known."""
    for each in result:
        shape = extents(each)
        check_size([None] if shape is None else [count, *shape], each.dtype.size)


def _number(x: object) -> Tensor:
    try:
        return as_tensor(x)
    except DtypeError:
        raise DtypeError(f"the function must return numbers, or lists and maps of tensors; got {said(x)}") from None
