"""Matrices that move the plane and the space, and what they are told to do."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from linalg_matrices import COUNTING, P, close, matrices
from scipy.spatial.transform import Rotation

from pybridge import linalg


def test_permutation_puts_rows_in_order():
    a = [[0, 1, 1], [1, 3, 7], [2, 4, 8]]
    p = linalg.permutation([2, 0, 1]).numpy()
    assert p.tolist() == P
    assert (p @ a).tolist() == [[2, 4, 8], [0, 1, 1], [1, 3, 7]]
    assert (p @ p @ p).tolist() == np.eye(3).tolist()
    assert linalg.det(p).numpy() == 1


@given(st.permutations(range(6)))
def test_permutations_are_undone_by_their_transpose(order):
    p = linalg.permutation(list(order)).numpy()
    assert (p @ np.arange(6)).tolist() == list(order)
    assert (p @ p.T).tolist() == np.eye(6).tolist()
    about = linalg.describe(p)
    assert about["permutation"]
    assert about["orthogonal"]
    assert abs(about["determinant"]) == 1


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


@given(st.floats(-10, 10), st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=3, max_size=3).filter(any))
def test_rotations_about_an_axis_are_scipys(angle, axis):
    unit = np.array(axis) / np.abs(axis).max()
    unit = unit / np.linalg.norm(unit)
    expected = Rotation.from_rotvec(angle * unit).as_matrix()
    close(linalg.rotation(tf.constant(angle, "float64"), axis), expected)
    close(linalg.rotation(angle, axis) @ tf.constant(unit[:, None], "float32"), unit[:, None])


vectors = st.lists(st.integers(-9, 9), min_size=1, max_size=5).filter(any)


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


@given(vectors)
def test_projections_onto_a_line_change_nothing_the_second_time(onto):
    p = linalg.projection(onto).numpy()
    close(p @ onto, onto, "float32")
    about = linalg.describe(p)
    assert about["idempotent"]
    assert about["symmetric"]
    assert about["rank"] == 1


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


@given(matrices())
def test_describe_knows_the_rank_of_products(a):
    random = np.random.default_rng(len(a))
    tall, wide = random.normal(size=(7, len(a))), random.normal(size=(a.shape[1], 8))
    product = tall @ a.astype("float64") @ wide
    assert linalg.describe(product)["rank"] == min(a.shape)
    assert linalg.describe(product)["determinant"] is None
