"""The epochs of training: steps, callbacks and validation in the order in which Keras has them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from pybridge.distributed._workers import Workers
from pybridge.errors import ShapeError
from pybridge.models._seeds import SEED
from pybridge.models._together import digest
from pybridge.training._callback_list import OF_BATCHES, OF_TEST_BATCHES, CallbackList, as_numbers, watches
from pybridge.training._data_adapters import ArrayAdapter, StreamAdapter
from pybridge.training._keras_runner import KerasRunner
from pybridge.training._logs import plain
from pybridge.training._order import seeds
from pybridge.training._progress import Report
from pybridge.training._runner import Runner
from pybridge.training._state import optimizer_variables, overrides


@dataclass
class Validation:
    """What is measured after an epoch.

    Attributes:
        adapter: the data.
        prepare: makes what runs the steps.
        frequency: every how many epochs, or after which ones, counted from 1.
        runner: what runs the steps, once it is there.
    """

    adapter: ArrayAdapter | StreamAdapter
    prepare: Callable[[], Runner | KerasRunner]
    frequency: int | list[int] = 1
    runner: Runner | KerasRunner | None = None

    def due(self, epoch: int) -> bool:
        """Whether to measure after this epoch, counted from 0."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency

    def measure(
        self, model: keras.Model, callbacks: CallbackList, *, by_batch: bool, workers: Workers
    ) -> dict[str, Any]:
        """The loss and the metrics."""
        self.runner = self.runner or self.prepare()
        self.adapter.rewind()
        callbacks.on_test_begin()
        model.reset_metrics()
        model.stop_evaluating = False
        total, logs = steps(
            self.runner,
            self.adapter,
            by_batch=by_batch,
            begin=callbacks.on_test_batch_begin,
            end=callbacks.on_test_batch_end,
            stopped=lambda: model.stop_evaluating,
            workers=workers,
        )
        if total == 0:
            raise ShapeError("there are no samples in validation_data")
        logs = plain(as_numbers(self.runner.results(logs)))
        callbacks.on_test_end(logs)
        return logs


def train(
    model: keras.Model,
    prepare: Callable[[], tuple[Runner | KerasRunner, ArrayAdapter | StreamAdapter]],
    validation: Validation | None,
    callbacks: list[keras.callbacks.Callback],
    report: Report,
    *,
    epochs: range,
    steps_per_epoch: int | None,
    seed: int | None,
    workers: Workers,
) -> dict[str, Any]:
    """Train from one epoch to another and return the history.

    A model that is built gets ready at once, so that what is wrong is said before anyone is called. Keras builds the
    others when their first step is traced, after the first callbacks.
    """
    ready = prepare() if model.built else None
    if validation is not None and model.built and not overrides(model, "test_step"):
        validation.runner = validation.prepare()
    listed = CallbackList(
        callbacks, add_history=True, model=model, verbose=int(report.show), epochs=epochs.stop, steps=steps_per_epoch
    )
    by_batch, by_test_batch = (workers.any(watches(callbacks, each)) for each in (OF_BATCHES, OF_TEST_BATCHES))
    model.stop_training = False
    listed.on_train_begin()
    logs = told = None
    # Keras's BackupAndRestore says by this attribute where it has resumed.
    first = workers.first(getattr(model, "_initial_epoch", None) or epochs.start)
    for epoch in range(first, epochs.stop):
        workers.in_epoch(epoch)
        model.reset_metrics()
        listed.on_epoch_begin(epoch)
        ready = ready or prepare()
        runner, adapter = ready
        if epoch == first:
            workers.share(_changing(model))
        if seed is not None:
            if epoch == first and isinstance(adapter, ArrayAdapter):
                adapter.skip(first)
            _seed(model, seed, epoch, workers.rank)
        report.begin(epoch, adapter.steps)
        total, last = steps(
            runner,
            adapter,
            by_batch=by_batch,
            begin=listed.on_train_batch_begin,
            end=listed.on_train_batch_end,
            stopped=lambda: model.stop_training,
            advance=report.advance,
            workers=workers,
        )
        if total == 0 and told is None:
            raise ShapeError("there are no samples in x")
        told = last if total else told
        workers.average(_running(model))
        logs = plain(runner.results(told))
        if validation is not None and validation.due(epoch):
            measured = validation.measure(model, listed, by_batch=by_test_batch, workers=workers)
            logs |= {f"val_{name}": measured[name] for name in logs | measured if name in measured}
        report.end(logs)
        listed.on_epoch_end(epoch, logs)
        if workers.together:
            alike = [variable for variable in _changing(model) if variable.name != SEED]
            workers.compare({f"a digest of the weights and the optimizer after epoch {epoch + 1}": digest(alike)})
        if workers.any(model.stop_training):
            break
    workers.share(_generators(model))
    if epochs.stop > 0 and isinstance(model.optimizer, keras.optimizers.Optimizer):
        model.optimizer.finalize_variable_values(model.trainable_weights)
    listed.on_train_end(logs)
    return dict(model.history.history)


def _seed(model: keras.Model, seed: int, epoch: int, rank: int) -> None:
    """Let what the model's layers draw follow from the seed and the epoch, on each worker otherwise."""
    generators = _generators(model)
    for generator, state in zip(generators, seeds(len(generators), seed, epoch, rank), strict=True):
        generator.assign([int(state), 0])


def _generators(model: keras.Model) -> list[Any]:
    return [variable for variable in model.variables if variable.name == SEED]


def _changing(model: keras.Model) -> list[Any]:
    """All that training changes."""
    return [*model.variables, *optimizer_variables(model)]


def _running(model: keras.Model) -> list[Any]:
    """What layers keep of the batches that they see, as moving means: each worker sees its own part of them."""
    return [variable for variable in model.non_trainable_variables if variable.name != SEED]


def steps(
    runner: Runner | KerasRunner,
    adapter: ArrayAdapter | StreamAdapter,
    *,
    by_batch: bool,
    begin: Callable[[int], None],
    end: Callable[[int, object], None],
    stopped: Callable[[], bool],
    advance: Callable[[int, Any], None] = lambda steps, logs: None,
    workers: Workers,
) -> tuple[int, object]:
    """Run all steps of an epoch, a block at a time, or one by one where someone watches each batch.

    Returns:
        How many steps there were, and the logs after the last.
    """
    pace = (lambda: 1) if by_batch and isinstance(runner, Runner) else runner.pace
    by_batch = by_batch or isinstance(runner, KerasRunner)
    logs, total = None, 0
    with contextlib.closing(adapter.epoch(pace)) as blocks:
        block = next(blocks, None)
        while block is not None:
            if by_batch:
                begin(block.start)
            done, now = runner.run(adapter, block)
            if done:
                logs, total = now, block.start + done
                if by_batch:
                    end(total - 1, runner.results(logs) if workers.together else logs)
                advance(total, logs)
                if workers.any(stopped()) if by_batch else stopped():
                    break
            try:
                block = blocks.send(done)
            except StopIteration:
                block = None
    return total, logs
