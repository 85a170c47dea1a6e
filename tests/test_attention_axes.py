"""Which axes meet which: every pair of ranks, whatever the lengths, against loops and Keras's layers."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import attention
from pybridge.errors import DtypeError, PybridgeError, ShapeError

LENGTHS = st.integers(1, 3)  # few, so that a batch is often as long as a sequence


@st.composite
def shapes(draw):
    """(query, keys) of any ranks, whose leading axes are of few lengths."""
    of_query, of_keys = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    query = tuple(draw(LENGTHS) for _ in range(of_query))
    keys = tuple(draw(LENGTHS) for _ in range(of_keys))
    if draw(st.booleans()):  # lengths that broadcast
        shared = query[-of_keys - 1 : -1] if of_query > of_keys else query[-of_keys:]
        keys = keys[: of_keys - len(shared)] + tuple(draw(st.sampled_from([1, n])) for n in shared if of_keys)
    return (*query, 2), (*keys, draw(st.integers(0, 3)), 2)


def reading(query, keys):
    """What the ranks of two shapes say: one query for each set of keys, several, or nothing that is sure."""
    of_query, of_keys = len(query) - 1, len(keys) - 2
    if of_query == 0 or of_query == of_keys:
        return "one"
    return "several" if of_keys == 0 or of_query == of_keys + 1 else "unsure"


def looped(query, keys):
    """Scores of (..., queries, d) queries and (..., length, d) keys, one product after the other."""
    leading = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2])
    query = np.broadcast_to(query, leading + query.shape[-2:])
    keys = np.broadcast_to(keys, leading + keys.shape[-2:])
    scores = np.zeros((*leading, query.shape[-2], keys.shape[-2]))
    for at in np.ndindex(*scores.shape):
        scores[at] = query[at[:-1]] @ keys[(*at[:-2], at[-1])]
    return scores


@given(shapes(), st.integers(0, 2**32))
def test_the_ranks_alone_decide(shapes, seed):
    random = np.random.default_rng(seed)
    query, keys = (random.normal(size=shape) for shape in shapes)
    read = reading(*shapes)
    lead_q = query.shape[:-2] if read == "several" else query.shape[:-1]
    try:
        np.broadcast_shapes(lead_q, keys.shape[:-2])
        fits = read != "unsure"
    except ValueError:
        fits = False
    if not fits:
        with pytest.raises(ShapeError, match=r"^score: query .* and keys .*(do not fit|more than one way)"):
            attention.score(query, keys)
        return
    expected = looped(query, keys) if read == "several" else looped(query[..., None, :], keys)[..., 0, :]
    scores = attention.score(query, keys)
    assert scores.shape == expected.shape
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    np.testing.assert_allclose(attention.score(query, keys, kind="scaled_dot"), expected / np.sqrt(2), rtol=1e-12)
    w = random.normal(size=(2, 2))
    np.testing.assert_allclose(
        attention.score(query, keys, w=w), attention.score(query @ w, keys), rtol=1e-9, atol=1e-12
    )
    values = random.normal(size=(*keys.shape[:-1], 3))
    steps = attention.attend(query, keys, values)
    weights = np.exp(expected) / np.exp(expected).sum(-1, keepdims=True) if keys.shape[-2] else expected
    context = (
        looped(weights, np.swapaxes(values, -1, -2))
        if read == "several"
        else looped(weights[..., None, :], np.swapaxes(values, -1, -2))[..., 0, :]
    )
    np.testing.assert_allclose(steps["context"], context, rtol=1e-9, atol=1e-12)
    parameters = {"w": random.normal(size=(4, 4)), "v": random.normal(size=4)}
    concat = attention.score(query, keys, **parameters)
    assert concat.shape == expected.shape
    q, k = (query[..., None, :], keys[..., None, :, :]) if read == "several" else (query[..., None, :], keys)
    left, right = parameters["w"][:, :2], parameters["w"][:, 2:]
    np.testing.assert_allclose(concat, np.tanh(q @ left.T + k @ right.T) @ parameters["v"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_several_queries_agree_with_keras_also_where_a_batch_is_as_long_as_its_sequence(batch):
    random = np.random.default_rng(batch)
    queries, keys, values = (random.normal(size=(batch, n, 5)).astype("float32") for n in (3, 4, 4))
    expected, weights = keras.layers.Attention()([queries, values, keys], return_attention_scores=True)
    steps = attention.attend(queries, keys, values)
    np.testing.assert_allclose(steps["weights"], weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(steps["context"], expected, rtol=1e-4, atol=1e-5)
    additive = keras.layers.AdditiveAttention(use_scale=False)([queries, values, keys])
    both = np.concatenate([np.eye(5), np.eye(5)], 1).astype("float32")
    ours = attention.attend(queries, keys, values, w=both, v=np.ones(5, "float32"))["context"]
    np.testing.assert_allclose(ours, additive, rtol=1e-4, atol=1e-5)
    scaled = keras.layers.Attention(use_scale=True)
    scaled.build([queries.shape, values.shape, keys.shape])
    scaled.scale.assign(1 / np.sqrt(5))
    ours = attention.attend(queries, keys, values, kind="scaled_dot")["context"]
    np.testing.assert_allclose(ours, scaled([queries, values, keys]), rtol=1e-4, atol=1e-5)


def test_what_could_be_read_in_two_ways_is_refused_even_where_lengths_fit():
    message = (
        r"^score: query \(2, 5\) and keys \(2, 2, 3, 5\) can be read in more than one way; keys with 4 axes take a "
        r"query with 1 axis for all of them, 3 for one each, or 4 for several each; an axis of length 1 broadcasts$"
    )
    with pytest.raises(ShapeError, match=message):
        attention.score(np.zeros((2, 5)), np.zeros((2, 2, 3, 5)))
    with pytest.raises(
        ShapeError, match=r"^context: weights \(2, 2, 2, 3\) and values \(2, 3, 5\) can be read in more"
    ):
        attention.context(np.zeros((2, 2, 2, 3)), np.zeros((2, 3, 5)))
    with pytest.raises(
        ShapeError, match=r"do not broadcast; for several each, give query one more axis, as in \(1, 2,"
    ):
        attention.score(np.zeros((2, 5)), np.zeros((3, 4, 5)))


def test_a_context_and_a_query_pair_by_their_axes():
    random = np.random.default_rng(1)
    w_c = random.normal(size=(4, 5))
    for one, other in itertools.product([(), (3,), (1,), (3, 3), (3, 1)], repeat=2):
        found, query = random.normal(size=(*one, 2)), random.normal(size=(*other, 3))
        if one and other and len(one) != len(other):
            with pytest.raises(
                ShapeError, match=r"^output: context \(.*do not pair: \d axes meet \d; give both as many"
            ):
                attention.output(found, query, w_c)
            continue
        both = np.concatenate(np.broadcast_arrays(found @ np.eye(2, 5), query @ np.eye(3, 5, 2)), -1)
        expected = np.tanh((both[..., :5] + both[..., 5:]) @ w_c.T)
        np.testing.assert_allclose(attention.output(found, query, w_c), expected, rtol=1e-9)


def test_unknown_ranks_are_refused_and_unknown_lengths_are_not():
    function = tf.function(
        attention.score, autograph=False, input_signature=[tf.TensorSpec(None), tf.TensorSpec([None, 2])]
    )
    with pytest.raises(PybridgeError, match=r"score: query must have the shape \(\.\.\., d_query\); how many axes it"):
        function(tf.zeros(2), tf.zeros((3, 2)))
    spec = [tf.TensorSpec([None, None, 2]), tf.TensorSpec([None, None, 2])]
    several = tf.function(lambda q, k: attention.attend(q, k)["context"], input_signature=spec)
    query, keys = np.ones((4, 4, 2), "float32"), np.ones((4, 3, 2), "float32")
    np.testing.assert_allclose(several(query, keys), np.ones((4, 4, 2)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_floats_are_summed_in_float32(dtype):
    query, keys = tf.fill([4000], tf.constant(0.01, dtype)), tf.ones((1, 4000), dtype)
    exact = float(query[0]) * 4000
    assert attention.score(query, keys).dtype == dtype
    assert float(attention.score(query, keys)[0]) == pytest.approx(exact, rel=4e-3)
    weights = attention.weights(tf.zeros(100_000, dtype))
    assert float(tf.reduce_sum(tf.cast(weights, "float32"))) == pytest.approx(1, rel=4e-3)
    values = tf.fill([100_000, 1], tf.constant(60000.0, dtype))
    assert float(attention.context(weights, values)[0]) == pytest.approx(60000, rel=8e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: attention.score([1j, 2], [[1, 2]]),
        lambda: attention.context([1j], [[1]]),
        lambda: attention.output([1j], [1], [[1, 1]]),
        lambda: attention.self_attention([[1j]], [[1]], [[1]], [[1]]),
    ],
)
def test_complex_numbers_are_refused(call):
    with pytest.raises(DtypeError, match="complex numbers have no order; take absolute values first"):
        call()


@settings(max_examples=8)
@given(st.sampled_from(["dot", "scaled_dot", "general", "concat"]), st.booleans(), st.integers(0, 2**32))
def test_gradients_are_those_of_central_differences(kind, several, seed):
    random = np.random.default_rng(seed)
    xs = [random.normal(size=(2, 2, 3) if several else (2, 3)), *random.normal(size=(2, 2, 2, 3))]
    shape = {"general": (3, 3), "concat": (4, 6)}.get(kind)
    w, v = random.normal(size=shape) if shape else None, random.normal(size=4) if kind == "concat" else None
    mask = [[[True, False]], [[True, True]]] if several else [[True, False], [True, True]]

    def loss(query, keys, values):
        steps = attention.attend(query, keys, values, kind=kind, w=w, v=v, mask=mask)
        return tf.reduce_sum(tf.sin(steps["context"]))

    check_gradients(loss, xs)


def check_gradients(loss, xs, step=1e-6):
    tensors = [tf.constant(x) for x in xs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = loss(*tensors)
    for at, gradient in enumerate(tape.gradient(value, tensors)):
        for place in np.ndindex(*xs[at].shape):
            moved = []
            for sign in (1, -1):
                changed = [x.copy() for x in xs]
                changed[at][place] += sign * step
                moved.append(float(loss(*changed)))
            assert gradient[place].numpy() == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-5, abs=1e-8)
