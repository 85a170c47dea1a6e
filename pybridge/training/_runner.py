"""How the steps of a model run: in programs of ours, or in Keras's own function where only that does the same."""

from __future__ import annotations

import functools
import re
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.models._data import Data
from pybridge.models._refused import refused
from pybridge.training._checks import Checks
from pybridge.training._data_adapters import ArrayAdapter, Block, StreamAdapter
from pybridge.training._keras_runner import SLOTS, KerasRunner, keras_function, needs_keras
from pybridge.training._logs import results
from pybridge.training._operations import OWN_CHANCE, draws_otherwise, gains_by_xla
from pybridge.training._program import Program
from pybridge.training._state import build_for, shared, structure

SLICE_SECONDS = 0.2
FEWEST_STEPS = 90  # of an epoch, below which no program is worth compiling
LOSE_BY_XLA = re.compile("Conv|Pool|^Random|UpSampling|Resizing")
Adapter = ArrayAdapter | StreamAdapter
_drawing: weakref.WeakSet[Any] = weakref.WeakSet()  # Keras's functions of steps that draw by generators of their own


class Runner:
    """Runs a model's steps in compiled programs, as many at a time as keep a run short.

    It stands where Keras keeps the function that it has compiled, so that `compile` takes it away, too.

    Args:
        model: a compiled model.
        step: the name of its method, "train_step" or "test_step".
        given: what `fit` compiled the model with; None when the model's owner did.
    """

    def __init__(self, model: keras.Model, step: str, given: Any = None) -> None:
        self.model = model
        self.step = step
        self.given = given
        self.block_size = 1
        self.jit = False
        self.program: Any = None  # a `Program`, once it has been traced
        self.check = True
        self._programs: dict[tuple[str, bool, bool], Program] = {}
        self._loop: Any = None
        self._rest: Any = None
        self._stream: Any = None
        self._singles: dict[tuple[str, bool | str, bool], tuple[Checks | None, Callable[..., Any]]] = {}

    def __call__(self, iterator: object) -> object:
        """What Keras's own `fit` or `evaluate` calls: Keras's function comes back."""
        return keras_function(self.model, self.step, anew=True)(iterator)

    def trace(self, adapter: Adapter, *, jit: bool | str, check: bool) -> Program:
        """Trace the step for the batches of an adapter, unless it has been.

        XLA needs to know how many samples a batch has. So does no one else, and then one trace serves all batches.
        """
        self.check = check
        self._loop = self._rest = self._stream = None
        xla = _might_compile(self.model, adapter, jit)
        self.program = self._use(adapter.spec(whole=xla), xla=xla)
        return self.program

    def _use(self, spec: Data, *, xla: bool) -> Program:
        key = (str(spec), self.check, xla)
        if key not in self._programs:
            self._programs[key] = self._made(spec, xla)
        return self._programs[key]

    def _made(self, spec: Data, xla: bool) -> Program:
        options = {"check": self.check, "xla": xla}
        key = structure(self.model, spec, step=self.step, **options)
        build_for(self.model, spec)
        return shared(key, lambda: Program(self.model, spec, self.step, share=key is not None, **options))

    def load(self, adapter: ArrayAdapter, *, jit: bool | str) -> None:
        """Compile for arrays while they are copied, and refuse labels and indices out of range.

        Raises:
            ShapeError: there is a label or an index out of range.
        """
        self.jit = self._chooses_xla(jit, adapter.steps)
        adapter.load(lambda: self._compile(adapter, warn=jit is True))
        if self.program.checks:
            check = self.program.check(self.model, adapter.data)
            adapter.examine(functools.partial(_refuse_wrong, self.program, check, adapter.prefix))

    def stream(self, *, jit: bool | str) -> None:
        """Get ready for batches that are not known yet, which XLA compiles only when it is told to."""
        self.jit = jit is True and self._chooses_xla(jit, None)
        error = self.program.xla_error() if self.jit else None
        if error is not None:
            self._warn(error, stacklevel=5)
            self.jit = False

    def _warn(self, error: str, *, stacklevel: int) -> None:
        warnings.warn(
            "XLA cannot compile this model with its loss and metrics, so it trains without XLA; "
            f"jit=False says so beforehand. What it met: {error}",
            stacklevel=stacklevel + 1,
        )

    def _chooses_xla(self, jit: bool | str, steps: int | None) -> bool:
        """Whether XLA compiles the step. It follows from the program and the number of steps, never from the clock."""
        if jit is False or not _xla_knows(self.model):
            return False
        checks = self.program.checks
        checked, portable = checks is None or checks.complete, not draws_otherwise(self.program.types)
        if jit is True:
            if not checked or not portable:
                reason = (
                    "draws random numbers of a kind that XLA draws otherwise"
                    if checked
                    else "looks up labels or rows by numbers that it computes itself, whose range XLA does not check"
                )
                warnings.warn(f"the model {reason}, so it trains without XLA", stacklevel=5)
            return checked and portable
        if tf.config.list_physical_devices("GPU"):
            return True
        # Compiling a node takes about a millisecond, and a step in XLA saves about half of one.
        widest = max((variable.shape[-1] for variable in self.model.trainable_variables if variable.shape), default=0)
        gains = checked and gains_by_xla(self.program.types, widest)
        return gains and steps is not None and 2 * steps >= self.program.nodes

    def _compile(self, adapter: ArrayAdapter, *, warn: bool) -> None:
        """Compile the loop before there is anything to run. What XLA cannot compile runs without it."""
        nothing = (tf.range(tf.nest.flatten(adapter.data)[0].shape[0]), tf.constant(0), tf.constant(0))
        try:
            self._loop = self.program.loop(self.model, adapter.data, adapter.batch_size, jit=self.jit)
            self._loop(adapter.data, *nothing)
        except tf.errors.OpError as error:
            # Without a step, nothing but the compilation can have failed.
            if not self.jit:
                raise
            if warn:
                self._warn(error.message.splitlines()[0], stacklevel=7)
            self.jit = False
            self._compile(adapter, warn=False)

    def single(self, batch: Data, *, jit: bool | str, check: bool) -> dict[str, Tensor]:
        """Run one step on its own."""
        spec = tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, array.dtype), batch)
        key = (str(spec), jit, check)
        if key not in self._singles:
            self.check = check
            self.program = self._use(spec, xla=jit is not False)
            xla = self._chooses_xla(jit, self.program.nodes)
            step = self.program.single(self.model, jit=xla, check=check, fresh=True)
            self._singles[key] = self.program.checks, step
        checks, step = self._singles[key]
        with _checked(checks):
            return step(batch)

    def results(self, logs: Any) -> dict[str, Any]:
        """The loss and the metrics, of the logs after a step."""
        return results(self.model, logs)

    def pace(self) -> int:
        """How many steps to run at a time. It never changes what they compute."""
        return self.block_size

    def run(self, adapter: Adapter, block: Block) -> tuple[int, object]:
        """Run a block.

        Returns:
            How many steps there were batches for, and the logs after the last.

        Raises:
            ShapeError: a label or an index is out of range; that step has changed nothing.
            DataError: TensorFlow refuses the data.
        """
        started = time.perf_counter()
        with _checked(self.program.checks, adapter.prefix, block.start):
            done, logs = self._run(adapter, block)
        seconds = time.perf_counter() - started
        self.block_size = max(1, min(int(SLICE_SECONDS * block.steps / max(seconds, 1e-6)), 8 * self.block_size))
        return done, logs

    def _run(self, adapter: Any, block: Block) -> tuple[int, object]:
        if block.iterator is not None:
            if self._stream is None:
                self._stream = self.program.stream(self.model, block.iterator, jit=self.jit, sure=adapter.sure)
            done, logs = self._stream(block.iterator, tf.constant(block.steps))
            return int(done), logs
        if not block.whole:
            if self._rest is None:
                self._rest = self._use(adapter.spec(whole=False), xla=False).single(self.model)
            return 1, self._rest(adapter.batch(block.place))
        start, stop = tf.constant(block.place), tf.constant(block.place + block.steps)
        return block.steps, self._loop(adapter.data, block.numbers, start, stop)


def runner(model: keras.Model, step: str, adapter: Adapter, *, jit: bool | str, check: bool) -> Runner | KerasRunner:
    """What runs a model's steps on such batches, made ready.

    Raises:
        ShapeError: there is a label or an index out of range in arrays.
    """
    slot = SLOTS[step]
    held = getattr(model, slot)
    taken = isinstance(held, Runner)
    alone = type(held) is Runner
    if needs_keras(model, step) or held in _drawing:
        return KerasRunner(model, step, anew=taken)
    ours = held if alone else Runner(model, step, getattr(held, "given", None))
    program = ours.trace(adapter, jit=jit, check=check)
    if program.types & OWN_CHANCE:
        theirs = KerasRunner(model, step, anew=taken)
        _drawing.add(theirs.function)
        return theirs
    setattr(model, slot, ours)
    if isinstance(adapter, ArrayAdapter):
        ours.load(adapter, jit=jit)
    else:
        ours.stream(jit=jit)
    return ours


def train_on_batch(model: keras.Model, batch: Data, *, jit: bool | str, check: bool) -> dict[str, Tensor]:
    """Train by one batch, and return its loss and metrics alone.

    Raises:
        ShapeError: there is a label or an index out of range; nothing has changed.
    """
    held = model.train_function
    ours = held if type(held) is Runner else Runner(model, "train_step")
    model.train_function = ours
    return ours.single(batch, jit=jit, check=check)


@contextmanager
def _checked(checks: Checks | None, prefix: str = "", start: int | None = None) -> Iterator[None]:
    """Say what a check, or TensorFlow itself, has refused."""
    with refused():
        try:
            yield
        except tf.errors.InvalidArgumentError as error:
            if checks is not None:
                checks.refuse_stopped(error, prefix=prefix, start=start)
            raise


def _refuse_wrong(
    program: Program, check: Callable[..., Any], prefix: str, data: Data, rows: np.ndarray | None
) -> None:
    """Raise an error for the first sample with a label or an index out of range."""
    looked_at, report = check(data)
    size = tf.nest.flatten(program.spec)[0].shape[0] or int(looked_at)
    program.checks.refuse(report, prefix=prefix, first=int(looked_at) - size, rows=rows)


def _might_compile(model: keras.Model, adapter: Adapter, jit: Any) -> bool:
    """Whether XLA may be chosen for a step that is not traced yet, as far as names and numbers tell."""
    if jit != "auto":
        return jit
    many = adapter.steps is not None and adapter.steps >= FEWEST_STEPS
    return many and not any(LOSE_BY_XLA.search(type(layer).__name__) for layer in model._flatten_layers())


def _xla_knows(model: keras.Model) -> bool:
    """Whether no layer of the model says that XLA cannot compile it."""
    before = model.jit_compile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.jit_compile = True
    knows = model.jit_compile
    model.jit_compile = before
    return knows
