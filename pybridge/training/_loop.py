"""The epochs of training: blocks, callbacks, validation, in the order in which Keras has them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.training._callbacks import OF_BATCHES, OF_TEST_BATCHES, watches
from pybridge.training._feed import ArrayFeed, DatasetFeed
from pybridge.training._order import seeds
from pybridge.training._program import Program
from pybridge.training._progress import Report
from pybridge.training._sources import Source


def run(
    program: Program,
    feed: ArrayFeed | DatasetFeed,
    validation: Validation | None,
    callbacks: list[keras.callbacks.Callback],
    report: Report,
    *,
    initial_epoch: int,
    epochs: int,
    seed: int | None,
) -> dict:
    """Train from one epoch to another and return the history."""
    model = program.model
    told = keras.callbacks.CallbackList(
        callbacks, add_history=True, model=model, verbose=int(report.show), epochs=epochs, steps=feed.steps
    )
    batch_by_batch = watches(callbacks, OF_BATCHES)
    generators = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    model.stop_training = False
    told.on_train_begin()
    logs = None
    # Keras's BackupAndRestore says by this attribute where it has resumed.
    for epoch in range(getattr(model, "_initial_epoch", None) or initial_epoch, epochs):
        model.reset_metrics()
        if seed is not None:
            for generator, state in zip(generators, seeds(len(generators), seed, epoch), strict=True):
                generator.assign([int(state), 0])
        told.on_epoch_begin(epoch)
        report.begin(epoch, feed.steps)
        steps = 0
        for block in feed.blocks(epoch, program.training):
            if batch_by_batch:
                told.on_train_batch_begin(steps)
            logs = program.train(block)
            steps += block.steps
            if batch_by_batch:
                told.on_train_batch_end(steps - 1, logs)
            report.advance(steps, logs)
            if model.stop_training:
                break
        logs = _plain(logs)
        if validation is not None:
            logs |= {f"val_{name}": value for name, value in validation.measure(program, told).items()}
        report.end(logs)
        told.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if epochs > 0:
        model.optimizer.finalize_variable_values(model.trainable_weights)
    told.on_train_end(logs)
    return dict(model.history.history)


class Validation:
    """Data that is measured after each epoch, in TensorFlow's program: compiling it by XLA costs more than it gains.

    Args:
        source: the data.
        batch_size: the samples of a batch, unless the data is a dataset.
        callbacks: who may watch each batch.
    """

    def __init__(self, source: Source, batch_size: int, callbacks: list[keras.callbacks.Callback]) -> None:
        self.dataset = source if isinstance(source, tf.data.Dataset) else None
        self.data = None if self.dataset else keras.tree.map_structure(tf.convert_to_tensor, source.packed())
        self.batch_size = batch_size
        self.batch_by_batch = watches(callbacks, OF_TEST_BATCHES)

    def measure(self, program: Program, told: keras.callbacks.CallbackList) -> dict:
        """The loss and the metrics."""
        told.on_test_begin()
        program.model.reset_metrics()
        logs = {}
        for number, test in enumerate(self._tests(program)):
            if self.batch_by_batch:
                told.on_test_batch_begin(number)
            logs = test()
            if self.batch_by_batch:
                told.on_test_batch_end(number, logs)
        logs = _plain(logs)
        told.on_test_end(logs)
        return logs

    def _tests(self, program: Program) -> Iterator[Callable[[], dict[str, Tensor]]]:
        if self.dataset is not None:
            for batch in self.dataset:
                yield functools.partial(program.test_batch, batch)
            return
        count = int(keras.tree.flatten(self.data)[0].shape[0])
        steps, done = math.ceil(count / self.batch_size), 0
        while done < steps:
            together = 1 if self.batch_by_batch else min(program.testing.steps, steps - done)
            yield functools.partial(program.test, self.data, self.batch_size, done, together)
            done += together


def _plain(logs: dict[str, Tensor]) -> dict:
    """The logs as plain numbers, and lists of them where a metric has several."""
    return {name: np.asarray(value).tolist() for name, value in logs.items()}
