"""What the losses and the metrics of a step tell of a worker's part of a batch, so that all parts make up the whole."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from pybridge.errors import OptionError


@contextlib.contextmanager
def of_parts(model: keras.Model, share: tf.Variable) -> Iterator[None]:
    """Refuse a loss of a whole batch while a step is traced, and let means count numbers of a batch by a share of it.

    Raises:
        OptionError: a loss gives one number for a batch.
    """

    def counted(metric: Any, values: Any, sample_weight: Any = None) -> None:
        if sample_weight is None and tf.convert_to_tensor(values).shape.rank == 0:
            sample_weight = share
        type(metric).update_state(metric, values, sample_weight)

    means = [each for each in model.metrics if type(each).update_state is keras.metrics.Mean.update_state]
    for metric in means:
        vars(metric)["update_state"] = functools.partial(counted, metric)
    try:
        with _means(model):
            yield
    finally:
        for metric in means:
            vars(metric).pop("update_state", None)


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
