"""What several workers measure and predict together is what one worker does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(600)
MEASURING = Path(__file__).with_name("measuring.py")
WORKERS = 3


@pytest.fixture(scope="module")
def told(starter, tmp_path_factory) -> list[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """What one worker alone tells and gives, then what each of several does."""
    folder = tmp_path_factory.mktemp("measured")
    for worker in [*starter(1, MEASURING, str(folder)), *starter(WORKERS, MEASURING, str(folder))]:
        assert worker.end() == 0, worker.error[-3000:]
    return [_read(folder / name) for name in ("1-0", *(f"{WORKERS}-{rank}" for rank in range(WORKERS)))]


def _read(file: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(file.with_name(f"{file.name}.npz")) as arrays:
        return json.loads(file.with_name(f"{file.name}.json").read_text()), dict(arrays)


def test_numbers_are_those_of_one_worker(told):
    alone = told[0][0]
    assert len(alone) == 24
    for measured, _ in told[1:]:
        assert measured == told[1][0]
    for case, numbers in told[1][0].items():
        assert list(numbers) == list(alone[case]), case
        np.testing.assert_allclose(list(numbers.values()), list(alone[case].values()), rtol=2e-6, err_msg=case)


def test_predictions_are_those_of_one_worker_bit_for_bit(told):
    for _, outputs in told[1:]:
        for case, output in told[0][1].items():
            assert (output.dtype, output.shape) == (outputs[case].dtype, outputs[case].shape), case
            assert output.tobytes() == outputs[case].tobytes(), case


BEGINNING = """
import sys
from pybridge import distributed
strategy = distributed.strategy(timeout=100)
import keras, numpy as np, tensorflow as tf
from pybridge import models, training
from pybridge.errors import PybridgeError

def net(seed=1):
    model = models.sequential([("dense", 3, "softmax")], input_shape=[4], seed=seed)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model

def data(count=12, seed=None):
    samples = tf.data.Dataset.from_tensor_slices((np.eye(12, 4, dtype=np.float32)[:count], np.arange(count) % 3))
    return (samples if seed is None else samples.shuffle(12, seed=seed)).batch(4)

class OwnTest(keras.Sequential):
    def test_step(self, data):
        return {"largest": tf.reduce_max(self(data[0]))}

def halves():
    return keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: tf.reshape(x, [-1, 2]))])

class Slower(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate.assign(0.001)

def own():
    model = OwnTest([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    return model

def twice():
    class Twice(keras.Sequential):
        def train_step(self, data):
            super().train_step(data)
            return super().train_step(data)
    model = Twice([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer="ones")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model

try:
"""
END = """
except PybridgeError as error:
    print(type(error).__name__, error, flush=True)
    sys.exit(7)
"""
NOT_THE_SAME = "the workers do not read the same batches: batch {} differs. Each reads all of them and takes"


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        ("models.evaluate(net(strategy.rank), data(), strategy=strategy)", "WorkerError", "a digest of the weights is"),
        (
            "models.predict(net(), data(12 - strategy.rank), strategy=strategy)",
            "WorkerError",
            "the number of samples is 11",
        ),
        (
            "models.predict(models.sequential(['relu', ('dense', 3)]), np.ones((4, 2)), strategy=strategy)",
            "OptionError",
            "has no weights yet: give models.sequential an input_shape",
        ),
        (
            "models.evaluate(net(), data(12, strategy.rank), strategy=strategy)",
            "WorkerError",
            "the data, in the order in which it comes, is",
        ),
        (
            "models.predict(net(), np.eye(12, 4)[:: 1 - 2 * strategy.rank], strategy=strategy)",
            "WorkerError",
            "the data, in the order in which it comes, is",
        ),
        (
            "training.fit(net(), np.eye(12, 4), np.roll(np.arange(12), strategy.rank) % 3, strategy=strategy)",
            "WorkerError",
            "the data is",
        ),
        (
            "training.fit(net(), data(), strategy=strategy, progress=False, callbacks=[Slower()][strategy.rank :])",
            "WorkerError",
            "a digest of the weights and the optimizer after epoch 1 is",
        ),
        (
            "models.predict(halves(), np.ones((9, 4)), batch_size=3, strategy=strategy)",
            "OptionError",
            "samples; several workers predict by models that give one for each",
        ),
        (
            "models.evaluate(own(), np.ones((6, 4), np.float32), np.ones((6, 3)), strategy=strategy)",
            "OptionError",
            "the model's test_step returns ['largest'], which several workers cannot add up",
        ),
        (
            "training.fit(net(), data(12, strategy.rank), strategy=strategy, progress=False)",
            "WorkerError",
            NOT_THE_SAME.format(0),
        ),
        (
            "training.fit(net(), iter(list(data())[: 3 - strategy.rank]), strategy=strategy, progress=False)",
            "WorkerError",
            NOT_THE_SAME.format(2),
        ),
        (
            "training.fit(net(), validation_data=data(12, strategy.rank), x=data(), strategy=strategy, progress=False)",
            "WorkerError",
            NOT_THE_SAME.format(0),
        ),
        (
            "training.fit(twice(), data(9), strategy=strategy, progress=False)",
            "OptionError",
            "a batch of fewer samples than workers does not do for 2 workers and a step of several updates",
        ),
        (
            "training.fit(twice(), np.eye(9, 4), np.arange(9) % 3, batch_size=4, strategy=strategy, progress=False)",
            "OptionError",
            "a batch of 1 samples does not do for 2 workers and a step of several updates",
        ),
        (
            "training.fit(net(), data().map(lambda x, y: (x, 4 * y)), strategy=strategy, progress=False)",
            "ShapeError",
            "the labels run from 0 to 2; y[1] is 4 in batch 0",
        ),
    ],
)
def test_what_is_refused_on_all_workers(start, call, kind, says):
    workers = start(2, BEGINNING + "    " + call + END)
    assert [worker.end() for worker in workers] == [7, 7], workers[0].error[-3000:]
    told = [worker.lines[-1] for worker in workers]
    assert any(line.startswith(kind) and says in line for line in told), told
    for line in told:
        assert says in line, told
