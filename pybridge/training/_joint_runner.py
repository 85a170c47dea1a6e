"""How the steps of a model run on several workers."""

from __future__ import annotations

import contextlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge.distributed._workers import Workers
from pybridge.errors import OptionError
from pybridge.models._data import Data
from pybridge.models._together import metrics_of_all
from pybridge.training._data_adapters import ArrayAdapter, Block
from pybridge.training._joint_program import DIFFER, FEW, JointProgram
from pybridge.training._keras_runner import SLOTS
from pybridge.training._program import specs
from pybridge.training._runner import Adapter, Runner
from pybridge.training._state import build_for


class JointRunner(Runner):
    """Runs this worker's part of each batch, and the updates that all make together.

    Args:
        model: a compiled model.
        step: the name of its method, "train_step" or "test_step".
        workers: which parts there are.
        given: as `Runner` takes it.
    """

    def __init__(self, model: keras.Model, step: str, workers: Workers, given: Any = None) -> None:
        super().__init__(model, step, given)
        self.workers = workers
        self.streams = False  # whether batches come from elsewhere, with a sum for each
        self._share = 1.0  # of the last batch, which this worker had

    def _use(self, spec: Data, *, xla: bool) -> JointProgram:
        return super()._use(keras.tree.map_structure(self._own, spec), xla=xla)  # type: ignore[return-value]

    def _own(self, spec: Any) -> Any:
        if not isinstance(spec, tf.TensorSpec):  # what a generator leaves out
            return spec
        first, last = (0, 0) if self.streams else self.workers.part(spec.shape[0] or 0)
        return tf.TensorSpec([last - first or None, *spec.shape[1:]], spec.dtype)

    def _made(self, spec: Data, xla: bool) -> JointProgram:
        build_for(self.model, spec)
        return JointProgram(self.model, spec, self.step, self.workers, check=self.check, xla=xla)

    def pace(self) -> int:
        """How many steps to run at a time: all as worker 0, for a sum is known by its place in the loop."""
        sums = self.streams or self.step == "train_step"
        return self.workers.first(self.block_size) if sums else self.block_size

    def stream(self, *, jit: bool | str) -> None:
        """Get ready for batches that are not known yet, which several workers train by without XLA."""
        self.jit = False
        if jit is True:
            self._warn("parts of batches, whose shape may change", stacklevel=5)

    def _chooses_xla(self, jit: bool | str, steps: int | None) -> bool:
        return not self.program.whole and super()._chooses_xla(jit, steps)

    def _run(self, adapter: Any, block: Block) -> tuple[int, object]:
        if block.iterator is not None:
            return self._run_stream(adapter, block)
        if block.whole:
            first, last = self.workers.part(adapter.batch_size)
            self._share = (last - first) / adapter.batch_size
            return super()._run(adapter, block)
        rows = adapter.rows(block.place)
        first, last = self.workers.part(len(rows))
        self._share = (last - first) / len(rows)
        if self.program.whole and len(rows) < self.workers.count:
            raise self._too_few(len(rows))
        if self._rest is None:
            self._rest = self._use(adapter.spec(whole=False), xla=False).rest(self.model, specs(adapter.data))
        return 1, self._rest(adapter.data, rows[first:last], tf.constant(self._share))

    def _run_stream(self, adapter: Any, block: Block) -> tuple[int, object]:
        if self._stream is None:
            self._stream = self.program.stream(self.model, block.iterator, jit=False, sure=False)
        done, state, share, logs = self._stream(block.iterator, tf.constant(block.steps))
        if done:
            self._share = float(share)
        if state == DIFFER:
            raise self.workers.refusal(
                f"the workers do not read the same batches: batch {block.start + int(done)} differs. Each reads all of "
                "them and takes its part, so let them come in one order: give shuffle a seed, as by "
                "dataset.shuffle(1000, seed=1), or call keras.utils.set_random_seed before"
            )
        if state == FEW:
            raise self._too_few(None)
        return int(done), logs

    def _too_few(self, size: int | None) -> OptionError:
        return OptionError(
            f"a batch of {'fewer samples than workers' if size is None else f'{size} samples'} does not do for "
            f"{self.workers.count} workers and a step of several updates; give each batch a sample for each"
        )

    def results(self, logs: Any) -> dict[str, Any]:
        """The loss and the metrics over all workers' samples."""
        told: dict[str, Any] = {}
        own: dict[str, Any] = {}
        with contextlib.suppress(ValueError):  # where the step has left Keras's metrics alone
            own = dict(self.model.get_metrics_result())
            told = dict(metrics_of_all(self.model, self.workers))
        if logs is None or told.keys() == logs.keys():
            return told
        flat = [np.asarray(each, np.float64) * self._share for each in tf.nest.flatten(logs)]
        means = tf.nest.pack_sequence_as(logs, [np.asarray(each) for each in self.workers.added(flat)])
        # What a step returns of its metrics is theirs; anything else is a number of this worker's part.
        of_metrics = {name for name in own.keys() & logs.keys() if np.array_equal(own[name], logs[name])}
        return {name: told[name] if name in of_metrics else mean for name, mean in means.items()}


def joint_runner(
    model: keras.Model, step: str, adapter: Adapter, workers: Workers, *, jit: bool | str, check: bool
) -> JointRunner:
    """What runs a model's steps on several workers, made ready.

    Raises:
        ShapeError: there is a label or an index out of range in arrays.
    """
    held = getattr(model, SLOTS[step])
    ours = held if isinstance(held, JointRunner) else JointRunner(model, step, workers, getattr(held, "given", None))
    ours.streams = not isinstance(adapter, ArrayAdapter)
    ours.trace(adapter, jit=jit, check=check)
    setattr(model, SLOTS[step], ours)
    if isinstance(adapter, ArrayAdapter):
        ours.load(adapter, jit=jit)
    else:
        ours.stream(jit=jit)
    return ours
