"""A step of training on several workers: forward and backward, a sum over all, and the update.

XLA has no operations that reach other processes, so it compiles what is before the sum and what is behind it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.distributed._packing import added_up
from pybridge.distributed._workers import Workers
from pybridge.errors import OptionError
from pybridge.models._data import Data
from pybridge.training._program import Program, _specs


class JointProgram(Program):
    """A step of which each worker takes its part of a batch.

    Args:
        model: a compiled model that is built.
        spec: what this worker's part of a batch is like.
        step: the name of the model's method.
        workers: whose gradients are added up.
        options: as `Program` takes them.
    """

    def __init__(self, model: keras.Model, spec: Data, step: str, workers: Workers, **options: Any) -> None:
        self.workers = workers
        self.updates = 0  # how many a step makes
        self._variables: list[Any] = []
        self._given: list[Any] = []
        super().__init__(model, spec, step, share=False, **options)

    def trace(self, model: keras.Model, step: str, batch: Data) -> tuple[object, list[Tensor]]:
        """Trace a step without its update: the logs, and the gradients that the update needs."""
        with _captured(model.optimizer) as kept, _means(model):
            logs = getattr(model, step)(batch)
        self.updates = len(kept)
        if self.updates > 1:
            raise OptionError(
                "the model's train_step updates its weights several times; several workers train models whose step "
                "makes one update"
            )
        if not kept:
            return logs, []
        [(gradients, self._variables)] = kept
        self._given = [gradient is not None for gradient in gradients]
        return logs, [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]

    def logs_of(self, outcome: tuple[Any, list[Tensor]]) -> Any:
        """The logs in what `trace` has returned."""
        return outcome[0]

    def loop(self, model: keras.Model, data: Data, batch_size: int, *, jit: bool) -> Callable[..., Any]:
        """As `Program.loop`, of which each worker takes its part of each batch."""
        first, last = self.workers.part(batch_size)
        share = (last - first) / batch_size
        forward, update = self._forward(jit), self._update(model, jit)

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
        arguments = (_specs(data), tf.TensorSpec([None], tf.int32), index, index)
        return self._function(model, ("loop", batch_size, jit, str(arguments)), run, arguments, False)

    def rest(self, model: keras.Model, data: Data) -> Callable[..., Any]:
        """A function of (data, rows, share): one step over some rows, of which there may be none."""
        forward, update = self._forward(False), self._update(model, False)
        nothing = [tf.zeros(gradient.shape, gradient.dtype) for gradient in self.step.structured_outputs[1]]

        def run(data: Data, rows: Tensor, share: Tensor) -> object:
            logs, gradients = tf.cond(
                tf.size(rows) > 0, lambda: forward(data, rows, share), lambda: (self._no_logs(), nothing)
            )
            with tf.control_dependencies([*logs, *gradients]):
                update(self._summed(gradients))
            return self._own(logs)

        arguments = (_specs(data), tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.float32))
        return self._function(model, ("rest", str(arguments)), run, arguments, False)

    def _forward(self, jit: bool) -> Callable[..., Any]:
        def forward(data: Data, rows: Tensor, share: Tensor) -> tuple[list[Tensor], list[Tensor]]:
            logs, gradients = self.step(tf.nest.map_structure(lambda array: tf.gather(array, rows), data))
            return self._flat(logs), [gradient * tf.cast(share, gradient.dtype) for gradient in gradients]

        return tf.function(forward, jit_compile=jit, autograph=False)

    def _update(self, model: keras.Model, jit: bool) -> Callable[[list[Tensor]], None]:
        def update(gradients: list[Tensor]) -> None:
            if self.updates:
                left = iter(gradients)
                model.optimizer.apply([next(left) if given else None for given in self._given], self._variables)

        return tf.function(update, jit_compile=jit, autograph=False)

    def _summed(self, gradients: list[Tensor]) -> list[Tensor]:
        strategy = self.workers.strategy
        assert strategy is not None
        return added_up(gradients, strategy.traced_sum) if gradients else []

    def _own(self, logs: list[Tensor]) -> object:
        """What a step of the model's own returns; None where its metrics tell."""
        return None if self.logs is None else tf.nest.pack_sequence_as(self.logs, logs)


@contextlib.contextmanager
def _means(model: keras.Model) -> Iterator[None]:
    """Refuse a loss that gives one number for a batch, of which nobody knows whether it is the samples' mean."""
    whole: Any = model._compile_loss
    watched: list[Any] = []

    def watch() -> None:
        for _, loss, *_ in whole._flat_losses:
            if loss is not None:
                vars(loss)["call"] = functools.partial(_of_samples, loss)
                watched.append(loss)

    def build(*arguments: object) -> None:
        type(whole).build(whole, *arguments)
        watch()

    if whole is not None and whole.built:
        watch()
    elif whole is not None:
        vars(whole)["build"] = build
        watched.append(whole)
    try:
        yield
    finally:
        for each in watched:
            vars(each).pop("build" if each is whole else "call", None)


def _of_samples(loss: Any, *arguments: Any, **options: Any) -> Any:
    values = type(loss).call(loss, *arguments, **options)
    if values.shape.rank == 0:
        raise OptionError(
            f"the loss {loss.name} gives one number for a whole batch, of which each worker has a part; let it give "
            "one for each sample, of which Keras takes the mean"
        )
    return values


@contextlib.contextmanager
def _captured(optimizer: Any) -> Iterator[list[tuple[list[Any], list[Any]]]]:
    """The gradients and variables of each update that a step makes, instead of the update."""
    kept: list[tuple[list[Any], list[Any]]] = []

    def apply(gradients: Any, trainable_variables: Any = None) -> None:
        variables = optimizer._trainable_variables if trainable_variables is None else trainable_variables
        kept.append((list(gradients), list(variables)))

    if optimizer is None:
        yield kept
        return
    vars(optimizer)["apply"] = apply
    try:
        yield kept
    finally:
        del vars(optimizer)["apply"]
