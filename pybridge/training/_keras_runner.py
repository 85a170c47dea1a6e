"""Steps that run in the function that Keras makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from pybridge.models._refused import refused
from pybridge.training._data_adapters import Block
from pybridge.training._logs import results
from pybridge.training._state import overrides

SLOTS = {"train_step": "train_function", "test_step": "test_function"}


class KerasRunner:
    """Runs a model's steps in the function that Keras makes of them, for what no other function does alike.

    Args:
        model: a compiled model.
        step: the name of its method, "train_step" or "test_step".
        anew: whether to have Keras make the function though there is something in its place.
    """

    def __init__(self, model: keras.Model, step: str, *, anew: bool) -> None:
        self.model = model
        self.function = keras_function(model, step, anew=anew)

    def pace(self) -> int:
        """Keras's own number of steps at a time."""
        return self.model.steps_per_execution

    def results(self, logs: Any) -> dict[str, Any]:
        """The loss and the metrics, of the logs after a step."""
        return results(self.model, logs)

    def run(self, adapter: Any, block: Block) -> tuple[int, object]:
        """Run a block; as `Runner.run`."""
        if block.iterator is None:
            iterator = iter([adapter.batch(block.place + number) for number in range(block.steps)])
        else:
            iterator = block.iterator
        with refused():
            try:
                return block.steps, self.function(iterator)
            except (StopIteration, tf.errors.OutOfRangeError):
                return 0, None


def needs_keras(model: keras.Model, step: str) -> bool:
    """Whether the model says itself how its steps are to run."""
    own = overrides(model, f"make_{SLOTS[step]}")
    distributed = model._distribute_strategy is not None
    return own or model.run_eagerly or model.steps_per_execution != 1 or distributed


def keras_function(model: keras.Model, step: str, *, anew: bool) -> Callable[..., Any]:
    """The function of an iterator that Keras makes of a step.

    Args:
        model: a compiled model.
        step: the name of its method.
        anew: whether to make it though there is something in its place.
    """
    slot, jit = SLOTS[step], model.jit_compile
    # Here only TensorFlow's own kernels check labels and indices, and XLA would replace them.
    model.jit_compile = False
    try:
        getattr(model, f"make_{slot}")(force=anew or bool(jit))
    finally:
        model.jit_compile = jit
    return getattr(model, slot)
