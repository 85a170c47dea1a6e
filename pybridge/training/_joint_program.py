"""A step of training on several workers: forward and backward, a sum over all, and the update.

XLA has no operations that reach other processes, so it compiles what is before the sum and what is behind it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.distributed._packing import added_up
from pybridge.distributed._workers import Workers
from pybridge.models._data import Data
from pybridge.training._parts import of_parts
from pybridge.training._program import Program, specs
from pybridge.training._updates import Update, Updates, with_all

GOING, ENDED, DIFFER, FEW = range(4)  # how a block of a stream has ended


class _InOnePiece(Exception):
    """Raised when a step is found to make several updates, or to go on with what its update has changed."""


class JointProgram(Program):
    """A step of which each worker takes its part of a batch.

    A step of one update is cut in two, what is before the sum and the update. A step that goes on with what an update
    has changed, or makes several, is traced as a whole, with a sum in each update, and runs without XLA.

    Args:
        model: a compiled model that is built.
        spec: what this worker's part of a batch is like.
        step: the name of the model's method.
        workers: whose gradients are added up.
        options: as `Program` takes them.

    Attributes:
        whole: whether the step has sums of its own.
    """

    def __init__(self, model: keras.Model, spec: Data, step: str, workers: Workers, **options: Any) -> None:
        self.workers = workers
        self.whole = False
        self._taken: Update | None = None  # the update that is made after the sum
        self._share = tf.Variable(1.0, trainable=False)  # of the batch, which this worker has
        try:
            super().__init__(model, spec, step, share=False, **options)
        except _InOnePiece:
            self.whole = True
            super().__init__(model, spec, step, share=False, **options)

    def trace(self, model: keras.Model, step: str, batch: Data) -> tuple[object, list[Tensor]]:
        """Trace a step without its update: the logs, and the gradients that the update needs."""
        updates = Updates(model)
        if self.whole:
            size = tf.cast(tf.shape(tf.nest.flatten(batch)[0])[0], tf.float32)
            with updates.instead(lambda update: with_all(update, size, self._summed)), of_parts(model, self._share):
                return getattr(model, step)(batch), []
        with updates.instead() as kept, of_parts(model, self._share):
            logs = getattr(model, step)(batch)
            if len(kept) > 1 or updates.goes_on():
                raise _InOnePiece
        if not kept:
            return logs, []
        [self._taken] = kept
        return logs, [gradient for gradient in self._taken.gradients if gradient is not None]

    def logs_of(self, outcome: tuple[Any, list[Tensor]]) -> Any:
        """The logs in what `trace` has returned."""
        return outcome[0]

    def loop(self, model: keras.Model, data: Data, batch_size: int, *, jit: bool) -> Callable[..., Any]:
        """As `Program.loop`, of which each worker takes its part of each batch."""
        first, last = self.workers.part(batch_size)
        share = (last - first) / batch_size
        forward, update = self._forward(jit), self._update(jit)

        def run(data: Data, numbers: Tensor, start: Tensor, stop: Tensor) -> object:
            def body(number: Tensor, logs: list[Any]) -> tuple[Any, ...]:
                if first == last:  # this worker has nothing to measure
                    return number + 1, logs
                # Outside XLA's function, where a place that changes would be compiled for anew.
                rows = tf.slice(numbers, [number * batch_size + first], [last - first])
                logs, gradients = forward(data, rows, tf.constant(share))
                with tf.control_dependencies([*logs, *gradients]):
                    update(self._summed(gradients))
                return number + 1, logs

            _, logs = self._while(lambda number, logs: number < stop, body, [start, self._no_logs()])
            return self._own(logs)

        index = tf.TensorSpec([], tf.int32)
        arguments = (specs(data), tf.TensorSpec([None], tf.int32), index, index)
        return self._function(model, ("loop", batch_size, jit, str(arguments)), run, arguments, False)

    def rest(self, model: keras.Model, specs: Data, *, check: bool = False) -> Callable[..., Any]:
        """A function of (data, rows, share): one step over some rows, of which there may be none.

        Args:
            model: whose variables change.
            specs: what the data is like.
            check: whether the data is checked first.
        """
        forward, update = self._forward(False), self._update(False)

        def run(data: Data, rows: Tensor, share: Tensor) -> object:
            stop = [self.checks.stop(data, tf.constant(0))] if check and self.checks else []
            with tf.control_dependencies(stop):
                if self.whole:  # TensorFlow has no sums in a condition
                    logs, gradients = forward(data, rows, share)
                else:
                    logs, gradients = tf.cond(
                        tf.size(rows) > 0,
                        lambda: forward(data, rows, share),
                        lambda: (self._no_logs(), self._no_gradients()),
                    )
            with tf.control_dependencies([*logs, *gradients]):
                update(self._summed(gradients))
            return self._own(logs)

        arguments = (specs, tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.float32))
        return self._function(model, ("rest", check, str(arguments)), run, arguments, False)

    def stream(self, model: keras.Model, iterator: tf.data.Iterator, *, jit: bool, sure: bool) -> Callable[..., Any]:
        """A function of (iterator, steps): steps over batches that all workers read, and of which each takes its part.

        It returns how many steps there were batches for, how it ended, which is one of the constants above, this
        worker's share of the last batch, and the logs. With each sum go what tells whether all have read the same
        batch, and whether there was one.
        """
        if self.whole:
            return functools.partial(self._by_steps, self.rest(model, self.spec, check=True))
        forward, update = self._forward(False), self._update(False)

        def run(iterator: tf.data.Iterator, steps: Tensor) -> object:
            def body(done: Tensor, state: Tensor, share: Tensor, logs: list[Any]) -> tuple[Any, ...]:
                following = iterator.get_next_as_optional()
                there = following.has_value()
                facts, rows, now = tf.cond(there, lambda: self._read(following.get_value()), self._ended)

                def step() -> tuple[list[Tensor], list[Tensor]]:
                    batch = following.get_value()
                    stop = [self.checks.stop(batch, done)] if self.checks else []
                    with tf.control_dependencies(stop):
                        return forward(batch, rows, now)

                def nothing() -> tuple[list[Tensor], list[Tensor]]:
                    return logs, self._no_gradients()

                logs, gradients = tf.cond(tf.size(rows) > 0, step, nothing)
                *gradients, told = self._summed([*gradients, facts])
                state = self._state(facts, told)
                goes_on = tf.equal(state, GOING)
                tf.cond(goes_on, lambda: _done(update, gradients), lambda: tf.constant(False))
                return done + tf.cast(goes_on, tf.int32), state, tf.where(goes_on, now, share), logs

            start = [tf.constant(0), tf.constant(GOING), tf.constant(1.0), self._no_logs()]
            done, state, share, logs = self._while(
                lambda done, state, *_: tf.equal(state, GOING) & (done < steps), body, start
            )
            return done, state, share, self._own(logs)

        arguments = (iterator._type_spec, tf.TensorSpec([], tf.int32))
        return self._function(model, ("stream", str(arguments)), run, arguments, False)

    def _by_steps(self, step: Callable[..., Any], iterator: tf.data.Iterator, steps: int) -> tuple[Any, ...]:
        """As the function that `stream` returns, for a step with sums of its own."""
        share, logs = tf.constant(1.0), None
        for done in range(int(steps)):
            following = iterator.get_next_as_optional()
            there = bool(following.has_value())
            facts, rows, now = self._read(following.get_value()) if there else self._ended()
            state = int(self._state(facts, self.workers.added([facts])[0]))
            if state == GOING and facts[2] < self.workers.count:
                state = FEW
            if state != GOING:
                return done, state, share, logs
            share, logs = now, step(following.get_value(), rows, now)
        return int(steps), GOING, share, logs

    def _read(self, batch: Data) -> tuple[Tensor, Tensor, Tensor]:
        """The facts of a batch that is there, the numbers of this worker's samples in it, and their share."""
        leaves = [leaf for leaf in tf.nest.flatten(batch) if isinstance(leaf, tf.Tensor)]
        prints = [tf.fingerprint(tf.reshape(leaf, [1, -1])) for leaf in leaves]
        # Sums of numbers of 16 bits are exact in a float's 24, for up to 256 workers.
        mark = tf.cast(tf.fingerprint(tf.concat(prints, 1))[0, :2], tf.float32)
        size = tf.shape(leaves[0])[0]
        first, last = self.workers.part(size)
        share = tf.cast(last - first, tf.float64) / tf.cast(tf.maximum(size, 1), tf.float64)
        facts = tf.stack([tf.constant(0.0), mark[0] * 256 + mark[1], tf.cast(size, tf.float32)])
        return facts, tf.range(first, last), tf.cast(share, tf.float32)

    def _ended(self) -> tuple[Tensor, Tensor, Tensor]:
        return tf.constant([1.0, 0.0, 0.0]), tf.zeros([0], tf.int32), tf.constant(0.0)

    def _state(self, own: Tensor, told: Tensor) -> Tensor:
        """What the facts of all workers' batches, added up, and this worker's say."""
        alike = tf.reduce_all(tf.equal(told, own * self.workers.count))
        return tf.where(alike, tf.where(own[0] > 0, ENDED, GOING), DIFFER)

    def _no_gradients(self) -> list[Tensor]:
        return [tf.zeros(gradient.shape, gradient.dtype) for gradient in self.step.structured_outputs[1]]

    def _forward(self, jit: bool) -> Callable[..., Any]:
        def forward(data: Data, rows: Tensor, share: Tensor) -> tuple[list[Tensor], list[Tensor]]:
            self._share.assign(share)
            logs, gradients = self.step(tf.nest.map_structure(lambda part: _of(part, rows), data))
            return self._flat(logs), [gradient * tf.cast(share, gradient.dtype) for gradient in gradients]

        return tf.function(forward, jit_compile=jit, autograph=False)

    def _update(self, jit: bool) -> Callable[[list[Tensor]], None]:
        def update(gradients: list[Tensor]) -> None:
            if self._taken is not None:
                left = iter(gradients)
                given = [None if gradient is None else next(left) for gradient in self._taken.gradients]
                self._taken.optimizer.apply(given, self._taken.variables)

        return tf.function(update, jit_compile=jit, autograph=False)

    def _summed(self, gradients: list[Tensor]) -> list[Tensor]:
        strategy = self.workers.strategy
        assert strategy is not None
        return added_up(gradients, strategy.traced_sum) if gradients else []

    def _own(self, logs: list[Tensor]) -> object:
        """What a step of the model's own returns; None where its metrics tell."""
        return None if self.logs is None else tf.nest.pack_sequence_as(self.logs, logs)


def _of(part: Any, rows: Tensor) -> Any:
    """Some samples of a part of a batch; what is left out of it stays so."""
    return tf.gather(part, rows) if isinstance(part, tf.Tensor) else part


def _done(update: Callable[[list[Tensor]], None], gradients: list[Tensor]) -> Tensor:
    update(gradients)
    return tf.constant(True)
