"""Create, inspect and operate on tensors: NumPy names and semantics, thin over TensorFlow.

One dtype rule. A number, list or array takes the dtype of the tensor or variable it meets; between tensors floating
beats integer and wider beats narrower. Alone, integers are int64, floats float32, and an array keeps its dtype. Means,
roots, exponentials, logarithms, quotients, activations and norms lift integers to float32; booleans count as 0 and 1 in
arithmetic. A float stays one when it meets an integer tensor, and a number that a dtype cannot hold raises.

Lengths, counts and places are whole numbers below 2^63, seeds from 0 on. What does not fit into memory raises before it
is taken.
"""

from __future__ import annotations

from pybridge.tensors._activations import elu, gelu, leaky_relu, relu, sigmoid, silu, softmax, softplus, tanh
from pybridge.tensors._arithmetic import (
    absolute,
    add,
    divide,
    exp,
    expm1,
    log,
    log1p,
    multiply,
    negative,
    power,
    sqrt,
    square,
    subtract,
)
from pybridge.tensors._arrange import flip, pad, repeat, roll, split, tile
from pybridge.tensors._compare import (
    allclose,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    maximum,
    minimum,
    not_equal,
    where,
)
from pybridge.tensors._create import arange, eye, full, linspace, ones, random_normal, random_uniform, tensor, zeros
from pybridge.tensors._cumulate import cumprod, cumsum
from pybridge.tensors._index import boolean_mask, gather, index
from pybridge.tensors._inspect import describe, dtype, ndim, shape, size, to_list, to_numpy
from pybridge.tensors._logic import all, any, isfinite, isinf, isnan, logical_and, logical_not, logical_or, logical_xor
from pybridge.tensors._matrices import diag, meshgrid, outer, tril, triu
from pybridge.tensors._norm import norm
from pybridge.tensors._order import argsort, sort, top_k, unique
from pybridge.tensors._products import dot, einsum, matmul, tensordot
from pybridge.tensors._reduce import argmax, argmin, max, mean, min, sum
from pybridge.tensors._rounding import ceil, clip, floor, mod, reciprocal, round, sign
from pybridge.tensors._shapes import (
    broadcast_to,
    cast,
    concatenate,
    expand_dims,
    one_hot,
    reshape,
    squeeze,
    stack,
    transpose,
)
from pybridge.tensors._statistics import median, prod, quantile, std, var
from pybridge.tensors._trigonometry import arccos, arcsin, arctan, arctan2, cos, cosh, sin, sinh, tan
from pybridge.tensors._variables import assign, assign_add, assign_sub, variable

__all__ = [
    "tensor",
    "variable",
    "zeros",
    "ones",
    "full",
    "eye",
    "arange",
    "linspace",
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
    "mod",
    "maximum",
    "minimum",
    "arctan2",
    "equal",
    "not_equal",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "allclose",
    "negative",
    "absolute",
    "square",
    "sqrt",
    "reciprocal",
    "sign",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "floor",
    "ceil",
    "round",
    "clip",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "softplus",
    "gelu",
    "silu",
    "leaky_relu",
    "elu",
    "where",
    "matmul",
    "dot",
    "tensordot",
    "einsum",
    "outer",
    "sum",
    "mean",
    "prod",
    "max",
    "min",
    "std",
    "var",
    "median",
    "quantile",
    "any",
    "all",
    "argmax",
    "argmin",
    "norm",
    "cumsum",
    "cumprod",
    "sort",
    "argsort",
    "top_k",
    "unique",
    "reshape",
    "transpose",
    "expand_dims",
    "squeeze",
    "concatenate",
    "stack",
    "split",
    "flip",
    "roll",
    "repeat",
    "tile",
    "pad",
    "broadcast_to",
    "diag",
    "tril",
    "triu",
    "meshgrid",
    "index",
    "gather",
    "boolean_mask",
    "one_hot",
    "cast",
]
__dir__ = __all__.copy  # completion offers these
