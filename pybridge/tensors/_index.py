"""Take parts out of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._arguments import shown as said
from pybridge._arguments import whole
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.tensors._checks import checked_axis, extents, shown
from pybridge.tensors._dtypes import as_tensor

FAR = 2**62  # beyond any place


@boundary
def index(x: Like, *axes: Any) -> Tensor:
    """Take a part of a tensor: a number or a range along each axis.

    Args:
        x: the tensor.
        axes: for each axis from the first on: a whole number, which takes one place and drops the axis; [start, stop]
            or [start, stop, step], a range whose ends may be None; or None for the whole axis. Negative numbers count
            from the end, a negative step goes backwards. "...", once, stands for all the axes that are not given; axes
            left out at the end are taken whole.

    Returns:
        The part.

    Raises:
        ShapeError: a place that does not exist, or more axes than the tensor has.
        OptionError: something that is none of these.

    >>> index([[1, 2, 3], [4, 5, 6]], None, [1, None]).numpy()
    array([[2, 3],
           [5, 6]])
    >>> index([[1, 2, 3], [4, 5, 6]], "...", -1).numpy()
    array([3, 6])
    """
    x = as_tensor(x)
    parts = [_part(axis) for axis in axes]
    dots = [place for place, part in enumerate(parts) if part is ...]
    if len(dots) > 1:
        raise OptionError(f'"..." stands once; got it {len(dots)} times')
    lengths = extents(x)
    if lengths is not None:
        _check_places(parts, dots, lengths)
    return x[tuple(_near(part) if isinstance(part, slice) else part for part in parts)]


def _near(part: slice) -> slice:
    """The same range with no number past 64 bits, of which half are enough for the end of any axis."""
    ends = (part.start, part.stop, part.step)
    return slice(*[min(max(end, -FAR), FAR) if isinstance(end, int) else end for end in ends])


def _part(axis: object) -> object:
    """What stands for one axis, as Python writes it between brackets."""
    if axis is None:
        return slice(None)
    if axis is ... or (isinstance(axis, str) and axis == "..."):
        return ...
    if tf.is_symbolic_tensor(axis):
        return axis
    try:
        if not isinstance(axis, (list, tuple)) or len(axis) not in (2, 3):
            return _place(axis)
        part = slice(*[None if end is None else _place(end) for end in axis])
    except TypeError:
        takes = 'a whole number, [start, stop], [start, stop, step], None or "..."'
        raise OptionError(f"an axis takes {takes}; got {said(axis)}") from None
    if isinstance(part.step, int) and part.step == 0:
        raise OptionError("a step of 0 never arrives; take another")
    return part


def _place(number: object) -> object:
    if tf.is_symbolic_tensor(number):
        return number
    place = whole(number)
    if place is None:
        raise TypeError
    return place


def _check_places(parts: list[Any], dots: list[int], lengths: list[Any]) -> None:
    """See that every axis that is asked for exists, and every place on it."""
    given = len(parts) - len(dots)
    if given > len(lengths):
        raise ShapeError(f"{shown(lengths)} has {len(lengths)} axes; got parts for {given}")
    for place, part in enumerate(parts):
        if isinstance(part, int):
            axis = place if not dots or place < dots[0] else place - len(parts) + len(lengths)
            if lengths[axis] is not None and not -lengths[axis] <= part < lengths[axis]:
                raise ShapeError(f"there is no place {said(part)} on axis {axis} of {shown(lengths)}")


@boundary
def gather(x: Like, indices: Like, axis: int = 0) -> Tensor:
    """Take places by number, in any order and any number of times.

    Args:
        x: the tensor.
        indices: whole numbers of any shape; negative ones count from the end.
        axis: the axis to take places along.

    Returns:
        The tensor with that axis replaced by the axes of `indices`.

    Raises:
        ShapeError: a place or an axis that does not exist.
        DtypeError: indices that are not integers.

    >>> gather([[1, 2], [3, 4], [5, 6]], [2, 0]).numpy()
    array([[5, 6],
           [1, 2]])
    """
    x, indices = as_tensor(x), as_tensor(indices)
    if not indices.dtype.is_integer:
        raise DtypeError(f"indices are whole numbers; got {indices.dtype.name}: cast them to int64")
    axis = checked_axis(axis, x)
    lengths, places = extents(x), tf.get_static_value(indices)
    indices = tf.cast(indices, tf.int64)
    if lengths is None or lengths[axis] is None or places is None:
        length = tf.shape(x, tf.int64)[axis]
        return tf.gather(x, tf.where(indices < 0, indices + length, indices), axis=axis)
    wrong = places[(places < -lengths[axis]) | (places >= lengths[axis])]
    if wrong.size:
        raise ShapeError(f"there is no place {wrong[0]} on axis {axis % len(lengths)} of {shown(lengths)}")
    check_size([*lengths[:axis], *places.shape, *lengths[axis % len(lengths) + 1 :]], x.dtype.size)
    places = places.astype(np.int64)
    return tf.gather(x, np.where(places < 0, places + lengths[axis], places), axis=axis)


@boundary
def boolean_mask(x: Like, mask: Like) -> Tensor:
    """Keep the places where a mask is true.

    Its result has a length that the mask decides, so that XLA cannot compile it; `where` keeps the shape.

    Args:
        x: the tensor.
        mask: booleans, for the first axis of `x` or for the first few.

    Returns:
        What is kept: one axis in place of those of the mask, then the others.

    Raises:
        ShapeError: the mask is a single boolean, or its shape is not that of the first axes of `x`.
        DtypeError: the mask does not hold booleans.

    Source: NumPy, `x[mask]`.

    >>> boolean_mask([1, 2, 3], [True, False, True]).numpy()
    array([1, 3])
    """
    x, mask = as_tensor(x), as_tensor(mask)
    if not mask.dtype.is_bool:
        raise DtypeError(f"a mask holds booleans; got {mask.dtype.name}: compare first, as in greater(x, 0)")
    lengths, wanted = extents(x), extents(mask)
    if wanted == []:
        raise ShapeError("a mask has a boolean for each place; got a single one")
    if lengths is not None and wanted is not None and not mask.shape.is_compatible_with(x.shape[: len(wanted)]):
        raise ShapeError(f"a mask {shown(wanted)} does not fit the first axes of {shown(lengths)}")
    return tf.boolean_mask(x, mask)
