"""What a reader trains with, as Keras objects: optimizers, losses and metrics by name, rule, function or themselves."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import keras
import tensorflow as tf

from pybridge._arguments import shown, suggestion
from pybridge._types import Tensor
from pybridge.errors import OptionError
from pybridge.models._names import classes
from pybridge.optimizers._keras import RuleOptimizer
from pybridge.tensors._dtypes import as_float

LOSSES_BY_SHAPE = ("crossentropy", "ce")
METRICS_BY_SHAPE = ("accuracy", "acc")


class FunctionOptimizer(keras.optimizers.Optimizer):
    """Moves each parameter to where a function of its gradient and of itself says."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(learning_rate=0.0, name=_name_of(function, "function"))
        self.function = function

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        parameter = tf.convert_to_tensor(variable)
        moved = as_float(self.function(tf.convert_to_tensor(gradient), parameter))
        if moved.shape != parameter.shape:
            raise OptionError(
                f"the optimizer must return a parameter of the shape it was given, {tuple(parameter.shape)}; "
                f"got the shape {tuple(moved.shape)}"
            )
        self.assign(variable, moved)


def as_optimizer(given: object) -> keras.optimizers.Optimizer:
    """The Keras optimizer that a name, a rule, a function or a Keras optimizer stands for.

    Raises:
        OptionError: there is no such optimizer or rule, or it stands for none.
    """
    if isinstance(given, keras.optimizers.Optimizer):
        return given
    if isinstance(given, str):
        return _by_name("optimizer", given, keras.optimizers.get, classes(keras.optimizers, keras.optimizers.Optimizer))
    if isinstance(given, dict):
        return RuleOptimizer(given)
    if callable(given) and not inspect.isclass(given):
        return FunctionOptimizer(given)
    raise OptionError(
        "optimizer must be a name, a rule of pybridge.optimizers, a Keras optimizer, or a function of the gradient and "
        f"the parameter that returns the new parameter; got {shown(given)}"
    )


def as_loss(given: object, *, weighted: bool) -> object:
    """A loss as Keras's `compile` takes it; several in a list or dict for a model of several outputs.

    Args:
        given: names, Keras losses and functions of (y_true, y_pred).
        weighted: whether samples have weights, for which a function must give one number for each sample.

    Raises:
        OptionError: there is no such loss.
    """
    if isinstance(given, (list, tuple)):
        return [as_loss(each, weighted=weighted) for each in given]
    if isinstance(given, dict):
        return {name: as_loss(each, weighted=weighted) for name, each in given.items()}
    if given is None or isinstance(given, keras.losses.Loss):
        return given
    if inspect.isclass(given) and issubclass(given, keras.losses.Loss):
        return given()
    if isinstance(given, str):
        if given not in LOSSES_BY_SHAPE:
            _by_name("loss", given, keras.losses.get, _public(keras.losses, keras.losses.Loss))
        return given
    if callable(given) and not inspect.isclass(given):
        return _tensor_function(given, "loss", weighted=weighted)
    raise OptionError(f"loss must be a name, a Keras loss or a function of (y_true, y_pred); got {shown(given)}")


def as_metrics(given: object) -> object:
    """Metrics as Keras's `compile` takes them: a list, or a dict for a model of several outputs.

    Raises:
        OptionError: there is no such metric.
    """
    if given is None:
        return []
    if isinstance(given, dict):
        return {name: as_metrics(each) for name, each in given.items()}
    if isinstance(given, (list, tuple)):
        return [as_metrics(each) if isinstance(each, (list, tuple)) else _metric(each) for each in given]
    return [_metric(given)]


def _metric(given: object) -> object:
    if isinstance(given, keras.metrics.Metric):
        return given
    if inspect.isclass(given) and issubclass(given, keras.metrics.Metric):
        return given()
    if isinstance(given, str):
        if given not in METRICS_BY_SHAPE:
            known = [*_public(keras.metrics, keras.metrics.Metric), "accuracy"]
            _by_name("metric", given, keras.metrics.get, known)
        return given
    if callable(given) and not inspect.isclass(given):
        return _tensor_function(given, "metric", weighted=False)
    raise OptionError(f"a metric is a name, a Keras metric or a function of (y_true, y_pred); got {shown(given)}")


def _tensor_function(function: Callable[..., Any], kind: str, *, weighted: bool) -> Callable[..., Any]:
    """The function with a tensor of floats as its result, whatever number it returns."""

    def of_tensors(y_true: Tensor, y_pred: Tensor) -> Tensor:
        value = as_float(function(y_true, y_pred))
        if weighted and value.ndim == 0:
            raise OptionError(
                f"the {kind} {of_tensors.__name__} returns one number for the whole batch, which leaves nothing for "
                "sample_weight or class_weight to weigh; return one number for each sample"
            )
        return value

    of_tensors.__name__ = _name_of(function, kind)
    return of_tensors


def _name_of(function: Callable[..., Any], otherwise: str) -> str:
    name = getattr(function, "__name__", otherwise)
    return otherwise if name == "<lambda>" else name


def _by_name(kind: str, name: str, get: Callable[..., Any], known: Iterable[str]) -> object:
    try:
        return get(name)
    except ValueError:
        raise OptionError(f"there is no {kind} {name!r}; {suggestion(name, known)}") from None
    except TypeError as error:
        raise OptionError(f"the {kind} {name!r} needs options, so give the Keras object itself: {error}") from error


@functools.cache
def _public(module: ModuleType, parent: type) -> list[str]:
    functions = [name for name, value in vars(module).items() if inspect.isfunction(value)]
    return sorted({*classes(module, parent), *functions} - {"deserialize", "get", "serialize"})
