"""Self-attention against Keras's layer of several heads, and against one head after the other."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import attention, autodiff, graphs
from pybridge.errors import OptionError, ShapeError

random = np.random.default_rng(11)
EYE = np.eye(2)


def keras_layer(heads, d, units, d_value, d_out, weights):
    layer = keras.layers.MultiHeadAttention(heads, units // heads, d_value // heads, use_bias=False, output_shape=d_out)
    layer.build((1, 1, d), (1, 1, d))
    w_q, w_k, w_v, w_o = weights
    split = [(w_q, units), (w_k, units), (w_v, d_value)]
    kernels = {"query": 0, "key": 1, "value": 2}
    for weight in layer.trainable_weights:
        name = weight.path.split("/")[-2]
        if name in kernels:
            w, columns = split[kernels[name]]
            weight.assign(w.reshape(d, heads, columns // heads))
        else:
            weight.assign(w_o.reshape(heads, d_value // heads, d_out))
    return layer


@pytest.mark.filterwarnings("ignore:.*softmax over axis")  # Keras's own, for sequences of one place
@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.sampled_from(["none", "causal", "padding", "each"]))
def test_the_numbers_are_those_of_keras(heads, batch, length, masked):
    d, units, d_value, d_out = 3, 2 * heads, heads, 4
    x = random.normal(size=(batch, length, d)).astype("float32")
    weights = [
        random.normal(size=s).astype("float32") for s in ((d, units), (d, units), (d, d_value), (d_value, d_out))
    ]
    layer = keras_layer(heads, d, units, d_value, d_out, weights)
    counts = {
        "none": None,
        "causal": np.tri(length, dtype=bool),
        "padding": np.concatenate([np.ones((batch, 1, 1), bool), random.random((batch, 1, length - 1)) > 0.5], -1),
        "each": random.random((batch, length, length)) + np.eye(length) > 0.5,
    }[masked]
    given_mask = None if counts is None else np.broadcast_to(counts, (batch, length, length))
    expected, weighed = layer(x, x, attention_mask=given_mask, return_attention_scores=True)
    options = {"w_o": weights[3], "heads": heads, "mask": counts}
    result = attention.self_attention(x, *weights[:3], **options)
    assert list(result) == ["score", "weights", "context", "output"]
    assert result["context"].shape == (batch, length, d_value)
    np.testing.assert_allclose(result["output"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(result["weights"], weighed if heads > 1 else weighed[:, 0], rtol=1e-4, atol=1e-5)
    assert result["score"].shape == result["weights"].shape
    alone = attention.self_attention(
        x[0], *weights[:3], **options | {"mask": None if counts is None else given_mask[0]}
    )
    np.testing.assert_allclose(alone["output"], result["output"][0], rtol=1e-4, atol=1e-5)


def test_one_head_is_the_four_steps():
    x, w_q, w_k, w_v = random.normal(size=(4, 3)), *random.normal(size=(3, 3, 2))
    result = attention.self_attention(x, w_q, w_k, w_v, mask=attention.causal_mask(4))
    steps = attention.attend(x @ w_q, x @ w_k, x @ w_v, kind="scaled_dot", mask=np.tri(4, dtype=bool))
    for name in ("score", "weights", "context"):
        np.testing.assert_allclose(result[name], steps[name], rtol=1e-9)
    assert result["output"] is None


def test_each_head_may_have_a_mask_and_an_additive_one_is_added():
    x = random.normal(size=(2, 4, 2))
    counts = random.random((2, 2, 4, 4)) + np.eye(4) > 0.4
    one = attention.self_attention(x, EYE, EYE, EYE, heads=2, mask=counts)
    two = attention.self_attention(x, EYE, EYE, EYE, heads=2, mask=np.where(counts, 0, -1e9))
    np.testing.assert_allclose(one["weights"], two["weights"], rtol=1e-9)
    assert not one["weights"].numpy()[~counts].any()
    bias = random.normal(size=(4, 4))
    result = attention.self_attention(x[0], EYE, EYE, EYE, mask=bias)
    np.testing.assert_allclose(result["weights"], attention.weights(result["score"] + bias), rtol=1e-9)


@pytest.mark.parametrize(
    ("run", "junk"),
    [(lambda f: f, np.nan), (lambda f: f, np.inf), (lambda f: tf.function(f, jit_compile=True), np.nan)],
)
def test_padding_reaches_nothing(run, junk):
    x, w = random.normal(size=(2, 3, 2)), random.normal(size=(3, 2, 2))
    mask = np.array([[[True, True, False]], [[True, False, True]]])
    padding = ~mask[:, 0]

    @run
    def steps(x, *w):
        with tf.GradientTape() as tape:
            tape.watch([x, *w])
            result = attention.self_attention(x, *w, heads=2, mask=mask)
            loss = tf.reduce_sum(tf.where(padding[..., None], tf.zeros((), x.dtype), result["context"] ** 2))
        return [result["weights"], result["context"], *tape.gradient(loss, [x, *w])]

    x[padding] = 0
    clean = steps(*map(tf.constant, (x, *w)))
    x[padding] = junk
    for expected, actual in zip(clean, steps(*map(tf.constant, (x, *w))), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-15)


def test_gradients_are_those_of_central_differences():
    xs = [random.normal(size=(2, 3, 2)), *random.normal(size=(3, 2, 2))]

    def loss(*xs):
        return tf.reduce_sum(tf.sin(attention.self_attention(*xs, heads=2, mask=attention.causal_mask(3))["context"]))

    tensors = [tf.constant(x) for x in xs]
    gradients = autodiff.gradient(lambda *xs: loss(*xs), *tensors)
    for at, gradient in enumerate(gradients):
        for place in np.ndindex(*xs[at].shape):
            moved = []
            for step in (1e-6, -1e-6):
                changed = [x.copy() for x in xs]
                changed[at][place] += step
                moved.append(float(loss(*changed)))
            assert float(gradient[place]) == pytest.approx((moved[0] - moved[1]) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_stays(dtype):
    result = attention.self_attention(tf.ones((3, 2), dtype), *[tf.eye(2, dtype=dtype)] * 3, w_o=tf.eye(2, dtype=dtype))
    assert {each.dtype for each in result.values()} == {tf.as_dtype(dtype)}


def test_a_graph_as_data():
    graph = graphs.from_tensorflow(
        lambda x: attention.self_attention(x, EYE, EYE, EYE, heads=2)["context"], np.ones((3, 2))
    )
    x = random.normal(size=(3, 2))
    expected = attention.self_attention(x, EYE, EYE, EYE, heads=2)["context"]
    np.testing.assert_allclose(graphs.evaluate(graph, {"x": x}), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((EYE, np.ones((3, 2)), EYE, EYE), {}, ShapeError, r"w_q must have the shape \(2, units\); got \(3, 2\)$"),
        ((EYE, EYE, np.ones((2, 3)), EYE), {}, ShapeError, r"w_k must have the shape \(2, 2\); got \(2, 3\)$"),
        ((EYE, EYE, EYE, np.ones(2)), {}, ShapeError, r"w_v must have the shape \(2, d_value\); got \(2,\)$"),
        ((EYE, EYE, EYE, EYE), {"w_o": np.ones((3, 2))}, ShapeError, r"w_o must have the shape \(2, d_out\); got \(3,"),
        (([1, 2], EYE, EYE, EYE), {}, ShapeError, r"x must have the shape \(\.\.\., length, d\); got \(2,\)$"),
        ((EYE, EYE, EYE, EYE), {"heads": 3}, ShapeError, r"3 heads cannot share the columns of w_q \(2, 2\) evenly$"),
        (
            (EYE, EYE, EYE, np.ones((2, 3))),
            {"heads": 2},
            ShapeError,
            r"2 heads cannot share the columns of w_v \(2, 3\) evenly$",
        ),
        ((EYE, EYE, EYE, EYE), {"heads": 0}, OptionError, "heads must be a whole number of at least 1; got 0$"),
        ((EYE, EYE, EYE, EYE), {"mask": [True]}, None, None),
        (
            (EYE, EYE, EYE, EYE),
            {"mask": [True] * 3},
            ShapeError,
            r"a mask \(3,\) does not broadcast to scores \(2, 2\)$",
        ),
        (
            (np.ones((2, 2, 2)), EYE, EYE, EYE),
            {"mask": [[True, False], [True, False]]},
            ShapeError,
            r"a mask .* can be one row for each query or for each of the batch; write it in the shape \(1, 2, 2\)",
        ),
    ],
)
def test_what_does_not_fit(arguments, options, error, message):
    if error is None:
        attention.self_attention(*arguments, **options)
        return
    with pytest.raises(error, match=f"^self_attention: {message}"):
        attention.self_attention(*arguments, **options)
