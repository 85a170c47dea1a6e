"""Matrices that do something: builders, what a matrix does, factorisations that multiply back, inverses.

float64 gives float64, complex stays complex, all else is computed in float32.
"""

from __future__ import annotations

from pybridge.linalg._builders import permutation, projection, reflection, rotation, scaling, shear, translation
from pybridge.linalg._describe import describe
from pybridge.linalg._factors import eig, eigh, lu, qr, reconstruct, svd
from pybridge.linalg._solve import det, inv, solve
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
    "reconstruct",
    "inv",
    "det",
    "solve",
]
