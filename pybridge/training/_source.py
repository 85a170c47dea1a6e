"""What was given as x, y and the rest, and which data adapter serves it."""

from __future__ import annotations

import functools
from typing import Any

import keras
import tensorflow as tf
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from pybridge.distributed._workers import Workers
from pybridge.errors import OptionError, ShapeError
from pybridge.models._arrays import Arrays, arrays
from pybridge.models._data import as_batches, lists_batches, refuse_unknown_shapes, sparse, streams
from pybridge.models._mapped import mapped
from pybridge.models._targets import check_targets
from pybridge.training._compile import options_of
from pybridge.training._data_adapters import ArrayAdapter, StreamAdapter
from pybridge.training._mapped_adapter import MappedAdapter
from pybridge.training._sample_weights import of_classes, of_classes_in
from pybridge.training._state import overrides


class Source:
    """Makes the data adapters of a model from what `fit` was given.

    Args:
        model: the model to be trained.
        told: the options of `compile` that `fit` was told.
        workers: which parts of the batches each worker reads.

    Attributes:
        targets: whether there are targets, once `training` has seen the data.
    """

    def __init__(self, model: keras.Model, told: dict[str, Any], workers: Workers) -> None:
        self.model = model
        self.told = told
        self.workers = workers
        self.targets = True
        self._data: Arrays | None = None

    def training(
        self,
        x: object,
        y: object,
        sample_weight: object,
        class_weight: dict[int, float] | None,
        validation_split: float,
        *,
        batch_size: int,
        shuffle: bool | str,
        seed: int | None,
        steps: int | None,
    ) -> tuple[ArrayAdapter | StreamAdapter, Arrays | None]:
        """The adapter of what trains, and what `validation_split` takes off its end."""
        if streams(x):
            others = {"y": y, "sample_weight": sample_weight, "validation_split": validation_split or None}
            return self._stream(x, "x", "", steps, shuffle, class_weight, **others), None
        if sparse(x, y, sample_weight):
            return self._sparse(x, y, sample_weight, class_weight, validation_split, batch_size, shuffle, seed, steps)
        try:
            data = arrays(self.model, x, y, sample_weight)
        except ShapeError as error:
            if y is None and lists_batches(x):
                raise OptionError(
                    "x is a list of batches; give an iterator of them: iter(x), or in Clojure (pb/iter x), which also "
                    "keeps a lazy seq lazy"
                ) from error
            raise
        held_out = None
        if validation_split:
            data, held_out = data.split(validation_split)
        if class_weight is not None:
            if data.y is None:
                raise OptionError("class_weight needs y, for it weighs the loss of each target by its class")
            data.weight = of_classes(data.y, class_weight)
        self._check(data.y, "y")
        self._data = data
        return self._adapter(data, batch_size, steps, shuffle=shuffle, seed=seed), held_out

    def validation(self, given: object, *, batch_size: int, steps: int | None) -> ArrayAdapter | StreamAdapter:
        """The adapter of what validates."""
        if streams(given):
            return self._stream(given, "validation_data", "validation_", steps)
        if not isinstance(given, Arrays):
            if not isinstance(given, (list, tuple)) or len(given) not in (1, 2, 3):
                raise OptionError("validation_data must be (x, y), (x, y, sample_weight) or a tf.data.Dataset")
            x, y, weight = (*given, None, None)[:3]
            made = Arrays if sparse(given) else functools.partial(arrays, self.model)
            given = made(x, y, weight, "validation_")
        if sparse(given.x, given.y):
            return self._keras(given, "validation_", batch_size=batch_size, steps_per_epoch=steps, shuffle=False)
        self._check(given.y, "validation_y")
        return self._adapter(given, batch_size, steps, prefix="validation_")

    def as_keras(self, adapter: ArrayAdapter | StreamAdapter, **options: object) -> ArrayAdapter | StreamAdapter:
        """Keras's own adapter of the arrays in memory that train, for steps that run in Keras's own function."""
        if self._data is None or isinstance(adapter, MappedAdapter):
            return adapter
        return self._keras(self._data, "", **options)

    def _adapter(self, data: Arrays, batch_size: int, steps: int | None, **options: Any) -> ArrayAdapter:
        if mapped(data.x, data.y, data.weight):
            together = self.model.steps_per_execution
            return MappedAdapter(data.packed(), batch_size, steps, self.workers, together=together, **options)
        return ArrayAdapter(data.packed(), batch_size, steps, **options)

    def _stream(
        self,
        x: object,
        name: str,
        prefix: str,
        steps: int | None,
        shuffle: bool | str = False,
        class_weight: dict[int, float] | None = None,
        **others: object,
    ) -> StreamAdapter:
        for option, value in others.items():
            if value is not None:
                raise OptionError(
                    f"a dataset holds its own targets and weights, and cannot be split; leave out {option}"
                )
        x = as_batches(x, name, steps)
        if not overrides(self.model, "train_step", "test_step"):
            refuse_unknown_shapes(x, name)
        if isinstance(x, tf.data.Dataset):
            if shuffle == "batch":
                raise OptionError(
                    f'a dataset keeps its own order: leave out shuffle="batch", and shuffle it by {name}.shuffle'
                )
            if class_weight is not None:
                x, class_weight = of_classes_in(x, class_weight), None
        options = {"shuffle": bool(shuffle)} if isinstance(x, keras.utils.PyDataset) else {}
        try:
            adapter = StreamAdapter(
                self.model,
                prefix,
                x=x,
                steps_per_epoch=steps,
                class_weight=class_weight,
                steps_per_execution=self.model.steps_per_execution,
                **options,
            )
        except (TypeError, ValueError) as error:
            if "Invalid dtype: str" in str(error):
                error = "it gives strings of NumPy's; make tensors of them by tf.constant, and numbers of labels"
            raise OptionError(f"{name} cannot be used: {error}") from None
        spec = adapter.spec(whole=False)
        self._check(spec[1] if isinstance(spec, tuple) and len(spec) > 1 else None, f"the y of {name}")
        return adapter

    def _sparse(
        self,
        x: Any,
        y: Any,
        weight: Any,
        class_weight: dict[int, float] | None,
        split: float,
        batch_size: int,
        shuffle: bool | str,
        seed: int | None,
        steps: int | None,
    ) -> tuple[ArrayAdapter | StreamAdapter, Arrays | None]:
        if seed is not None and shuffle:
            raise OptionError(
                "a seed cannot order sparse or ragged samples; leave it out and call keras.utils.set_random_seed "
                "before, or give shuffle=False"
            )
        held_out = None
        if split:
            (x, y, weight), rest = train_validation_split((x, y, weight), validation_split=split)
            held_out = Arrays(*keras.utils.unpack_x_y_sample_weight(rest))
        options = {"batch_size": batch_size, "steps_per_epoch": steps, "shuffle": shuffle, "class_weight": class_weight}
        return self._keras(Arrays(x, y, weight), "", **options), held_out

    def _keras(self, data: Arrays, prefix: str, **options: object) -> StreamAdapter:
        parts = {"x": data.x, "y": data.y, "sample_weight": data.weight}
        together = self.model.steps_per_execution
        try:
            return StreamAdapter(self.model, prefix, **parts, steps_per_execution=together, **options)
        except ValueError as error:
            raise ShapeError(f"the samples and what belongs to them do not go together: {error}") from error

    def _check(self, y: object, name: str) -> None:
        loss, metrics = options_of(self.model, self.told)
        if overrides(self.model, "train_step", "compute_loss"):  # it says itself what its loss is made of
            self.targets = self.targets and y is not None
        elif y is not None:
            check_targets(self.model, loss, metrics, y, name)
        elif loss is not None or metrics:
            raise OptionError(
                f"{name} is missing; a model that makes its loss of its inputs alone takes loss=None and metrics=[]"
            )
