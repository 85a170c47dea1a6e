"""Functions of one number, and the angle of a point, each with its derivative.

`g` is the gradient with respect to the result `out`. Where a function has a corner its derivative is the one that
TensorFlow takes.
"""

from __future__ import annotations

import math

import tensorflow as tf

from pybridge import tensors as t
from pybridge._types import Like, Tensor
from pybridge.graphs._operations import operation
from pybridge.tensors._dtypes import as_float


@operation(t.exp, elementwise=True)
def exp(g, out, x):
    return (g * out,)


@operation(t.expm1, elementwise=True)
def expm1(g, out, x):
    return (g * t.exp(x),)


@operation(t.log, elementwise=True)
def log(g, out, x):
    return (g / x,)


@operation(t.log1p, elementwise=True)
def log1p(g, out, x):
    return (g / (1 + x),)


@operation(t.sin, elementwise=True)
def sin(g, out, x):
    return (g * t.cos(x),)


@operation(t.cos, elementwise=True)
def cos(g, out, x):
    return (-g * t.sin(x),)


@operation(t.tan, elementwise=True)
def tan(g, out, x):
    return (g * (1 + t.square(out)),)


@operation(t.arcsin, elementwise=True)
def arcsin(g, out, x):
    return (g / t.sqrt(1 - t.square(x)),)


@operation(t.arccos, elementwise=True)
def arccos(g, out, x):
    return (-g / t.sqrt(1 - t.square(x)),)


@operation(t.arctan, elementwise=True)
def arctan(g, out, x):
    return (g / (1 + t.square(x)),)


@operation(t.arctan2, elementwise=True)
def arctan2(g, out, x, y):
    by_distance = g / (t.square(x) + t.square(y))
    return y * by_distance, -x * by_distance


@operation(t.sinh, elementwise=True)
def sinh(g, out, x):
    return (g * t.cosh(x),)


@operation(t.cosh, elementwise=True)
def cosh(g, out, x):
    return (g * t.sinh(x),)


@operation(t.tanh, elementwise=True)
def tanh(g, out, x):
    return (g * (1 - t.square(out)),)


@operation(t.sigmoid, elementwise=True)
def sigmoid(g, out, x):
    return (g * (out * (1 - out)),)


@operation(t.relu, elementwise=True)
def relu(g, out, x):
    return (t.where(t.greater(x, 0), g, 0.0),)


@operation(t.leaky_relu, elementwise=True)
def leaky_relu(g, out, x, *, negative_slope=0.2):
    return (t.where(t.greater(x, 0), g, negative_slope * g),)


@operation(t.elu, elementwise=True)
def elu(g, out, x, *, alpha=1.0):
    return (t.where(t.greater(x, 0), g, g * (alpha * t.exp(t.minimum(x, 0)))),)


@operation(t.softplus, elementwise=True)
def softplus(g, out, x):
    return (g * t.sigmoid(x),)


@operation(t.silu, elementwise=True)
def silu(g, out, x):
    share = t.sigmoid(x)
    return (g * (share * (1 + x * (1 - share))),)


@operation(t.gelu, elementwise=True)
def gelu(g, out, x):
    share = 0.5 * x.apply("erfc", -math.sqrt(0.5) * x)
    density = math.sqrt(0.5 / math.pi) * t.exp(-0.5 * t.square(x))
    return (g * (share + x * density),)


def erf(x: Like) -> Tensor:
    """Compute the error function."""
    x = as_float(x)
    return tf.where(tf.math.is_inf(x), tf.sign(x), tf.math.erf(x))  # TensorFlow's own of infinity is NaN in float64


def erfc(x: Like) -> Tensor:
    """Compute 1 minus the error function, of which the normal distribution and so `gelu` are made."""
    return tf.math.erfc(as_float(x))


@operation(erf, elementwise=True)
def _(g, out, x):
    return (g * (2 / math.sqrt(math.pi) * t.exp(-t.square(x))),)


@operation(erfc, elementwise=True)
def _(g, out, x):
    return (g * (-2 / math.sqrt(math.pi) * t.exp(-t.square(x))),)
