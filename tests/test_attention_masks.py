"""Masks of both kinds: what takes part, what is added; and that nothing in a masked place reaches anything."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import attention
from pybridge.errors import DtypeError, OptionError, PybridgeError, ShapeError

INF, NAN = np.inf, np.nan


def masked_softmax(scores, counts):
    """Row by row, over what counts."""
    counts = np.broadcast_to(counts, scores.shape)
    weights = np.zeros_like(scores)
    for at in np.ndindex(*scores.shape[:-1]):
        if counts[at].any():
            weights[at][counts[at]] = scipy.special.softmax(scores[at][counts[at]])
    return weights


@given(st.integers(0, 2**32), st.sampled_from([(4,), (3, 4), (2, 3, 4), (3, 3, 3), (2, 2, 3, 4)]), st.data())
def test_a_mask_leaves_places_out_whatever_their_score(seed, shape, data):
    random = np.random.default_rng(seed)
    of_mask = [data.draw(st.sampled_from([1, length])) for length in shape]
    counts = random.random(of_mask) > 0.4
    scores = random.normal(size=shape) * 10
    expected = masked_softmax(scores, counts)
    spoilt = np.where(counts, scores, random.choice([NAN, INF, -INF, 1e300], size=shape))
    for mask in (counts, counts.astype("int64"), counts.astype("uint8"), counts.tolist()):
        np.testing.assert_allclose(attention.weights(spoilt, mask), expected, rtol=1e-9)
    bias = random.normal(size=of_mask)
    for low in (-1e9, -INF, -1e30):
        weights = attention.weights(spoilt, np.where(counts, bias, low))
        np.testing.assert_allclose(weights, masked_softmax(scores + bias, counts), rtol=1e-9)


def test_an_additive_mask_is_no_boolean_one():
    np.testing.assert_allclose(attention.weights([1.0, 2.0, 3.0], [0.0, 0.0, -1e9]), [0.2689, 0.7311, 0], atol=5e-5)
    np.testing.assert_allclose(attention.weights([1.0, 2.0], [0.0, 0.0]), attention.weights([1.0, 2.0]))
    np.testing.assert_allclose(attention.weights([1.0, 2.0], [1.5, 0.5]), [0.5, 0.5])
    half = attention.weights(tf.constant([1.0, 2.0, 3.0], "float16"), tf.constant([0, 0, -65504], "float16"))
    np.testing.assert_allclose(half, [0.2689, 0.7311, 0], atol=1e-3)
    np.testing.assert_array_equal(attention.weights([1.0, 2.0], [-INF, -1e9]), [0, 0])


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (
            [1.0, 0.0, 1.0],
            OptionError,
            "^weights: a mask of floats is added to the scores, and this one holds only 0 and 1; "
            r'write cast\(mask, "bool"\) if 1 is for what takes part$',
        ),
        (
            [0, -1, 0],
            OptionError,
            "^weights: a mask of integers holds 1 for what takes part and 0 for what does not; got -1; "
            "make it floats for one that is added to the scores$",
        ),
        ([0.0, NAN, 0.0], OptionError, "^weights: a mask of floats is added to the scores; got nan$"),
        ([0.0, INF, 0.0], OptionError, "^weights: a mask of floats is added to the scores; got inf$"),
        (
            [1j, 0, 0],
            DtypeError,
            "^weights: a mask is of booleans, or of floats that are added to the scores; got comp",
        ),
        (
            tf.constant(["a", "b", "c"]),
            DtypeError,
            "^weights: a tensor of string holds no numbers$",
        ),
    ],
)
def test_a_mask_of_neither_kind_is_refused(mask, error, message):
    with pytest.raises(error, match=message):
        attention.weights([1.0, 2.0, 3.0], mask)


def test_an_integer_mask_is_refused_where_its_numbers_are_not_known():
    traced = tf.function(attention.weights, autograph=False)
    with pytest.raises(PybridgeError, match=r'weights: a mask in a traced function .* write cast\(mask, "bool"\)'):
        traced(tf.zeros(2), tf.constant([0, -1000]))
    np.testing.assert_array_equal(traced(tf.zeros(2), tf.constant([True, False])), [1, 0])
    np.testing.assert_array_equal(traced(tf.zeros(2), tf.constant([0, -1e9])), [1, 0])


def test_a_mask_that_could_be_of_queries_or_of_a_batch_is_refused():
    scores, mask = np.zeros((3, 3, 4)), np.ones((3, 4), bool)
    message = (
        r"^weights: a mask \(3, 4\) for scores \(3, 3, 4\) can be one row for each query or for each of the batch; "
        r"write it in the shape \(1, 3, 4\) or \(3, 1, 4\)$"
    )
    with pytest.raises(ShapeError, match=message):
        attention.weights(scores, mask)
    for clear in (mask[None], mask[:, None], mask[0]):
        np.testing.assert_allclose(attention.weights(scores, clear), np.full((3, 3, 4), 0.25))
    np.testing.assert_allclose(attention.weights(np.zeros((2, 3, 4)), mask), np.full((2, 3, 4), 0.25))
    with pytest.raises(
        ShapeError, match=r"does not broadcast to scores \(2, 3, 4\); one row for each of a batch has th"
    ):
        attention.weights(np.zeros((2, 3, 4)), np.ones((2, 4), bool))


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_the_causal_mask(length):
    mask = attention.causal_mask(length)
    assert mask.dtype == "bool"
    assert mask.shape == (length, length)
    assert all(bool(mask[i, j]) == (j <= i) for i in range(length) for j in range(length))


@pytest.mark.parametrize("batch", [1, 3, 4])
@pytest.mark.parametrize("traced", [False, True])
def test_the_causal_mask_agrees_with_keras_for_a_batch_of_any_length(batch, traced):
    x = np.random.default_rng(batch).normal(size=(batch, 4, 5)).astype("float32")
    expected = keras.layers.Attention()([x, x], use_causal_mask=True)

    def attend(x):
        return attention.attend(x, x, mask=attention.causal_mask(4))["context"]

    np.testing.assert_allclose(
        (tf.function(attend) if traced else attend)(tf.constant(x)), expected, rtol=1e-4, atol=1e-5
    )


def test_a_length_that_is_none():
    with pytest.raises(OptionError, match=r"^causal_mask: length must be a whole number of at least 0; got 2.5$"):
        attention.causal_mask(2.5)


KINDS = {
    "dot": {},
    "scaled_dot": {},
    "general": {"w": np.random.default_rng(0).normal(size=(3, 3))},
    "concat": {"w": np.random.default_rng(1).normal(size=(4, 6)), "v": np.ones(4)},
}
RUNS = {"eager": lambda f: f, "traced": tf.function, "compiled": lambda f: tf.function(f, jit_compile=True)}
EACH = [(kind, "eager", junk) for kind in KINDS for junk in (NAN, INF)]


@pytest.mark.parametrize(
    ("kind", "run", "junk"),
    [*EACH, *((kind, run, NAN) for kind in ("dot", "concat") for run in ("traced", "compiled"))],
)
def test_what_is_masked_reaches_no_result_and_no_gradient(kind, run, junk):
    random = np.random.default_rng(5)
    query, keys, values = random.normal(size=(2, 3, 3)), random.normal(size=(2, 4, 3)), random.normal(size=(2, 4, 2))
    w_c = random.normal(size=(2, 5))
    # Each key is out of sight of some queries; the last of all, and the third of all but the last query.
    mask = np.array([[[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]], bool)

    @RUNS[run]
    def steps(query, keys, values):
        with tf.GradientTape() as tape:
            tape.watch([query, keys, values])
            found = attention.attend(query, keys, values, kind=kind, w_c=w_c, mask=mask, **KINDS[kind])
            loss = tf.reduce_sum(found["output"][:, :2] ** 2)
        seen = [found[name][:, :2] for name in ("weights", "context", "output")]
        return [*seen, *tape.gradient(loss, [query, keys, values])]

    clean = steps(*map(tf.constant, (query, keys, values)))
    keys[:, 2:], values[:, 2:] = junk, junk
    for expected, actual in zip(clean[:3], steps(*map(tf.constant, (query, keys, values)))[:3], strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-9)
    keys[:, 2], values[:, 2] = 1, 1
    for expected, actual in zip(clean, steps(*map(tf.constant, (query, keys, values))), strict=True):
        np.testing.assert_allclose(actual[:, :2], expected[:, :2], rtol=1e-7, atol=1e-12)


SPECIAL = st.sampled_from([0.0, -0.0, 1.0, -2.0, 0.5, NAN, INF, -INF])


@tf.function(input_signature=[tf.TensorSpec([3], "float64"), tf.TensorSpec([3, 1], "float64")])
def traced_context(weights, values):
    return attention.context(weights, values)


@settings(max_examples=2 * settings.default.max_examples)
@given(
    st.lists(st.sampled_from([0.0, 1.0, 0.25, -0.5]), min_size=3, max_size=3), st.lists(SPECIAL, min_size=3, max_size=3)
)
def test_a_weight_of_zero_takes_nothing_and_others_everything(weights, values):
    weights, values = np.array(weights), np.array(values)
    with np.errstate(invalid="ignore"):
        expected = sum((w * v for w, v in zip(weights, values, strict=True) if w), 0.0)
    for context in (attention.context, traced_context):
        np.testing.assert_allclose(context(weights, values[:, None]), [expected])
