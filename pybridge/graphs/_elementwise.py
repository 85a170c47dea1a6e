"""Arithmetic and comparisons, element by element, each with its derivative.

`g` is the gradient with respect to the result `out`. What broadcasting has repeated is summed up afterwards, for all
of them alike. Where a function has a corner its derivative is the one that TensorFlow takes.
"""

from __future__ import annotations

import tensorflow as tf

from pybridge import tensors as t
from pybridge._types import Like, Tensor
from pybridge.graphs._operations import operation, without_derivative, written
from pybridge.tensors._dtypes import promote


@operation(t.add, elementwise=True)
def add(g, out, x, y):
    return g, g


@operation(t.subtract, elementwise=True)
def subtract(g, out, x, y):
    return g, -g


@operation(t.multiply, elementwise=True)
def multiply(g, out, x, y):
    return g * y, g * x


@operation(t.divide, elementwise=True)
def divide(g, out, x, y):
    return g / y, -g * out / y


@operation(t.power, elementwise=True)
def power(g, out, x, y):
    # a power of a negative number has no derivative by its exponent: log 1 = 0 stands in for it
    by_y = g * out * t.log(t.where(t.greater(x, 0), x, out.filled(1.0)))
    number = y.node.number if y.node else None
    if number is not None:
        return g * number * x ** (number - 1) if number else None, by_y
    # the slope of x to the power of 0 is 0, where y times x to the power of y - 1 is 0 times infinity at 0
    exponent = y + out.filled(0.0)
    base = t.where(t.logical_and(t.equal(x, 0), t.equal(y, 0)), 1.0, x)
    return g * (exponent * base ** (exponent - 1)), by_y


@operation(t.maximum, elementwise=True)
def maximum(g, out, x, y):
    chosen = t.greater_equal(x, y)
    return t.where(chosen, g, 0.0), t.where(chosen, 0.0, g)


@operation(t.minimum, elementwise=True)
def minimum(g, out, x, y):
    chosen = t.less_equal(x, y)
    return t.where(chosen, g, 0.0), t.where(chosen, 0.0, g)


@operation(t.where, elementwise=True)
def where(g, out, condition, x, y):
    return None, t.where(condition, g, 0.0), t.where(condition, 0.0, g)


@operation(t.negative, elementwise=True)
def negative(g, out, x):
    return (-g,)


@operation(t.absolute, elementwise=True)
def absolute(g, out, x):
    return (g.apply("unbroadcast", g * t.sign(x), x),)  # which sees that x is real


@operation(t.square, elementwise=True)
def square(g, out, x):
    return (g * (2 * x),)


@operation(t.sqrt, elementwise=True)
def sqrt(g, out, x):
    return (g / (2 * out),)


@operation(t.reciprocal, elementwise=True)
def reciprocal(g, out, x):
    return (-g * t.square(out),)


@operation(t.mod, elementwise=True)
def mod(g, out, x, y):
    return g, -g * t.floor(x / y)


@written("clip")
def _(builder, x, low=None, high=None):
    x = builder.symbol(x)
    if low is not None:
        x = t.maximum(x, low)
    return x if high is None else t.minimum(x, high)


def floor_divide(x: Like, y: Like) -> Tensor:
    """Divide and round down, as Python's // does; integers stay integers."""
    rest = t.mod(x, y)  # refuses what has no quotient
    x, y = promote(x, y, least=tf.int64)
    return tf.math.floordiv(x, y) if rest.dtype.is_integer else t.floor(x / y)


for function in (t.sign, t.floor, t.ceil, t.isnan, t.isinf, t.isfinite, t.logical_not):
    without_derivative(function, "x", elementwise=True)
without_derivative(t.round, "x", elementwise=True, decimals=0)
for function in (
    *(floor_divide, t.equal, t.not_equal, t.greater, t.greater_equal, t.less, t.less_equal),
    *(t.logical_and, t.logical_or, t.logical_xor),
):
    without_derivative(function, "x", "y", elementwise=True)
