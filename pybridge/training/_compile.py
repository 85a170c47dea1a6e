"""What a model is compiled with: what its owner told it, what `fit` is told, and the defaults for the rest."""

from __future__ import annotations

import inspect
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from pybridge._arguments import flag
from pybridge.errors import OptionError
from pybridge.models._losses import weigh_outputs_by_samples
from pybridge.training._identifiers import as_loss, as_metrics, as_optimizer
from pybridge.training._runner import Runner
from pybridge.training._state import overrides

LEFT_OUT = ...
"""The default of an option that a compiled model knows better."""

DEFAULTS = {"optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
WITHOUT_TARGETS: dict[str, Any] = {"optimizer": "rmsprop", "loss": None, "metrics": []}


@dataclass
class Given:
    """What `fit` compiled a model with: what tells it from other ways, and the objects, which must live as long."""

    key: tuple[Any, ...]
    told: dict[str, Any]


def checked(told: dict[str, Any], *, weighted: bool) -> dict[str, Any]:
    """The options of `compile` that were not left out, each known to stand for something.

    Raises:
        OptionError: there is no such optimizer, loss or metric.
    """
    told = {name: value for name, value in told.items() if value is not LEFT_OUT}
    for name, value in told.items():
        _as_keras(name, value, weighted=weighted)
    if "run_eagerly" in told:
        told["run_eagerly"] = flag("run_eagerly", told["run_eagerly"])
    return told


def options_of(model: keras.Model, told: dict[str, Any]) -> tuple[object, object]:
    """The loss and the metrics that a model is going to be trained with."""
    held = _own(model) if model.compiled else _defaults(model, told)
    loss, *metrics = (told.get(name, held.get(name)) for name in ("loss", "metrics", "weighted_metrics"))
    return loss, [each for each in metrics if each]


def compile_model(
    model: keras.Model, told: dict[str, Any], *, targets: bool, weighted: bool = False, resume: bool = False
) -> None:
    """Compile a model with what `fit` was told, and otherwise as it was compiled before.

    An optimizer that is given as itself goes on where it was, as in Keras; one that is named starts anew, unless
    training is resumed.

    Args:
        model: the model.
        told: options of `compile`, as `checked` returns them; none leaves a compiled model as it is.
        targets: whether there are targets, without which a model that is not compiled gets neither loss nor metrics.
        weighted: whether samples have weights.
        resume: whether training goes on where it was.

    Raises:
        OptionError: the model's own `compile` takes other options.
    """
    if model.compiled and not told:
        weigh_outputs_by_samples(model)
        return
    held = model.train_function
    given = Given((_identity(told), weighted, _trainable(model)), told)
    anew = not isinstance(told.get("optimizer"), keras.optimizers.Optimizer | None) and not resume
    if isinstance(held, Runner) and held.given is not None and held.given.key == given.key:
        if anew:
            _start_anew(model, lambda: as_optimizer(told["optimizer"]))
        return
    options = _own(model) if model.compiled else _defaults(model, told) if targets else dict(WITHOUT_TARGETS)
    options |= told
    options = {name: _as_keras(name, value, weighted=weighted) for name, value in options.items()}
    if resume and "optimizer" in told:
        options["optimizer"] = _resumed(model, told["optimizer"], options["optimizer"])
    options["optimizer"] = _scaling(model, options["optimizer"])
    _compile(model, options, told)
    weigh_outputs_by_samples(model)
    model.train_function = Runner(model, "train_step", given)


def _defaults(model: keras.Model, told: dict[str, Any]) -> dict[str, Any]:
    several = len(getattr(model, "outputs", None) or [0]) > 1 or keras.tree.is_nested(told.get("loss"))
    return DEFAULTS | ({"metrics": []} if several else {})


def _own(model: keras.Model) -> dict[str, Any]:
    """What the model was compiled with."""
    config = dict(model._compile_config.config)
    return config | {"optimizer": model.optimizer, "jit_compile": bool(model.jit_compile)}


def _compile(model: keras.Model, options: dict[str, Any], told: dict[str, Any]) -> None:
    if overrides(model, "compile"):
        takes = inspect.signature(model.compile).parameters
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values()):
            if told.keys() - takes.keys() or not model.compiled:
                _bind(model, takes, options, told)
            options = {name: value for name, value in options.items() if name in takes}
    else:
        options.setdefault("jit_compile", False)
    for name, held in (("loss", "_compile_loss"), ("metrics", "_compile_metrics")):
        if not options.get(name) and not (name == "metrics" and options.get("weighted_metrics")):
            options[name] = None
            setattr(model, held, None)  # which Keras's compile leaves as it was
    try:
        model.compile(**options)
    except TypeError as error:
        raise OptionError(_own_compile(model)) from error


def _bind(
    model: keras.Model, takes: Mapping[str, inspect.Parameter], options: dict[str, Any], told: dict[str, Any]
) -> None:
    required = {
        name
        for name, parameter in takes.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
    }
    if told.keys() - takes.keys() or required - options.keys():
        raise OptionError(_own_compile(model))


def _own_compile(model: keras.Model) -> str:
    takes = ", ".join(inspect.signature(model.compile).parameters)
    return (
        f"{type(model).__name__} has a compile of its own, which takes {takes or 'nothing'}; call model.compile with "
        "them, and leave optimizer, loss and metrics out here"
    )


def _as_keras(name: str, value: object, *, weighted: bool) -> object:
    if name == "optimizer":
        return None if value is None else as_optimizer(value)
    if name == "loss":
        return as_loss(value, weighted=weighted)
    if name in ("metrics", "weighted_metrics"):
        return as_metrics(value)
    return value


def _identity(given: object) -> object:
    """What tells one way of training from another: data by its value, the rest by being the same object."""
    if isinstance(given, dict):
        return tuple((name, _identity(each)) for name, each in given.items())
    if isinstance(given, (list, tuple)):
        return tuple(_identity(each) for each in given)
    return (type(given), given if isinstance(given, (str, int, float, type(None))) else id(given))


def _trainable(model: keras.Model) -> tuple[Any, ...]:
    return tuple((id(layer), layer.trainable) for layer in model._flatten_layers())


def _resumed(model: keras.Model, told: object, chosen: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer to go on with: the one that the model has, when it is the same kind with the same options."""
    held = model.optimizer if model.compiled else None
    if not isinstance(told, keras.optimizers.Optimizer):
        return held if _same(held, chosen) else chosen
    if told is not held and held is not None and held.built and int(held.iterations) and not int(told.iterations):
        warnings.warn(
            f"initial_epoch says that training goes on, but the {type(told).__name__} given starts anew: what the "
            f"model's own has learned in {int(held.iterations)} steps is dropped. Leave optimizer out to go on with it",
            stacklevel=4,
        )
    return chosen


def _scaling(model: keras.Model, optimizer: Any) -> Any:
    """The optimizer, with a loss that is scaled where layers compute in float16 and keep their weights in float32.

    Keras's `compile` does it by the policy of the model itself, which a file does not keep.
    """
    mixed = any(layer.dtype_policy.name == "mixed_float16" for layer in model._flatten_layers())
    if not mixed or optimizer is None or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def _same(held: Any, chosen: Any) -> bool:
    """Whether an optimizer is another's earlier self; its learning rate may have been changed meanwhile."""
    if isinstance(held, keras.optimizers.LossScaleOptimizer) and type(chosen) is not type(held):
        held = held.inner_optimizer
    if type(held) is not type(chosen):
        return False
    ours, theirs = held.get_config(), chosen.get_config()
    return all(operator.eq(ours[name], theirs[name]) for name in ours.keys() - {"name", "learning_rate"})


def _start_anew(model: keras.Model, make: Callable[[], keras.optimizers.Optimizer]) -> None:
    fresh = make()
    if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        fresh = keras.optimizers.LossScaleOptimizer(fresh)
    fresh.build(model.trainable_variables)
    for held, start in zip(model.optimizer.variables, fresh.variables, strict=True):
        held.assign(start)
