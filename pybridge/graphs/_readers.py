"""How each operation of TensorFlow's graphs is read as operations of ours."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from pybridge import tensors as t
from pybridge.errors import GraphError


@dataclass(frozen=True)
class Reader:
    """How an operation of TensorFlow is read.

    Attributes:
        read: (op, *symbols) -> a symbol, or a list of one per result.
        inputs: which of its inputs are values; the others have to be known.
    """

    read: Callable
    inputs: slice


READERS: dict[str, Reader] = {}


def reads(*types: str, inputs: slice = slice(None)) -> Callable:
    """Add a reader for these types of operation."""

    def add(read: Callable) -> Callable:
        READERS.update(dict.fromkeys(types, Reader(read, inputs)))
        return read

    return add


def _known(op: tf.Operation, place: int) -> int | list:
    """An input that has to be known, as plain numbers."""
    value = tf.get_static_value(op.inputs[place])
    if value is None:
        raise GraphError(f"TensorFlow's {op.type} (node {op.name}) takes what only a value decides")
    return np.asarray(value).tolist()


def _shape(op: tf.Operation) -> list[int]:
    """The shape of its result."""
    if not op.outputs[0].shape.is_fully_defined():
        raise GraphError(f"the shape of TensorFlow's {op.type} (node {op.name}) depends on a value")
    return op.outputs[0].shape.as_list()


def _same(function: Callable) -> Callable:
    return lambda op, *args: function(*args)


for types, function in {
    ("Add", "AddV2", "BiasAdd"): t.add,
    ("Sub",): t.subtract,
    ("Mul",): t.multiply,
    ("Div", "RealDiv"): t.divide,
    ("Pow",): t.power,
    ("Maximum",): t.maximum,
    ("Minimum",): t.minimum,
    ("Equal",): t.equal,
    ("NotEqual",): lambda x, y: x != y,
    ("Greater",): t.greater,
    ("GreaterEqual",): lambda x, y: x >= y,
    ("Less",): t.less,
    ("LessEqual",): lambda x, y: x <= y,
    ("LogicalNot",): lambda x: t.equal(x, False),
    ("LogicalAnd",): lambda x, y: t.where(x, y, False),
    ("LogicalOr",): lambda x, y: t.where(x, True, y),
    ("Select", "SelectV2"): t.where,
    ("Neg",): t.negative,
    ("Abs",): t.absolute,
    ("Square",): t.square,
    ("SquaredDifference",): lambda x, y: t.square(x - y),
    ("Sqrt",): t.sqrt,
    ("Rsqrt",): lambda x: 1 / t.sqrt(x),
    ("Reciprocal", "Inv"): lambda x: 1 / x,
    ("Exp",): t.exp,
    ("Log",): t.log,
    ("Log1p",): lambda x: t.log(1 + x),
    ("Softplus",): lambda x: t.where(x > 40, x, t.log(1 + t.exp(t.minimum(x, 40)))),
    ("Relu",): t.relu,
    ("Sigmoid",): t.sigmoid,
    ("Tanh",): t.tanh,
    ("Softmax",): t.softmax,
    ("Identity", "EnsureShape", "Snapshot"): lambda x: x,
    ("IdentityN",): lambda *xs: list(xs),
}.items():
    reads(*types)(_same(function))


@reads("LogSoftmax")
def _(op, x):
    below = x - t.max(x, axis=-1, keepdims=True)
    return below - t.log(t.sum(t.exp(below), axis=-1, keepdims=True))


@reads("AddN")
def _(op, *xs):
    total, *rest = xs
    for x in rest:
        total = total + x
    return total


@reads("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _(op, a, b):
    flags = ("transpose_a", "transpose_b") if op.type == "MatMul" else ("adj_x", "adj_y")
    sides = []
    for side, flag, tensor in zip((a, b), flags, op.inputs, strict=True):
        *batch, row, column = range(tensor.shape.rank)
        sides.append(t.transpose(side, axes=[*batch, column, row]) if op.get_attr(flag) else side)
    return t.matmul(*sides)


@reads("Einsum")
def _(op, *xs):
    return t.einsum(op.get_attr("equation").decode(), *xs)


def _reduction(reduce: Callable) -> Callable:
    def read(op, x):
        axes, rank = _known(op, 1), op.inputs[0].shape.rank
        axes = axes if isinstance(axes, list) else [axes]
        whole = len({axis % rank for axis in axes}) == rank if rank else True
        return reduce(x, axis=None if whole else axes, keepdims=op.get_attr("keep_dims"))

    return read


for name, function in {"Sum": t.sum, "Mean": t.mean, "Max": t.max, "Min": t.min}.items():
    reads(name, inputs=slice(1))(_reduction(function))


@reads("ArgMax", "ArgMin", inputs=slice(1))
def _(op, x):
    place = (t.argmax if op.type == "ArgMax" else t.argmin)(x, axis=_known(op, 1))
    return place if op.outputs[0].dtype == tf.int64 else t.cast(place, op.outputs[0].dtype.name)


@reads("Reshape", inputs=slice(1))
def _(op, x):
    return t.reshape(x, _shape(op))


@reads("BroadcastTo", inputs=slice(1))
def _(op, x):
    return t.broadcast_to(x, _shape(op))


@reads("Transpose", inputs=slice(1))
def _(op, x):
    return t.transpose(x, axes=_known(op, 1))


@reads("ExpandDims", inputs=slice(1))
def _(op, x):
    return t.expand_dims(x, axis=_known(op, 1))


@reads("Squeeze")
def _(op, x):
    return t.squeeze(x, axis=list(op.get_attr("squeeze_dims")) or None)


@reads("Tile", inputs=slice(1))
def _(op, x):
    lengths = zip(_shape(op), op.inputs[0].shape, strict=True)
    return t.tile(x, [after // before if before else 1 for after, before in lengths])


@reads("ConcatV2", inputs=slice(-1))
def _(op, *xs):
    return t.concatenate(list(xs), axis=_known(op, len(xs)))


@reads("Pack")
def _(op, *xs):
    return t.stack(list(xs), axis=op.get_attr("axis"))


@reads("Unpack")
def _(op, x):
    axis = op.get_attr("axis") % op.inputs[0].shape.rank
    return [t.index(x, *[None] * axis, place) for place in range(op.get_attr("num"))]


@reads("Split", inputs=slice(1, 2))
def _(op, x):
    lengths = [output.shape[_known(op, 0)] for output in op.outputs]
    return _parts(x, lengths, _known(op, 0) % op.inputs[1].shape.rank)


@reads("SplitV", inputs=slice(1))
def _(op, x):
    lengths = [output.shape[_known(op, 2)] for output in op.outputs]
    return _parts(x, lengths, _known(op, 2) % op.inputs[0].shape.rank)


def _parts(x, lengths, axis):
    ends = np.cumsum([0, *lengths]).tolist()
    return [t.index(x, *[None] * axis, [start, stop]) for start, stop in itertools.pairwise(ends)]


@reads("Slice", inputs=slice(1))
def _(op, x):
    starts, lengths = _known(op, 1), _shape(op)
    return t.index(x, *([start, start + length] for start, length in zip(starts, lengths, strict=True)))


@reads("StridedSlice", inputs=slice(1))
def _(op, x):
    begin, end, step = (_known(op, place) for place in (1, 2, 3))
    masks = {name: op.get_attr(f"{name}_mask") for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    axes, added = [], []
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
    return t.reshape(taken, _shape(op)) if added else taken


@reads("GatherV2", inputs=slice(2))
def _(op, x, indices):
    if op.get_attr("batch_dims"):
        raise GraphError(f"graphs have no operation for TensorFlow's GatherV2 with batch_dims (node {op.name})")
    return t.gather(x, indices, axis=_known(op, 2))


@reads("OneHot", inputs=slice(1))
def _(op, labels):
    on, off, last = _known(op, 2), _known(op, 3), op.get_attr("axis") in (-1, op.inputs[0].shape.rank)
    if (on, off) != (1, 0) or not last:
        raise GraphError(f"graphs have OneHot of 1 and 0 along the last axis only (node {op.name})")
    return t.one_hot(labels, _known(op, 1))


@reads("Cast")
def _(op, x):
    return t.cast(x, op.get_attr("DstT").name)
