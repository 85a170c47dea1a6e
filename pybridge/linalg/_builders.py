"""Matrices that do something to points: permute, rotate, reflect, project, scale, shear, move.

They are computed in float64 and rounded once, so that a quarter turn in float32 is one.
"""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from pybridge._arguments import shown as given
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.linalg._matrix import check_finite, read, rounding
from pybridge.tensors._checks import extents, shown, whole
from pybridge.tensors._dtypes import as_dtype


@boundary
def permutation(order: list[int]) -> Tensor:
    """Make the matrix that puts rows in another order: row i of P A is row order[i] of A.

    Args:
        order: the numbers from 0 to n - 1, each once.

    Returns:
        P, shape (n, n), a single 1 in every row and column.

    Raises:
        OptionError: a number is missing from `order`, or is in it twice.

    >>> permutation([2, 0, 1]).numpy()
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    if not isinstance(order, Iterable):
        raise OptionError(f"an order is a list of the numbers from 0 to n - 1; got {given(order)}")
    order = [whole("a place in the order", place) for place in order]
    if not order or sorted(order) != list(range(len(order))):
        raise OptionError(f"an order holds each number from 0 to n - 1 once; got {given(order)}")
    check_size([len(order)] * 2, 4)
    return tf.one_hot(order, len(order))


@boundary
def rotation(angle: float, axis: Like | None = None) -> Tensor:
    """Make the matrix that rotates the plane about the origin, counterclockwise, or space about an axis.

    Args:
        angle: how far to rotate, in radians.
        axis: the direction to rotate about, a vector of 3 numbers, of any length; seen from its tip, the rotation is
            counterclockwise. None rotates the plane.

    Returns:
        Shape (2, 2), or with an axis (3, 3).

    Raises:
        ShapeError: the angle is not one number, or the axis is not a vector of 3.
        OptionError: the axis has length 0 and points nowhere, or a number is not finite.

    Source: Rodrigues's formula.

    >>> rotation(3.141592653589793 / 2).numpy().round(6) + 0
    array([[ 0., -1.],
           [ 1.,  0.]], dtype=float32)
    """
    (angle, *direction), dtype = _exactly(angle, *([] if axis is None else [axis]))
    if angle.shape.rank:
        raise ShapeError(f"an angle is one number; got the shape {shown(extents(angle))}")
    cos, sin = tf.cos(angle), tf.sin(angle)
    if not direction:
        return tf.cast(tf.stack([[cos, -sin], [sin, cos]]), dtype)
    unit = _unit("an axis", direction[0], 3)
    x, y, z = tf.unstack(unit)
    zero = tf.zeros_like(x)
    cross = tf.stack([[zero, -z, y], [z, zero, -x], [-y, x, zero]])
    return tf.cast(cos * tf.eye(3, dtype=tf.float64) + sin * cross + (1 - cos) * _outer(unit), dtype)


@boundary
def reflection(normal: Like) -> Tensor:
    """Make the matrix that reflects points in the line, plane or hyperplane with this normal: I - 2 n nᵀ.

    The mirror passes through the origin.

    Args:
        normal: the direction perpendicular to the mirror, a vector of d numbers, of any length.

    Returns:
        Shape (d, d).

    Raises:
        ShapeError: the normal is not a vector.
        OptionError: the normal has length 0 and points nowhere, or a number is not finite.

    Source: Householder (1958).

    >>> reflection([1, 0]).numpy()
    array([[-1.,  0.],
           [ 0.,  1.]], dtype=float32)
    """
    (normal,), dtype = _exactly(normal)
    unit = _unit("a normal", normal)
    return tf.cast(tf.eye(unit.shape[0], dtype=tf.float64) - 2 * _outer(unit), dtype)


@boundary
def projection(onto: Like) -> Tensor:
    """Make the matrix that projects points perpendicularly onto a line, a plane or any subspace: A (AᵀA)⁻¹ Aᵀ.

    Args:
        onto: a vector of d numbers along the line; or a matrix, shape (d, k), whose columns span the subspace. Columns
            that depend on others add nothing.

    Returns:
        Shape (d, d).

    Raises:
        ShapeError: `onto` is neither a vector nor a matrix.
        OptionError: a number is not finite.

    >>> projection([1, 1]).numpy()
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """
    (columns,), dtype = _exactly(onto)
    if columns.shape.rank not in (1, 2) or 0 in columns.shape:
        raise ShapeError(f"onto a vector, or onto the columns of a matrix; got the shape {shown(extents(columns))}")
    if columns.shape.rank == 1:
        columns = columns[:, tf.newaxis]
    return tf.cast(columns @ tf.linalg.pinv(columns, rcond=10 * rounding(dtype)), dtype)


@boundary
def scaling(factors: Like) -> Tensor:
    """Make the matrix that scales each axis by its own factor.

    Args:
        factors: d numbers, one for each axis.

    Returns:
        Shape (d, d), diagonal.

    Raises:
        ShapeError: the factors are not a vector.
        OptionError: a number is not finite.

    >>> scaling([2, 3]).numpy()
    array([[2., 0.],
           [0., 3.]], dtype=float32)
    """
    (factors,), dtype = _exactly(factors)
    _check_vector("factors, one for each axis,", factors)
    return tf.cast(tf.linalg.diag(factors), dtype)


@boundary
def shear(x: float = 0.0, y: float = 0.0) -> Tensor:
    """Make the matrix that shears the plane: x grows by a share of y, and y by a share of x.

    Args:
        x: how far a point moves along x for each unit of y.
        y: how far a point moves along y for each unit of x.

    Returns:
        Shape (2, 2).

    Raises:
        ShapeError: a share is not one number.
        OptionError: a number is not finite.

    >>> shear(x=0.5).numpy()
    array([[1. , 0.5],
           [0. , 1. ]], dtype=float32)
    """
    (x, y), dtype = _exactly(x, y)
    for share in (x, y):
        if share.shape.rank:
            raise ShapeError(f"x and y are one number each; got the shape {shown(extents(share))}")
    one = tf.ones_like(x)
    return tf.cast(tf.stack([[one, x], [y, one]]), dtype)


@boundary
def translation(offset: Like) -> Tensor:
    """Make the matrix that moves points, in homogeneous coordinates: the last coordinate of a point is 1.

    Args:
        offset: how far to move along each of the d axes.

    Returns:
        Shape (d + 1, d + 1); `transform` adds the coordinate to points and takes it off again.

    Raises:
        ShapeError: the offset is not a vector.
        OptionError: a number is not finite.

    >>> translation([5, 7]).numpy()
    array([[1., 0., 5.],
           [0., 1., 7.],
           [0., 0., 1.]], dtype=float32)
    """
    (offset,), dtype = _exactly(offset)
    _check_vector("an offset", offset)
    d = offset.shape[0]
    last = tf.concat([offset, tf.ones(1, tf.float64)], 0)
    return tf.cast(tf.concat([tf.eye(d + 1, d, dtype=tf.float64), last[:, tf.newaxis]], 1), dtype)


def _exactly(*values: Like) -> tuple[list[Tensor], tf.DType]:
    """Values in float64, and the dtype that the result is to have."""
    dtype = read(*values)[0].dtype
    if dtype.is_complex:
        raise DtypeError(f"the numbers must be real; got {dtype.name}")
    exact = [as_dtype(value, tf.float64) for value in values]
    for value in exact:
        check_finite(value)
    return exact, dtype


def _check_vector(what: str, vector: Tensor, length: int | None = None) -> None:
    if vector.shape.rank != 1 or vector.shape[0] == 0 or vector.shape[0] != (length or vector.shape[0]):
        expected = f"a vector of {length}" if length else "a vector"
        raise ShapeError(f"{what} is {expected}; got the shape {shown(extents(vector))}")


def _unit(what: str, vector: Tensor, length: int | None = None) -> Tensor:
    """A direction as a vector of length 1."""
    _check_vector(what, vector, length)
    if not tf.is_symbolic_tensor(vector) and not tf.reduce_any(vector != 0):
        raise OptionError(f"{what} points somewhere; got only zeros")
    vector = vector / tf.reduce_max(tf.abs(vector))
    return vector / tf.norm(vector)


def _outer(unit: Tensor) -> Tensor:
    return tf.tensordot(unit, unit, 0)
