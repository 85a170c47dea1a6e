"""What the losses and the metrics of a step tell of a worker's part of a batch, so that all parts make up the whole."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from pybridge.errors import OptionError

COUNTING = (keras.metrics.Mean.update_state, keras.metrics.Sum.update_state)


@contextlib.contextmanager
def of_parts(model: keras.Model, share: tf.Variable) -> Iterator[None]:
    """While a step is traced, see that losses and metrics tell of each sample.

    A mean or a sum to which a step adds one number for a batch counts it by this worker's share of the batch.

    Raises:
        OptionError: a loss or a metric gives one number for a batch, of which nobody knows whether it is a mean.
    """
    replaced: list[tuple[Any, str, Any]] = []

    def replace(owner: Any, name: str, new: Callable[..., Any]) -> None:
        replaced.append((owner, name, vars(owner).get(name)))
        vars(owner)[name] = new

    def watch_losses() -> None:
        for _, loss, *_ in model._compile_loss._flat_losses:
            if loss is not None:
                replace(loss, "call", functools.partial(_for_each_sample, f"the loss {loss.name}", loss.call))

    def watch_metrics() -> None:
        for metric in model._compile_metrics.metrics:
            watch_metric(metric)

    def watch_metric(metric: Any) -> None:
        if any(owner is metric for owner, _, _ in replaced):
            return
        if isinstance(metric, keras.metrics.MeanMetricWrapper):
            replace(metric, "_fn", functools.partial(_for_each_sample, f"the metric {metric.name}", metric._fn))
        elif type(metric).update_state in COUNTING:
            replace(metric, "update_state", functools.partial(_counted, share, metric))

    def watch_once_built(whole: Any, watch: Callable[[], None]) -> None:
        def build(*arguments: object) -> None:
            type(whole).build(whole, *arguments)
            watch()

        if whole is not None:
            watch() if whole.built else replace(whole, "build", build)

    try:
        for metric in model.metrics:
            watch_metric(metric)
        watch_once_built(model._compile_loss, watch_losses)
        watch_once_built(model._compile_metrics, watch_metrics)
        yield
    finally:
        for owner, name, before in reversed(replaced):
            if before is None:
                del vars(owner)[name]
            else:
                vars(owner)[name] = before


def _counted(share: tf.Variable, metric: Any, values: Any, sample_weight: Any = None) -> None:
    if sample_weight is None and tf.convert_to_tensor(values).shape.rank == 0:
        sample_weight = share
    type(metric).update_state(metric, values, sample_weight)


def _for_each_sample(what: str, f: Callable[..., Any], y_true: Any, *arguments: Any, **options: Any) -> Any:
    values = f(y_true, *arguments, **options)
    shape, samples = values.shape, keras.tree.flatten(y_true)[0].shape[0]
    if len(shape) == 0 or shape[0] not in (None, samples):
        raise OptionError(
            f"{what} gives one number for a whole batch, of which each worker has a part; let it give one for each "
            "sample, of which Keras takes the mean"
        )
    return values
