"""Where pybridge differs from Keras on purpose, each with the reason and a check of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from training_grammar import Configuration
from training_grammar_models import SEVERAL_OUTPUTS
from training_grammar_sources import STREAMS

tree = keras.tree


class Explanation(NamedTuple):
    """One difference that is meant.

    Attributes:
        reason: why it is.
        covers: whether it accounts for a difference in the number of this name.
        verify: checks pybridge's outcome against something other than Keras, and returns what is wrong.
    """

    reason: str
    covers: Callable[[Configuration, str], bool]
    verify: Callable[[Configuration, object], list[str]]


def _is_a_part(configuration: Configuration, name: str) -> bool:
    return configuration.has("form", *SEVERAL_OUTPUTS) and name.endswith(("label_loss", "size_loss"))


def _parts_are_right(configuration: Configuration, outcome) -> list[str]:
    """Compare the parts of the loss in `evaluate` with the losses of the batches, each counted by its samples."""
    if configuration.chosen["source"][0] in STREAMS and configuration.chosen["evaluated"][0] != "arrays":
        batches = [keras.utils.unpack_x_y_sample_weight(batch) for batch in configuration.held_out()["x"]]
    else:
        arrays = configuration.held_out()
        parts = [arrays["x"], arrays["y"], arrays.get("sample_weight")]
        count = len(tree.flatten(parts[0])[0])
        batches = [_rows(parts, slice(start, start + 8)) for start in range(0, count, 8)]
    losses: dict[str, list[float]] = {name: [] for name in configuration.outputs.tasks}
    sizes = []
    for x, y, weight in batches:
        predicted, weights = outcome.model(x, training=False), weight
        sizes.append(len(tree.flatten(x)[0]))
        for number, (name, (task, loss)) in enumerate(configuration.outputs.tasks.items()):
            made = keras.losses.get(task.losses[loss].make())
            made = made if isinstance(made, keras.losses.Loss) else _averaged(made)
            each = [part[name] if isinstance(part, dict) else part[number] for part in (y, predicted)]
            if isinstance(weights, (dict, list, tuple)):
                weight = weights[name] if isinstance(weights, dict) else weights[number]
            losses[name].append(float(made(*each, sample_weight=weight)))
    wrong = []
    for name, values in losses.items():
        got = outcome.numbers.get(f"evaluate: {name}_loss")
        expected = np.average(values, weights=sizes)
        if got is not None and not np.isclose(got, expected, rtol=2e-4, atol=2e-5):
            wrong.append(f"evaluate: {name}_loss is {got}; its batches, counted by their samples, average {expected}")
    return wrong


def _averaged(function: Callable) -> Callable:
    return lambda y, predicted, sample_weight: keras.losses.Loss.__call__(
        _Wrapped(function), y, predicted, sample_weight
    )


class _Wrapped(keras.losses.Loss):
    """A loss from a function, as `compile` makes it."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)


def _rows(parts: list, rows: slice) -> list:
    return [None if part is None else tree.map_structure(lambda array: array[rows], part) for part in parts]


EXPLAINED = {
    "the step without a batch": Explanation(
        "Where the data ends before Keras knows, Keras starts a step for which there is no batch, and what in it does "
        "not wait for the batch is done all the same: the optimizer counts a step, a seed is drawn, a metric counts. "
        "In pybridge nothing is done.",
        lambda configuration, name: configuration.has(
            "source", "dataset_unknown", "dataset_runs_out", "generator_runs_out"
        ),
        lambda configuration, outcome: [],
    ),
    "parts of the loss": Explanation(
        "Keras counts a smaller last batch as much as a full one in the loss of each of several outputs, so that the "
        "parts do not add up to the loss; pybridge counts it by its samples.",
        _is_a_part,
        _parts_are_right,
    ),
}
