"""Gradients of any order: of functions, and on a tape that records what is computed.

What a gradient is taken with respect to may be one tensor or variable, or lists and maps of them, nested at will. A
list of plain numbers in rows of one length is one tensor, as everywhere.

A gradient passes through what tensors compute. NumPy, Python's math and Java's Math take plain numbers out of a tensor,
and no gradient passes through those: use `tensors.sin` in their place.

Complex numbers: a function that is differentiated must return real ones. Its gradient at a complex point z = a + ib is
∂/∂a + i ∂/∂b, the direction in which the result grows fastest; `jvp` takes complex functions as well.
"""

from __future__ import annotations

from pybridge.autodiff._check import check_gradient
from pybridge.autodiff._functions import gradient, hessian, jacobian, stop_gradient, value_and_gradient
from pybridge.autodiff._products import jvp, vjp
from pybridge.autodiff._tape import differentiate, tape
from pybridge.autodiff._vmap import vmap

__all__ = [
    "gradient",
    "value_and_gradient",
    "jacobian",
    "hessian",
    "jvp",
    "vjp",
    "vmap",
    "stop_gradient",
    "check_gradient",
    "tape",
    "differentiate",
]
__dir__ = __all__.copy  # completion offers these
