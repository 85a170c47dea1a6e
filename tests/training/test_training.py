"""The same every time, resumable, and compiled once."""

from __future__ import annotations

import gc
import os
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_nets import X, Y, digest, noisy_net, small_net, train, trained

from pybridge import models, optimizers, training
from pybridge.errors import DataError
from pybridge.training import _data_adapters, _runner


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    first, second = noisy_net(), noisy_net()
    assert train(first) == train(second)
    assert digest(first) == digest(second) == trained()
    assert trained(seed=6) != trained() == digest(first)


def test_neither_progress_nor_callbacks_nor_the_length_of_a_run_changes_the_bits(monkeypatch, capsys):
    plain = trained()
    assert trained(progress=True) == plain
    assert trained(callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]) == plain
    monkeypatch.setattr(_runner, "SLICE_SECONDS", 0.0)
    assert trained() == plain
    monkeypatch.setattr(_runner, "SLICE_SECONDS", 100.0)
    assert trained() == plain


def test_without_a_seed_keras_decides():
    keras.utils.set_random_seed(3)
    first = trained(small_net, seed=None)
    keras.utils.set_random_seed(3)
    assert trained(small_net, seed=None) == first
    keras.utils.set_random_seed(4)
    assert trained(small_net, seed=None) != first


def test_batches_come_in_the_order_of_training():
    seen = []
    model = models.sequential([("dense", 1)], input_shape=1)
    numbers = np.arange(10, dtype="float32")[:, None]

    def loss(y_true, y_pred):
        tf.numpy_function(lambda y: seen.append(y.ravel().tolist()) or np.float32(0), [y_true], tf.float32)
        return tf.reduce_mean(y_pred)

    training.fit(model, numbers, numbers, loss=loss, metrics=[], epochs=1, batch_size=4, seed=9, progress=False)
    batches = training.batches(numbers, numbers, batch_size=4, shuffle=True, seed=9)
    assert seen == [y.numpy().ravel().tolist() for _, y in batches]
    assert sorted(number for batch in seen for number in batch) == numbers.ravel().tolist()


def test_shuffling_within_batches_leaves_each_its_samples():
    order = [
        batch.numpy().tolist() for batch in training.batches(list(range(9)), batch_size=4, shuffle="batch", seed=2)
    ]
    assert [sorted(batch) for batch in order] == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
    assert order != [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


def test_training_in_two_parts_is_training_in_one(tmp_path):
    whole, parts = noisy_net(), noisy_net()
    history = train(whole, epochs=4, optimizer="adam")
    first = train(parts, epochs=2, optimizer="adam")
    second = train(parts, epochs=4, initial_epoch=2, optimizer="adam")
    assert history["loss"] == first["loss"] + second["loss"]
    assert digest(parts) == digest(whole)


def test_training_goes_on_from_a_checkpoint(tmp_path):
    path = str(tmp_path / "made" / "net-{epoch}.keras")
    whole = noisy_net()
    train(whole, epochs=5, optimizer="adam", callbacks=[training.Checkpoint(path, every=2)])
    assert sorted(os.listdir(tmp_path / "made")) == ["net-2.keras", "net-4.keras"]
    resumed = models.load(path.format(epoch=2))
    train(resumed, epochs=5, initial_epoch=2, optimizer="adam")
    assert digest(resumed) == digest(whole)


def test_a_checkpoint_of_a_rule_too(tmp_path):
    rule = optimizers.momentum(0.1, form="average")
    path = str(tmp_path / "net.keras")
    whole = small_net()
    train(whole, epochs=3, optimizer=rule)
    train(small_net(), epochs=2, optimizer=rule, callbacks=[training.Checkpoint(path)])
    resumed = models.load(path)
    train(resumed, epochs=3, initial_epoch=2, optimizer=rule)
    assert digest(resumed) == digest(whole)


def test_a_checkpoint_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot write .*file/net.keras: "):
        train(small_net(), callbacks=[training.Checkpoint(str(tmp_path / "file" / "net.keras"))])
    assert os.listdir(tmp_path) == ["file"]


def test_a_second_training_compiles_nothing_anew():
    traced = []

    def loss(y_true, y_pred):
        traced.append(y_pred.shape)
        return tf.reduce_mean((tf.one_hot(tf.cast(y_true, tf.int32), 3) - y_pred) ** 2, axis=-1)

    model = small_net()
    train(model, loss=loss)
    count = len(traced)
    assert count > 0
    train(model, loss=loss, epochs=7, seed=8, shuffle=False)
    assert len(traced) == count


def test_a_trained_model_is_let_go():
    model = small_net()
    train(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_what_has_changed_since_is_seen():
    model = small_net()
    train(model, epochs=1)
    model.layers[0].trainable = False
    kernel = models.weights(model)[0]
    train(model, epochs=1, optimizer="rmsprop")
    np.testing.assert_array_equal(models.weights(model)[0], kernel)
    model.compile("sgd", "sparse_categorical_crossentropy")
    train(model, epochs=1)
    assert set(models.evaluate(model, X, Y)) == {"loss", "accuracy"}  # without metrics, Keras's compile keeps them
    np.testing.assert_array_equal(models.weights(model)[0], kernel)


def test_a_flag_waits_for_compile_as_in_keras():
    ours, theirs = small_net(), small_net()
    for model in (ours, theirs):
        model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    for fit in (training.fit, keras.Model.fit):
        model = ours if fit is training.fit else theirs
        quiet = {"progress": False} if fit is training.fit else {"verbose": 0}
        fit(model, X, Y, epochs=1, batch_size=16, shuffle=False, **quiet)
        model.layers[0].trainable = False
        fit(model, X, Y, epochs=1, batch_size=16, shuffle=False, **quiet)
    for weight, wanted in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), wanted.numpy(), rtol=1e-4, atol=1e-6)


def test_what_xla_cannot_compile_runs_without_it_and_a_warning_says_why():
    def loss(y_true, y_pred):
        error = tf.reduce_sum((tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), 3) - y_pred) ** 2, axis=-1)
        return error + tf.ensure_shape(tf.numpy_function(np.zeros_like, [error], tf.float32), error.shape)

    with pytest.warns(UserWarning, match=r"XLA cannot compile this model .* jit=False says so .* EagerPyFunc|PyFunc"):
        warned = trained(small_net, loss=loss, jit=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained(small_net, loss=loss, jit=False) == warned


def test_large_arrays_arrive_whole(monkeypatch):

    plain = trained(small_net)
    monkeypatch.setattr(_data_adapters, "LARGE", 1)
    assert trained(small_net) == plain
