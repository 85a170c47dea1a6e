"""The compiled programs of a model: one traced step, and loops over it as TensorFlow and XLA run them."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.models._data import Data
from pybridge.training._chance import portable_chance
from pybridge.training._checks import Checks, no_report
from pybridge.training._operations import forget_gradients, operation_types, own_gradients
from pybridge.training._state import handles, overrides


class Program:
    """A step of training or of testing, traced once, with the loops over it that have been needed so far.

    Nothing here belongs to one model but the numbers: every function takes the model whose variables it works on, and
    serves each model of the same structure.

    Args:
        model: a compiled model; tracing gives it what it has not built yet.
        spec: what a batch is like, as tf.TensorSpec and its kin.
        step: the name of the model's method, "train_step" or "test_step".
        check: whether labels and indices are checked.
        xla: whether XLA may compile it.
        share: whether other models of the same structure may use it, which they do if all it captures are variables.
    """

    def __init__(self, model: keras.Model, spec: Data, step: str, *, check: bool, share: bool, xla: bool) -> None:
        self.spec = spec

        gradients = set()

        @tf.autograph.experimental.do_not_convert
        def one_step(batch: Data) -> object:
            batch = keras.tree.map_structure(_nothing, batch)  # as Keras does with what a generator leaves out
            outcome = self.trace(model, step, batch)
            gradients.update(own_gradients(tf.compat.v1.get_default_graph()))
            return outcome

        with portable_chance() if xla else contextlib.nullcontext():
            self.step = tf.function(one_step, input_signature=(spec,)).get_concrete_function()
        forget_gradients(gradients)
        self.nodes = len(self.step.graph.get_operations())
        self.types = operation_types(self.step.graph)
        names = getattr(model, "output_names", None) or []
        self.checks: Any = Checks(self.step, names, _scope_of_update(model)) if check else None
        logs = self.logs_of(self.step.structured_outputs)
        # Keras's own step returns the results of its metrics, which can be asked for once at the end of a loop.
        self.logs = logs if overrides(model, step, "compute_metrics") or step in vars(model) else None
        self._functions: dict[Any, Any] = {}
        self._places = {}
        self.shared = False
        if share:
            try:
                self._places[id(self.step)] = _places(self.step, handles(model))
                self.step.graph.variables = []  # which TensorFlow would miss once the model is gone
                self.shared = True
            except KeyError:
                pass
        self._lock = threading.Lock()

    def trace(self, model: keras.Model, step: str, batch: Data) -> Any:
        """What a step returns while it is traced."""
        return model.distribute_strategy.run(getattr(model, step), args=(batch,))

    def logs_of(self, outcome: Any) -> Any:
        """The logs in what `trace` has returned."""
        return outcome

    def loop(self, model: keras.Model, data: Data, batch_size: int, *, jit: bool) -> Callable[..., Any]:
        """A function of (data, numbers, start, stop): steps over batches of arrays, in the order of `numbers`."""

        def run(data: Data, numbers: Tensor, start: Tensor, stop: Tensor) -> object:
            def body(number: Tensor, logs: list[Any]) -> tuple[Any, ...]:
                rows = tf.slice(numbers, [number * batch_size], [batch_size])
                return number + 1, self._flat(self.step(tf.nest.map_structure(lambda a: tf.gather(a, rows), data)))

            _, logs = self._while(lambda number, logs: number < stop, body, [start, self._no_logs()])
            return self._results(model, logs)

        index = tf.TensorSpec([], tf.int32)
        arguments = (specs(data), tf.TensorSpec([None], tf.int32), index, index)
        return self._function(model, ("loop", batch_size, jit, str(arguments)), run, arguments, jit)

    def stream(self, model: keras.Model, iterator: tf.data.Iterator, *, jit: bool, sure: bool) -> Callable[..., Any]:
        """A function of (iterator, steps): how many steps there were batches for, and the logs.

        Args:
            model: whose variables change.
            iterator: where the batches come from.
            jit: whether XLA compiles the step.
            sure: whether there is a batch for each step.
        """
        step = self._step(jit)

        def checked(batch: Data, done: Tensor) -> list[Any]:
            if not self.checks:
                return self._flat(step(batch))
            with tf.control_dependencies([self.checks.stop(batch, done)]):
                return self._flat(step(batch))

        def run(iterator: tf.data.Iterator, steps: Tensor) -> object:
            def certain(done: Tensor, going: Tensor, logs: list[Any]) -> tuple[Any, ...]:
                return done + 1, going, checked(iterator.get_next(), done)

            def perhaps(done: Tensor, going: Tensor, logs: list[Any]) -> tuple[Any, ...]:
                following = iterator.get_next_as_optional()
                return tf.cond(
                    following.has_value(),
                    lambda: (done + 1, going, checked(following.get_value(), done)),
                    lambda: (done, tf.constant(False), logs),
                )

            start = [tf.constant(0), tf.constant(True), self._no_logs()]
            body = certain if sure else perhaps
            done, _, logs = self._while(lambda done, going, _: going & (done < steps), body, start)
            return done, self._results(model, logs)

        arguments = (iterator._type_spec, tf.TensorSpec([], tf.int32))
        return self._function(model, ("stream", jit, sure, str(arguments)), run, arguments, False)

    def single(
        self, model: keras.Model, *, jit: bool = False, check: bool = False, fresh: bool = False
    ) -> Callable[..., Any]:
        """A function of one batch, which returns the logs.

        Args:
            model: whose variables change.
            jit: whether XLA compiles the step.
            check: whether the batch is checked first.
            fresh: whether metrics forget what was before.
        """
        step = self._step(jit)

        def run(batch: Data) -> object:
            stop = [self.checks.stop(batch, tf.constant(0))] if check and self.checks else []
            with tf.control_dependencies(stop):
                if fresh:
                    model.reset_metrics()
                logs = self._flat(step(batch))
            return self._results(model, logs)

        return self._function(model, ("single", jit, check, fresh), run, (self.spec,), False)

    def xla_error(self) -> str | None:
        """Why XLA cannot compile the step for batches as they come; None when it can."""
        parts = tf.nest.flatten(self.spec)
        if not all(isinstance(part, tf.TensorSpec) and part.shape.is_fully_defined() for part in parts):
            return "batches whose shape may change; dataset.batch(size, drop_remainder=True) makes them alike"
        try:
            self._step(True).experimental_get_compiler_ir(self.spec)(stage="hlo")
        except (tf.errors.OpError, ValueError, TypeError) as error:
            return str(error).splitlines()[0]
        return None

    def _step(self, jit: bool) -> Any:
        return tf.function(self.step, jit_compile=True, autograph=False) if jit else self.step

    def check(self, model: keras.Model, data: Data) -> Callable[..., Any]:
        """A function of arrays with all samples: how many were looked at, and the report of the last batch of them.

        A step that was traced for batches of one size gets as many samples at a time, the last of them together.
        """
        size = tf.nest.flatten(self.spec)[0].shape[0]

        def run(data: Data) -> object:
            count = tf.shape(tf.nest.flatten(data)[0])[0]
            together = count if size is None else tf.constant(size)

            def body(stop: Tensor, report: Tensor) -> tuple[Any, ...]:
                stop = tf.minimum(stop + together, count)
                batch = tf.nest.map_structure(lambda a: a[stop - together : stop], data)
                return stop, self.checks.of(_shaped(batch, self.spec))

            start = [tf.constant(0), no_report()]
            return self._while(lambda stop, report: (stop < count) & (report[0] < 0), body, start)

        return self._function(model, ("check", str(specs(data))), run, (specs(data),), False)

    def _function(
        self, model: keras.Model, key: tuple[Any, ...], run: Callable[..., Any], arguments: tuple[Any, ...], jit: bool
    ) -> Callable[..., Any]:
        with self._lock:
            if key not in self._functions:
                if self.shared:
                    self._put(self.step, handles(model))
                made = tf.function(run, autograph=False, jit_compile=jit).get_concrete_function(*arguments)
                if self.shared:
                    self._places[id(made)] = _places(made, handles(model))
                    made.graph.variables = []
                self._functions[key] = made
            function = self._functions[key]
        shared = self.shared and function.captured_inputs  # what works on no variables need not wait for others
        return functools.partial(self._call, function, handles(model)) if shared else function

    def _call(self, function: Callable[..., Any], resources: list[Tensor], *arguments: object) -> object:
        with self._lock:
            self._put(function, resources)
            return function(*arguments)

    def _put(self, function: Any, resources: list[Tensor]) -> None:
        """Let a function work on a model's variables."""
        function.set_external_captures([resources[place] for place in self._places[id(function)]])

    def _while(self, condition: Callable[..., Any], body: Callable[..., Any], start: list[Any]) -> list[Any]:
        return tf.while_loop(
            condition, body, start, parallel_iterations=1, shape_invariants=tf.nest.map_structure(_invariant, start)
        )

    def _flat(self, logs: object) -> list[Tensor]:
        return [] if self.logs is None else [tf.convert_to_tensor(each) for each in tf.nest.flatten(logs)]

    def _no_logs(self) -> list[Tensor]:
        kept = [] if self.logs is None else tf.nest.flatten(self.logs)
        return [tf.zeros([length or 0 for length in log.shape], log.dtype) for log in kept]

    def _results(self, model: keras.Model, logs: list[Tensor]) -> object:
        if self.logs is not None:
            return tf.nest.pack_sequence_as(self.logs, logs)
        return model.get_metrics_result()


def _scope_of_update(model: keras.Model) -> str | None:
    """Where Keras's own optimizers look up rows: those that a gradient has, which is none beyond the table."""
    parts = [model.optimizer, getattr(model.optimizer, "_learning_rate", None)]
    parts += [constraint for variable in model.trainable_variables if (constraint := variable.constraint) is not None]
    own = all(type(part).__module__.partition(".")[0] == "keras" for part in parts)
    return model.optimizer.name if own else None


def _places(function: Any, resources: list[Tensor]) -> list[int]:
    """Where among a model's variables each is that a function has captured."""
    places = {id(resource): place for place, resource in enumerate(resources)}
    return [places[id(captured)] for captured in function.captured_inputs]


def _nothing(part: object) -> object:
    return None if isinstance(part, tf.experimental.Optional) else part


def _invariant(tensor: Tensor) -> tf.TensorShape:
    return tf.TensorShape([None if length == 0 else length for length in tensor.shape])


def specs(data: Data) -> Data:
    """What arrays are like, whatever their number of samples."""
    return tf.nest.map_structure(lambda array: tf.TensorSpec([None, *array.shape[1:]], array.dtype), data)


def _shaped(batch: Data, spec: Data) -> Data:
    return tf.nest.map_structure(lambda array, like: tf.ensure_shape(array, like.shape), batch, spec)
