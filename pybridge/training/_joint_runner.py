"""How the steps of a model run on several workers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge.distributed._workers import Workers
from pybridge.models._data import Data
from pybridge.training._data_adapters import ArrayAdapter, Block
from pybridge.training._joint_program import JointProgram
from pybridge.training._keras_runner import SLOTS
from pybridge.training._logs import results
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
        self._share = 1.0  # of the last batch, which this worker had

    def _use(self, spec: Data, *, xla: bool) -> JointProgram:
        return super()._use(keras.tree.map_structure(self._own, spec), xla=xla)  # type: ignore[return-value]

    def _own(self, spec: tf.TensorSpec) -> tf.TensorSpec:
        first, last = self.workers.part(spec.shape[0] or 0)
        return tf.TensorSpec([last - first or None, *spec.shape[1:]], spec.dtype)

    def _made(self, spec: Data, xla: bool) -> JointProgram:
        build_for(self.model, spec)
        return JointProgram(self.model, spec, self.step, self.workers, check=self.check, xla=xla)

    def pace(self) -> int:
        """How many steps to run at a time: all as worker 0, for a sum is known by its place in the loop."""
        return self.workers.first(self.block_size) if self.step == "train_step" else self.block_size

    def _run(self, adapter: Any, block: Block) -> tuple[int, object]:
        if block.whole:
            first, last = self.workers.part(adapter.batch_size)
            self._share = (last - first) / adapter.batch_size
            return super()._run(adapter, block)
        rows = adapter.rows(block.place)
        first, last = self.workers.part(len(rows))
        self._share = (last - first) / len(rows)
        if self._rest is None:
            self._rest = self._use(adapter.spec(whole=False), xla=False).rest(self.model, adapter.data)
        return 1, self._rest(adapter.data, rows[first:last], tf.constant(self._share))

    def results(self, logs: Any) -> dict[str, Any]:
        """The loss and the metrics over all workers' samples."""
        if logs is not None:  # of a step that returns what it likes
            flat = [np.asarray(each, np.float64) * self._share for each in tf.nest.flatten(logs)]
            return dict(tf.nest.pack_sequence_as(logs, [np.asarray(each) for each in self.workers.added(flat)]))
        places = [variable.value for variable in self.model.metrics_variables]
        own = [tf.identity(place) for place in places]
        for place, whole in zip(places, self.workers.added(own), strict=True):
            place.assign(whole)
        told = results(self.model, self.model.get_metrics_result())
        for place, part in zip(places, own, strict=True):
            place.assign(part)
        return told


def joint_runner(
    model: keras.Model, step: str, adapter: Adapter, workers: Workers, *, jit: bool | str, check: bool
) -> JointRunner:
    """What runs a model's steps on several workers, made ready.

    Raises:
        ShapeError: there is a label or an index out of range in arrays.
    """
    assert isinstance(adapter, ArrayAdapter)
    held = getattr(model, SLOTS[step])
    ours = held if isinstance(held, JointRunner) else JointRunner(model, step, workers, getattr(held, "given", None))
    ours.trace(adapter, jit=jit, check=check)
    setattr(model, SLOTS[step], ours)
    ours.load(adapter, jit=jit)
    return ours
