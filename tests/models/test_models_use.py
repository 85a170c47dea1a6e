"""What is done with a model: weights, prediction, measuring, files."""

from __future__ import annotations

import os
import resource
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from models_nets import X, Y, assert_equal, small_net

from pybridge import models, training
from pybridge.errors import DataError, OptionError, ShapeError


def test_weights_are_copies():
    model = small_net()
    copies = models.weights(model)
    copies[0][:] = 0
    assert models.weights(model)[0].any()


def test_weights_hold_what_is_not_trained_variables_do_not():
    model = models.sequential(["batch_normalization"], input_shape=2)
    assert [weight.tolist() for weight in models.weights(model)] == [[1, 1], [0, 0], [0, 0], [1, 1]]
    assert len(models.variables(model)) == 2


def test_variables_are_what_a_tape_differentiates_by_and_an_update_changes():
    model = models.sequential([("dense", 1, {"kernel_initializer": "ones"})], input_shape=2)
    kernel, bias = models.variables(model)
    with tf.GradientTape() as tape:
        y = model(tf.constant([[2.0, 3.0]]))
    gradients = tape.gradient(y, [kernel, bias])
    assert [gradient.numpy().tolist() for gradient in gradients] == [[[2.0], [3.0]], [1.0]]
    kernel.assign_sub(gradients[0])
    assert models.predict(model, [[2.0, 3.0]]).tolist() == [[2 * -1 + 3 * -2]]


def test_set_weights_takes_tensors_and_lists():
    model = small_net()
    wanted = models.weights(small_net(seed=5))
    models.set_weights(model, [tf.constant(wanted[0]), *[weight.tolist() for weight in wanted[1:]]])
    assert_equal(models.weights(model), wanted)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([np.zeros((6, 8))], "the model has 4 weights; got 1"),
        (
            [np.zeros((6, 8)), np.zeros(7), np.zeros((8, 3)), np.zeros(3)],
            r"bias has the shape \(8,\); got the shape \(7,",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    model = small_net()
    before = models.weights(model)
    with pytest.raises(ShapeError, match=message):
        models.set_weights(model, weights)
    assert_equal(models.weights(model), before)


def test_a_model_without_weights_says_how_to_come_by_them():
    model = models.sequential([("dense", 3)], name="net")
    for call in (models.weights, models.variables, lambda model: models.set_weights(model, [])):
        with pytest.raises(
            OptionError, match=r"net has no weights yet: give models.sequential an input_shape, or call"
        ):
            call(model)


def test_predict_gives_what_the_model_does():
    model = small_net()
    wanted = model(X).numpy()
    for x in (X, X.astype("float64"), tf.constant(X), tf.Variable(X), X.tolist(), [X]):
        np.testing.assert_allclose(models.predict(model, x, batch_size=7), wanted, rtol=1e-5)


def test_predict_takes_several_inputs():
    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    model = keras.Model([left, right], [left + right, left - right])
    total, difference = models.predict(model, [[[1, 2]], [[3, 4]]])
    assert (total.tolist(), difference.tolist()) == ([[4, 6]], [[-2, -2]])
    total, _ = models.predict(model, {"left": np.ones((1, 2)), "right": np.ones((1, 2))})
    assert total.tolist() == [[2, 2]]
    with pytest.raises(ShapeError, match="the model has 2 places for x; got 3 arrays"):
        models.predict(model, [[[1, 2]]] * 3)


def test_evaluate_measures_what_fit_measured():
    model = small_net()
    history = training.fit(
        model,
        X,
        Y,
        epochs=1,
        validation_data=(X, Y),
        progress=False,
        metrics=["accuracy", "sparse_top_k_categorical_accuracy"],
    )
    assert models.evaluate(model, X, Y, batch_size=7) == pytest.approx(
        {name.removeprefix("val_"): values[0] for name, values in history.items() if name.startswith("val_")}
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda net: models.evaluate(net, X, Y),
            OptionError,
            "the model has no loss to measure yet; train it with trai",
        ),
        (lambda net: models.predict(net, X[:0]), ShapeError, "there are no samples in x"),
        (lambda net: models.predict(net, X[:, :5]), ShapeError, r"takes samples of shape \(6,\); these have .* \(5,\)"),
        (
            lambda net: models.predict(net, X[0]),
            ShapeError,
            r"takes samples of shape \(6,\); these have the shape \(\)",
        ),
        (lambda net: models.predict(net, X, batch_size=0), OptionError, "batch_size must be .* at least 1; got 0"),
        (lambda net: models.predict(net, X, batch_size=True), OptionError, "batch_size must be .*; got True"),
        (
            lambda net: models.evaluate(net, X, Y, batch_size=np.float32(7)),
            OptionError,
            r"got np.float32\(7.0\): write 7",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(small_net())


def test_evaluate_needs_a_target_for_each_sample():
    model = small_net()
    training.fit(model, X, Y, epochs=0)
    with pytest.raises(ShapeError, match="the numbers of samples differ: x 20, y 3"):
        models.evaluate(model, X, Y[:3])


def test_summary_is_text():
    lines = models.summary(small_net(name="net")).splitlines()
    assert lines[0] == 'Model: "net"'
    assert "(None, 8)" in models.summary(small_net())
    assert any(line.split() == ["Total", "params:", "83", "(332.00", "B)"] for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_a_model_comes_back_with_its_training(tmp_path):
    model = small_net()
    training.fit(model, X, Y, epochs=1, progress=False)
    path = str(tmp_path / "folder" / "net.keras")
    assert models.save(model, path) == path
    loaded = models.load(path)
    assert_equal(models.weights(loaded), models.weights(model))
    assert models.evaluate(loaded, X, Y) == models.evaluate(model, X, Y)
    assert os.listdir(tmp_path / "folder") == ["net.keras"]


def mean_squared_error(y_true, y_pred):
    return tf.reduce_mean(y_pred) + 100.0


def test_a_model_trained_with_functions_comes_back_without_them(tmp_path):
    model = small_net()
    training.fit(
        model,
        X,
        Y,
        loss=mean_squared_error,
        metrics=[mean_squared_error],
        optimizer=lambda gradient, parameter: parameter - gradient,
        epochs=1,
        progress=False,
    )
    loaded = models.load(models.save(model, str(tmp_path / "net.keras")))
    assert_equal(models.weights(loaded), models.weights(model))
    with pytest.raises(OptionError, match="the model has no loss to measure yet"):
        models.evaluate(loaded, X, Y)
    assert training.fit(loaded, X, Y, epochs=1, progress=False)["loss"]


def test_only_whole_files_are_read(tmp_path):
    path = models.save(small_net(), str(tmp_path / "net.keras"))
    with pytest.raises(DataError, match=r"there is no model at .*none.keras; models.save writes one"):
        models.load(str(tmp_path / "none.keras"))
    (tmp_path / "half.keras").write_bytes((tmp_path / "net.keras").read_bytes()[:-100])
    with pytest.raises(DataError, match=r"half.keras does not hold a model: it is not whole, or not a .keras file"):
        models.load(str(tmp_path / "half.keras"))
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as other:
        other.writestr("note.txt", "not a model")
    with pytest.raises(DataError, match=r"other.keras does not hold a model that can be read here: "):
        models.load(str(tmp_path / "other.keras"))
    with pytest.raises(OptionError, match=r"a model's file ends in .keras; got 'net.h5'"):
        models.save(models.load(path), "net.h5")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot write .*net.keras: .*; make room or choose another path"):
        models.save(small_net(), str(tmp_path / "file" / "net.keras"))


@pytest.mark.parametrize("room", [0, 100, 2_000, 10_000])
def test_a_full_disk_leaves_the_file_before(tmp_path, room):
    path = models.save(small_net(), str(tmp_path / "net.keras"))
    before = (tmp_path / "net.keras").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(DataError, match=r"cannot write .*net.keras: File too large; make room or choose another"):
            models.save(small_net(), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "net.keras").read_bytes() == before
    assert os.listdir(tmp_path) == ["net.keras"]
