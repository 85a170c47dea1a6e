"""Chapter 2's loops against the vectorised operations, and its training by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from pybridge import data, naive
from pybridge import tensors as t
from pybridge.errors import DataError, DtypeError, OptionError, ShapeError


def test_loops_leave_what_they_are_given_as_it_is():
    x, y = np.array([[1, -2], [-3, 4]]), np.array([[1.5, 1.5], [1.5, 1.5]])
    naive.naive_relu(x)
    assert naive.naive_add(x, y).tolist() == [[2.5, -0.5], [-1.5, 5.5]]
    assert x.tolist() == [[1, -2], [-3, 4]]
    assert type(naive.naive_vector_dot([1, 2, 3], [4, 5, 6])) is float


# ---- layers and models


def test_a_dense_layer_by_hand():
    layer = naive.NaiveDense(2, 2, "relu")
    for weight, value in zip(layer.weights, ([[1.0, 2.0], [3.0, 4.0]], [1.0, -20.0]), strict=True):
        t.assign(weight, value)
    assert t.to_list(layer([[1.0, 1.0]])) == t.to_list(layer.call([[1.0, 1.0]])) == [[5.0, 0.0]]


def test_a_dense_layer_begins_with_small_weights():
    layer = naive.NaiveDense(100, 50, "softmax", seed=3)
    w, b = layer.weights
    assert (w.shape, b.shape) == ((100, 50), (50,))
    assert 0 <= w.numpy().min() < 0.001 and 0.099 < w.numpy().max() < 0.1
    assert not b.numpy().any()
    assert t.allclose(w, naive.NaiveDense(100, 50, "softmax", seed=3).weights[0])


@pytest.mark.parametrize(
    ("activation", "expected"), [("tanh", np.tanh(-2.0)), (lambda x: x * x, 4.0), (None, -2.0), ("relu", 0.0)]
)
def test_an_activation_is_a_name_or_a_function(activation, expected):
    layer = naive.NaiveDense(1, 1, activation)
    t.assign(layer.W, [[1.0]])
    assert t.to_list(layer([[-2.0]])) == [[pytest.approx(expected)]]


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
def test_a_layer_takes_samples_of_every_dtype(dtype):
    layer = naive.NaiveDense(2, 2, "relu", seed=0)
    wanted = layer([[1.0, 2.0]])
    for samples in (np.array([[1, 2]], dtype), tf.constant([[1, 2]], dtype)):
        np.testing.assert_allclose(layer(samples), wanted, rtol=1e-6)


def test_a_model_is_its_layers_one_after_the_other():
    layers = [naive.NaiveDense(3, 4, "relu", seed=0), naive.NaiveDense(4, 2, "softmax", seed=1)]
    model = naive.NaiveSequential(layers)
    x = [[1.0, 2.0, 3.0]]
    assert t.allclose(model(x), layers[1](layers[0](x)))
    assert t.allclose(model.call(x), model(x))
    assert [weight.shape for weight in model.weights] == [(3, 4), (4,), (4, 2), (2,)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: naive.NaiveDense(2, 2, "rellu"),
            'activation must be "relu", "sigmoid", "softmax", "tanh", None or a function; got \'rellu\': did you mean',
        ),
        (lambda: naive.NaiveDense(2, 2, 1), "activation must be .*; got 1"),
        (lambda: naive.NaiveDense(0, 2, "relu"), "input_size must be a whole number of at least 1; got 0"),
        (lambda: naive.NaiveDense(2, True, "relu"), "output_size must be a whole number of at least 1; got True"),
        (
            lambda: naive.NaiveDense(2, 2, "relu", seed=1.0),
            "seed must be a whole number of at least 0, or None; got 1.0",
        ),
        (lambda: naive.NaiveSequential([]), "NaiveSequential: a model has at least one layer; got none"),
        (lambda: naive.NaiveSequential(3), "NaiveSequential: a list of layers is wanted; got 3"),
        (
            lambda: naive.NaiveSequential([naive.NaiveDense(2, 2, None), 3]),
            r"NaiveSequential: a layer can be called and has weights; layers\[1\] is 3",
        ),
        (
            lambda: naive.NaiveDense(2),
            r"NaiveDense: output_size is missing; it takes \(input_size, output_size, activation, \*, seed=None\)",
        ),
        (lambda: naive.NaiveDense(2, 2, None, sed=1), "NaiveDense: there is no option sed; did you mean seed?"),
    ],
)
def test_layers_that_cannot_be(make, message):
    with pytest.raises(OptionError, match=message):
        make()


# ---- batches and training


def test_there_are_469_batches_of_mnist():
    batches = naive.BatchGenerator(np.zeros((60000, 1)), np.zeros(60000), 128)
    assert batches.num_batches == 469
    assert [len(images) for images, _ in batches] == [128] * 468 + [96]


def test_batches_one_after_the_other():
    batches = naive.BatchGenerator([[1.0], [2.0], [3.0]], [7, 8, 9], batch_size=2)
    first, second = batches.next(), batches.next()
    assert [part.tolist() for part in first + second] == [[[1.0], [2.0]], [7, 8], [[3.0]], [9]]
    with pytest.raises(DataError, match="all 2 batches have been taken; make a new BatchGenerator"):
        batches.next()
    assert len(list(batches)) == len(list(batches)) == 2


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (([[1.0], [2.0]], [1]), ShapeError, r"as many labels as images.*got shapes \(2, 1\) and \(1,\)"),
        (([[1.0]], [1], 0), OptionError, "batch_size must be a whole number of at least 1; got 0"),
        (([[1.0]], [1], 0.5), OptionError, "batch_size must be a whole number of at least 1; got 0.5"),
        (([[1.0]], [1], True), OptionError, "batch_size must be a whole number of at least 1; got True"),
    ],
)
def test_batches_that_cannot_be(args, error, message):
    with pytest.raises(error, match=message):
        naive.BatchGenerator(*args)


def test_a_step_goes_against_the_gradient():
    model = naive.NaiveSequential([naive.NaiveDense(2, 2, "softmax")])
    w, b = model.weights
    t.assign(w, t.zeros([2, 2]))
    loss = naive.one_training_step(model, [[1.0, 3.0]], [0], learning_rate=0.1)
    # at equal scores each class has probability .5; the gradient by the scores is (.5 - 1, .5 - 0)
    assert loss.numpy() == pytest.approx(np.log(2), rel=1e-5)
    np.testing.assert_allclose(b, [0.05, -0.05], rtol=1e-4)
    np.testing.assert_allclose(w, [[0.05, -0.05], [0.15, -0.15]], rtol=1e-4)


def test_a_weight_without_a_gradient_stays():
    weights = [tf.Variable(1.0), tf.Variable(2.0)]
    naive.update_weights([None, 10.0], weights, learning_rate=0.1)
    assert [weight.numpy() for weight in weights] == [1.0, 1.0]
    with pytest.raises(ShapeError, match="each weight takes one gradient; got 1 gradients for 2 weights"):
        naive.update_weights([1.0], weights)


@pytest.mark.parametrize(
    ("gradients", "weights", "error", "message"),
    [
        ([1.0, [1.0, 2.0]], [1.0, [1.0]], ShapeError, r"gradients\[1\] has \(2,\) for a weight of shape \(1,\)"),
        ([1.0, 1.0], [1.0, [1.0, 2.0]], ShapeError, r"gradients\[1\] has \(\) for a weight of shape \(2,\)"),
        ([1.0, None], [1.0], ShapeError, "each weight takes one gradient; got 2 gradients for 1 weights"),
        ([1.0, "a"], [1.0, 1.0], DtypeError, "update_weights: a tensor holds numbers; got 'a'"),
    ],
)
def test_no_weight_changes_where_one_gradient_does_not_fit(gradients, weights, error, message):
    weights = [tf.Variable(weight) for weight in weights]
    with pytest.raises(error, match=message):
        naive.update_weights(gradients, weights)
    assert weights[0].numpy() == 1.0


def test_weights_are_variables():
    with pytest.raises(OptionError, match=r"update_weights: a weight is a variable; weights\[0\] is 3"):
        naive.update_weights([1.0], [3])


def test_the_readers_own_errors_pass_as_they_are():
    def broken(x):
        raise KeyError("mine")

    layer = naive.NaiveDense(2, 2, broken)
    assert layer.activation is broken
    model = naive.NaiveSequential([layer])
    for call in (layer, model, lambda x: naive.one_training_step(model, x, [0]), lambda x: naive.fit(model, x, [0], 1)):
        with pytest.raises(KeyError, match="mine"):
            call([[1.0, 2.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fit_takes_the_steps_of_the_loop_by_hand(dtype):
    random = np.random.default_rng(0)
    images, labels = random.normal(size=(10, 3)).astype(dtype), random.integers(0, 2, 10)
    by_fit, by_hand = (naive.NaiveSequential([naive.NaiveDense(3, 2, "softmax", seed=5)]) for _ in range(2))
    history = naive.fit(by_fit, images, labels, epochs=2, batch_size=4, learning_rate=0.1)
    for _ in range(2):
        for some_images, some_labels in naive.BatchGenerator(images, labels, 4):
            naive.one_training_step(by_hand, some_images, some_labels, learning_rate=0.1)
    assert len(history["loss"]) == 2 and all(type(loss) is float for loss in history["loss"])
    for one, other in zip(by_fit.weights, by_hand.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_fit_honours_its_batch_size():
    # the book's fit takes a batch size and leaves BatchGenerator at its default of 128
    images, labels = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
    whole, single = (naive.NaiveSequential([naive.NaiveDense(4, 2, "softmax", seed=5)]) for _ in range(2))
    naive.fit(whole, images, labels, 1, 4, learning_rate=1.0)
    naive.fit(single, images, labels, 1, 1, learning_rate=1.0)
    assert not t.allclose(whole.weights[0], single.weights[0])


def test_the_loss_of_an_epoch_is_averaged_over_samples():
    model = naive.NaiveSequential([naive.NaiveDense(1, 2, "softmax", seed=5)])
    images, labels = np.array([[1.0], [2.0], [30.0]], "float32"), np.array([0, 0, 1])
    history = naive.fit(model, images, labels, epochs=1, batch_size=2, learning_rate=0.0)
    each = -np.log(model(images).numpy()[np.arange(3), labels])
    assert history["loss"] == [pytest.approx(each.mean(), rel=1e-5)]


@pytest.mark.parametrize("epochs", [-1, 1.5, True])
def test_epochs_are_whole(epochs):
    model = naive.NaiveSequential([naive.NaiveDense(1, 2, "softmax")])
    with pytest.raises(OptionError, match=f"epochs must be a whole number of at least 0; got {epochs}"):
        naive.fit(model, [[1.0]], [0], epochs=epochs)


def small_model():
    return naive.NaiveSequential([naive.NaiveDense(2, 4, "relu", seed=5), naive.NaiveDense(4, 3, "softmax", seed=6)])


IMAGES = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
TRAIN = {
    "step": lambda model, labels: naive.one_training_step(model, IMAGES, labels, 0.5),
    "fit": lambda model, labels: naive.fit(model, IMAGES, labels, epochs=2, learning_rate=0.5),
    "fit in batches": lambda model, labels: naive.fit(model, IMAGES, labels, epochs=2, batch_size=4, learning_rate=0.5),
}


@pytest.mark.parametrize("train", TRAIN)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2, 0, 1, 7], r"labels run from 0 to 2; labels\[5\] is 7"),
        ([0, 1, 2, 0, 1, 3], r"labels run from 0 to 2; labels\[5\] is 3"),
        ([-1, 1, 2, 0, 1, 7], r"labels run from 0 to 2; labels\[0\] is -1"),
        ([0, 1, 2, 0, 1, np.nan], r"labels run from 0 to 2; labels\[5\] is nan"),
        ([0, 1, np.inf, 0, 1, 2], r"labels run from 0 to 2; labels\[2\] is inf"),
        ([[0], [1], [2], [0], [-1], [1]], r"labels run from 0 to 2; labels\[4, 0\] is -1"),
        (np.array([0, 1, 2, 0, 1, 255], "uint8"), r"labels run from 0 to 2; labels\[5\] is 255"),
        (tf.constant([0, 1, 2, 0, 1, 3]), r"labels run from 0 to 2; labels\[5\] is 3"),
        (tf.constant(["a"] * 6), "a tensor of string holds no numbers"),
        ([0, 1, 2, 0.5, 1, 2], r"labels are whole numbers; labels\[3\] is 0.5"),
        (np.eye(3)[[0, 1, 2, 0, 1, 2]] * 9, "classes as 0 and 1 go with categorical_crossentropy"),
    ],
)
def test_a_label_that_names_no_class_is_refused_before_a_weight_has_changed(train, labels, message):
    model = small_model()
    before = [weight.numpy() for weight in model.weights]
    with pytest.raises((ShapeError, DtypeError), match=message):
        TRAIN[train](model, labels)
    for weight, other in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize("train", TRAIN)
@pytest.mark.parametrize(
    "labels",
    [
        [0, 1, 2, 0, 1, 2],
        [0.0, 1.0, 2.0, 0.0, 1.0, 2.0],
        [True, False] * 3,
        np.array([[0], [1], [2], [0], [1], [2]], "uint8"),
        tf.constant([0, 1, 2, 0, 1, 2], "bfloat16"),
    ],
)
def test_labels_of_every_class_are_taken(train, labels):
    model = small_model()
    TRAIN[train](model, labels)
    assert all(np.isfinite(weight).all() for weight in model.weights)


def test_training_needs_samples():
    with pytest.raises(ShapeError, match="there are no samples to train on"):
        naive.fit(small_model(), np.zeros((0, 2)), np.zeros(0), epochs=1)
    model = small_model()
    with pytest.raises(ShapeError, match="there are no samples to train on"):
        naive.one_training_step(model, np.zeros((0, 2)), np.zeros(0))
    assert all(np.isfinite(weight).all() for weight in model.weights)
    assert list(naive.BatchGenerator(np.zeros((0, 2)), np.zeros(0))) == []


@pytest.mark.parametrize("rate", ["fast", None, True, np.nan, [0.1], tf.constant([0.1]), tf.constant(np.nan)])
def test_a_learning_rate_is_a_finite_number(rate):
    for call in (
        lambda: naive.update_weights([1.0], [tf.Variable(1.0)], rate),
        lambda: naive.one_training_step(small_model(), IMAGES, [0] * 6, rate),
        lambda: naive.fit(small_model(), IMAGES, [0] * 6, epochs=0, learning_rate=rate),
    ):
        with pytest.raises(OptionError, match="learning_rate must be a number; got "):
            call()


def test_a_learning_rate_may_be_numpys_a_tensor_or_a_variable():
    for rate in (np.float32(0.5), np.array(0.5), tf.constant(0.5), tf.Variable(0.5)):
        weight = tf.Variable(1.0)
        naive.update_weights([1.0], [weight], rate)
        tf.function(lambda rate=rate, weight=weight: naive.update_weights([0.5], [weight], rate))()
        assert weight.numpy() == 0.25


def test_fit_needs_a_model():
    with pytest.raises(OptionError, match="a model is wanted first, one that can be called and has weights; got 3"):
        naive.fit(3, IMAGES, [0] * 6, epochs=0)


def test_digits_are_learned_by_hand():
    (images, labels), (test_images, test_labels) = data.load_digits()
    images, test_images = data.prepare_images(images), data.prepare_images(test_images)
    model = naive.NaiveSequential(
        [naive.NaiveDense(784, 64, "relu", seed=0), naive.NaiveDense(64, 10, "softmax", seed=1)]
    )
    history = naive.fit(model, images, labels, epochs=30, batch_size=16, learning_rate=0.05)
    assert history["loss"][-1] < 0.5 < history["loss"][0]
    predicted = np.argmax(model(test_images), axis=1)
    assert np.mean(predicted == test_labels) > 0.85
