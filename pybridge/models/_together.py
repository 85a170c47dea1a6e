"""Measuring and predicting on several workers: each takes whole batches, and all get what is told of all."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import get_data_adapter
from keras.src.utils.python_utils import pythonify_logs

from pybridge._arguments import shown
from pybridge.distributed._packing import as_bits, from_bits, has_bits
from pybridge.distributed._workers import Workers
from pybridge.errors import OptionError
from pybridge.models._arrays import Arrays
from pybridge.models._data import as_batches, sample_count, sparse
from pybridge.models._seeds import SEED

ADDED_UP = (keras.metrics.Mean, keras.metrics.Sum)
ROWS = 1000  # of arrays, that workers compare
DENSE_ALONE = (
    "several workers each take their part of dense samples, and these are sparse or ragged; give arrays or tensors "
    "with a place for each number"
)


@dataclasses.dataclass
class Part:
    """This worker's part of the samples, in batches that one worker alone would have.

    Attributes:
        idle: whether it has none, and the first batch stands in, so that there is a result of its shape.
        count: how many samples all workers have, once they have been read.
        rows: where this worker's are among them.
        told: a digest of what all have, so far.
    """

    idle: bool = False
    count: int = 0
    rows: list[slice] = dataclasses.field(default_factory=list)
    told: str = ""

    def facts(self) -> dict[str, object]:
        """What must be the same on all workers, once the part has been read."""
        return {"the number of samples": self.count, "the data, in the order in which it comes,": self.told}


def of_arrays(given: Arrays, batch_size: int, steps: int | None, workers: Workers) -> tuple[Part, Arrays]:
    """This worker's part of arrays.

    Raises:
        OptionError: they are sparse or ragged.
    """
    if sparse(given.x, given.y):
        raise OptionError(DENSE_ALONE)
    count = sample_count(x=given.x)
    batches = min(math.ceil(count / batch_size), steps or count)
    first, last = workers.part(batches)
    count = min(count, batches * batch_size)
    own = slice(first * batch_size, min(last * batch_size, count))
    idle = first == last
    part = Part(idle, count, [own], digest_of_rows(given.packed()))
    return part, given.cut(slice(0, min(batch_size, count)) if idle else own)


class StreamPart(Part):
    """This worker's part of what gives its batches itself: all workers read all of them, and take turns.

    Args:
        x: the data, as Keras takes it.
        steps: how many batches are wanted; None for all.
        workers: who takes turns.
    """

    def __init__(self, x: Any, steps: int | None, workers: Workers) -> None:
        super().__init__()
        self._adapter = get_data_adapter(as_batches(x, "x", steps))
        self._dataset = self._adapter.get_tf_dataset()
        refuse_gaps(self._dataset.element_spec)
        self._steps = steps
        self._workers = workers

    def batches(self) -> Iterator[Any]:
        """This worker's batches."""
        first: Any = None
        self._adapter.on_epoch_begin()
        for number, batch in enumerate(itertools.islice(self._dataset, self._steps)):
            batch = tf.nest.map_structure(lambda part: part if isinstance(part, tf.Tensor) else None, batch)
            leaves = [leaf for leaf in tf.nest.flatten(batch) if leaf is not None]
            self.told = digest([*leaves, tf.constant(self.told)])
            rows = slice(self.count, self.count + int(leaves[0].shape[0]))
            self.count = rows.stop
            first = batch if number == 0 else first
            if number % self._workers.count == self._workers.rank:
                self.rows.append(rows)
                yield batch
        self._adapter.on_epoch_end()
        if not self.rows and first is not None:
            self.idle = True
            yield first


def refuse_gaps(spec: Any) -> None:
    """Refuse batches whose parts are sparse or ragged.

    Raises:
        OptionError: says what to give.
    """
    if any(isinstance(part, tf.SparseTensorSpec | tf.RaggedTensorSpec) for part in tf.nest.flatten(spec)):
        raise OptionError(DENSE_ALONE)


def check_alike(model: keras.Model, workers: Workers, **told: object) -> None:
    """Compare the model and what is told of the data.

    Raises:
        WorkerError: another worker has a model with other weights, or other data.
    """
    weights = [variable for variable in model.variables if variable.name != SEED]
    workers.compare({"the number of weights": len(weights), "a digest of the weights": digest(weights), **told})


def digest(parts: Iterable[Any]) -> str:
    """A few letters that differ where variables or tensors differ."""
    whole = hashlib.blake2b(digest_size=8)
    for part in parts:
        value = part.value if isinstance(part, keras.Variable) else part
        whole.update(tf.fingerprint(tf.reshape(tf.convert_to_tensor(value), [1, -1])).numpy().tobytes())
    return whole.hexdigest()


def digest_of_rows(data: Any) -> str:
    """The digest of some rows of arrays, which tells other data, or another order, from the same."""
    chosen = []
    for leaf in keras.tree.flatten(data):
        rows = np.unique(np.linspace(0, leaf.shape[0] - 1, ROWS).astype(np.int64))
        chosen.append(tf.gather(leaf, rows) if isinstance(leaf, tf.Tensor) else np.asarray(leaf[rows]))
    return digest(chosen)


def refuse_own_metrics(model: keras.Model) -> None:
    """Refuse metrics of which nobody knows whether several workers' numbers add up.

    Raises:
        OptionError: names the metric, and says what to write.
    """
    compiled: Any = model._compile_metrics
    told = [] if compiled is None else [compiled._user_metrics, compiled._user_weighted_metrics]
    for metric in [*model.metrics, *keras.tree.flatten(told)]:
        known = not isinstance(metric, keras.metrics.Metric) or type(metric).__module__.startswith("keras.")
        if not known and not isinstance(metric, ADDED_UP):
            raise OptionError(
                f"the metric {metric.name} is a class of its own, of which nobody knows whether several workers' "
                "numbers add up; give a function of (y_true, y_pred), or derive it from keras.metrics.Mean or Sum"
            )


def metrics_of_all(model: keras.Model, workers: Workers) -> dict[str, Any]:
    """The results of a model's metrics over all workers' samples; its own numbers stay as they are."""
    places = [variable.value for variable in model.metrics_variables]
    own = [tf.identity(place) for place in places]
    for place, whole in zip(places, workers.added(own), strict=True):
        place.assign(whole)
    try:
        return model.get_metrics_result()
    finally:
        for place, part in zip(places, own, strict=True):
            place.assign(part)


def measured_of_all(model: keras.Model, workers: Workers, part: Part, told: dict[str, Any]) -> dict[str, Any]:
    """What `evaluate` tells of all workers' parts.

    Args:
        model: a model that has measured its part.
        workers: who has the parts.
        part: this worker's.
        told: what Keras has told of it.

    Raises:
        OptionError: the model tells other numbers than those of its metrics.
        WorkerError: another worker has measured other data.
    """
    workers.compare(part.facts())
    if part.idle:
        model.reset_metrics()
    whole = dict(pythonify_logs(metrics_of_all(model, workers)))
    if whole.keys() != told.keys():
        raise OptionError(
            f"the model's test_step returns {shown(sorted(told))}, which several workers cannot add up; let it return "
            "the results of the model's metrics"
        )
    return whole


def predicted_by_all(workers: Workers, part: Part, own: Any) -> Any:
    """What all workers have predicted, in the order of the samples.

    Raises:
        OptionError: it is no numbers.
        WorkerError: another worker has predicted for other data.
    """
    workers.compare(part.facts())

    def spread(output: np.ndarray) -> Any:
        if not has_bits(tf.as_dtype(output.dtype)):
            raise OptionError(f"several workers predict numbers of up to 64 bits, and the model gives {output.dtype}")
        read = sum(rows.stop - rows.start for rows in part.rows)
        if not part.idle and len(output) != read:
            raise OptionError(
                f"the model gives {len(output)} rows for {read} samples; several workers predict by models that give "
                "one for each"
            )
        whole = np.zeros((part.count, *output.shape[1:]), output.dtype)
        begun = 0
        for rows in [] if part.idle else part.rows:
            whole[rows] = output[begun : begun + rows.stop - rows.start]
            begun += rows.stop - rows.start
        return as_bits(tf.convert_to_tensor(whole))

    outputs = keras.tree.flatten(own)
    wholes = workers.added([spread(np.asarray(output)) for output in outputs])
    arrays = [from_bits(whole, tf.as_dtype(own.dtype)).numpy() for whole, own in zip(wholes, outputs, strict=True)]
    return keras.tree.pack_sequence_as(own, arrays)
