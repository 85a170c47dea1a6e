"""The updates of a step while it is traced: taken out of it, or made with what all workers' gradients add up to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from tensorflow.python.framework.auto_control_deps_utils import get_read_write_resource_inputs

from pybridge._types import Tensor
from pybridge.errors import OptionError
from pybridge.training._state import optimizer_variables, optimizers


class Update(NamedTuple):
    """An update: gradients, of which some may be None, and the variables that they change."""

    optimizer: Any
    gradients: list[Any]
    variables: list[Any]


class Updates:
    """What the optimizers of a model do while a step of it is traced.

    Args:
        model: a model whose step is about to be traced, in the graph that is the default.

    Attributes:
        kept: the updates so far.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.kept: list[Update] = []
        self._graph: Any = tf.compat.v1.get_default_graph()
        self._ours: list[range] = []  # the operations of the updates
        # TensorFlow traces a step that makes variables, and begins them, a second time.
        self._weights = {id(variable.value.handle): variable.path for variable in model.trainable_variables}

    @contextlib.contextmanager
    def instead(self, apply: Callable[[Update], object] = lambda update: None) -> Iterator[list[Update]]:
        """Have something else done than each update. At the end, nothing else may have changed the weights.

        Raises:
            OptionError: an update is made in a loop or a condition of TensorFlow's, or weights are changed otherwise.
        """
        found = optimizers(self.model)
        for optimizer in found:
            vars(optimizer)["apply"] = self._applying(optimizer, apply)
        try:
            yield self.kept
        finally:
            for optimizer in found:
                vars(optimizer).pop("apply", None)
        self._refuse_others()

    def goes_on(self) -> bool:
        """Whether the step uses what its updates change once they are made."""
        after = self._ours[-1].stop if self._ours else self._made()
        held = [*self.model.trainable_variables, *optimizer_variables(self.model)]
        changed = {id(variable.value.handle) for variable in held}
        inside = {id(own) for outer, own in self._graph.captures if id(outer) in changed}
        return any(id(used) in inside for made in self._graph.get_operations()[after:] for used in made.inputs)

    def _applying(self, optimizer: Any, apply: Callable[[Update], object]) -> Callable[..., None]:
        def applied(grads: Any, trainable_variables: Any = None) -> None:
            variables = optimizer._trainable_variables if trainable_variables is None else trainable_variables
            if tf.compat.v1.get_default_graph() is not self._graph:
                raise OptionError(
                    "the model's train_step updates its weights in a loop or a condition of TensorFlow's, which may go "
                    "another way on each worker; several workers train by steps whose updates are always made"
                )
            gradients = [_whole(gradient, variable) for gradient, variable in zip(grads, variables, strict=True)]
            self.kept.append(update := Update(optimizer, gradients, list(variables)))
            begun = self._made()
            apply(update)
            self._ours.append(range(begun, self._made()))

        return applied

    def _made(self) -> int:
        return len(self._graph.get_operations())

    def _refuse_others(self) -> None:
        """Refuse weights that something else than an update changes: it would, on each worker, by its own samples."""
        inside = {
            id(own): self._weights[id(outer)] for outer, own in self._graph.captures if id(outer) in self._weights
        }
        for place, operation in enumerate(self._graph.get_operations()):
            if any(place in ours for ours in self._ours):
                continue
            for resource in get_read_write_resource_inputs(operation)[1]:
                if id(resource) in inside:
                    raise OptionError(
                        f"a step of the model changes {inside[id(resource)]} otherwise than by an optimizer of the "
                        "model's, as some layers do when they are called; each worker would change it by its own "
                        "samples. In a train_step of your own, make the optimizer an attribute of the model, as "
                        "self.optimizer, and call its apply_gradients"
                    )


def _whole(gradient: Any, variable: Any) -> Any:
    """A gradient as one tensor of the variable's shape, which TensorFlow may not know of a gradient."""
    return None if gradient is None else tf.ensure_shape(tf.convert_to_tensor(gradient), variable.shape)


def with_all(update: Update, size: Tensor, added_up: Callable[[list[Tensor]], list[Tensor]]) -> None:
    """Make an update with the mean of all workers' gradients, each counted by its number of samples."""
    given = [gradient for gradient in update.gradients if gradient is not None]
    *sums, samples = added_up([*(gradient * tf.cast(size, gradient.dtype) for gradient in given), size])
    means = iter([each / tf.cast(samples, each.dtype) for each in sums])
    gradients = [None if gradient is None else next(means) for gradient in update.gradients]
    type(update.optimizer).apply(update.optimizer, gradients, update.variables)
