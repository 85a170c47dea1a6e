"""Tensors reversed, shifted, repeated, surrounded and split, each with its derivative, which does the opposite."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge import tensors as t
from pybridge._arguments import shown as given
from pybridge._types import Like, Tensor
from pybridge.errors import GraphError, OptionError, ShapeError
from pybridge.graphs._operations import REQUIRED, Part, linear, operation, plain, without_derivative, written
from pybridge.graphs._shapes import sent_back
from pybridge.tensors._arrange import _pairs
from pybridge.tensors._checks import checked_axis, extents, shown, whole
from pybridge.tensors._dtypes import as_tensor


@operation(t.flip)
def flip(g, out, x, *, axis=None):
    return (t.flip(g, axis=axis),)


@operation(t.roll)
def roll(g, out, x, *, shift, axis=None):
    back: Any = [-each for each in shift] if isinstance(shift, list) else -shift
    return (t.roll(g, back, axis=axis),)


@linear(t.tile)
def tile(g, at, x, *, repeats):
    return sent_back(g, x, lambda places: t.tile(places, repeats))


@linear(t.repeat)
def repeat(g, at, x, *, repeats, axis=None):
    return sent_back(g, x, lambda places: t.repeat(places, repeats, axis=axis))


@linear(t.pad, added="value")
def pad(g, at, x, *, widths, value=0):
    return tf.slice(g, [before for before, _ in _pairs(widths, x)], tf.shape(x))


@linear(t.diag)
def diag(g, at, x, *, k=0):
    return t.diag(g, k) if x.shape.rank == 1 else sent_back(g, x, lambda places: t.diag(places, k))


@operation(t.tril)
def tril(g, out, x, *, k=0):
    return (t.tril(g, k),)


@operation(t.triu)
def triu(g, out, x, *, k=0):
    return (t.triu(g, k),)


def cuts(x: Like, *, parts: int, axis: int = 0) -> Tensor:
    """Find where each of `parts` parts of one length ends along an axis: int64."""
    return tf.constant([(place + 1) * _width(as_tensor(x), parts, axis) for place in range(parts)], tf.int64)


def _split(x: Like, *, parts: int, axis: int = 0, at: int) -> Tensor:
    """One of the parts."""
    x = as_tensor(x)
    width = _width(x, parts, axis)
    if at not in range(parts):
        raise GraphError(f"there are {parts} parts, from 0 on; got {at!r}")
    begin, size = [0] * x.shape.rank, [-1] * x.shape.rank
    begin[axis], size[axis] = at * width, width
    return tf.slice(x, begin, size)


def _width(x: Tensor, parts: object, axis: int) -> int:
    """How long each part is.

    Raises:
        GraphError: `parts` is not their number.
        ShapeError: the axis cannot be split so.
    """
    if type(parts) is not int or parts < 1:
        raise GraphError(f"in a graph parts is a whole number from 1 on; got {given(parts)}: cut at places with index")
    length = x.shape[checked_axis(axis, x)]
    if length is None or length % parts:
        raise ShapeError(f"{length} places along axis {axis} of {shown(extents(x))} make no {parts} equal parts")
    return length // parts


without_derivative(cuts, "x", parts=REQUIRED, axis=0)


@operation(t.split, call=_split)
def split(g, out, x, *, parts, axis=0, at):
    return (Part(g, (x, x.apply("cuts", x, parts=parts, axis=axis)), at, axis),)


@written("split")
def _(builder, x, parts, axis=0):
    x, parts, axis = builder.symbol(x), plain(parts), plain(axis)
    if not isinstance(parts, list):
        if whole("parts", parts) < 1:
            raise OptionError(f"parts is a whole number from 1 on; got {parts}")
        return [x.apply("split", x, parts=parts, axis=axis, at=at) for at in range(parts)]
    others = [None] * (axis if axis >= 0 else -axis - 1)
    ranges = [[start, stop] for start, stop in zip([None, *parts], [*parts, None], strict=True)]
    return [t.index(x, *([*others, each] if axis >= 0 else ["...", each, *others])) for each in ranges]


@operation(t.meshgrid, call=lambda *xs, at: t.meshgrid(*xs)[at])
def meshgrid(g, out, *xs, at):
    along = {0: 1, 1: 0}.get(at, at) if len(xs) > 1 else 0
    axes = [axis for axis in range(len(xs)) if axis != along]
    x = xs[at]
    summed = g.apply("adjoint", t.sum(g, axis=axes), x, of="reshape", at=0, attrs={"shape": [-1]})
    return [summed if place == at else None for place in range(len(xs))]


@written("meshgrid")
def _(builder, *xs):
    return [builder.apply("meshgrid", xs, {"at": at}) for at in range(len(xs))]
