"""Attention against the formulas in NumPy and against Keras's layers."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import attention
from pybridge.errors import DtypeError, OptionError, ShapeError

random = np.random.default_rng(7)
QUERY, KEYS, VALUES = random.normal(size=3), random.normal(size=(4, 5)), random.normal(size=(4, 2))
W, V = random.normal(size=(6, 8)), random.normal(size=6)


def test_the_dot_score_is_the_similarity_by_hand():
    assert attention.score([1, 2], [[1, 0], [0, 1], [3, -1]]).numpy().tolist() == [1, 2, 1]


def test_the_general_score_with_the_identity_is_the_dot_score():
    query, keys = random.normal(size=5), KEYS
    np.testing.assert_allclose(attention.score(query, keys, w=np.eye(5)), attention.score(query, keys, kind="dot"))


def test_the_general_score_joins_different_lengths():
    w = random.normal(size=(3, 5))
    np.testing.assert_allclose(attention.score(QUERY, KEYS, w=w), [QUERY @ w @ key for key in KEYS])


def test_the_concat_score():
    expected = [V @ np.tanh(W @ np.concatenate([QUERY, key])) for key in KEYS]
    np.testing.assert_allclose(attention.score(QUERY, KEYS, w=W, v=V), expected)
    np.testing.assert_allclose(attention.score(QUERY, KEYS, kind="concat", w=W, v=V), expected)


def test_weights_are_the_softmax_of_the_scores():
    np.testing.assert_allclose(attention.weights([1, 2, 3]), [0.0900, 0.2447, 0.6652], atol=5e-5)
    weights = attention.weights([1000.0, 1001.0, -1000.0])
    np.testing.assert_allclose(weights, [0.2689, 0.7311, 0], atol=5e-5)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8))
def test_weights_sum_to_one(scores):
    weights = attention.weights(np.array(scores)).numpy()
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, scipy.special.softmax(scores), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_masked_positions_weigh_nothing(dtype):
    scores = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype)
    weights = attention.weights(scores, [[True, True, False], [False, False, False]])
    assert weights.dtype == dtype
    np.testing.assert_allclose(weights, [[0.2689, 0.7311, 0], [0, 0, 0]], atol=1e-3)
    np.testing.assert_array_equal(attention.weights(scores, [1, 1, 0])[0], weights[0])


def test_gradients_pass_masks_without_nan():
    scores = tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with tf.GradientTape() as tape:
        weights = attention.weights(scores, [[1, 1, 0], [0, 0, 0]])
        first = tf.reduce_sum(weights[:, 0])
    share = 1 / (1 + np.e)
    slope = share * (1 - share)
    np.testing.assert_allclose(tape.gradient(first, scores), [[slope, -slope, 0], [0, 0, 0]], rtol=1e-5)


def test_the_context_is_a_weighted_average():
    assert attention.context([0.25, 0.75], [[4, 0], [0, 4]]).numpy().tolist() == [1, 3]
    weights = [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(attention.context(weights, VALUES), weights @ VALUES)


def test_the_output_combines_context_and_query():
    w_c = random.normal(size=(4, 5))
    expected = np.tanh(w_c @ np.concatenate([VALUES[0], QUERY]))
    np.testing.assert_allclose(attention.output(VALUES[0], QUERY, w_c), expected)


def test_attend_takes_all_four_steps():
    w, w_c = random.normal(size=(3, 5)), random.normal(size=(4, 5))
    steps = attention.attend(QUERY, KEYS, VALUES, w=w, w_c=w_c, mask=[1, 1, 1, 0])
    assert list(steps) == ["score", "weights", "context", "output"]
    scores = KEYS @ (QUERY @ w)
    weights = np.append(scipy.special.softmax(scores[:3]), 0)
    np.testing.assert_allclose(steps["score"], scores)
    np.testing.assert_allclose(steps["weights"], weights)
    np.testing.assert_allclose(steps["context"], weights @ VALUES)
    np.testing.assert_allclose(steps["output"], np.tanh(w_c @ np.concatenate([weights @ VALUES, QUERY])))


def test_keys_are_the_values_and_the_last_step_is_left_out_unless_given():
    steps = attention.attend(KEYS[0], KEYS)
    np.testing.assert_allclose(steps["context"], steps["weights"].numpy() @ KEYS)
    assert steps["output"] is None


def test_batches_and_several_queries_agree_with_keras():
    queries = random.normal(size=(2, 3, 5)).astype("float32")
    keys = random.normal(size=(2, 4, 5)).astype("float32")
    values = random.normal(size=(2, 4, 6)).astype("float32")
    mask = np.array([[True, True, True, False], [True, False, True, True]])
    expected, weights = keras.layers.Attention()(
        [queries, values, keys], mask=[None, mask], return_attention_scores=True
    )
    steps = attention.attend(queries, keys[:, None], values[:, None], mask=mask[:, None])
    np.testing.assert_allclose(steps["weights"], weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(steps["context"], expected, rtol=1e-4, atol=1e-5)


def test_a_batch_is_one_after_the_other():
    queries, keys = random.normal(size=(2, 3)), random.normal(size=(2, 4, 5))
    together = attention.score(queries, keys, w=W, v=V)
    assert together.shape == (2, 4)
    for i in range(2):
        np.testing.assert_allclose(together[i], attention.score(queries[i], keys[i], w=W, v=V))
    shared = attention.score(QUERY, keys, w=W, v=V)
    np.testing.assert_allclose(shared[1], attention.score(QUERY, keys[1], w=W, v=V))


def test_lists_are_float32_and_wider_beats_narrower():
    assert attention.attend([1, 2], [[1, 2]])["context"].dtype == "float32"
    assert attention.attend(np.array([1.0, 2.0]), [[1, 2]])["context"].dtype == "float64"


def test_attention_can_be_traced_with_unknown_lengths():
    spec = [tf.TensorSpec([None, 3], "float64"), tf.TensorSpec([None, None, 5], "float64")]
    attend = tf.function(lambda query, keys: attention.attend(query, keys, w=W, v=V)["context"], input_signature=spec)
    expected = attention.attend(QUERY, KEYS, w=W, v=V)["context"]
    np.testing.assert_allclose(attend(QUERY[None], KEYS[None])[0], expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: attention.score(QUERY, KEYS),
            r"^score: a dot product needs queries and keys of one length; got 3 and 5; "
            r"w of the shape \(3, 5\) would join them$",
        ),
        (
            lambda: attention.score(QUERY, KEYS, w=np.eye(3)),
            r"^score: w must have the shape \(3, 5\); got \(3, 3\)$",
        ),
        (
            lambda: attention.score(QUERY, KEYS, w=W[:, :3], v=V),
            r"^score: w must have the shape \(6, 8\); got \(6, 3\)$",
        ),
        (
            lambda: attention.score(QUERY, KEYS, w=W, v=np.eye(6)),
            r"^score: v must have the shape \(6,\); got \(6, 6\)$",
        ),
        (lambda: attention.score(1.0, KEYS), r"^score: query must have the shape \(\.\.\., d_query\); got \(\)$"),
        (
            lambda: attention.score(QUERY, QUERY),
            r"^score: keys must have the shape \(\.\.\., length, d_key\); got \(3,\)$",
        ),
        (
            lambda: attention.score(np.zeros((2, 3)), np.zeros((4, 5, 3))),
            r"^score: query \(2, 3\) and keys \(4, 5, 3\) do not fit: their leading axes \(2,\) and \(4,\) do not",
        ),
        (lambda: attention.weights(1.0), "^weights: scores are needed along an axis; got a single number$"),
        (
            lambda: attention.weights([1, 2, 3], [1, 0]),
            r"^weights: a mask \(2,\) does not broadcast to scores \(3,\)$",
        ),
        (
            lambda: attention.weights([1, 2, 3], [[1, 0, 1]]),
            r"^weights: a mask \(1, 3\) does not broadcast to scores \(3,\)$",
        ),
        (
            lambda: attention.context([0.5, 0.5], VALUES),
            "^context: 2 weights meet 4 values; there is one weight for each value$",
        ),
        (
            lambda: attention.output(VALUES[0], QUERY, np.eye(4)),
            r"^output: w_c must have the shape \(units, 5\); got \(4, 4\)$",
        ),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "cosine"}, '^score: kind must be "dot", "general" or "concat"; got \'cosine\'$'),
        ({"kind": "general"}, "^score: the general score takes w; got neither$"),
        ({"kind": "concat", "w": W}, "^score: the concat score takes w and v; got w$"),
        ({"kind": "dot", "w": W}, "^score: the dot score takes neither w nor v; got w$"),
        ({"v": V}, "^score: v goes with w, for the concat score; got v alone$"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(OptionError, match=message):
        attention.score(QUERY, KEYS, **options)


def test_complex_scores_have_no_largest():
    with pytest.raises(DtypeError, match=r"^weights: complex numbers have no order"):
        attention.weights([1j, 2j])
