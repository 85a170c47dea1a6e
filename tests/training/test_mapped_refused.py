"""What is wrong with memory-mapped arrays is said, whatever ends training leaves no thread, and memory stays flat."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
from mapped_files import Seen, filed, in_files
from training_nets import X_NEW, Y_NEW, X, Y, digest, small_net

from pybridge import models, training
from pybridge.errors import OptionError, ShapeError
from pybridge.models import _mapped
from pybridge.training import _mapped_adapter

PROGRAM = Path(__file__).parents[1] / "soak" / "larger_than_memory.py"


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch):
    """Stretches of some hundred bytes, so that few samples make many."""
    monkeypatch.setattr(_mapped_adapter, "STRETCH", 1500)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("x", ["file", "memory"])
def test_a_wrong_label_is_refused_by_its_number_in_the_file(folder, jit, x):
    wrong = np.where(np.arange(70) == 33, 7, Y)
    model, before = small_net(), digest(small_net())
    with pytest.raises(ShapeError, match=r"the labels run from 0 to 2; y\[33\] is 7$"):
        training.fit(model, filed(folder, X) if x == "file" else X, filed(folder, wrong), jit=jit, progress=False)
    assert digest(model) == before


def test_a_wrong_label_stops_training_before_the_stretch_it_is_in(folder):
    model, expected, seen = small_net(), small_net(), Seen()
    wrong = np.where(np.arange(70) >= 60, 7, Y)
    options = {"batch_size": 10, "shuffle": False, "progress": False, "epochs": 1}
    with pytest.raises(ShapeError, match=r"the labels run from 0 to 2; y\[60\] is 7$"):
        training.fit(model, filed(folder, X), filed(folder, wrong), callbacks=[seen], **options)
    training.fit(expected, X[: 10 * len(seen.batches)], Y[: 10 * len(seen.batches)], **options)
    assert 0 < len(seen.batches) < 7
    assert digest(model) == digest(expected)


def test_a_wrong_label_of_validation_data(folder):
    wrong = np.where(np.arange(25) == 9, 3, Y_NEW)
    for data in ((X_NEW, wrong), in_files(folder, (X_NEW, wrong))):
        with pytest.raises(ShapeError, match=r"the labels run from 0 to 2; validation_y\[9\] is 3$"):
            training.fit(small_net(), X, Y, validation_data=data, progress=False)


def test_unchecked_labels_are_taken(folder):
    training.fit(small_net(), filed(folder, X), filed(folder, Y + 3), jit=True, check=False, epochs=1, progress=False)


@pytest.mark.parametrize("jit", [False, True])
def test_a_wrong_index(folder, jit):
    x = np.random.default_rng(1).integers(0, 9, (70, 4))
    x[41, 2] = 12
    for indices in (x, filed(folder, x)):
        net = models.sequential([("embedding", 9, 2), "flatten", ("dense", 3, "softmax")], input_shape=4)
        with pytest.raises(ShapeError, match=r"the rows of embedding.* run from 0 to 8; x\[41, 2\] is 12$"):
            training.fit(net, indices, Y, jit=jit, progress=False)


def test_a_wrong_index_that_the_model_computes(folder):
    left = np.random.default_rng(1).integers(0, 4, (70, 2))
    right = np.full((70, 2), 2)
    right[50, 1] = 9
    inputs = [keras.Input((2,), dtype="int64"), keras.Input((2,), dtype="int64")]
    rows = keras.layers.Flatten()(keras.layers.Embedding(9, 2)(inputs[0] + inputs[1]))
    net = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(rows))
    with pytest.raises(
        ShapeError, match=r"run from 0 to 8; an entry of what .* for samples between \d+ and \d+ is 1\d$"
    ):
        training.fit(net, [filed(folder, left), filed(folder, right)], Y, progress=False)


def test_arrays_that_do_not_fit(folder):
    with pytest.raises(ShapeError, match="the numbers of samples differ: x 70, y 69"):
        training.fit(small_net(), filed(folder, X), filed(folder, Y[:69]))
    with pytest.raises(ShapeError, match=r"these have the shape \(5,\)"):
        models.predict(small_net(), filed(folder, X[:, :5]))
    with pytest.raises(ShapeError, match="sparse categorical cross-entropy takes one label for each sample"):
        training.fit(small_net(), filed(folder, X), filed(folder, X[:, :3]))
    with pytest.raises(ShapeError, match="x must have an axis of samples first"):
        training.fit(small_net(), filed(folder, X)[0, 0, ...].reshape(()), Y)


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
def test_a_list_of_batches_is_refused_with_what_to_write(folder):
    listed = [(X[:10], Y[:10]), (X[10:], Y[10:])]
    with pytest.raises(
        OptionError, match=r"x is a list of batches; give an iterator of them: iter\(x\), or in Clojure \(pb/iter x\)"
    ):
        training.fit(small_net(), listed)
    training.fit(small_net(), iter(listed), epochs=1, progress=False)


def threads():
    return {thread for thread in threading.enumerate() if not thread.daemon}


def test_what_reading_raises_comes_out(folder, monkeypatch):
    before, reads = threads(), itertools.count()

    def fail(*arguments, **options):
        if next(reads) == 3:
            raise OSError("the disk is gone")

    monkeypatch.setattr(_mapped, "take", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        training.fit(small_net(), filed(folder, X), Y, progress=False)
    assert threads() == before


@pytest.mark.parametrize("batch", [0, 1, 4])
def test_an_interrupt_ends_it_and_leaves_no_thread(folder, batch):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_begin(self, number, logs=None):
            if number == batch:
                signal.raise_signal(signal.SIGINT)

    before, model = threads(), small_net()
    with pytest.raises(KeyboardInterrupt) as caught:
        training.fit(model, filed(folder, X), Y, callbacks=[Interrupt()], progress=False, batch_size=16)
    assert threads() == before
    assert caught.value.__traceback__ is not None
    training.fit(model, filed(folder, X), Y, progress=False, batch_size=16)


def test_stopping_leaves_no_thread(folder):
    before = threads()
    history = training.fit(
        small_net(), filed(folder, X), Y, callbacks=[lambda epoch, logs: epoch < 1], progress=False, epochs=5
    )
    assert len(history["loss"]) == 2
    assert threads() == before


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_memory_stays_flat():
    """600 MB in a file with no more than stretches and batches in memory."""
    sources = ["arrays", "evaluate", "predict", "generator"]
    done = subprocess.run([sys.executable, PROGRAM, "0.6", *sources], capture_output=True, text=True, check=True)
    used = {told["source"]: told["more"] for told in map(json.loads, done.stdout.splitlines())}
    assert list(used) == sources
    assert {source: megabytes for source, megabytes in used.items() if megabytes > 150} == {}
