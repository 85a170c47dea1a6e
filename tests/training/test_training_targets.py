"""Targets that a loss or a metric would misread are refused with a way out."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_nets import X, Y, digest, small_net, train
from training_pairs import step_by_step

from pybridge import models, training
from pybridge.errors import DtypeError, OptionError, ShapeError

NAMES = np.array(["cat", "dog", "owl"])[Y]


def dataset(*parts):
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(16)


def fit(model, x=X, y=Y, **options):
    return training.fit(model, x, y, **{"epochs": 1, "batch_size": 16, "progress": False} | options)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", keras.losses.CategoricalCrossentropy])
@pytest.mark.parametrize("y", [Y, Y.astype("float32"), Y[:, None]], ids=["row", "floats", "column"])
def test_class_numbers_need_a_loss_of_class_numbers(loss, y):
    message = r"categorical_crossentropy takes a target for each of the 3 outputs; y has the shape \(70.*\). For class "
    with pytest.raises(ShapeError, match=message + "numbers there is sparse_categorical_crossentropy, and tensors.one"):
        fit(small_net(), y=y, optimizer="sgd", loss=loss, metrics=[])


@pytest.mark.parametrize("loss", ["binary_crossentropy", "BinaryFocalCrossentropy", keras.losses.binary_crossentropy])
def test_a_binary_loss_needs_a_target_for_each_output(loss):
    with pytest.raises(ShapeError, match=r"takes a target for each of the 3 outputs; .* sparse_categorical_cross"):
        fit(small_net(), loss=loss, metrics=[])


@pytest.mark.parametrize("x", [dataset(X, Y), iter([(X, Y)])], ids=["dataset", "generator"])
def test_so_they_do_where_the_targets_are_inside(x):
    with pytest.raises(ShapeError, match=r"the y of x has the shape .*sparse_categorical_crossentropy"):
        fit(small_net(), x, None, loss="categorical_crossentropy", metrics=[])


@pytest.mark.parametrize("option", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("metric", ["Precision", "Recall", keras.metrics.AUC, "categorical_accuracy"])
def test_a_metric_that_counts_needs_one_hot_targets(option, metric):
    told = {"metrics": []} | {option: [metric]}
    with pytest.raises(ShapeError, match=r"the metric \w+ takes a target for each of the 3 outputs; .*one_hot\(y, 3\)"):
        fit(small_net(), loss="sparse_categorical_crossentropy", **told)


def test_a_compiled_models_own_loss_is_looked_at_too():
    model = small_net()
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ShapeError, match="For class numbers there is sparse_categorical_crossentropy"):
        fit(model)


def test_one_hot_targets_go_with_what_wants_them():
    history = fit(
        small_net(), y=np.eye(3)[Y], loss="categorical_crossentropy", metrics=["accuracy", keras.metrics.Precision()]
    )
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize(
    "options",
    [
        {"y": NAMES},
        {"y": NAMES.astype(object)},
        {"y": NAMES.tolist()},
        {"y": tf.constant(NAMES)},
        {"x": dataset(X, NAMES), "y": None},
        {"validation_data": (X, NAMES)},
        {"validation_data": dataset(X, NAMES)},
    ],
    ids=["array", "objects", "list", "tensor", "dataset", "validation", "validation dataset"],
)
def test_strings_are_no_targets(options):
    model = small_net()
    before = digest(model)
    with pytest.raises(DtypeError, match=r"holds strings, and a loss takes numbers; numpy.unique\(.*StringLookup"):
        fit(model, **options)
    assert digest(model) == before


def test_strings_of_a_generator_are_no_targets():
    with pytest.raises(OptionError, match="x cannot be used: it gives strings of NumPy's; make tensors of them by tf"):
        fit(small_net(), iter([(X, NAMES)]), None)


def test_strings_of_one_of_several_outputs_are_no_targets():
    given = keras.Input((6,))
    model = keras.Model(given, {"kind": keras.layers.Dense(3, activation="softmax", name="kind")(given)})
    with pytest.raises(DtypeError, match="holds strings, and a loss takes numbers"):
        fit(model, y={"kind": NAMES}, loss={"kind": "sparse_categorical_crossentropy"}, metrics=[])


@pytest.mark.parametrize("x", [dataset(X), dataset(X).map(lambda x: (x,)), iter([(X,)])])
def test_samples_alone_train_no_classifier(x):
    with pytest.raises(OptionError, match=r"the y of x is missing; a model that makes its loss .* takes loss=None and"):
        fit(small_net(), x, None)


class Sparing(keras.layers.Layer):
    """Adds the mean square of what passes to the loss."""

    def call(self, x):
        self.add_loss(tf.reduce_mean(tf.square(x)))
        return x


def test_samples_alone_train_a_model_that_adds_its_own_loss():
    def make():
        keras.utils.set_random_seed(1)
        return keras.Sequential([keras.Input((6,)), keras.layers.Dense(2), Sparing()])

    theirs, ours = make(), make()
    theirs.compile("sgd")
    expected = step_by_step(theirs).fit(dataset(X), epochs=2, shuffle=False, verbose=0).history
    history = fit(ours, dataset(X), None, epochs=2, optimizer="sgd", loss=None, metrics=[])
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
@pytest.mark.parametrize("empty", [dataset(X, Y).take(0), dataset(X, Y).filter(lambda x, y: False)])
def test_validation_needs_samples(empty):
    with pytest.raises(ShapeError, match="there are no samples in validation_data"):
        fit(small_net(), validation_data=empty)
    with pytest.raises(ShapeError, match="there are no samples in x"):
        fit(small_net(), empty, None)


class Pair(keras.Model):
    """Has a compile that takes two optimizers, as a GAN has."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def compile(self, first_optimizer, second_optimizer):
        super().compile(loss=None)
        self.first_optimizer, self.second_optimizer = first_optimizer, second_optimizer

    def train_step(self, data):
        x, _ = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.dense(x)))
        variables = self.trainable_variables
        self.first_optimizer.apply(tape.gradient(loss, variables), variables)
        return {"energy": loss}


@pytest.mark.parametrize("options", [{}, {"optimizer": "sgd"}])
def test_a_model_whose_compile_takes_other_arguments_is_compiled_by_its_owner(options):
    message = "Pair has a compile of its own, which takes first_optimizer, second_optimizer; call model.compile with"
    with pytest.raises(OptionError, match=message):
        fit(Pair(), **options)
    model = Pair()
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    energies = fit(model, epochs=3)["energy"]
    assert energies[0] > energies[2]


def test_a_fresh_optimizer_does_not_go_on_unnoticed():
    model = small_net()
    train(model, optimizer=keras.optimizers.Adam(), epochs=2)
    with pytest.warns(UserWarning, match="the Adam given starts anew: what the model's own has learned in 10 steps is"):
        train(model, optimizer=keras.optimizers.Adam(), initial_epoch=2, epochs=3)
    assert model.optimizer.iterations == 5


def test_one_optimizer_goes_on_as_in_keras():
    theirs, ours = small_net(), small_net()
    options = {"batch_size": 16, "shuffle": False}
    theirs.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    step_by_step(theirs).fit(X, Y, epochs=4, verbose=0, **options)
    optimizer = keras.optimizers.Adam(0.01)
    for first, last in ((0, 2), (2, 4)):
        train(ours, optimizer=optimizer, initial_epoch=first, epochs=last, seed=None, **options)
    for weight, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")  # as Keras says of any generator
@pytest.mark.parametrize("shapes", [(None, (None,)), ((None, 6), None), (None, None)], ids=["x", "y", "both"])
def test_a_dataset_says_what_shape_its_batches_have(shapes):
    def unknown():
        kinds = (tf.float32, tf.int64)
        return tf.data.Dataset.from_generator(lambda: iter([(X, Y)]), output_types=kinds, output_shapes=shapes)

    message = r"^{} is a dataset that does not say what shape .* output_signature .* {}.map\(lambda x, y: \(tf.ensure"
    net = small_net()
    train(net)
    for name, options in (("x", {"x": unknown(), "y": None}), ("validation_data", {"validation_data": unknown()})):
        with pytest.raises(OptionError, match=message.format(name, name)):
            fit(net, **options)
    with pytest.raises(OptionError, match=message.format("x", "x")):
        models.evaluate(net, unknown())
    told = unknown().map(lambda x, y: (tf.ensure_shape(x, (None, X.shape[1])), tf.ensure_shape(y, (None,))))
    assert models.evaluate(net, told) == pytest.approx(models.evaluate(net, X, Y, batch_size=len(X)))
    assert models.predict(net, unknown().map(lambda x, y: x)).shape == (70, 3)
