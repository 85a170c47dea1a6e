"""The compiled programs of a model: many steps of training at once, one step, and a pass over validation data."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.models._data import Data

SLICE_SECONDS = 0.2


@dataclass
class Block:
    """A stretch of an epoch: so many steps, each of the next samples in an order.

    Attributes:
        data: what Keras's `train_step` takes, for all samples there are.
        numbers: which samples the steps of an epoch take, in their order; None for a single step of all of them.
        batch_size: the samples of a step.
        start: the number of the first step.
        steps: how many steps the block has.
    """

    data: Data
    numbers: Tensor | None = None
    batch_size: int = 0
    start: int = 0
    steps: int = 1


class Pace:
    """How many steps to run at a time, so that a run is soon over; it never changes what they compute."""

    def __init__(self) -> None:
        self.steps = 1

    def took(self, steps: int, seconds: float) -> None:
        self.steps = max(1, min(int(SLICE_SECONDS * steps / max(seconds, 1e-6)), 8 * self.steps))


class Program:
    """A compiled model's steps as TensorFlow programs.

    Whole batches run in XLA's program, many of them in one call. What is left of an epoch after its last whole batch
    runs in TensorFlow's, because compiling it again for a shape that comes once an epoch costs more than it gains.

    Args:
        model: a compiled and built Keras model.
        jit: whether XLA compiles the steps.
    """

    def __init__(self, model: keras.Model, *, jit: bool) -> None:
        self.model = model
        self.training = Pace()
        self.testing = Pace()
        self._compiled = set()
        self._kept_in_training = {}
        self._kept_in_testing = {}
        self._one = tf.function(self._train_batch, autograph=False, reduce_retracing=True)
        self._test_many = tf.function(self._test_batches, autograph=False, reduce_retracing=True)
        self._test_one = tf.function(self._test_batch, autograph=False, reduce_retracing=True)
        self._set_jit(jit and _xla_knows(model))

    def train(self, block: Block, *, fresh: bool = False) -> dict[str, Tensor]:
        """Run a block's steps.

        Args:
            block: the steps.
            fresh: whether metrics forget what was before.

        Returns:
            The loss and the metrics so far.
        """
        if block.numbers is None:
            return self._one(block.data, fresh)
        self.compile(block)
        started = time.perf_counter()
        logs = self._run(block, block.steps, fresh=fresh)
        self.training.took(block.steps, time.perf_counter() - started)
        return logs

    def compile(self, block: Block) -> None:
        """Compile the steps of such blocks, unless they are. No step is run."""
        arrays = tf.nest.flatten((block.data, block.numbers))
        signature = (block.batch_size, *((tuple(array.shape), array.dtype) for array in arrays))
        if signature in self._compiled:
            return
        try:
            self._run(block, 0)
        except tf.errors.OpError as error:
            # Without a step, nothing but the compilation can have failed.
            if not self.jit:
                raise
            warnings.warn(
                "XLA cannot compile this model with its loss and metrics, so it trains without XLA, at a lower speed; "
                f"jit=False says so beforehand. What it met: {error.message.splitlines()[0]}",
                stacklevel=4,
            )
            self._set_jit(False)
        self._compiled.add(signature)

    def _run(self, block: Block, steps: int, *, fresh: bool = False) -> dict[str, Tensor]:
        start, stop = tf.constant(block.start), tf.constant(block.start + steps)
        return self._many(block.data, block.numbers, start, stop, block.batch_size, fresh)

    def test(self, data: Data, batch_size: int, start: int, steps: int) -> dict[str, Tensor]:
        """Measure the batches from `start` on.

        Args:
            data: what Keras's `test_step` takes, for all samples.
            batch_size: the samples of a step.
            start: the first step's number.
            steps: how many steps.

        Returns:
            The loss and the metrics so far.
        """
        started = time.perf_counter()
        logs = self._test_many(data, tf.constant(start), tf.constant(start + steps), tf.constant(batch_size))
        self.testing.took(steps, time.perf_counter() - started)
        return logs

    def test_batch(self, batch: Data) -> dict[str, Tensor]:
        """Measure one batch; as `test`."""
        return self._test_one(batch)

    def _set_jit(self, jit: bool) -> None:
        self.jit = jit
        self._many = tf.function(self._train_batches, autograph=False, jit_compile=jit)

    def _train_batches(
        self, data: Data, numbers: Tensor, start: Tensor, stop: Tensor, batch_size: int, fresh: bool
    ) -> dict[str, Tensor]:
        if fresh:
            self.model.reset_metrics()

        def body(step: Tensor) -> Tensor:
            rows = tf.slice(numbers, [step * batch_size], [batch_size])
            self._train(tf.nest.map_structure(lambda array: tf.gather(array, rows), data))
            return step + 1

        tf.while_loop(lambda step: step < stop, body, [start], parallel_iterations=1)
        return self._logs(self._kept_in_training)

    def _train_batch(self, data: Data, fresh: bool) -> dict[str, Tensor]:
        if fresh:
            self.model.reset_metrics()
        self._train(data)
        return self._logs(self._kept_in_training)

    def _test_batches(self, data: Data, start: Tensor, stop: Tensor, batch_size: Tensor) -> dict[str, Tensor]:
        def body(number: Tensor) -> Tensor:
            first = number * batch_size
            self._measure(tf.nest.map_structure(lambda array: array[first : first + batch_size], data))
            return number + 1

        tf.while_loop(lambda number: number < stop, body, [start], parallel_iterations=1)
        return self._logs(self._kept_in_testing)

    def _test_batch(self, batch: Data) -> dict[str, Tensor]:
        self._measure(batch)
        return self._logs(self._kept_in_testing)

    def _measure(self, batch: Data) -> None:
        self._keep(self.model.test_step(batch), self._kept_in_testing)

    def _train(self, batch: Data) -> None:
        self._keep(self.model.train_step(batch), self._kept_in_training)

    def _keep(self, logs: dict, kept: dict[str, tf.Variable]) -> None:
        """Keep what a model's own step reports, where that is something else than its metrics."""
        try:
            measured = self.model.get_metrics_result()
        except ValueError:  # the step has left Keras's metrics alone
            measured = {}
        if set(logs) == set(measured):
            return
        for name, value in logs.items():
            value = tf.convert_to_tensor(value)
            if name not in kept:
                with tf.init_scope():
                    kept[name] = tf.Variable(tf.zeros(value.shape, value.dtype), trainable=False)
            kept[name].assign(value)

    def _logs(self, kept: dict[str, tf.Variable]) -> dict[str, Tensor]:
        if kept:
            return {name: variable.read_value() for name, variable in kept.items()}
        return self.model.get_metrics_result()


def _xla_knows(model: keras.Model) -> bool:
    """Whether no layer of the model says that XLA cannot compile it."""
    before = model.jit_compile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.jit_compile = True
    knows = model.jit_compile
    model.jit_compile = before
    return knows
