"""How the operations of TensorFlow's graphs that compute are read as operations of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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

    read: Callable[..., Any]
    inputs: slice


READERS: dict[str, Reader] = {}


def reads(*types: str, inputs: slice = slice(None)) -> Callable[..., Any]:
    """Add a reader for these types of operation."""

    def add(read: Callable[..., Any]) -> Callable[..., Any]:
        READERS.update(dict.fromkeys(types, Reader(read, inputs)))
        return read

    return add


def known(op: tf.Operation, place: int) -> Any:
    """An input that has to be known, as plain numbers."""
    value = tf.get_static_value(op.inputs[place])
    if value is None:
        raise GraphError(f"TensorFlow's {op.type} (node {op.name}) takes what only a value decides")
    return np.asarray(value).tolist()


def shape(op: tf.Operation) -> list[int]:
    """The shape of its result."""
    if not op.outputs[0].shape.is_fully_defined():
        raise GraphError(f"the shape of TensorFlow's {op.type} (node {op.name}) depends on a value")
    return op.outputs[0].shape.as_list()


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda op, *args: function(*args)


SAME: dict[tuple[str, ...], Callable[..., Any]] = {
    ("Add", "AddV2", "BiasAdd"): t.add,
    ("Sub",): t.subtract,
    ("Mul",): t.multiply,
    ("Div", "RealDiv"): t.divide,
    ("Pow",): t.power,
    ("FloorMod",): t.mod,
    ("FloorDiv",): lambda x, y: x // y,
    ("Atan2",): t.arctan2,
    ("Maximum",): t.maximum,
    ("Minimum",): t.minimum,
    ("ClipByValue",): t.clip,
    ("Equal",): t.equal,
    ("NotEqual",): t.not_equal,
    ("Greater",): t.greater,
    ("GreaterEqual",): t.greater_equal,
    ("Less",): t.less,
    ("LessEqual",): t.less_equal,
    ("LogicalNot",): t.logical_not,
    ("LogicalAnd",): t.logical_and,
    ("LogicalOr",): t.logical_or,
    ("Select", "SelectV2"): t.where,
    ("Neg",): t.negative,
    ("Abs",): t.absolute,
    ("Sign",): t.sign,
    ("Floor",): t.floor,
    ("Ceil",): t.ceil,
    ("Round", "Rint"): t.round,
    ("IsNan",): t.isnan,
    ("IsInf",): t.isinf,
    ("IsFinite",): t.isfinite,
    ("Square",): t.square,
    ("SquaredDifference",): lambda x, y: t.square(x - y),
    ("Sqrt",): t.sqrt,
    ("Rsqrt",): lambda x: 1 / t.sqrt(x),
    ("Reciprocal", "Inv"): t.reciprocal,
    ("Exp",): t.exp,
    ("Expm1",): t.expm1,
    ("Log",): t.log,
    ("Log1p",): t.log1p,
    ("Sin",): t.sin,
    ("Cos",): t.cos,
    ("Tan",): t.tan,
    ("Asin",): t.arcsin,
    ("Acos",): t.arccos,
    ("Atan",): t.arctan,
    ("Sinh",): t.sinh,
    ("Cosh",): t.cosh,
    ("Tanh",): t.tanh,
    ("Erf",): lambda x: x.apply("erf", x),
    ("Erfc",): lambda x: x.apply("erfc", x),
    ("Relu",): t.relu,
    ("Relu6",): lambda x: t.clip(x, 0, 6),
    ("Elu",): t.elu,
    ("Softplus",): t.softplus,
    ("Sigmoid",): t.sigmoid,
    ("Softmax",): t.softmax,
    ("Identity", "EnsureShape", "Snapshot"): lambda x: x,
    ("IdentityN",): lambda *xs: list(xs),
}
for types, function in SAME.items():
    reads(*types)(_same(function))


@reads("LeakyRelu")
def _(op, x):
    return t.leaky_relu(x, op.get_attr("alpha"))


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


@reads("Cast")
def _(op, x):
    return t.cast(x, op.get_attr("DstT").name)
