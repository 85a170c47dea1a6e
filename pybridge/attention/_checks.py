"""What attention checks: axes that are there, shapes of parameters, and which axes belong together."""

from __future__ import annotations

from typing import Any

from pybridge._types import Tensor
from pybridge.errors import ShapeError
from pybridge.tensors._checks import clash, extents, shown


def check_axes(what: str, x: Tensor, shape: str, least: int) -> None:
    """See that a tensor has the axes that its shape names."""
    if x.shape.rank is None:
        raise ShapeError(f"{what} must have the shape {shape}; how many axes it has is unknown here")
    if x.shape.rank < least:
        raise ShapeError(f"{what} must have the shape {shape}; got {shown(extents(x))}")


def check_shape(what: str, x: Tensor, expected: tuple[int | None, ...], free: str = "units") -> None:
    """See that a parameter has this shape, in which None stands for a length that is `free` to choose."""
    if not x.shape.is_compatible_with(expected):
        known = ", ".join(free if length is None else str(length) for length in expected)
        raise ShapeError(f"{what} must have the shape ({known}{',' * (len(expected) == 1)}); got {shown(extents(x))}")


def total(first: int | None, second: int | None) -> int | None:
    """The length of two axes one after the other."""
    return None if first is None or second is None else first + second


def is_several(what: str, x: Tensor, other: str, y: Tensor) -> bool:
    """Whether each set of keys (..., length, d) meets several queries (..., queries, d), told by the ranks alone.

    Raises:
        ShapeError: the ranks allow more than one reading, or the leading axes do not broadcast.
    """
    of_x, of_y = x.shape.rank - 1, y.shape.rank - 2
    several = of_x > of_y
    if of_x and of_y and of_x not in (of_y, of_y + 1):
        raise ShapeError(
            f"{what} {shown(extents(x))} and {other} {shown(extents(y))} can be read in more than one way; "
            f"{other} with {of_y + 2} axes take a {what} with 1 axis for all of them, {of_y + 1} for one each, "
            f"or {of_y + 2} for several each; an axis of length 1 broadcasts"
        )
    one, two = extents(x)[: -2 if several else -1], extents(y)[:-2]
    if clash(one, two) is not None:
        hint = f"; for several each, give {what} one more axis, as in {shown([1, *extents(x)])}" if of_x == of_y else ""
        raise _no_broadcast(what, x, other, y, one, two, hint)
    return several


def check_pairs(what: str, x: Tensor, other: str, y: Tensor) -> None:
    """See that vectors along the last axes pair up: their other axes are the same, or broadcast, or one has none.

    Raises:
        ShapeError: they do not.
    """
    one, two = extents(x)[:-1], extents(y)[:-1]
    if one and two and len(one) != len(two):
        raise ShapeError(
            f"{what} {shown(extents(x))} and {other} {shown(extents(y))} do not pair: {len(one) + 1} axes meet "
            f"{len(two) + 1}; give both as many, where an axis of length 1 broadcasts"
        )
    if clash(one, two) is not None:
        raise _no_broadcast(what, x, other, y, one, two)


def _no_broadcast(
    what: str, x: Tensor, other: str, y: Tensor, one: list[Any], two: list[Any], hint: str = ""
) -> ShapeError:
    return ShapeError(
        f"{what} {shown(extents(x))} and {other} {shown(extents(y))} do not fit: "
        f"their leading axes {shown(one)} and {shown(two)} do not broadcast{hint}"
    )
