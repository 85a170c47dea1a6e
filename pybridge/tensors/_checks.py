"""What an operation checks before any work: shapes that meet, axes that exist, numbers that are whole.

Only what is known is checked: inside a traced function an extent may be None, and then TensorFlow decides when it runs.
"""

from __future__ import annotations

import functools
import itertools
import math
import numbers
from collections.abc import Sequence
from typing import Any, cast

import tensorflow as tf

from pybridge import _arguments
from pybridge._sizes import MOST, check_size
from pybridge._types import Like, Num, Tensor
from pybridge.errors import ConversionError, DtypeError, OptionError, ShapeError
from pybridge.tensors._dtypes import promote

Extents = list[int | Any]

MANY = 20  # axes, past which a message does not list all of them
MOST_AXES = 254  # of a tensor of TensorFlow's


def extents(x: Tensor) -> Extents | Any:
    """The length of each axis, None where unknown; None alone where even their number is."""
    return None if x.shape.rank is None else x.shape.as_list()


def shown(shape: Sequence[int | str | None] | None) -> str:
    """A shape as it is written in a message."""
    if shape is None:
        return "an unknown shape"
    return str(tuple(shape)) if len(shape) <= MANY else _arguments.shown(tuple(shape))


def check_broadcast(*xs: Tensor) -> None:
    """See that shapes broadcast, the way NumPy has it.

    Raises:
        ShapeError: two of them do not, naming the axis.
    """
    shapes = [x.shape for x in xs]
    if shapes.count(shapes[0]) == len(shapes):
        return
    known = [extents(x) for x in xs]
    for one, other in itertools.combinations(known, 2):
        axis = clash(one, other)
        if axis is not None:
            raise does_not_broadcast(one, other, axis)
    check_size(met(*known), max(x.dtype.size for x in xs))


def met(*shapes: Extents | Any) -> Extents:
    """The shape to which shapes broadcast that do; a length is None where it is not known."""
    if None in shapes:
        return [None]
    return functools.reduce(_meet, shapes)


def _meet(one: Extents, other: Extents) -> Extents:
    pairs = itertools.zip_longest(reversed(one), reversed(other), fillvalue=1)
    return [length if length != 1 else beside for length, beside in pairs][::-1]


def clash(one: Extents | Any, other: Extents | Any) -> int | None:
    """The axis, counted from the right, on which two shapes do not broadcast."""
    for axis in range(-1, -min(len(one or []), len(other or [])) - 1, -1):
        lengths = {one[axis], other[axis]}
        if len(lengths) == 2 and lengths.isdisjoint({1, None}):
            return axis
    return None


def does_not_broadcast(one: Extents, other: Extents, axis: int) -> ShapeError:
    """The error for two shapes that clash on this axis."""
    why = f"{one[axis]} meets {other[axis]} on axis {axis}"
    return ShapeError(f"{shown(one)} and {shown(other)} do not broadcast: {why}")


def meet(x: Like, y: Like, least: tf.DType = tf.int64) -> list[Tensor]:
    """Two values as tensors of one dtype whose shapes broadcast."""
    x, y = promote(x, y, least=least)
    check_broadcast(x, y)
    return [x, y]


def check_ordered(*xs: Tensor) -> None:
    """See that numbers can be told larger from smaller.

    Raises:
        DtypeError: they are complex.
    """
    if xs[0].dtype.is_complex:
        raise DtypeError("complex numbers have no order; take absolute values first")


def whole(what: str, value: object) -> int:
    """A whole number of 64 bits, given as one or as anything that Python can count with.

    Raises:
        OptionError: it is something else.
    """
    number = _arguments.whole(value)
    if number is None or not -MOST - 1 <= number <= MOST:
        bounds = "" if number is None else " from -2^63 on" if number < 0 else " below 2^63"
        raise OptionError(f"{what} is a whole number{bounds}; got {_arguments.shown(value)}")
    return number


def finite(what: str, value: object) -> Num:
    """A plain number that is neither infinite nor NaN; a tensor or variable that holds one counts as it.

    Raises:
        OptionError: it is something else.
    """
    number = _arguments.plain(value)
    if not isinstance(number, numbers.Real) or isinstance(number, bool) or not is_finite(number):
        raise OptionError(f"{what} is a finite number; got {_arguments.shown(value)}")
    return cast(Num, number)


def is_finite(number: Any) -> bool:
    """Whether a real number, an integer of any size too, is a finite float."""
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer past the largest float
        return False


def checked_axis(axis: object, x: Tensor, *, extra: int = 0) -> int:
    """An axis of this tensor, counted from either end.

    Args:
        axis: what the caller gave.
        x: the tensor.
        extra: how many axes the operation adds.

    Raises:
        OptionError: the axis is not a whole number.
        ShapeError: there is no such axis.
    """
    axis = whole("axis", axis)
    rank = x.shape.rank
    if rank is None:
        return axis
    if not -rank - extra <= axis < rank + extra:
        if rank + extra == 0:
            raise ShapeError(f"a single number has no axis {axis}")
        raise ShapeError(f"axis {axis} is out of range for {shown(extents(x))}; {_choice(rank + extra)}")
    return axis


def _choice(rank: int) -> str:
    return "take 0 or -1" if rank == 1 else f"take {-rank} to {rank - 1}"


def checked_axes(axis: object, x: Tensor) -> list[int] | Any:
    """The axes that a reduction runs over: None for all, one, or a list of different ones.

    Raises:
        OptionError: an axis is not a whole number.
        ShapeError: there is no such axis, or one is named twice.
    """
    if axis is None:
        return None
    axes = [checked_axis(each, x) for each in (axis if isinstance(axis, (list, tuple)) else [axis])]
    if x.shape.rank is not None and len({each % x.shape.rank for each in axes}) < len(axes):
        raise ShapeError(f"axes {axes} name one axis of {shown(extents(x))} twice")
    return axes


def over(x: Tensor, axis: object) -> int | list[int] | None:
    """The axes to reduce: one, a list of any other number of them, or None for all."""
    axes = checked_axes(axis, x)
    return axes[0] if axes is not None and len(axes) == 1 else axes


def checked_shape(shape: Any, *, free: bool = False, of: tf.DType | None = None) -> list[Any]:
    """A shape: a list of whole numbers from 0 on, or one number for a single axis.

    Args:
        shape: what the caller gave; lengths that are tensors, as a traced function has them, pass.
        free: whether one length may be -1.
        of: the dtype of the tensor that is made in this shape, if one is.

    Raises:
        OptionError: a length is not a whole number.
        ShapeError: a length is negative, or the tensor does not fit into memory.
    """
    if isinstance(shape, tf.TensorShape) or (hasattr(shape, "__array__") and len(getattr(shape, "shape", ()))):
        shape = list(shape)
    lengths = list(shape) if isinstance(shape, (list, tuple, range)) else [shape]
    lengths = [each if tf.is_symbolic_tensor(each) else whole("a length in a shape", each) for each in lengths]
    if len(lengths) > MOST_AXES:
        raise ShapeError(f"a tensor has at most {MOST_AXES} axes; got a shape of {len(lengths)}")
    known = [each for each in lengths if isinstance(each, int)]
    if any(each < (-1 if free else 0) for each in known) or known.count(-1) > 1:
        limit = "whole numbers from 0 on, and -1 at most once" if free else "whole numbers from 0 on"
        raise ShapeError(f"a shape holds {limit}; got {_arguments.shown(lengths)}")
    if of is not None:
        check_size(lengths, of.size)
    return lengths


def total(shape: Sequence[Any] | None) -> int | Any:
    """How many numbers a shape holds; None where that is unknown."""
    return None if shape is None or None in shape else math.prod(shape)


def check_known(x: Tensor) -> None:
    """See that a tensor's numbers are there to be read.

    Raises:
        ConversionError: the tensor stands for numbers in a function that is being traced.
    """
    if tf.is_symbolic_tensor(x):
        raise ConversionError("a traced function's tensor has no numbers yet; call this outside of it")


def is_without_zero(x: Tensor) -> bool:
    """Whether a tensor's numbers are there to be read and none of them is 0."""
    return not tf.is_symbolic_tensor(x) and bool(x.numpy().all())
