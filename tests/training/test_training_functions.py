"""Functions as optimizers and callbacks, and what else watches training."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_nets import X, small_net, train

from pybridge import models, optimizers, training
from pybridge.errors import OptionError
from pybridge.training import _progress, _runner


def test_the_optimizer_may_be_a_function_of_the_gradient_and_the_parameter():
    ours, theirs = small_net(), small_net()
    train(ours, optimizer=lambda gradient, parameter: parameter - 0.1 * gradient)
    train(theirs, optimizer=keras.optimizers.SGD(0.1))
    for weight, wanted in zip(models.weights(ours), models.weights(theirs), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)


def test_a_function_for_an_optimizer_must_return_a_parameter():
    with pytest.raises(OptionError, match=r"the optimizer must return a parameter of the shape it was given, \(6, 8\)"):
        train(small_net(), optimizer=lambda gradient, parameter: 1.0)


def test_a_rule_may_slow_down():
    rates = []
    model = small_net()
    slower = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(model.optimizer, "learning_rate", 0.1 / (epoch + 1)),
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate.numpy())),
    )
    train(model, optimizer=optimizers.sgd(0.1), callbacks=[slower])
    assert rates == pytest.approx([0.1, 0.05, 0.1 / 3])


def test_by_hand():
    """x = 1, y = 3, loss (w x - y)²: the gradient is 2 (w - 3), so steps of .25 halve the distance to 3."""
    model = models.sequential([("dense", 1, {"use_bias": False, "kernel_initializer": "zeros"})], input_shape=1)
    history = training.fit(
        model,
        [[1.0]],
        [[3.0]],
        optimizer=optimizers.sgd(0.25),
        loss=lambda y_true, y_pred: (y_true - y_pred) ** 2,
        metrics=(),
        epochs=4,
        progress=False,
    )
    assert history == {"loss": [9.0, 2.25, 0.5625, 0.140625]}
    assert models.weights(model)[0].tolist() == [[3 - 3 / 16]]


def test_a_function_is_called_after_each_epoch_and_stops_training_by_false():
    calls = []

    def callback(epoch, logs):
        calls.append((epoch, logs))
        return epoch < 2

    history = train(small_net(), epochs=9, validation_split=0.2, callbacks=[callback])
    assert [epoch for epoch, _ in calls] == [0, 1, 2]
    assert {name: [logs[name] for _, logs in calls] for name in history} == history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(type(value) is float for values in history.values() for value in values)


def test_a_function_that_returns_nothing_stops_nothing():
    assert len(train(small_net(), callbacks=lambda epoch, logs: None)["loss"]) == 3
    assert len(train(small_net(), callbacks=[lambda epoch, logs: 0])["loss"]) == 3


def test_an_error_in_a_callback_or_loss_stays_what_it_is():
    class Own(Exception):
        pass

    def fail(*arguments):
        raise Own("mine")

    for options in ({"callbacks": [fail]}, {"loss": fail}, {"metrics": [fail]}, {"optimizer": fail}):
        with pytest.raises(Own, match=r"^mine$"):
            train(small_net(), **options)
    model = models.sequential([models.layer(lambda shape: {}, fail)])
    with pytest.raises(Own, match=r"^mine$"):
        train(model)


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (training.EarlyStopping, "a callback is a Keras callback or a function .*, which is a class: make an object"),
        (3, r"a callback is a Keras callback or a function of \(epoch, logs\); got 3"),
        (training.EarlyStopping("val_loss"), "EarlyStopping watches 'val_loss', but nothing is validated; give valid"),
        (training.EarlyStopping("acuracy"), "EarlyStopping watches 'acuracy', which is not measured; there are acc"),
    ],
)
def test_a_callback_that_cannot_work_is_refused(callback, message):
    with pytest.raises(OptionError, match=message):
        train(small_net(), callbacks=[callback])


def test_early_stopping_asks_which_way_is_better():
    def size(y_true, y_pred):
        return tf.reduce_mean(y_pred)

    with pytest.raises(OptionError, match=r"cannot know whether more or less of size is better; keras.callbacks.Early"):
        train(small_net(), metrics=[size], callbacks=[training.EarlyStopping("size")])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: training.EarlyStopping(patience=-1), "patience must be a whole number of at least 0; got -1"),
        (lambda: training.Checkpoint("net"), r"a checkpoint's path ends in \.keras; got 'net'"),
        (lambda: training.Checkpoint("{loss}.keras"), "may contain {epoch} and no other braces; got '{loss}.keras'"),
        (lambda: training.Checkpoint("net.keras", every=0), "every must be a whole number of at least 1; got 0"),
    ],
)
def test_callbacks_check_their_options(make, message):
    with pytest.raises(OptionError, match=message):
        make()


def test_a_line_an_epoch(capsys):
    train(small_net(), progress=True, validation_split=0.2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"epoch {number}/3  ")
        words = line.split()
        assert [words[i] for i in (4, 6, 8, 10)] == ["loss", "accuracy", "val_loss", "val_accuracy"]


def test_silence(capsys):
    train(small_net())
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch, kind="xterm"):
    """A terminal in the place of standard output."""
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdout", Terminal())
    return sys.stdout


def test_a_bar_on_a_terminal(monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setattr(_progress, "REDRAW_SECONDS", 0.0)
    monkeypatch.setattr(_runner, "SLICE_SECONDS", 0.0)
    train(small_net(), progress=True)
    shown = screen.getvalue()
    assert "epoch 1/3" in shown and "4/5" in shown and "epoch 3/3  " in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is hidden once, and comes back


def test_a_terminal_that_cannot_draw_gets_lines(monkeypatch):
    screen = terminal(monkeypatch, "dumb")
    train(small_net(), progress=True)
    assert [line.split()[:2] for line in screen.getvalue().splitlines()] == [["epoch", f"{n}/3"] for n in (1, 2, 3)]


def test_control_c_is_heard_and_the_model_stays_usable(monkeypatch):
    screen = terminal(monkeypatch)
    model = small_net()
    begun = threading.Event()
    killer = threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGINT))
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        train(model, epochs=10**6, progress=True, callbacks=[lambda epoch, logs: begun.set() if epoch > 3 else None])
    killer.join()
    assert screen.getvalue().count("\x1b[?25h") == 1
    assert np.isfinite(models.predict(model, X)).all()
    assert len(train(model)["loss"]) == 3
