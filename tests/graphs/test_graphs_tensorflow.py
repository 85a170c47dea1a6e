"""TensorFlow's own graph of a function, read into the same form."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from pybridge import graphs
from pybridge import tensors as t
from pybridge.errors import GraphError

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], "float32")
W = np.array([[1.0, 2.0], [0.0, -1.0], [0.5, 3.0]], "float32")
STATE = tf.Variable([1.0, 2.0, 3.0])
CONSTANT = tf.constant([2.0, 0.0, 1.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + 2 * x - x / 3 + x**2,
        lambda x: tf.maximum(x, 0.5) + tf.minimum(x, 1) + tf.math.squared_difference(x, 1.0),
        lambda x: -tf.abs(x) + tf.square(x) + tf.exp(x) + tf.tanh(x) + tf.sigmoid(x) + tf.nn.relu(x),
        lambda x: tf.sqrt(x * x) + tf.math.rsqrt(x * x) + tf.math.log(x * x) + tf.math.log1p(x * x),
        lambda x: tf.math.reciprocal(x) + tf.nn.softplus(x) + tf.nn.softmax(x) + tf.nn.log_softmax(x),
        lambda x: tf.where((x > 0) & (x <= 3) | ~(x != -2), x, 0.0) + tf.cast((x >= 1) & (x < 3), "float32"),
        lambda x: tf.cast(x == 3, "float64") + tf.cast(x, "float64"),
        lambda x: tf.matmul(x, W) + tf.matmul(x, tf.transpose(W), transpose_b=True),
        lambda x: tf.matmul(x, x, transpose_a=True) + tf.linalg.matmul([x], [x], adjoint_a=True),
        lambda x: tf.einsum("ij,kj->ik", x, x) + tf.tensordot(x, W, 1) + tf.tensordot(x, W, [[1], [0]]),
        lambda x: (
            tf.reduce_sum(x) + tf.reduce_mean(x, 0) + tf.reduce_max(x, -1, keepdims=True) + tf.reduce_min(x, [0, 1])
        ),
        lambda x: tf.argmax(x, 1) + tf.cast(tf.argmin(x, 1, output_type="int32"), "int64"),
        lambda x: tf.reshape(x, [-1, 2]) + tf.reshape(x, tf.shape(tf.transpose(x))) + tf.broadcast_to(x[0, 0], [3, 2]),
        lambda x: tf.expand_dims(x, 0) + tf.squeeze(x[tf.newaxis], 0) + x[:, tf.newaxis, :],
        lambda x: tf.concat([x, x], 1) + tf.tile(x, [1, 2]) + tf.repeat(x, 2, axis=1),
        lambda x: tf.stack([x, x], -1)[..., 0] + sum(tf.unstack(x, axis=0)),
        lambda x: x[0] + x[-1, ::-1] + x[1:, 0] + x[..., 1:2][0] + tf.slice(x, [0, 1], [1, 1])[0],
        lambda x: tf.split(x, 3, axis=1)[1] + tf.split(x, [1, 2], axis=1)[0],
        lambda x: tf.gather(x, [2, 0], axis=1) + t.gather(x, [-1, 0], axis=1),
        lambda x: tf.one_hot(tf.argmax(x, 1), 3) * x + tf.add_n([x, x, x]) + tf.identity(x),
        lambda x: x * STATE + CONSTANT + tf.zeros_like(x) + tf.ones([3]) + tf.fill([3], 2.0) + tf.range(3.0),
        lambda x: t.norm(x) + t.softmax(x) + t.dot(x, [1.0, 2.0, 3.0])[0] + t.index(x, None, [0, None]),
        lambda x: keras.activations.relu(x) + keras.activations.softmax(x) + keras.activations.sigmoid(x),
        tf.function(lambda x: x + 1),
        lambda x: tf.sin(x) + tf.cos(x) + tf.tan(x) + tf.atan(x) + tf.asin(x / 5) + tf.acos(x / 5) + tf.atan2(x, 2 - x),
        lambda x: tf.sinh(x) + tf.cosh(x) + tf.math.expm1(x) + tf.math.erf(x) + tf.math.erfc(x),
        lambda x: tf.nn.elu(x) + tf.nn.leaky_relu(x) + tf.nn.gelu(x) + tf.nn.silu(x) + tf.nn.relu6(3 * x),
        lambda x: tf.floor(x / 2) + tf.math.ceil(x / 3) + tf.round(x / 4) + tf.sign(x) + tf.math.rint(x),
        lambda x: x // 2 + x % 3 + tf.cast(tf.cast(x, "int64") // 2 + tf.cast(x, "int64") % 3, "float32"),
        lambda x: tf.clip_by_value(x, -1, 2) + tf.where(tf.math.is_nan(x) | tf.math.is_inf(x), 0.0, x),
        lambda x: (
            tf.where(tf.math.is_finite(tf.math.log(x)), x, 0.0) + tf.cast(tf.math.logical_xor(x > 0, x > 2), "float32")
        ),
        lambda x: tf.reduce_prod(x) + tf.reduce_prod(x, [1], keepdims=True),
        lambda x: [tf.reduce_any(x > 3), tf.reduce_all(x > 0, axis=0)][1],
        lambda x: tf.cumsum(x) + tf.cumsum(x, 1, exclusive=True) + tf.cumsum(x, 1, reverse=True),
        lambda x: tf.math.cumprod(x, 1, exclusive=True, reverse=True) + tf.math.cumprod(x),
        lambda x: tf.pad(x, [[0, 1], [2, 0]]) + tf.pad(x, [[1, 0], [1, 1]], constant_values=7.0),
        lambda x: tf.reverse(x, [1]) + x[::-1] + tf.roll(x, 1, 0) + tf.roll(x, [1, -2], [0, 1]),
        lambda x: t.power(x, 2) + t.power(x, [0.0, 1.0, 2.0]),
        lambda x: t.std(x, axis=0) + t.var(x) + t.prod(x, axis=0) + t.cumsum(x, axis=1) + t.clip(x, 0, 2) + t.flip(x),
    ],
)
def test_the_graph_gives_what_the_function_gives(f):
    graph = json.loads(json.dumps(graphs.from_tensorflow(f, X)))
    (name,) = graph["inputs"]
    got, expected = graphs.evaluate(graph, {name: X}), f(tf.constant(X))
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_a_network_and_its_derivative():
    def loss(x, W1, b1, W2, b2):
        hidden = tf.nn.relu(tf.matmul(x, W1) + b1)
        return -tf.reduce_mean(tf.math.log(tf.nn.softmax(tf.matmul(hidden, W2) + b2))[:, 0])

    random = np.random.default_rng(1)
    shapes = {"x": (4, 3), "W1": (3, 5), "b1": (5,), "W2": (5, 2), "b2": (2,)}
    values = {name: tf.constant(random.normal(size=shape)) for name, shape in shapes.items()}
    graph = graphs.from_tensorflow(loss, *values.values())
    assert graph["inputs"] == list(shapes)
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = loss(**values)
    expected = tape.gradient(result, values)
    got = graphs.evaluate(graphs.derivative(graph, graph["inputs"]), values)
    for name, gradient in zip(shapes, got, strict=True):
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-9, atol=1e-12)


def test_large_numbers_stay_finite():
    x = np.array([[1000.0, 1001.0, 0.0]], "float32")
    for f in (tf.nn.log_softmax, tf.nn.softplus):
        graph = graphs.from_tensorflow(f, x)
        (name,) = graph["inputs"]
        np.testing.assert_allclose(graphs.evaluate(graph, {name: x}), f(x), rtol=1e-6)


def test_nodes_are_called_as_in_tensorflow():
    graph = graphs.from_tensorflow(lambda x: tf.nn.relu(tf.matmul(x, W)), X)
    assert [(node["id"], node["op"]) for node in graph["nodes"]][1:] == [("MatMul", "matmul"), ("Relu", "relu")]


def test_several_outputs_and_a_layer_of_keras():
    layer = keras.layers.Dense(2, "tanh")
    layer.build((None, 3))
    graph = graphs.from_tensorflow(lambda x: [layer(x), x], X)
    got = graphs.evaluate(graph, {graph["inputs"][0]: X})
    np.testing.assert_allclose(got[0], layer(X), rtol=1e-6)
    np.testing.assert_array_equal(got[1], X)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: tf.math.lgamma(x), r"graphs have no operation for TensorFlow's Lgamma \(node Lgamma\)"),
        (lambda x: tf.reduce_sum(tf.math.digamma(x)), r"no operation for TensorFlow's Digamma \(node Digamma\)"),
        (lambda x: tf.random.normal([2]) + x[0, 0], "no operation for TensorFlow's RandomStandardNormal"),
        (
            lambda x: tf.broadcast_to(x[0], tf.cast(3 * x[:, 0], "int32")),
            "the shape of TensorFlow's BroadcastTo .* depends on a value",
        ),
        (lambda x: tf.gather(x, [[0]], batch_dims=1, axis=1), "GatherV2 with batch_dims"),
        (lambda x: tf.one_hot(tf.argmax(x, 1), 3, on_value=2.0), "OneHot of 1 and 0 along the last axis only"),
        (lambda x: None, "the function returns no tensor"),
        (lambda x: STATE.assign_add(x[0]) + 1, "this function changes a variable"),
    ],
)
def test_what_graphs_lack_is_named(f, message):
    with pytest.raises(GraphError, match=message):
        graphs.from_tensorflow(f, X)
