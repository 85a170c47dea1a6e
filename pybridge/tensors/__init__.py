"""Create, inspect and operate on tensors: NumPy names and semantics, thin over TensorFlow.

One dtype rule. A number, list or array takes the dtype of the tensor or variable it meets; between tensors floating
beats integer and wider beats narrower. Alone, integers are int64, floats float32, and an array keeps its dtype. Means,
roots, exponentials, logarithms, quotients, activations and norms lift integers to float32; booleans count as 0 and 1 in
arithmetic. A float stays one when it meets an integer tensor, and a number that a dtype cannot hold raises.
"""

from __future__ import annotations

from pybridge.tensors._activations import relu, sigmoid, softmax, tanh
from pybridge.tensors._arithmetic import (
    absolute,
    add,
    divide,
    exp,
    log,
    multiply,
    negative,
    power,
    sqrt,
    square,
    subtract,
)
from pybridge.tensors._compare import allclose, equal, greater, less, maximum, minimum, where
from pybridge.tensors._contract import dot, einsum, matmul, tensordot
from pybridge.tensors._create import arange, eye, full, ones, random_normal, random_uniform, tensor, zeros
from pybridge.tensors._index import gather, index
from pybridge.tensors._inspect import describe, dtype, ndim, shape, size, to_list, to_numpy
from pybridge.tensors._reduce import argmax, argmin, max, mean, min, norm, sum
from pybridge.tensors._shapes import (
    broadcast_to,
    cast,
    concatenate,
    expand_dims,
    one_hot,
    reshape,
    squeeze,
    stack,
    tile,
    transpose,
)
from pybridge.tensors._variables import assign, assign_add, assign_sub, variable

__all__ = [
    "tensor",
    "variable",
    "zeros",
    "ones",
    "full",
    "eye",
    "arange",
    "random_normal",
    "random_uniform",
    "ndim",
    "shape",
    "size",
    "dtype",
    "describe",
    "to_list",
    "to_numpy",
    "assign",
    "assign_add",
    "assign_sub",
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "maximum",
    "minimum",
    "equal",
    "greater",
    "less",
    "allclose",
    "negative",
    "absolute",
    "square",
    "sqrt",
    "exp",
    "log",
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "where",
    "matmul",
    "dot",
    "tensordot",
    "einsum",
    "sum",
    "mean",
    "max",
    "min",
    "argmax",
    "argmin",
    "norm",
    "reshape",
    "transpose",
    "expand_dims",
    "squeeze",
    "concatenate",
    "stack",
    "tile",
    "broadcast_to",
    "index",
    "gather",
    "one_hot",
    "cast",
]
