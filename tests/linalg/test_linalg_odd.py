"""What linear algebra refuses, in which words; odd arguments are refused or give the right number."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
import tensorflow as tf

from pybridge import linalg
from pybridge.errors import ConversionError, OptionError, PybridgeError, ShapeError

ODD = [
    *(None, True, 0, -0.0, math.nan, math.inf, 10**400, 1j, "abc", b"x", object(), [], {}, set(), [None], ["1"]),
    *(
        [[]],
        [[], []],
        [1.0],
        [[1.0]],
        [[math.nan]],
        [[math.inf, 1], [1, 1]],
        [[1, 2], [3]],
        [[1, 2], [3, 4]],
        [[0, 0], [0, 0]],
    ),
    *([[1j, 0], [0, 1]], [[True, False], [False, True]], [[10**30, 0], [0, 1]], [[1e300, 0], [0, 1e-300]], [[[[2.0]]]]),
    *(np.zeros((0, 3)), np.zeros((2, 0, 0)), np.zeros((0, 2, 2)), np.eye(2, dtype="float16"), np.eye(2, dtype="int8")),
    *(
        np.array("x"),
        np.array([[None]]),
        np.datetime64("2026-01-01"),
        datetime.date(2026, 1, 1),
        np.float64(3),
    ),
    *(
        tf.constant("a"),
        tf.Variable([[2.0]]),
        tf.ragged.constant([[1.0], [2.0, 3.0]]),
        tf.sparse.eye(2),
        range(3),
        (x for x in [1]),
        len,
    ),
]
ONE_MATRIX = {
    "pinv": lambda a: np.linalg.pinv(a, rtol=1e-40),
    "trace": lambda a: np.trace(a, axis1=-2, axis2=-1),
    "cond": np.linalg.cond,
    "cholesky": np.linalg.cholesky,
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "svd": lambda a: np.linalg.svd(a, full_matrices=False).S,
    "eigh": lambda a: np.linalg.eigh(a).eigenvalues,
}
PICK = {"svd": "s", "eigh": "values"}


@pytest.mark.parametrize("name", ONE_MATRIX)
def test_odd_arguments_are_refused_or_right(name):
    for odd in ODD:
        try:
            found = getattr(linalg, name)(odd)
        except PybridgeError:
            continue
        exact = np.array(odd.numpy() if isinstance(odd, tf.Variable) else odd)
        with np.errstate(all="ignore"):
            expected = ONE_MATRIX[name](exact.astype("complex128" if np.iscomplexobj(exact) else "float64"))
        found = found[PICK[name]] if name in PICK else found
        np.testing.assert_allclose(
            found, np.asarray(expected).astype(found.dtype.as_numpy_dtype), rtol=1e-5, atol=1e-6, err_msg=repr(odd)
        )


@pytest.mark.parametrize("name", ["lstsq", "solve"])
def test_odd_pairs_are_refused_or_right(name):
    for odd in ODD:
        for a, b in ((odd, [1.0, 2.0]), ([[1.0, 0.0], [0.0, 2.0]], odd), (odd, odd)):
            try:
                found = getattr(linalg, name)(a, b)
            except PybridgeError:
                continue
            found = (found["x"] if name == "lstsq" else found).numpy()
            a, b = (np.array(each.numpy() if isinstance(each, tf.Variable) else each) for each in (a, b))
            missed = np.abs(a @ found - b).max(initial=0)
            assert missed < 1e-5 * max(1, np.abs(b).max(initial=0)) or name == "lstsq", repr(odd)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: linalg.cholesky([[1, 2], [3, 4]]),
            OptionError,
            "^cholesky: the matrix is not symmetric, so it has no such factor; lu and qr take any matrix$",
        ),
        (
            lambda: linalg.cholesky([[[2.0]], [[-2.0]]]),
            OptionError,
            "^cholesky: the matrix is not positive definite: an eigenvalue is 0 or less, as far as its dtype can tell",
        ),
        (
            lambda: linalg.cholesky([[1, 2]]),
            ShapeError,
            r"^cholesky: a square matrix is needed; got the shape \(1, 2\)$",
        ),
        (lambda: linalg.pinv([1, 2]), ShapeError, r"^pinv: a matrix has rows and columns; got the shape \(2,\)$"),
        (lambda: linalg.pinv([[math.nan]]), OptionError, "^pinv: the numbers must be finite; got NaN or infinity$"),
        (lambda: linalg.cond([[math.inf]]), OptionError, "^cond: the numbers must be finite; got NaN or infinity$"),
        (lambda: linalg.trace([[math.inf]]), OptionError, "^trace: the numbers must be finite; got NaN or infinity$"),
        (lambda: linalg.trace(5), ShapeError, r"^trace: a matrix has rows and columns; got the shape \(\)$"),
        (
            lambda: linalg.lstsq([[1, 2], [3, 4], [5, 6]], [1, 2]),
            ShapeError,
            r"^lstsq: \(3, 2\) and \(2,\) do not fit: b is a vector of 3, or has the shape \(3, k\)$",
        ),
        (lambda: linalg.lstsq([[1, 2]], [math.nan]), OptionError, "^lstsq: the numbers must be finite; got NaN"),
        (lambda: linalg.svd([[1, 2]], full="yes"), OptionError, "^svd: full must be true or false; got 'yes'$"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("f", [linalg.lu, linalg.eig, linalg.describe])
def test_what_needs_numbers_is_refused_in_compiled_functions(f):
    with pytest.raises(ConversionError, match=f"^{f.__name__}: a traced function's tensor has no numbers yet"):
        tf.function(f, autograph=False)(tf.constant([[1.0, 2.0], [3.0, 4.0]]))
