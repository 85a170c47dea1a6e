"""Linear algebra: matrices that move points, what a matrix does, factorisations, inverses, equations.

float64 stays float64, complex stays complex, and everything else is computed in float32. Empty matrices are refused,
and so are numbers that are not finite. A matrix may be a batch of them, shape (..., m, n).

In compiled functions all of it works except `lu`, `eig` and `describe`, which need numbers. There, too, a matrix is not
checked: where it is singular, not symmetric or not positive definite, TensorFlow decides, and returns NaN or raises.
XLA (`jit_compile=True`) has no `det`, and for complex matrices no `inv` and nothing that needs singular values.
What XLA finds by singular values in float64 (`pinv`, `lstsq`, `projection`) is exact to about 1e-7 only.
Gradients pass through all but `lu`, `eig`, `describe` and `permutation`.
"""

from __future__ import annotations

from pybridge.linalg._builders import permutation, projection, reflection, rotation, scaling, shear, translation
from pybridge.linalg._describe import describe
from pybridge.linalg._factors import cholesky, eig, eigh, lu, qr, reconstruct, svd
from pybridge.linalg._least_squares import lstsq, pinv
from pybridge.linalg._measure import cond, det, trace
from pybridge.linalg._solve import inv, solve
from pybridge.linalg._transform import transform

__all__ = [
    "permutation",
    "rotation",
    "reflection",
    "projection",
    "scaling",
    "shear",
    "translation",
    "transform",
    "describe",
    "lu",
    "qr",
    "eig",
    "eigh",
    "svd",
    "cholesky",
    "reconstruct",
    "inv",
    "det",
    "solve",
    "pinv",
    "lstsq",
    "trace",
    "cond",
]
__dir__ = __all__.copy  # completion offers these
