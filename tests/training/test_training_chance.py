"""What is drawn at random: the same numbers as in Keras, with XLA and without."""

from __future__ import annotations

import functools
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from training_nets import X, Y
from training_pairs import step_by_step

from pybridge import training
from pybridge.training._chance import portable_chance

layers = keras.layers
IMAGES = X.repeat(6, axis=1).reshape(70, 6, 6, 1)


def net(*noise):
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, activation="relu"), *noise, layers.Dense(3, activation="softmax")]
    )


def picture_net(layer):
    return keras.Sequential([keras.Input((6, 6, 1)), layer, layers.Flatten(), layers.Dense(3, activation="softmax")])


class Noisy(keras.Model):
    """Draws normal, uniform and whole numbers in its own step, as a VAE or a diffusion model does."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(6)
        self.seeds = keras.random.SeedGenerator(7)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, _ = data
        shape = tf.shape(x)
        with tf.GradientTape() as tape:
            noise = keras.random.normal(shape, seed=self.seeds)
            share = keras.random.uniform((shape[0], 1), seed=self.seeds)
            when = keras.random.randint((shape[0], 1), 0, 5, seed=self.seeds)
            shown = x * share + noise * (1 - share) * tf.cast(when, tf.float32)
            loss = tf.reduce_mean(tf.square(self(shown) - x))
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}


MODELS = {
    "dropout": lambda: net(layers.Dropout(0.5)),
    "gaussian noise": lambda: net(layers.GaussianNoise(0.3)),
    "gaussian dropout": lambda: net(layers.GaussianDropout(0.3)),
    "alpha dropout": lambda: net(layers.AlphaDropout(0.3)),
    "spatial dropout": lambda: net(layers.Reshape((2, 4)), layers.SpatialDropout1D(0.5), layers.Flatten()),
    "flip": lambda: picture_net(layers.RandomFlip()),
    "rotation": lambda: picture_net(layers.RandomRotation(0.3)),
    "zoom": lambda: picture_net(layers.RandomZoom(0.3)),
    "own step": Noisy,
}


def next_numbers():
    """What each generator of random numbers would draw next."""
    return [random.random(), np.random.random(), float(tf.random.uniform([])), float(keras.random.uniform([]))]


def outcome(fit, name, **options):
    x = IMAGES if name in ("flip", "rotation", "zoom") else X
    keras.utils.set_random_seed(11)
    model = MODELS[name]()
    model.compile("sgd", None if name == "own step" else "sparse_categorical_crossentropy", jit_compile=False)
    if fit is keras.Model.fit:
        step_by_step(model)
    history = fit(model, x, Y, verbose=0, **{"epochs": 2, "batch_size": 32} | options)
    losses = history["loss"] if isinstance(history, dict) else history.history["loss"]
    return losses, model.get_weights(), next_numbers()


@functools.cache
def by_keras(name, **options):
    return outcome(keras.Model.fit, name, **options)


def keras_and_ours(name, jit, **options):
    return by_keras(name, **options), outcome(training.fit, name, jit=jit, **options)


def assert_alike(expected, got):
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-4)
    for weight, wanted in zip(got[1], expected[1], strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-3, atol=2e-5)
    assert got[2] == expected[2]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore:the model draws random numbers of a kind:UserWarning")
@pytest.mark.filterwarnings("ignore:XLA cannot compile this model:UserWarning")
@pytest.mark.parametrize("jit", [False, True])
def test_one_seed_gives_what_keras_gives(name, jit):
    assert_alike(*keras_and_ours(name, jit))


class Drawing(keras.Sequential):
    """Draws by TensorFlow's own operations, each of which has a generator in the graph that it was traced in."""

    traced = 0

    def call(self, x, **options):
        return super().call(x + tf.random.normal(tf.shape(x)), **options)

    def train_step(self, data):
        self.traced += 1
        return super().train_step(data)


def test_what_draws_in_its_own_graph_goes_on_as_in_keras():
    outcomes = []
    for fit in (keras.Model.fit, training.fit):
        keras.utils.set_random_seed(3)
        model = Drawing([keras.Input((6,)), layers.Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories, traced = [], []
        for _ in range(3):
            history = fit(model, X, Y, epochs=2, batch_size=32, shuffle=False, verbose=0)
            histories.append(history["loss"] if isinstance(history, dict) else history.history["loss"])
            traced.append(model.traced)
        outcomes.append((np.ravel(histories), model.get_weights(), next_numbers()))
        assert traced == traced[:1] * 3
    assert_alike(*outcomes)


@pytest.mark.parametrize("shuffle", [True, "batch", False])
@pytest.mark.parametrize("batch_size", [16, 1000])
def test_samples_come_in_keras_order(shuffle, batch_size):
    outcomes = keras_and_ours("dropout", "auto", shuffle=shuffle, batch_size=batch_size)
    assert_alike(*outcomes)


def test_xla_chosen_by_itself_draws_as_keras():
    assert_alike(*keras_and_ours("dropout", "auto", batch_size=1, epochs=1))


def test_a_seed_of_fit_leaves_the_generators_alone():
    keras.utils.set_random_seed(3)
    model = net(layers.Dropout(0.5))
    state = random.getstate(), np.random.get_state()[1].tolist()
    training.fit(model, X, Y, epochs=1, seed=5, progress=False)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state


def drawn(function, shape, dtype, *, jit, portable):
    @tf.function(jit_compile=jit, autograph=False)
    def draw(seed):
        return function(shape, seed=seed, dtype=dtype)

    if not portable:
        return draw
    with portable_chance():
        return draw.get_concrete_function(tf.TensorSpec([2], tf.int32))


SHAPES = {"float32": [[], [1], [3], [4], [5], [2, 3], [17, 1, 3], [0], [4, 0], [129]]}
SHAPES |= {half: [[], [5], [17, 1, 3], [0]] for half in ("float16", "bfloat16")}  # laid out alike


@pytest.mark.parametrize(("dtype", "shape"), [(dtype, shape) for dtype in SHAPES for shape in SHAPES[dtype]], ids=str)
def test_uniform_numbers_are_the_kernels_to_the_bit(dtype, shape):
    compiled = drawn(tf.random.stateless_uniform, shape, dtype, jit=True, portable=True)
    for seed in ([0, 0], [1, 2], [-5, 2**31 - 1]):
        seed = tf.constant(seed, tf.int32)
        expected = tf.random.stateless_uniform(shape, seed, dtype=dtype, alg="philox")
        assert expected.shape == shape
        np.testing.assert_array_equal(tf.cast(compiled(seed), "float64"), tf.cast(expected, "float64"))


@pytest.mark.parametrize("shape", [[1], [5], [2, 3, 7], [0]], ids=str)
def test_whole_numbers_are_the_kernels(shape):
    def whole(shape, seed, dtype):
        return tf.random.stateless_uniform(shape, seed, -3, 1000, dtype)

    seed = tf.constant([3, 4], tf.int32)
    compiled = drawn(whole, shape, "int32", jit=True, portable=True)
    np.testing.assert_array_equal(compiled(seed), whole(shape, seed, "int32"))


@settings(max_examples=12)
@given(
    shape=st.lists(st.integers(1, 6), min_size=0, max_size=3),
    seed=st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 2),
    dtype=st.sampled_from(["float32", "float16", "bfloat16"]),
)
def test_normal_numbers_are_the_kernels_but_for_rounding(shape, seed, dtype):
    seed = tf.constant(seed, tf.int32)
    expected = tf.cast(tf.random.stateless_normal(shape, seed, dtype=dtype, alg="philox"), "float64")
    got = tf.cast(drawn(tf.random.stateless_normal, shape, dtype, jit=False, portable=True)(seed), "float64")
    rounding = {"float32": 4e-6, "float16": 4e-3, "bfloat16": 4e-2}[dtype]
    np.testing.assert_allclose(got, expected, atol=rounding)


@pytest.mark.parametrize("shape", [[3], [64, 33]], ids=str)
def test_so_they_are_in_xla(shape):
    seed = tf.constant([1, 2], tf.int32)
    compiled = drawn(tf.random.stateless_normal, shape, "float32", jit=True, portable=True)
    expected = tf.random.stateless_normal(shape, seed, alg="philox")
    np.testing.assert_allclose(compiled(seed), expected, atol=4e-6)


def test_portable_numbers_end_with_their_context():
    with portable_chance():
        pass
    seed = tf.constant([1, 2], tf.int32)
    plain = drawn(tf.random.stateless_uniform, [8], "float32", jit=False, portable=False)
    np.testing.assert_array_equal(plain(seed), tf.random.stateless_uniform([8], seed))
