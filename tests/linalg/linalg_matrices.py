"""Matrices to try, and how close two are."""

import numpy as np
import scipy.linalg
from hypothesis import strategies as st

TOLERANCE = {"float32": 2e-4, "complex64": 2e-4, "float64": 1e-11, "complex128": 1e-11}
P = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
COUNTING = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@st.composite
def matrices(draw, *, square=False, singular=False, symmetric=False):
    """A random matrix whose entries are of ordinary size, in either dtype."""
    rows = draw(st.integers(1, 6))
    columns = rows if square or symmetric else draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    a = random.normal(size=(rows, columns))
    if singular:
        a[:, -1] = a[:, :-1] @ random.normal(size=columns - 1)
    if symmetric:
        a = a + a.T
    return a.astype(draw(st.sampled_from(["float32", "float64"])))


def close(actual, expected, dtype=None):
    actual = np.asarray(actual)
    tolerance = TOLERANCE[dtype or actual.dtype.name]
    size = max(1, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * size)


def hilbert(n, dtype="float64"):
    return scipy.linalg.hilbert(n).astype(dtype)
