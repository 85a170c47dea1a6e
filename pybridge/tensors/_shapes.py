"""Give numbers another shape, another order or another dtype, or put tensors together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tensorflow as tf

from pybridge._arguments import shown as given
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Axes, Like, Shape, Tensor
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.tensors._checks import checked_axes, checked_axis, checked_shape, extents, shown, total, whole
from pybridge.tensors._dtypes import as_tensor, named_dtype, promote


@boundary
def reshape(x: Like, shape: Shape) -> Tensor:
    """Arrange the same numbers, in the same order, in another shape.

    Args:
        x: the numbers, read row by row.
        shape: the length of each axis; one may be -1, and is worked out.

    Returns:
        The numbers in that shape.

    Raises:
        ShapeError: the numbers do not fill the shape.
        OptionError: a length that is not a whole number.

    >>> reshape([[1, 2], [3, 4], [5, 6]], [2, -1]).numpy()
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    x = as_tensor(x)
    lengths = checked_shape(shape, free=True)
    count = total(extents(x))
    if count is not None and all(isinstance(length, int) for length in lengths):
        wanted = total([length for length in lengths if length != -1])
        fits = count == wanted if -1 not in lengths else wanted and count % wanted == 0
        if not fits:
            holds = f"which holds {wanted}" if -1 not in lengths else f"whose known lengths hold {wanted}"
            raise ShapeError(f"the {count} numbers of {shown(extents(x))} do not fill {shown(lengths)}, {holds}")
        check_size(lengths if -1 not in lengths else [0], x.dtype.size)
    return tf.reshape(x, lengths)


@boundary
def transpose(x: Like, axes: Axes = None) -> Tensor:
    """Put the axes in another order.

    Args:
        x: the tensor.
        axes: the old axes in their new order; when left out, their order is reversed.

    Returns:
        The tensor with its axes reordered.

    Raises:
        ShapeError: `axes` does not name every axis once.

    >>> transpose([[1, 2, 3], [4, 5, 6]]).numpy()
    array([[1, 4],
           [2, 5],
           [3, 6]])
    """
    x = as_tensor(x)
    if axes is not None:
        axes = checked_axes(axes, x)
        if x.shape.rank is not None and len(axes) != x.shape.rank:
            raise ShapeError(f"{shown(extents(x))} has {x.shape.rank} axes; got {len(axes)} in {axes}")
    return tf.transpose(x, axes)


@boundary
def expand_dims(x: Like, axis: int) -> Tensor:
    """Add an axis of length 1.

    Args:
        x: the tensor.
        axis: where the new axis stands in the result.

    Returns:
        The same numbers with one more axis.

    Raises:
        ShapeError: there is no such place.

    >>> expand_dims([1, 2, 3], 0).shape
    TensorShape([1, 3])
    """
    x = as_tensor(x)
    return tf.expand_dims(x, checked_axis(axis, x, extra=1))


@boundary
def squeeze(x: Like, axis: Axes = None) -> Tensor:
    """Drop axes of length 1.

    Args:
        x: the tensor.
        axis: the axis to drop, or a list of them; every one of length 1 when left out.

    Returns:
        The same numbers with fewer axes.

    Raises:
        ShapeError: there is no such axis, or it is longer than 1.

    >>> squeeze([[1, 2, 3]]).numpy()
    array([1, 2, 3])
    """
    x = as_tensor(x)
    axes = checked_axes(axis, x)
    lengths = extents(x)
    for each in axes or []:
        if lengths is not None and lengths[each] not in (1, None):
            raise ShapeError(f"axis {each} of {shown(lengths)} has length {lengths[each]}; only 1 can go")
    return tf.squeeze(x, axes)


@boundary
def concatenate(xs: Sequence[Like], axis: int = 0) -> Tensor:
    """Join tensors end to end along an axis.

    Args:
        xs: the tensors, which differ in length along that axis only.
        axis: the axis.

    Returns:
        One tensor.

    Raises:
        ShapeError: no tensors, no such axis, or lengths that differ along another one.
        OptionError: `xs` is not a list.

    >>> concatenate([[1, 2], [3]]).numpy()
    array([1, 2, 3])
    """
    xs = _several(xs)
    axis = checked_axis(axis, xs[0])
    _check_alike(xs, besides=axis)
    if all(x.shape.is_fully_defined() for x in xs):
        check_size([sum(total(extents(x)) for x in xs)], xs[0].dtype.size)
    return tf.concat(xs, axis)


@boundary
def stack(xs: Sequence[Like], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Args:
        xs: the tensors.
        axis: where the new axis stands in the result.

    Returns:
        One tensor with one more axis.

    Raises:
        ShapeError: no tensors, shapes that differ, or no such place.
        OptionError: `xs` is not a list.

    >>> stack([[1, 2], [3, 4]], axis=1).numpy()
    array([[1, 3],
           [2, 4]])
    """
    xs = _several(xs)
    _check_alike(xs)
    check_size([len(xs), *(extents(xs[0]) or [])], xs[0].dtype.size)
    return tf.stack(xs, checked_axis(axis, xs[0], extra=1))


@boundary
def broadcast_to(x: Like, shape: Shape) -> Tensor:
    """Repeat along axes of length 1, and along new ones in front, up to a shape.

    Args:
        x: the tensor.
        shape: the length of each axis of the result.

    Returns:
        The numbers in that shape.

    Raises:
        ShapeError: the shape cannot be reached so, or does not fit into memory.
        OptionError: a length that is not a whole number.

    >>> broadcast_to([1, 2], [3, 2]).numpy()
    array([[1, 2],
           [1, 2],
           [1, 2]])
    """
    x = as_tensor(x)
    lengths = checked_shape(shape, of=x.dtype)
    old = extents(x)
    if old is not None:
        pairs = list(zip(reversed(old), reversed(lengths), strict=False))
        stuck = [(m, n) for m, n in pairs if isinstance(n, int) and m not in (1, n, None)]
        if stuck or len(old) > len(lengths):
            why = f"{stuck[0][0]} cannot become {stuck[0][1]}" if stuck else "axes cannot be dropped"
            raise ShapeError(f"{shown(old)} does not reach {shown(lengths)}: {why}")
    return tf.broadcast_to(x, lengths)


@boundary
def one_hot(labels: Like, depth: int) -> Tensor:
    """Write each label as a vector with a 1 in the label's place.

    Args:
        labels: whole numbers from 0 on.
        depth: how many classes there are, from 0 to 2^31 - 1.

    Returns:
        float32 of shape (..., depth); all zeros for a label outside of 0 to depth - 1.

    Raises:
        DtypeError: labels that are not integers.
        ShapeError: the vectors do not fit into memory.
        OptionError: a depth that is not a whole number in its range.

    >>> one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    labels = as_tensor(labels, least=tf.int64)
    if not labels.dtype.is_integer:
        raise DtypeError(f"labels are whole numbers; got {labels.dtype.name}: cast them to int64")
    depth = whole("depth", depth)
    if not 0 <= depth < 2**31:
        bounds = "from 0 on" if depth < 0 else "from 0 to 2^31 - 1"
        raise OptionError(f"depth is a whole number {bounds}; got {depth}")
    check_size([*labels.shape, depth] if labels.shape.rank is not None else [None], 4)
    return tf.one_hot(tf.cast(labels, tf.int64), depth)


@boundary
def cast(x: Like, dtype: str) -> Tensor:
    """Read the numbers as another dtype; what does not fit wraps around or loses digits.

    Args:
        x: the numbers.
        dtype: the dtype's name.

    Returns:
        The numbers in that dtype; a float loses its fraction on the way to an integer, and all but 0 is true.

    Raises:
        DtypeError: an unknown dtype.

    >>> cast([1.7, -1.7], "int32").numpy()
    array([ 1, -1], dtype=int32)
    """
    return tf.cast(as_tensor(x), named_dtype(dtype))


def _several(xs: object) -> list[Tensor]:
    if isinstance(xs, (tf.Tensor, tf.Variable)):
        xs = tf.unstack(xs)
    elif not isinstance(xs, Iterable):
        raise OptionError(f"a list of tensors is wanted; got {given(xs)}")
    xs = list(xs)
    if not xs:
        raise ShapeError("needs at least one tensor; got none")
    return promote(*xs)


def _check_alike(xs: list[Tensor], besides: int | None = None) -> None:
    first = extents(xs[0])
    for x in xs[1:]:
        other = extents(x)
        if first is None or other is None:
            continue
        if len(first) != len(other):
            raise ShapeError(f"{shown(first)} and {shown(other)} differ in their number of axes")
        for axis, (m, n) in enumerate(zip(first, other, strict=True)):
            if None not in (m, n) and m != n and (besides is None or axis != besides % len(first)):
                along = f" outside of axis {besides}" if besides is not None else ""
                raise ShapeError(f"{shown(first)} and {shown(other)} differ{along}: {m} and {n} on axis {axis}")
