"""Before several workers train: what they cannot train as one worker does, and whether all train the same."""

from __future__ import annotations

from typing import Any

import keras

from pybridge._arguments import shown
from pybridge.distributed._workers import Workers
from pybridge.errors import OptionError
from pybridge.models._together import digest_of_rows, refuse_gaps, refuse_own_metrics
from pybridge.training._data_adapters import ArrayAdapter
from pybridge.training._keras_runner import needs_keras
from pybridge.training._state import optimizers


def begin_together(model: keras.Model, adapter: Any, measured: Any, workers: Workers, **told: object) -> None:
    """Refuse what several workers would train otherwise than one, and compare what they are told.

    Args:
        model: a compiled model.
        adapter: the data.
        measured: the data that validates, or None.
        workers: who trains.
        told: options of `fit`.

    Raises:
        OptionError: says what cannot be trained, and what to do.
        WorkerError: another worker trains another model, other data or with other options.
    """
    if not workers.together:
        return
    for each in (adapter, measured):
        if each is not None:
            _refuse_data(each, workers)
    _refuse_model(model)
    variables = [(tuple(variable.shape), variable.dtype, variable.trainable) for variable in model.variables]
    workers.compare(
        {
            "the number of samples": _extent(adapter),
            "the number of samples that validate": _extent(measured),
            "the data": _rows(adapter),
            "the data that validates": _rows(measured),
            "the number of weights": len(variables),
            "what the weights are like": variables,
            "the optimizer": [_named(optimizer) for optimizer in optimizers(model)],
            "the loss": [_named(loss) for loss in keras.tree.flatten(model.loss)],
            **told,
        }
    )


def _extent(adapter: Any) -> object:
    """How many samples there are; batches, where they come from elsewhere."""
    if adapter is None or isinstance(adapter, ArrayAdapter):
        return adapter and adapter.count
    return "unknown" if adapter.steps is None else f"that of {adapter.steps} batches"


def _rows(adapter: Any) -> object:
    """A digest of some samples of arrays; batches from elsewhere are compared as they come."""
    return digest_of_rows(adapter.data) if isinstance(adapter, ArrayAdapter) else None


def _refuse_data(adapter: Any, workers: Workers) -> None:
    if not isinstance(adapter, ArrayAdapter):
        refuse_gaps(adapter.spec(whole=False))
        return
    if not adapter.prefix and adapter.batch_size < workers.count:
        raise OptionError(
            f"a batch of {adapter.batch_size} samples does not do for {workers.count} workers; batch_size counts the "
            "samples of all, so give at least one for each"
        )


def _refuse_model(model: keras.Model) -> None:
    if needs_keras(model, "train_step"):
        raise OptionError(
            "several workers cannot train a model that says itself how its steps run: leave out run_eagerly, "
            "steps_per_execution, make_train_function and TensorFlow's own strategies"
        )
    for loss in _losses(model):
        reduction = getattr(loss, "reduction", "sum_over_batch_size")
        if isinstance(loss, keras.losses.Circle) or type(loss).__call__ is not keras.losses.Loss.__call__:
            raise OptionError(
                f"the loss {loss.name} compares samples of a batch with each other, or is called in a way of its own; "
                "several workers train with the mean of a number for each sample"
            )
        if reduction != "sum_over_batch_size":
            raise OptionError(
                f"the loss {loss.name} has reduction={shown(reduction)}; several workers train with the mean over a "
                'batch, reduction="sum_over_batch_size"'
            )
    refuse_own_metrics(model)
    for layer in model._flatten_layers():
        if why := _layer_refusal(layer):
            raise OptionError(f"the layer {layer.name} {why}")


def _named(part: object) -> object:
    """What a loss or an optimizer is called, and the numbers that make it; not its rate, which training may change."""
    if isinstance(part, keras.optimizers.Optimizer):
        numbers = {name: x for name, x in part.get_config().items() if isinstance(x, int | float | str | None)}
        return type(part).__name__, {name: x for name, x in numbers.items() if name not in ("learning_rate", "name")}
    return getattr(part, "__name__", None) or (part if isinstance(part, str) else type(part).__name__)


def _losses(model: keras.Model) -> list[Any]:
    return [loss for loss in keras.tree.flatten(model.loss) if isinstance(loss, keras.losses.Loss)]


def _layer_refusal(layer: keras.Layer) -> str:
    """Why a layer cannot be trained by several workers; "" where it can."""
    if getattr(layer, "synchronized", False):
        return "is synchronized over a batch, of which each worker sees its part; leave out synchronized=True"
    if getattr(layer, "activity_regularizer", None) is not None:
        return "has an activity_regularizer, which adds up over a batch, of which each worker sees its part"
    if getattr(layer, "stateful", False) or (getattr(layer, "batch_shape", None) or [None])[0] is not None:
        return "has a batch of fixed size, or a state for each place in it, and each worker sees its part of a batch"
    masks = not type(layer).compute_mask.__module__.startswith("keras.")
    if masks or isinstance(layer, keras.layers.Masking) or getattr(layer, "mask_zero", False):
        return "makes a mask, by which Keras counts the samples of a batch, of which each worker sees its part"
    return ""
