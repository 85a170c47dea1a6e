"""Inverses, equations, and what linear algebra refuses."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from linalg_matrices import COUNTING, close, hilbert, matrices

from pybridge import linalg
from pybridge.errors import DtypeError, OptionError, ShapeError


@given(matrices(square=True), st.integers(1, 3))
def test_inverses_and_solutions(a, columns):
    if np.linalg.cond(a) > 100:
        return
    n = len(a)
    inverse = linalg.inv(a)
    assert inverse.dtype == a.dtype
    close(inverse @ a, np.eye(n))
    close(a @ inverse.numpy(), np.eye(n))
    b = np.arange(n * columns, dtype=a.dtype).reshape(n, columns)
    close(a @ linalg.solve(a, b).numpy(), b)
    close(a @ linalg.solve(a, b[:, 0]).numpy(), b[:, 0])
    close(linalg.det(a), np.linalg.det(a.astype("float64")))


def test_ill_conditioned_matrices_are_solved_as_well_as_their_dtype_allows():
    a, x = hilbert(8), np.arange(8.0)
    np.testing.assert_allclose(linalg.solve(a, a @ x), x, atol=1e-5)
    np.testing.assert_allclose(linalg.inv(a) @ a, np.eye(8), atol=1e-5)
    for factor in (linalg.lu, linalg.qr, linalg.svd, linalg.eigh, linalg.eig):
        np.testing.assert_allclose(linalg.reconstruct(factor(a)), a, atol=1e-12)
    assert linalg.describe(a)["rank"] == 8


def test_units_do_not_make_a_matrix_singular():
    np.testing.assert_allclose(linalg.inv(linalg.translation([1e6, 0])), linalg.translation([-1e6, 0]))
    np.testing.assert_allclose(linalg.inv(linalg.scaling([1e-9, 1e9])), linalg.scaling([1e9, 1e-9]))
    np.testing.assert_allclose(linalg.solve(linalg.scaling([1e-9, 1e9]), [1, 1]), [1e9, 1e-9])


@pytest.mark.parametrize("matrix", [[[1, 2], [2, 4]], COUNTING, [[0.0]], [[0.1, 0.2], [0.3, 0.6]]])
def test_singular_matrices(matrix):
    for undo in (linalg.inv, lambda a: linalg.solve(a, [0.0] * len(matrix))):
        with pytest.raises(OptionError, match="the matrix is singular: its rank is"):
            undo(matrix)
    assert linalg.det(matrix).numpy() == pytest.approx(0, abs=1e-5)
    assert linalg.describe(matrix)["determinant"] == 0
    for factor in (linalg.lu, linalg.qr, linalg.svd, linalg.eig):
        close(linalg.reconstruct(factor(matrix)), matrix)


@given(matrices(square=True, singular=True))
def test_random_singular_matrices_are_found_out(a):
    if len(a) > 1:
        assert linalg.describe(a)["rank"] == len(a) - 1
    with pytest.raises(OptionError, match="singular"):
        linalg.inv(a)


def test_batches():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(3, 4, 4)), random.normal(size=(3, 4, 2))
    np.testing.assert_allclose(linalg.inv(a), np.linalg.inv(a))
    np.testing.assert_allclose(linalg.det(a), np.linalg.det(a))
    np.testing.assert_allclose(linalg.solve(a, b), np.linalg.solve(a, b))
    for factor in (linalg.lu, linalg.qr, linalg.svd, linalg.eig):
        np.testing.assert_allclose(linalg.reconstruct(factor(a)), a, atol=1e-12)
    a[1, :, 0] = a[1, :, 1]
    with pytest.raises(OptionError, match="singular: its rank is 3, not 4"):
        linalg.inv(a)


def test_gradients_pass_through():
    a = tf.constant([[2.0, 1.0], [0.5, 3.0]], "float64")
    inverse = np.linalg.inv(a)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(a)
        area = linalg.det(a)
        corner = linalg.inv(a)[0, 0]
        first = linalg.solve(a, tf.constant([1.0, 0.0], "float64"))[0]
        images = tf.reduce_sum(linalg.transform(a, [[1, 2]]))
        largest = linalg.svd(a)["s"][0]
    np.testing.assert_allclose(tape.gradient(area, a), 5.5 * inverse.T)
    np.testing.assert_allclose(tape.gradient(corner, a), -np.outer(inverse[0], inverse[:, 0]))
    np.testing.assert_allclose(tape.gradient(first, a), -np.outer(inverse[0], inverse[:, 0]))
    np.testing.assert_allclose(tape.gradient(images, a), [[1, 2], [1, 2]])
    u, _, vh = np.linalg.svd(a)
    np.testing.assert_allclose(tape.gradient(largest, a), np.outer(u[:, 0], vh[0]))
    angle = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        x = linalg.rotation(angle)[0, 0]
    assert tape.gradient(x, angle).numpy() == pytest.approx(-math.sin(0.5))


def test_traced_functions_leave_singular_matrices_to_tensorflow():
    inverse = tf.function(linalg.inv)
    np.testing.assert_allclose(inverse(tf.constant([[2.0, 0.0], [0.0, 4.0]])), [[0.5, 0], [0, 0.25]])
    turn = tf.function(lambda angle: linalg.transform(linalg.rotation(angle), [[1.0, 0.0]]))
    np.testing.assert_allclose(turn(tf.constant(math.pi)), [[-1, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.inv([1, 2]), r"^inv: a matrix has rows and columns; got the shape \(2,\)$"),
        (lambda: linalg.inv([[1, 2, 3], [4, 5, 6]]), r"^inv: a square matrix is needed; got the shape \(2, 3\)$"),
        (lambda: linalg.det(np.zeros((0, 0))), r"^det: a matrix has rows and columns; got the shape \(0, 0\)$"),
        (
            lambda: linalg.solve([[1, 2], [3, 4]], [1, 2, 3]),
            r"^solve: \(2, 2\) and \(3,\) do not fit: b is a vector of 2, or has the shape \(2, 'm'\)$",
        ),
        (lambda: linalg.describe(np.zeros((2, 2, 2))), r"^describe: one matrix at a time; got the shape \(2, 2, 2\)$"),
        (lambda: linalg.reflection([[1, 0]]), r"^reflection: a normal is a vector; got the shape \(1, 2\)$"),
        (lambda: linalg.rotation([1.0, 2.0]), r"^rotation: an angle is one number; got the shape \(2,\)$"),
        (lambda: linalg.rotation(1.0, [0, 1]), r"^rotation: an axis is a vector of 3; got the shape \(2,\)$"),
        (lambda: linalg.projection(2.0), r"^projection: onto a vector, or onto the columns of a matrix; got the shape"),
        (lambda: linalg.scaling(2.0), r"^scaling: factors, one for each axis, is a vector; got the shape \(\)$"),
        (lambda: linalg.shear([1.0]), r"^shear: x and y are one number each; got the shape \(1,\)$"),
        (lambda: linalg.translation([]), r"^translation: an offset is a vector; got the shape \(0,\)$"),
        (
            lambda: linalg.transform([[1, 0], [0, 1]], [1, 2]),
            r"^transform: points have the shape \(n, d\), one a row; got \(2,\); a single point goes into a list$",
        ),
        (
            lambda: linalg.transform([1, 2], [[1, 2]]),
            r"^transform: a matrix has rows and columns; got the shape \(2,\)$",
        ),
        (
            lambda: linalg.transform([[1, 0], [0, 1]], [[1, 2, 3]]),
            r"^transform: points of 3 coordinates need a matrix of 3 columns, or a homogeneous one of the shape "
            r"\(4, 4\); got \(2, 2\)$",
        ),
        (
            lambda: linalg.transform(linalg.rotation(1.0, [1, 0, 0]), [[1, 2]]),
            r"^transform: points of 2 coordinates meet 3 columns, which fits if the matrix is homogeneous, "
            r"with \[0, 0, 1\] as its last row; got \[0\.0, 0\.84",
        ),
        (
            lambda: linalg.reconstruct({"q": np.eye(2), "r": np.eye(3)}),
            r"^matmul: \(2, 2\) and \(3, 3\) do not chain: 2 columns meet 3 rows$",
        ),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linalg.permutation([0, 0, 1]),
            r"^permutation: an order holds each number from 0 to n - 1 once; got \[0, 0, 1\]$",
        ),
        (lambda: linalg.permutation([0.5]), "^permutation: a place in the order is a whole number; got 0.5$"),
        (lambda: linalg.reflection([0, 0]), "^reflection: a normal points somewhere; got only zeros$"),
        (lambda: linalg.rotation(1.0, [0, 0, 0]), "^rotation: an axis points somewhere; got only zeros$"),
        (lambda: linalg.svd([[math.nan]]), "^svd: the numbers must be finite; got NaN or infinity$"),
        (lambda: linalg.rotation(math.inf), "^rotation: the numbers must be finite; got NaN or infinity$"),
        (lambda: linalg.eigh([[1, 2], [3, 4]]), "^eigh: the matrix is not symmetric; use eig$"),
        (
            lambda: linalg.inv([[1, 2], [2, 4]]),
            "^inv: the matrix is singular: its rank is 1, not 2, so it has no inverse; pinv and lstsq do without one$",
        ),
        (
            lambda: linalg.inv(hilbert(8, "float32")),
            "^inv: the matrix is singular: in float32 its rank is ., not 8; float64 may tell more$",
        ),
        (
            lambda: linalg.reconstruct({"q": [[1]]}),
            r"^reconstruct: it takes the factors of lu \(p, l, u\), .*; got \['q'\]$",
        ),
        (lambda: linalg.reconstruct([[1]]), r"; got '\[\[1\]\]'$|; got \[\[1\]\]$"),
    ],
)
def test_values_that_have_no_answer(call, message):
    with pytest.raises(OptionError, match=message):
        call()


def test_complex_numbers_where_real_ones_are_meant():
    with pytest.raises(DtypeError, match=r"^describe: the matrix must be real; got complex64$"):
        linalg.describe([[1j]])
    with pytest.raises(DtypeError, match=r"^scaling: the numbers must be real; got complex64$"):
        linalg.scaling([1j])
