"""Batches for a training loop of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from pybridge._arguments import seed as check_seed
from pybridge._arguments import whole_number
from pybridge._boundary import called
from pybridge._types import Like
from pybridge.errors import ShapeError
from pybridge.models._mapped import in_file
from pybridge.tensors._dtypes import as_tensor
from pybridge.training._order import Order, check_shuffle


@called
def batches(
    x: Like,
    y: Like | None = None,
    *,
    batch_size: int = 128,
    shuffle: bool | str = False,
    seed: int | None = None,
) -> Iterator[Any]:
    """Go through data once, a batch at a time; the last batch holds what is left.

    Args:
        x: the samples, shape (samples, ...). Of a memory-mapped array only the rows of a batch are read, when it comes.
        y: their targets, one for each sample.
        batch_size: how many samples a batch has.
        shuffle: True for a random order, "batch" to shuffle within each batch only. `fit` with the same seed goes
            through its first epoch in the same order.
        seed: makes the order the same every time; None makes it new.

    Returns:
        An iterator of batches: a tensor each, or with `y` the two tensors of samples and targets.

    Raises:
        ShapeError: x and y differ in their number of samples, or there are none.
        OptionError: an option is out of its range.

    >>> [(x.numpy().tolist(), y.numpy().tolist()) for x, y in batches([1, 2, 3], [10, 20, 30], batch_size=2)]
    [([1, 2], [10, 20]), ([3], [30])]
    """
    batch_size = whole_number("batch_size", batch_size, least=1)
    shuffle, seed = check_shuffle(shuffle), check_seed(seed)
    arrays = [array if in_file(array) else as_tensor(array) for array in ([x] if y is None else [x, y])]
    for name, array in zip("xy", arrays, strict=False):
        if array.ndim == 0:
            raise ShapeError(f"{name} must have an axis of samples first; got a single number")
    count = len(arrays[0])
    if len(arrays[-1]) != count:
        raise ShapeError(f"each sample needs its target; x has {count} samples and y {len(arrays[-1])}")
    if count == 0:
        raise ShapeError("there are no samples in x")
    numbers = Order(count, min(batch_size, count), shuffle=shuffle, seed=seed).numbers(0)
    return _cut(arrays, numbers, batch_size)


def _cut(arrays: list[Any], numbers: Any, batch_size: int) -> Iterator[Any]:
    for start in range(0, len(numbers), batch_size):
        rows = numbers[start : start + batch_size]
        batch = tuple(
            tf.gather(array, rows) if isinstance(array, tf.Tensor) else as_tensor(array[rows]) for array in arrays
        )
        yield batch if len(batch) > 1 else batch[0]
