"""The variables that a step changes, and programs shared by models of equal structure.

A traced function captures the handles of one model's variables. Called with the handles of another model's, in the same
order, it trains that one; so a cross-validation traces and compiles once.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import Any

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.optimizers._keras import RuleOptimizer

KEPT = 16
LARGEST = 10**7  # numbers in a model; a program that is kept also keeps the numbers that it was traced with
NAMING = {"name", "keras_history", "input_layers", "output_layers"}
KNOWN = tuple(
    f"keras.src.{part}"
    for part in (
        *("models", "layers.core", "layers.convolutional", "layers.pooling", "layers.regularization", "layers.rnn"),
        *("layers.reshaping", "layers.activations", "layers.merging", "layers.normalization", "layers.attention"),
    )
)
STEPS = {"train_step", "test_step", "compute_loss", "compute_metrics", "call"}
_programs: OrderedDict[str, object] = OrderedDict()


def overrides(model: keras.Model, *names: str) -> bool:
    """Whether a model's class has a method of its own among these."""
    return any(getattr(type(model), name) is not getattr(keras.Model, name) for name in names)


def optimizers(model: keras.Model) -> list[Any]:
    """The optimizers of a model: the one it is compiled with, and those that it or its layers hold besides."""
    held = [getattr(model, "optimizer", None)]
    for value in (value for layer in model._flatten_layers() for value in vars(layer).values()):
        held.extend(
            value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        )
    return list({id(each): each for each in held if isinstance(each, keras.optimizers.Optimizer)}.values())


def optimizer_variables(model: keras.Model) -> list[Any]:
    """What the optimizers of a model keep: rates, counts, moments."""
    return [variable for optimizer in optimizers(model) for variable in optimizer.variables]


def handles(model: keras.Model) -> list[Tensor]:
    """The resources of all that training changes, always in the same order."""
    optimizer = model.optimizer.variables if model.optimizer is not None else []
    found = {}
    for variable in [*model.variables, *optimizer, *model.metrics_variables]:
        handle = variable.value.handle
        found[id(handle)] = handle
    return list(found.values())


def shared(key: Any, make: Callable[[], Any]) -> Any:
    """The program under this key, made when there is none; the least recently used one gives way."""
    program: Any = _programs.pop(key, None) or make()
    if program.shared:
        _programs[key] = program
    while len(_programs) > KEPT:
        _programs.popitem(last=False)
    return program


def structure(model: keras.Model, spec: object, **options: object) -> str | None:
    """A text that two models have in common when the same traced step trains both.

    Returns:
        None for a model that holds something besides Keras's own layers, losses, metrics and optimizers, for code
        cannot be compared, or what its configuration does not tell, as what a preprocessing layer has adapted to.
    """
    plain = isinstance(spec, tuple) and all(isinstance(each, tf.TensorSpec) for each in spec) and len(spec) in (2, 3)
    layers = model._flatten_layers()
    known = plain and model.built and model.count_params() <= LARGEST and not STEPS & vars(model).keys()
    if not known or not all(map(_tells_all, layers)):
        return None
    optimizer = model.optimizer
    of_keras = type(optimizer).__module__.startswith("keras.") or isinstance(optimizer, RuleOptimizer)
    # Which variables decay is not part of an optimizer's configuration.
    if not of_keras or len(model.outputs) != 1 or getattr(optimizer, "weight_decay", None):
        return None
    told = model._compile_config.config
    try:
        parts = {
            "model": _nameless(model.get_config(), [layer.name for layer in layers]),
            "trainable": [layer.trainable for layer in layers],
            "variables": [_variable(variable) for variable in model.variables],
            "optimizer": [type(optimizer).__qualname__, _optimizer(optimizer)],
            "told": {
                name: keras.saving.serialize_keras_object(told[name])
                for name in ("loss", "loss_weights", "metrics", "weighted_metrics")
            },
            "spec": str(spec),
            "keras": [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()],
            "options": options,
        }
        return json.dumps(parts, sort_keys=True) if _comparable(parts) else None
    except (TypeError, ValueError, NotImplementedError):
        # Something has no configuration, or one that is not data: there is nothing to compare, and nothing is shared.
        return None


def build_for(model: keras.Model, spec: Any) -> None:
    """Give a built model of one output the variables that tracing its step would make.

    TensorFlow traces a function that makes variables a second time.
    """
    plain = isinstance(spec, tuple) and len(spec) > 1 and isinstance(spec[1], tf.TensorSpec) and spec[1].shape.rank
    own = overrides(model, *(STEPS - {"call"}))
    outputs = getattr(model, "outputs", None)
    if not plain or own or not model.built or not outputs or len(outputs) != 1 or keras.tree.is_nested(model.loss):
        return
    # What this one makes depends on where it is made.
    aside = isinstance(model.optimizer, keras.optimizers.ScheduleFreeAdamW)
    if model.optimizer is not None and not model.optimizer.built and not aside:
        model.optimizer.build(model.trainable_variables)
    goal = keras.KerasTensor(spec[1].shape, spec[1].dtype.name)
    for part in (model._compile_metrics, model._compile_loss):
        if part is not None and not part.built:
            part.build(goal, model.outputs[0])


def _tells_all(layer: keras.Layer) -> bool:
    """Whether a layer's configuration and variables are all there is to it."""
    own = any(isinstance(value, FunctionType) and not _of_keras(value) for value in vars(layer).values())
    known = type(layer).__module__.startswith(KNOWN) and not isinstance(layer, keras.layers.Lambda)
    return known and not own and "call" not in vars(layer)


def _of_keras(function: FunctionType) -> bool:
    return function.__module__.startswith(("keras.", "pybridge.models._seeds"))


def _variable(variable: keras.Variable) -> list[Any]:
    parts = [variable.constraint, variable.regularizer]
    kept = [part and keras.saving.serialize_keras_object(part) for part in parts]
    return [list(variable.shape), str(variable.dtype), variable.trainable, *kept]


def _optimizer(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    config = optimizer.get_config()
    if isinstance(config.get("learning_rate"), (int, float)):
        config["learning_rate"] = "a variable"
    return {name: value for name, value in config.items() if name != "name"}


def _nameless(config: object, names: list[str]) -> object:
    """A model's configuration with numbers for its layers' names, and without how its variables began."""
    if isinstance(config, dict):
        drawn = [key for key in config if key == "seed" or key.endswith("_initializer")]
        return {
            key: _numbered(value, names) if key in NAMING else _nameless(value, names)
            for key, value in config.items()
            if key not in drawn
        }
    return [_nameless(each, names) for each in config] if isinstance(config, (list, tuple)) else config


def _numbered(value: object, names: list[str]) -> object:
    if isinstance(value, (list, tuple)):
        return [_numbered(each, names) for each in value]
    return f"#{names.index(value)}" if value in names else value


def _comparable(part: object) -> bool:
    """Whether a configuration is made of data and of Keras's own classes."""
    if isinstance(part, dict):
        if part.get("class_name") in ("function", "__lambda__"):
            return False
        if "module" in part and not str(part["module"]).startswith(("keras", "builtins")):
            return False
        return all(map(_comparable, part.values()))
    if isinstance(part, (list, tuple)):
        return all(map(_comparable, part))
    return True
