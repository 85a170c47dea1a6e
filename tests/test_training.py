"""Training on its own terms: the same every time, resumable, with functions of one's own, and clear refusals."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import signal
import threading
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from pybridge import models, optimizers, training
from pybridge.errors import DataError, OptionError, ShapeError
from pybridge.training import _program, _progress

random = np.random.default_rng(0)
X = random.normal(size=(70, 6)).astype("float32")
Y = random.integers(0, 3, 70)


def small_net(seed=1):
    return models.sequential([("dense", 8, "relu"), ("dense", 3, "softmax")], input_shape=6, seed=seed)


def noisy_net():
    return models.sequential(
        [("dense", 16, "relu"), ("dropout", 0.5), "batch_normalization", ("dense", 3, "softmax")],
        input_shape=6,
        seed=1,
    )


def train(model, **options):
    return training.fit(model, X, Y, **{"epochs": 3, "batch_size": 16, "seed": 5, "progress": False} | options)


def digest(model):
    return hashlib.sha256(b"".join(weight.tobytes() for weight in models.weights(model))).hexdigest()


def trained(make=noisy_net, **options):
    model = make()
    train(model, **options)
    return digest(model)


# ---- the same every time -------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert trained() == trained()
    assert trained() != trained(seed=6)


def test_neither_progress_nor_callbacks_nor_the_length_of_a_run_changes_the_bits(monkeypatch, capsys):
    plain = trained()
    assert trained(progress=True) == plain
    assert trained(callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]) == plain
    monkeypatch.setattr(_program, "SLICE_SECONDS", 0.0)
    assert trained() == plain
    monkeypatch.setattr(_program, "SLICE_SECONDS", 100.0)
    assert trained() == plain


def test_a_second_training_of_one_model_repeats_the_first():
    model = small_net()
    start = models.weights(model)
    history = train(model, optimizer="adam")
    first = digest(model)
    models.set_weights(model, start)
    assert train(model, optimizer="adam") == history
    assert digest(model) == first


def test_without_a_seed_keras_decides():
    keras.utils.set_random_seed(3)
    first = trained(small_net, seed=None)
    keras.utils.set_random_seed(3)
    assert trained(small_net, seed=None) == first
    assert trained(small_net, seed=None) != first


def test_batches_come_in_the_order_of_training():
    seen = []
    model = models.sequential([("dense", 1)], input_shape=1)
    numbers = np.arange(10, dtype="float32")[:, None]

    def loss(y_true, y_pred):
        tf.numpy_function(lambda y: seen.append(y.ravel().tolist()) or np.float32(0), [y_true], tf.float32)
        return tf.reduce_mean(y_pred)

    with pytest.warns(UserWarning, match="XLA cannot compile"):
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


# ---- resuming ------------------------------------------------------------------------------------------------------


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


# ---- programs ------------------------------------------------------------------------------------------------------


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
    train(model, epochs=1)
    np.testing.assert_array_equal(models.weights(model)[0], kernel)
    model.compile("sgd", "mse")
    train(model, epochs=1)
    assert set(models.evaluate(model, X, Y)) == {"loss", "accuracy"}


def test_what_xla_cannot_compile_runs_without_it_and_a_warning_says_why():
    def loss(y_true, y_pred):
        error = tf.reduce_sum((tf.one_hot(tf.cast(tf.squeeze(y_true), tf.int32), 3) - y_pred) ** 2, axis=-1)
        return error + tf.ensure_shape(tf.numpy_function(np.zeros_like, [error], tf.float32), error.shape)

    with pytest.warns(UserWarning, match=r"XLA cannot compile this model .* jit=False says so .* EagerPyFunc|PyFunc"):
        warned = trained(small_net, loss=loss)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained(small_net, loss=loss, jit=False) == warned


def test_large_arrays_arrive_whole(monkeypatch):
    from pybridge.training import _feed

    plain = trained(small_net)
    monkeypatch.setattr(_feed, "LARGE", 1)
    assert trained(small_net) == plain


# ---- optimizers ----------------------------------------------------------------------------------------------------


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


# ---- callbacks -----------------------------------------------------------------------------------------------------


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


# ---- what it shows -------------------------------------------------------------------------------------------------


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


def test_a_bar_on_a_terminal(monkeypatch):
    screen = Terminal()
    console = Console(file=screen, force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(_progress, "Console", lambda **options: console)
    monkeypatch.setattr(_progress, "REDRAW_SECONDS", 0.0)
    monkeypatch.setattr(_program, "SLICE_SECONDS", 0.0)
    train(small_net(), progress=True)
    shown = screen.getvalue()
    assert "epoch 1/3" in shown and "4/5" in shown and "epoch 3/3  " in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is hidden once, and comes back


def test_control_c_is_heard_and_the_model_stays_usable(monkeypatch):
    screen = Terminal()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(_progress, "Console", lambda **options: console)
    model = small_net()
    begun = threading.Event()
    timer = threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        train(model, epochs=10**6, progress=True, callbacks=[lambda epoch, logs: begun.set() if epoch > 3 else None])
    timer.join()
    assert screen.getvalue().count("\x1b[?25h") == 1
    assert np.isfinite(models.predict(model, X)).all()
    assert len(train(model)["loss"]) == 3


# ---- a step of one's own -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jit", [True, False])
def test_steps_by_hand_are_what_fit_does(jit):
    by_hand, by_fit = small_net(), small_net()
    train(by_fit, epochs=1, optimizer="adam", shuffle=False)
    step = training.compile_step(
        by_hand, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit=jit
    )
    logs = [step(x, y) for x, y in training.batches(X, Y, batch_size=16)]
    for weight, wanted in zip(models.weights(by_hand), models.weights(by_fit), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)
    assert set(logs[0]) == {"loss", "accuracy"}
    assert all(isinstance(value, tf.Tensor) for value in logs[0].values())


def test_a_step_tells_the_loss_of_its_batch_alone():
    model = small_net()
    step = training.compile_step(model, optimizer=optimizers.sgd(0.0), loss="sparse_categorical_crossentropy")
    model.compile(loss="sparse_categorical_crossentropy")
    for rows in (slice(0, 16), slice(16, 32), slice(0, 5)):
        wanted = model.evaluate(X[rows], Y[rows], verbose=0)
        assert float(step(X[rows], Y[rows])["loss"]) == pytest.approx(wanted, rel=1e-5)
        model.compile(loss="sparse_categorical_crossentropy")


def test_a_step_checks_what_it_is_made_of_at_once_and_its_batch_when_it_comes():
    with pytest.raises(OptionError, match="there is no loss 'sparse_crossentropy'; did you mean"):
        training.compile_step(small_net(), optimizer="sgd", loss="sparse_crossentropy")
    step = training.compile_step(small_net(), optimizer="sgd", loss="sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match="the numbers of samples differ: x 3, y 2"):
        step(X[:3], Y[:2])


def test_a_step_of_a_model_without_weights_yet():
    model = models.sequential([("dense", 3, "softmax")], seed=1)
    step = training.compile_step(model, optimizer="sgd", loss="sparse_categorical_crossentropy")
    assert float(step(X, Y)["loss"]) > float([step(X, Y) for _ in range(5)][-1]["loss"])


# ---- batches -------------------------------------------------------------------------------------------------------


def test_batches_of_samples_alone_are_tensors():
    assert [batch.numpy().tolist() for batch in training.batches([[1, 2], [3, 4], [5, 6]], batch_size=2)] == [
        [[1, 2], [3, 4]],
        [[5, 6]],
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1, 2], [1]), {}, ShapeError, "each sample needs its target; x has 2 samples and y 1"),
        (([],), {}, ShapeError, "x holds no samples"),
        ((3.0,), {}, ShapeError, "x must have an axis of samples first; got a single number"),
        (([1],), {"batch_size": 0}, OptionError, "batch_size must be a whole number of at least 1; got 0"),
        (([1],), {"shuffle": "all"}, OptionError, 'shuffle must be True, False or "batch"'),
        (([1],), {"seed": -1}, OptionError, "seed must be a whole number of at least 0, or None; got -1"),
    ],
)
def test_batches_refuses_at_once(arguments, options, error, message):
    with pytest.raises(error, match=message):
        training.batches(*arguments, **options)


# ---- what is refused before any work -------------------------------------------------------------------------------


def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"y": Y[:60]}, ShapeError, "each sample needs its target, but the numbers of samples differ: x 70, y 60"),
        ({"x": X[:0], "y": Y[:0]}, ShapeError, "x and y hold no samples"),
        ({"x": X[:, :5]}, ShapeError, r"the model takes samples of shape \(6,\); these have the shape \(5,\)"),
        ({"x": 3.0}, ShapeError, "x must have an axis of samples first"),
        ({"x": iter([X])}, OptionError, "x must be an array, a tensor or a tf.data.Dataset; got list_iterator"),
        ({"y": None}, OptionError, r"y is missing; a model that makes its loss .* takes loss=None and metrics=\[\]"),
        (
            {"y": Y + 1},
            ShapeError,
            "the model tells 3 classes apart, so labels run from 0 to 2; those in y run .* to 3",
        ),
        ({"y": Y - 1}, ShapeError, "labels run from 0 to 2; those in y run from -1 to 1"),
        ({"y": np.eye(3)[Y]}, ShapeError, r"y has the shape \(70, 3\). For one-hot .* categorical_crossentropy"),
        ({"validation_data": (X, Y + 5)}, ShapeError, "those in validation_y run from 5 to 7"),
        ({"validation_data": (X, Y[:1])}, ShapeError, "samples differ: validation_x 70, validation_y 1"),
        (
            {"validation_data": X},
            OptionError,
            r"validation_data must be \(x, y\), \(x, y, sample_weight\) or a tf.data",
        ),
        (
            {"validation_data": (X, Y), "validation_split": 0.1},
            OptionError,
            "give validation_data or validation_split, not both",
        ),
        (
            {"validation_split": 1.0},
            OptionError,
            "validation_split must be a number of at least 0 and below 1; got 1.0",
        ),
        ({"validation_split": 0.99}, ShapeError, "validation_split=0.99 of 70 samples leaves none on one side"),
        ({"optimizer": "adm"}, OptionError, "there is no optimizer 'adm'; did you mean adam"),
        (
            {"optimizer": 3},
            OptionError,
            "optimizer must be a name, a rule of pybridge.optimizers, a Keras optimizer, or",
        ),
        ({"optimizer": {"rule": "sdg"}}, OptionError, "there is no rule 'sdg'; there are sgd"),
        (
            {"loss": "sparse_categorical_crosentropy"},
            OptionError,
            "there is no loss .*; did you mean sparse_categorical",
        ),
        ({"loss": 3}, OptionError, r"loss must be a name, a Keras loss or a function of \(y_true, y_pred\); got 3"),
        ({"metrics": ["acuracy"]}, OptionError, "there is no metric 'acuracy'; did you mean accuracy"),
        (
            {"metrics": ["precision_at_recall"]},
            OptionError,
            "'precision_at_recall' needs options, so give the Keras ob",
        ),
        (
            {"metrics": [3]},
            OptionError,
            r"a metric is a name, a Keras metric or a function of \(y_true, y_pred\); got 3",
        ),
        ({"epochs": -1}, OptionError, "epochs must be a whole number of at least 0; got -1"),
        ({"epochs": 1.5}, OptionError, "epochs must be a whole number of at least 0; got 1.5"),
        ({"batch_size": 0}, OptionError, "batch_size must be a whole number of at least 1; got 0"),
        ({"initial_epoch": -1}, OptionError, "initial_epoch must be a whole number of at least 0; got -1"),
        ({"shuffle": "epoch"}, OptionError, "shuffle must be True, False or \"batch\", .* got 'epoch'"),
        ({"seed": 1.0}, OptionError, "seed must be a whole number of at least 0, or None; got 1.0"),
        (
            {"sample_weight": np.ones(70), "class_weight": {0: 1.0}},
            OptionError,
            "give sample_weight or class_weight, not both",
        ),
        ({"sample_weight": np.ones(7)}, ShapeError, "samples differ: x 70, y 70, sample_weight 7"),
        (
            {"class_weight": [1.0, 2.0]},
            OptionError,
            "class_weight must be a dict of class numbers, each with its weight",
        ),
        ({"x": dataset(), "y": Y}, OptionError, "a dataset holds its own targets and weights, .*; leave out y"),
        ({"x": dataset(), "y": None, "sample_weight": Y}, OptionError, "a dataset holds .*; leave out sample_weight"),
        (
            {"x": dataset(), "y": None, "validation_split": 0.1},
            OptionError,
            "cannot be split; leave out validation_split",
        ),
        (
            {"x": dataset(), "y": None, "shuffle": "batch"},
            OptionError,
            "a dataset keeps its own order: leave out shuffle",
        ),
        ({"x": dataset().repeat(), "y": None}, OptionError, r"x is a dataset without end; end it with x.take\(steps\)"),
        ({"x": dataset().take(0), "y": None}, ShapeError, "x holds no samples"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(changes, error, message):
    model = small_net()
    before = digest(model)
    arguments = {"x": X, "y": Y, "progress": False} | changes
    with pytest.raises(error, match=message):
        training.fit(model, **arguments)
    assert digest(model) == before
    assert not model.compiled


def test_only_keras_models_are_trained():
    with pytest.raises(
        OptionError, match=r"only a Keras model can be trained here, as models.sequential makes one; got 3"
    ):
        training.fit(3, X, Y)


def test_a_loss_of_one_number_cannot_be_weighed():
    def loss(y_true, y_pred):
        return tf.reduce_mean(y_pred)

    with pytest.raises(OptionError, match="the loss loss returns one number for the whole batch, which leaves nothing"):
        train(small_net(), loss=loss, sample_weight=np.ones(70))
    assert len(train(small_net(), loss=loss)["loss"]) == 3
