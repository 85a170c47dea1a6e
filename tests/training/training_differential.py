"""One configuration trained by Keras and by another, and what differs between them."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from training_explained import EXPLAINED
from training_grammar import Configuration
from training_grammar_callbacks import Lines
from training_pairs import step_by_step

from pybridge import models, training
from pybridge.errors import PybridgeError

# XLA adds up in another order than TensorFlow's kernels do: an update differs in its last one or two of 24 bits, and a
# dozen updates leave a difference of some 1e-6 of the weight. A wrong order, mask or weight of a sample shows in the
# first three digits of an update, at least 1e-4 at the learning rates of the grammar.
TOLERANCE = {"float32": 2e-5, "float64": 2e-5, "mixed_float16": 2e-3}

# Where training is so sensitive that even Keras, nudged by its own rounding after every batch, ends elsewhere, as much
# as this many times that distance is allowed too.
NUDGES = 4
NUDGE = {"float32": 3e-7, "float64": 3e-7, "mixed_float16": 3e-4}


class Trainer(NamedTuple):
    """What trains, evaluates and predicts; Keras and pybridge are two.

    Attributes:
        fit: takes the model, the callbacks, the arguments of `fit`, those of `compile` if the model is not compiled
            yet, and how to compile for XLA; returns the history.
        evaluate: takes the model and its samples, and returns the numbers by name.
        predict: takes the model and its samples.
    """

    fit: Callable[..., dict]
    evaluate: Callable[..., dict]
    predict: Callable[..., object]


def _keras_fit(model, callbacks, options, given, jit):
    if given is not None:
        model.compile(**given)
    return step_by_step(model).fit(**options, callbacks=callbacks, verbose=0).history


def _pybridge_fit(model, callbacks, options, given, jit):
    options = {"y": None} | options | ({"callbacks": callbacks} if callbacks else {}) | (given or {})
    return training.fit(model, options.pop("x"), options.pop("y"), **options, jit=jit, progress=False)


KERAS = Trainer(
    _keras_fit,
    lambda model, **samples: model.evaluate(**samples, return_dict=True, verbose=0),
    lambda model, **samples: model.predict(**samples, verbose=0),
)
PYBRIDGE = Trainer(
    _pybridge_fit,
    lambda model, x, y=None, **options: models.evaluate(model, x, y, **options),
    lambda model, x, **options: models.predict(model, x, **options),
)


@dataclass
class Outcome:
    """What came of training.

    Attributes:
        model: the trained model.
        facts: what has to be the same to the letter, by its name.
        numbers: what has to be the same but for rounding, by its name.
        errors: what was raised, by what raised it.
    """

    model: keras.Model | None = None
    facts: dict[str, object] = field(default_factory=dict)
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)

    def tell(self, name: str, told: dict) -> None:
        """Keep a dict of numbers: its keys in order as a fact, the rest as numbers."""
        self.facts[f"{name}: keys"] = list(told)
        self.numbers |= {f"{name}: {key}": np.asarray(value, "float64") for key, value in told.items()}


def run(configuration: Configuration, trainer: Trainer, *more: keras.callbacks.Callback) -> Outcome:
    """Make the configuration's model, train it, then evaluate it and predict."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(configuration.seed)
    outcome = Outcome()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome.model = model = configuration.make()
        compiling = configuration.compiling()
        if not configuration.given:
            model.compile(**compiling)
        for each in range(configuration.fits):
            _fit(configuration, trainer, outcome, more, compiling if configuration.given else None, f"fit {each + 1}")
        if not outcome.errors:
            _measure(configuration, trainer, outcome)
    return outcome


def _fit(configuration, trainer, outcome, more, given, name) -> None:
    lines: Lines = []
    callbacks = [*configuration.callbacks(lines), *more]
    try:
        history = trainer.fit(outcome.model, callbacks, configuration.fitting(), given, configuration.jit)
    except Exception as error:
        outcome.errors["fit"] = error
        return
    outcome.tell(f"{name}: history", history)
    outcome.facts[f"{name}: calls"] = [line[:2] for line in lines]
    for number, (hook, numbers, told) in enumerate(lines):
        outcome.tell(f"{name}: call {number}, {hook}{numbers}", told)
    outcome.numbers[f"{name}: next random numbers"] = _next_numbers()


def _next_numbers() -> np.ndarray:
    """What the generators of Python, NumPy, TensorFlow and Keras draw next, so that a program goes on alike."""
    theirs = [float(tf.random.uniform(())), float(keras.random.uniform(()))]
    return np.asarray([random.random(), np.random.random(), *theirs])


def _measure(configuration: Configuration, trainer: Trainer, outcome: Outcome) -> None:
    model = outcome.model
    outcome.facts["weights"] = [(weight.path, tuple(weight.shape), str(weight.dtype)) for weight in model.weights]
    for number, weight in enumerate(model.weights):
        outcome.numbers[f"weight {number}, {weight.path}"] = np.asarray(weight.numpy(), "float64")
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        outcome.facts["optimizer's variables"] = [tuple(each.shape) for each in optimizer.variables]
    try:
        outcome.tell("evaluate", trainer.evaluate(model, **configuration.held_out()))
    except Exception as error:
        outcome.errors["evaluate"] = error
    samples = {key: part for key, part in configuration.held_out().items() if key in ("x", "batch_size")}
    try:
        predicted = trainer.predict(model, **samples)
    except Exception as error:
        outcome.errors["predict"] = error
        return
    outcome.facts["predict"] = keras.tree.map_structure(np.shape, predicted)
    for number, part in enumerate(keras.tree.flatten(predicted)):
        outcome.numbers[f"predict {number}"] = np.asarray(part, "float64")


class _Nudge(keras.callbacks.Callback):
    """Moves each weight by about what rounding would, after every batch."""

    def __init__(self, size: float) -> None:
        super().__init__()
        self.size, self.random = size, np.random.default_rng(0)

    def on_train_batch_end(self, batch, logs=None):
        for weight in self.model.trainable_weights:
            value = weight.numpy()
            weight.assign(value + self.size * (np.abs(value) + 0.01) * self.random.normal(size=value.shape))


def compare(configuration: Configuration, trainer: Trainer = PYBRIDGE) -> list[str]:
    """Train by Keras and by another, and return what differs, a line each; no line when nothing does."""
    theirs, ours = run(configuration, KERAS), run(configuration, trainer)
    found = differences(configuration, theirs, ours)
    if trainer is KERAS and "fit" in theirs.errors and not configuration.may_raise:
        found.append(f"fit: the grammar drew what Keras refuses: {_line(theirs.errors['fit'])}")
    refused = ours.errors.get("fit")
    if trainer is PYBRIDGE and configuration.has("refused") and refused and not isinstance(refused, PybridgeError):
        found.append(f"fit: raised {_line(refused)}, which is none of pybridge's errors")
    return found


def differences(configuration: Configuration, theirs: Outcome, ours: Outcome) -> list[str]:
    """What differs between an outcome of Keras and another, a line each."""
    found = _errors_that_differ(theirs, ours)
    if "fit" in theirs.errors | ours.errors:
        return found
    for name in sorted(theirs.facts.keys() | ours.facts.keys()):
        expected, got = theirs.facts.get(name), ours.facts.get(name)
        if expected != got:
            found.append(f"{name}: {got} instead of {expected}")
    precision = configuration.chosen.get("precision", ("float32",))[0]
    apart = _apart(theirs, ours, TOLERANCE[precision], {})
    if apart:
        nudged = run(configuration, KERAS, _Nudge(NUDGE[precision]))
        spread = {name: _distance(theirs, nudged, name) for name in apart}
        apart = _apart(theirs, ours, TOLERANCE[precision], spread)
    for explained in EXPLAINED.values():
        covered = [name for name in apart if explained.covers(configuration, name)]
        if covered:
            apart = [name for name in apart if name not in covered]
            found += explained.verify(configuration, ours)
    return found + [f"{name}: {_told(ours.numbers[name], theirs.numbers[name])}" for name in apart]


def _errors_that_differ(theirs: Outcome, ours: Outcome) -> list[str]:
    found = []
    names = theirs.errors.keys() | ours.errors.keys()
    for name in ["fit"] if "fit" in names else sorted(names):  # nothing else was tried after an error in `fit`
        expected, got = theirs.errors.get(name), ours.errors.get(name)
        if got is None:
            found.append(f"{name}: nothing was raised; Keras raises {_line(expected)}")
        elif expected is None:
            found.append(f"{name}: raised {_line(got)}")
    return found


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _apart(theirs: Outcome, ours: Outcome, tolerance: float, spread: dict[str, float]) -> list[str]:
    """The names of the numbers that both have, and that are further apart than they may be."""
    found = []
    for name in theirs.numbers:
        expected, got = theirs.numbers[name], ours.numbers.get(name)
        if got is None:  # the facts tell
            continue
        allowed = tolerance + NUDGES * spread.get(name, 0)
        if expected.shape != got.shape or not np.allclose(got, expected, tolerance, allowed, equal_nan=True):
            found.append(name)
    return found


def _distance(theirs: Outcome, nudged: Outcome, name: str) -> float:
    expected, got = theirs.numbers[name], nudged.numbers.get(name)
    if got is None or got.shape != expected.shape or not expected.size:
        return 0.0
    return float(np.nan_to_num(np.max(np.abs(got - expected))))


def _told(got: np.ndarray, expected: np.ndarray) -> str:
    if got.shape != expected.shape:
        return f"shape {got.shape} instead of {expected.shape}"
    if got.size <= 4:
        return f"{got.tolist()} instead of {expected.tolist()}"
    worst = np.unravel_index(np.nanargmax(np.abs(got - expected)), got.shape)
    return f"{got[worst]:.7g} instead of {expected[worst]:.7g} at {tuple(map(int, worst))}, where it is furthest"
