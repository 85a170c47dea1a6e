"""Matrices by what they do: invariants on random ones, and the awkward kinds one by one."""

import math

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pybridge import linalg
from pybridge.errors import DtypeError, OptionError, ShapeError

checked = settings(max_examples=50)

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


def test_permutation_puts_rows_in_order():
    a = [[0, 1, 1], [1, 3, 7], [2, 4, 8]]
    p = linalg.permutation([2, 0, 1]).numpy()
    assert p.tolist() == P
    assert (p @ a).tolist() == [[2, 4, 8], [0, 1, 1], [1, 3, 7]]
    assert (p @ p @ p).tolist() == np.eye(3).tolist()
    assert linalg.det(p).numpy() == 1


@checked
@given(st.permutations(range(6)))
def test_permutations_are_undone_by_their_transpose(order):
    p = linalg.permutation(list(order)).numpy()
    assert (p @ np.arange(6)).tolist() == list(order)
    assert (p @ p.T).tolist() == np.eye(6).tolist()
    about = linalg.describe(p)
    assert about["permutation"]
    assert about["orthogonal"]
    assert abs(about["determinant"]) == 1


@checked
@given(st.floats(-10, 10))
def test_rotations_keep_lengths_and_orientation(angle):
    q = linalg.rotation(angle)
    assert q.dtype == "float32"
    close(q, [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    about = linalg.describe(q)
    assert about["orthogonal"]
    assert about["determinant"] == pytest.approx(1, abs=1e-6)


def test_a_quarter_turn_sends_the_first_axis_to_the_second():
    turned = linalg.transform(linalg.rotation(math.pi / 2), [[1, 0], [0, 1]]).numpy()
    np.testing.assert_allclose(turned, [[0, 1], [-1, 0]], atol=1e-15)
    turned = linalg.transform(linalg.rotation(math.pi / 2, [0, 0, 7]), [[1, 0, 5]]).numpy()
    np.testing.assert_allclose(turned, [[0, 1, 5]], atol=1e-15)


@checked
@given(st.floats(-10, 10), st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=3, max_size=3).filter(any))
def test_rotations_about_an_axis_are_scipys(angle, axis):
    unit = np.array(axis) / np.abs(axis).max()
    unit = unit / np.linalg.norm(unit)
    expected = Rotation.from_rotvec(angle * unit).as_matrix()
    close(linalg.rotation(tf.constant(angle, "float64"), axis), expected)
    close(linalg.rotation(angle, axis) @ tf.constant(unit[:, None], "float32"), unit[:, None])


vectors = st.lists(st.integers(-9, 9), min_size=1, max_size=5).filter(any)


@checked
@given(vectors)
def test_reflections_undo_themselves(normal):
    r = linalg.reflection(normal).numpy()
    close(r @ r, np.eye(len(normal)))
    close(r @ normal, -np.array(normal), "float32")
    about = linalg.describe(r)
    assert about["involutory"]
    assert about["symmetric"]
    assert about["orthogonal"]
    assert about["determinant"] == pytest.approx(-1, abs=1e-5)


@checked
@given(vectors)
def test_projections_onto_a_line_change_nothing_the_second_time(onto):
    p = linalg.projection(onto).numpy()
    close(p @ onto, onto, "float32")
    about = linalg.describe(p)
    assert about["idempotent"]
    assert about["symmetric"]
    assert about["rank"] == 1


@checked
@given(matrices(), st.booleans())
def test_projections_onto_a_subspace(columns, repeated):
    if repeated:
        columns = np.concatenate([columns, columns[:, :1]], axis=1)
    p = linalg.projection(columns)
    assert p.dtype == columns.dtype
    close(p @ p, p, "float32")
    close(p @ columns, columns, "float32")
    residual = np.eye(len(columns)) - p.numpy()
    close(columns.T @ residual, np.zeros_like(columns.T), "float32")


def test_scaling_shear_and_translation_by_hand():
    assert linalg.scaling([2, 3, 4]).numpy().tolist() == [[2, 0, 0], [0, 3, 0], [0, 0, 4]]
    assert linalg.shear(0.5, 2).numpy().tolist() == [[1, 0.5], [2, 1]]
    assert linalg.shear().numpy().tolist() == [[1, 0], [0, 1]]
    assert linalg.translation([5, 7]).numpy().tolist() == [[1, 0, 5], [0, 1, 7], [0, 0, 1]]


def test_builders_keep_float64_and_round_once():
    for build in (linalg.reflection, linalg.projection, linalg.scaling, linalg.translation):
        assert build([1, 2]).dtype == "float32"
        assert build(np.array([1, 2], "float64")).dtype == "float64"
        assert build(tf.constant([1, 2], "float16")).dtype == "float32"
    assert linalg.rotation(tf.Variable(1.0, dtype="float64")).dtype == "float64"
    assert linalg.shear(np.float64(0.1)).dtype == "float64"
    assert linalg.rotation(math.pi / 6).numpy()[1, 0] == np.float32(math.sin(math.pi / 6))


def test_transform_moves_scales_and_changes_dimensions():
    points = [[1, 2], [3, 4], [5, 6]]
    assert linalg.transform(linalg.scaling([2, 3]), points).numpy().tolist() == [[2, 6], [6, 12], [10, 18]]
    assert linalg.transform([[1, 1]], points).numpy().tolist() == [[3], [7], [11]]
    assert linalg.transform(linalg.translation([10, 20]), points).numpy().tolist() == [[11, 22], [13, 24], [15, 26]]
    moved_and_turned = linalg.translation([1, 0]) @ tf.constant([[0, -1, 0], [1, 0, 0], [0, 0, 1]], "float32")
    assert linalg.transform(moved_and_turned, points).numpy().tolist() == [[-1, 1], [-3, 3], [-5, 5]]


@checked
@given(matrices(square=True))
def test_transforming_the_edges_of_a_box_changes_its_volume_by_the_determinant(a):
    images = linalg.transform(a, np.eye(len(a), dtype=a.dtype)).numpy()
    close(images.T, a)
    close(linalg.det(images.T), np.linalg.det(a.astype("float64")), "float32")


def test_describe_says_what_a_matrix_does():
    assert linalg.describe(P) == {
        "shape": [3, 3],
        "rank": 3,
        "determinant": 1.0,
        "orthogonal": True,
        "involutory": False,
        "idempotent": False,
        "symmetric": False,
        "permutation": True,
        "upper_triangular": False,
        "lower_triangular": False,
    }
    zero = linalg.describe(np.zeros((2, 2)))
    assert zero["rank"] == zero["determinant"] == 0
    assert [name for name, holds in zero.items() if holds is True] == [
        "idempotent",
        "symmetric",
        "upper_triangular",
        "lower_triangular",
    ]
    assert linalg.describe(COUNTING)["determinant"] == 0
    assert linalg.describe(COUNTING)["rank"] == 2
    assert linalg.describe([[1, 2], [3, 4]])["determinant"] == pytest.approx(-2)
    assert linalg.describe(linalg.translation([5000, 0]))["rank"] == 3
    assert not linalg.describe([[1, 1], [0, 0]])["permutation"]
    assert not linalg.describe([[0.5, 0.5], [0.5, 0.5]])["permutation"]


def test_describe_forgives_rounding_and_nothing_else():
    nearly = np.array([[1, 4e-8], [4e-8, 1]], "float32")
    for what in ("orthogonal", "involutory", "idempotent", "permutation", "upper_triangular"):
        assert linalg.describe(nearly)[what]
        assert not linalg.describe(nearly.astype("float64"))[what]
    assert not linalg.describe([[1, 0], [1e-5, 1]])["upper_triangular"]
    assert not linalg.describe([[1, 1e8], [1, 1]])["upper_triangular"]
    assert not linalg.describe([[0, 1, 1e8], [0, 0, 0], [1e8, 0, 0]])["symmetric"]
    move = linalg.describe(linalg.translation([1e6, 0]))
    assert move["upper_triangular"]
    assert not move["involutory"]
    assert not move["idempotent"]


@checked
@given(matrices())
def test_describe_knows_a_projection_computed_in_float32(columns):
    columns = columns.astype("float32")
    if np.linalg.cond(columns) > 5 or columns.shape[0] < columns.shape[1]:
        return
    p = columns @ np.linalg.inv(columns.T @ columns) @ columns.T
    about = linalg.describe(p.astype("float32"))
    assert about["idempotent"]
    assert about["symmetric"]


def test_what_only_a_square_matrix_has_is_none_for_others():
    about = linalg.describe([[1, 2, 3], [0, 4, 5]])
    assert about["shape"] == [2, 3]
    assert about["rank"] == 2
    assert about["upper_triangular"] is True
    assert about["lower_triangular"] is False
    assert {name for name, value in about.items() if value is None} == {
        "determinant",
        "orthogonal",
        "involutory",
        "idempotent",
        "symmetric",
        "permutation",
    }


@checked
@given(matrices())
def test_describe_knows_the_rank_of_products(a):
    random = np.random.default_rng(len(a))
    tall, wide = random.normal(size=(7, len(a))), random.normal(size=(a.shape[1], 8))
    product = tall @ a.astype("float64") @ wide
    assert linalg.describe(product)["rank"] == min(a.shape)
    assert linalg.describe(product)["determinant"] is None


@checked
@given(matrices())
def test_lu(a):
    factors = linalg.lu(a)
    p, lower, upper = (factors[name].numpy() for name in ("p", "l", "u"))
    assert p.dtype == lower.dtype == upper.dtype == a.dtype
    assert linalg.describe(p)["permutation"]
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_array_equal(np.diagonal(lower), 1)
    np.testing.assert_array_equal(upper, np.triu(upper))
    close(linalg.reconstruct(factors), a)


@checked
@given(matrices() | matrices(singular=True))
def test_qr(a):
    factors = linalg.qr(a)
    q, r = factors["q"].numpy(), factors["r"].numpy()
    k = min(a.shape)
    assert q.shape == (a.shape[0], k)
    assert r.shape == (k, a.shape[1])
    close(q.T @ q, np.eye(k))
    np.testing.assert_array_equal(r, np.triu(r))
    close(linalg.reconstruct(factors), a)


@checked
@given(matrices() | matrices(singular=True))
def test_svd(a):
    factors = linalg.svd(a)
    u, s, vh = (factors[name].numpy() for name in ("u", "s", "vh"))
    k = min(a.shape)
    close(u.T @ u, np.eye(k))
    close(vh @ vh.T, np.eye(k))
    assert (s >= 0).all()
    assert (np.diff(s) <= 0).all()
    close(linalg.reconstruct(factors), a)
    close(s**2, np.linalg.eigvalsh((a @ a.T).astype("float64"))[::-1][:k], "float32")


def test_the_largest_singular_values_make_up_the_best_approximation():
    a = hilbert(5)
    factors = linalg.svd(a)
    u, s, vh = factors["u"], factors["s"], factors["vh"]
    near = linalg.reconstruct({"u": u[:, :2], "s": s[:2], "vh": vh[:2]}).numpy()
    assert np.linalg.norm(a - near, 2) == pytest.approx(s.numpy()[2])


@checked
@given(matrices(symmetric=True))
def test_eigh(a):
    factors = linalg.eigh(a)
    values, columns = factors["values"].numpy(), factors["vectors"].numpy()
    close(columns.T @ columns, np.eye(len(a)))
    close(a @ columns, columns * values)
    assert (np.diff(values) >= 0).all()
    close(linalg.reconstruct(factors), a)


@checked
@given(matrices(square=True))
def test_eig(a):
    factors = linalg.eig(a)
    values, columns = factors["values"].numpy(), factors["vectors"].numpy()
    assert values.dtype.kind == ("c" if np.linalg.eigvals(a).imag.any() else "f")
    close(a @ columns, columns * values)
    close(np.prod(values), np.linalg.det(a.astype("float64")), "float32")
    if np.linalg.cond(columns) < 100:
        rebuilt = linalg.reconstruct(factors)
        assert rebuilt.dtype == a.dtype
        np.testing.assert_allclose(rebuilt, a, atol=100 * TOLERANCE[a.dtype.name])


def test_a_rotation_has_complex_eigenvalues():
    factors = linalg.eig(linalg.rotation(math.pi / 2))
    np.testing.assert_allclose(sorted(factors["values"].numpy(), key=np.imag), [-1j, 1j], atol=1e-6)
    rebuilt = linalg.reconstruct(factors)
    assert rebuilt.dtype == "float32"
    np.testing.assert_allclose(rebuilt, [[0, -1], [1, 0]], atol=1e-6)


def test_complex_matrices_are_factored_and_undone():
    random = np.random.default_rng(0)
    a = random.normal(size=(4, 4)) + 1j * random.normal(size=(4, 4))
    for factor in (linalg.lu, linalg.qr, linalg.svd, linalg.eig):
        np.testing.assert_allclose(linalg.reconstruct(factor(a)), a, atol=1e-12)
    hermitian = a + a.conj().T
    np.testing.assert_allclose(linalg.reconstruct(linalg.eigh(hermitian)), hermitian, atol=1e-12)
    np.testing.assert_allclose(linalg.inv(a) @ a, np.eye(4), atol=1e-12)


def test_a_matrix_without_enough_eigenvectors_cannot_be_rebuilt_from_them():
    factors = linalg.eig([[1, 1], [0, 1]])
    assert factors["values"].numpy().tolist() == [1, 1]
    with pytest.raises(OptionError, match=r"^reconstruct: the eigenvectors do not span the space, so they make up no"):
        linalg.reconstruct(factors)


@checked
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


@checked
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
        (lambda: linalg.svd([[math.nan]]), "^svd takes finite numbers; got NaN or infinity$"),
        (lambda: linalg.rotation(math.inf), "^rotation takes finite numbers; got NaN or infinity$"),
        (lambda: linalg.eigh([[1, 2], [3, 4]]), "^eigh: the matrix is not symmetric; use eig$"),
        (
            lambda: linalg.inv([[1, 2], [2, 4]]),
            "^inv: the matrix is singular: its rank is 1, not 2, so no matrix undoes it$",
        ),
        (
            lambda: linalg.inv(hilbert(8, "float32")),
            "^inv: the matrix is singular: in float32 its rank is ., not 8; float64 may tell more$",
        ),
        (
            lambda: linalg.reconstruct({"q": [[1]]}),
            r"^reconstruct takes the factors of lu \(p, l, u\), .*; got \['q'\]$",
        ),
        (lambda: linalg.reconstruct([[1]]), r"; got '\[\[1\]\]'$|; got \[\[1\]\]$"),
    ],
)
def test_values_that_have_no_answer(call, message):
    with pytest.raises(OptionError, match=message):
        call()


def test_complex_numbers_where_real_ones_are_meant():
    with pytest.raises(DtypeError, match=r"^describe takes real matrices; got complex64$"):
        linalg.describe([[1j]])
    with pytest.raises(DtypeError, match=r"^scaling takes real numbers; got complex64$"):
        linalg.scaling([1j])
