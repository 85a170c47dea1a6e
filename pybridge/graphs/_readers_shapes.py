"""How the operations of TensorFlow's graphs along axes are read as operations of ours."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge import tensors as t
from pybridge.errors import GraphError
from pybridge.graphs._readers import known, reads, shape


def _reduction(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def read(op, x):
        axes, rank = known(op, 1), op.inputs[0].shape.rank
        axes = axes if isinstance(axes, list) else [axes]
        whole = len({axis % rank for axis in axes}) == rank if rank else True
        return reduce(x, axis=None if whole else axes, keepdims=op.get_attr("keep_dims"))

    return read


for name, function in {
    **{"Sum": t.sum, "Mean": t.mean, "Prod": t.prod, "Max": t.max, "Min": t.min, "Any": t.any, "All": t.all}
}.items():
    reads(name, inputs=slice(1))(_reduction(function))


@reads("ArgMax", "ArgMin", inputs=slice(1))
def _(op, x):
    place = (t.argmax if op.type == "ArgMax" else t.argmin)(x, axis=known(op, 1))
    return place if op.outputs[0].dtype == tf.int64 else t.cast(place, op.outputs[0].dtype.name)


@reads("Reshape", inputs=slice(1))
def _(op, x):
    return t.reshape(x, shape(op))


@reads("BroadcastTo", inputs=slice(1))
def _(op, x):
    return t.broadcast_to(x, shape(op))


@reads("Transpose", inputs=slice(1))
def _(op, x):
    return t.transpose(x, axes=known(op, 1))


@reads("ExpandDims", inputs=slice(1))
def _(op, x):
    return t.expand_dims(x, axis=known(op, 1))


@reads("Squeeze")
def _(op, x):
    return t.squeeze(x, axis=list(op.get_attr("squeeze_dims")) or None)


@reads("Tile", inputs=slice(1))
def _(op, x):
    lengths = zip(shape(op), op.inputs[0].shape, strict=True)
    return t.tile(x, [after // before if before else 1 for after, before in lengths])


@reads("ConcatV2", inputs=slice(-1))
def _(op, *xs):
    return t.concatenate(list(xs), axis=known(op, len(xs)))


@reads("Pack")
def _(op, *xs):
    return t.stack(list(xs), axis=op.get_attr("axis"))


@reads("Unpack")
def _(op, x):
    axis = op.get_attr("axis") % op.inputs[0].shape.rank
    return [t.index(x, *[None] * axis, place) for place in range(op.get_attr("num"))]


@reads("Split", inputs=slice(1, 2))
def _(op, x):
    lengths = [output.shape[known(op, 0)] for output in op.outputs]
    return _parts(x, lengths, known(op, 0) % op.inputs[1].shape.rank)


@reads("SplitV", inputs=slice(1))
def _(op, x):
    lengths = [output.shape[known(op, 2)] for output in op.outputs]
    return _parts(x, lengths, known(op, 2) % op.inputs[0].shape.rank)


def _parts(x, lengths, axis):
    ends = np.cumsum([0, *lengths]).tolist()
    return [t.index(x, *[None] * axis, [start, stop]) for start, stop in itertools.pairwise(ends)]


@reads("Slice", inputs=slice(1))
def _(op, x):
    starts, lengths = known(op, 1), shape(op)
    return t.index(x, *([start, start + length] for start, length in zip(starts, lengths, strict=True)))


@reads("StridedSlice", inputs=slice(1))
def _(op, x):
    begin, end, step = (known(op, place) for place in (1, 2, 3))
    masks = {name: op.get_attr(f"{name}_mask") for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    axes: list[Any] = []
    added: list[int] = []
    for place in range(len(begin)):
        bits = {name for name, mask in masks.items() if mask >> place & 1}
        if "ellipsis" in bits:
            axes.append("...")
        elif "new_axis" in bits:
            added.append(place)
        elif "shrink_axis" in bits:
            axes.append(begin[place])
        else:
            ends = [None if "begin" in bits else begin[place], None if "end" in bits else end[place]]
            axes.append([*ends, step[place]] if step[place] != 1 else ends if ends != [None, None] else None)
    taken = t.index(x, *axes) if any(axis is not None for axis in axes) else x
    return t.reshape(taken, shape(op)) if added else taken


@reads("GatherV2", inputs=slice(2))
def _(op, x, indices):
    if op.get_attr("batch_dims"):
        raise GraphError(f"graphs have no operation for TensorFlow's GatherV2 with batch_dims (node {op.name})")
    return t.gather(x, indices, axis=known(op, 2))


@reads("OneHot", inputs=slice(1))
def _(op, labels):
    on, off, last = known(op, 2), known(op, 3), op.get_attr("axis") in (-1, op.inputs[0].shape.rank)
    if (on, off) != (1, 0) or not last:
        raise GraphError(f"graphs have OneHot of 1 and 0 along the last axis only (node {op.name})")
    return t.one_hot(labels, known(op, 1))


@reads("Cumsum", "Cumprod", inputs=slice(1))
def _(op, x):
    axis, reverse = known(op, 1), op.get_attr("reverse")
    x = t.flip(x, axis=axis) if reverse else x
    x = (t.cumsum if op.type == "Cumsum" else t.cumprod)(x, axis=axis)
    if op.get_attr("exclusive"):
        x = x.apply("before", x, axis=axis, fill=0.0 if op.type == "Cumsum" else 1.0)
    return t.flip(x, axis=axis) if reverse else x


@reads("Pad", "PadV2", inputs=slice(1))
def _(op, x):
    return t.pad(x, known(op, 1), known(op, 2) if op.type == "PadV2" else 0)


@reads("ReverseV2", inputs=slice(1))
def _(op, x):
    axes = known(op, 1)
    return t.flip(x, axis=axes) if axes else x


@reads("Roll", inputs=slice(1))
def _(op, x):
    return t.roll(x, known(op, 1), axis=known(op, 2))
