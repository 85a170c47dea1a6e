"""Training by hand: batches, one step, and a loop over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge import autodiff, losses
from pybridge import tensors as t
from pybridge._arguments import number, shown, whole_number
from pybridge._boundary import boundary, readers
from pybridge._marks import mutates
from pybridge._types import Like, Tensor, Variable
from pybridge.errors import DataError, OptionError, ShapeError
from pybridge.tensors._dtypes import as_tensor
from pybridge.tensors._ranges import at, check_range, first

NO_SAMPLES = "there are no samples to train on"


class BatchGenerator:
    """Samples and labels in batches of one size, in their order; the last batch may be smaller.

    Iterating goes through all batches from the first one on; `next` takes one after the other.

    Args:
        images: the samples, along the first axis.
        labels: a label per sample.
        batch_size: how many samples a batch holds.

    Raises:
        ShapeError: there are more samples than labels, or fewer.
        OptionError: a batch size below 1.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.1.

    >>> [len(images) for images, labels in BatchGenerator([[1.0], [2.0], [3.0]], [0, 1, 0], batch_size=2)]
    [2, 1]
    """

    @boundary
    def __init__(self, images: Like, labels: Like, batch_size: int = 128) -> None:
        self.images, self.labels = t.to_numpy(images), t.to_numpy(labels)
        if self.images.ndim == 0 or self.labels.ndim == 0 or len(self.images) != len(self.labels):
            shapes = f"{self.images.shape} and {self.labels.shape}"
            raise ShapeError(f"a batch takes as many labels as images, along the first axis; got shapes {shapes}")
        self.batch_size = whole_number("batch_size", batch_size, least=1)
        self._taken = 0

    @property
    def num_batches(self) -> int:
        """How many batches there are."""
        return -(-len(self.images) // self.batch_size)

    @mutates
    @boundary
    def next(self) -> list[np.ndarray]:
        """Take the next batch.

        Returns:
            [images, labels].

        Raises:
            DataError: every batch has been taken.
        """
        if self._taken == self.num_batches:
            raise DataError(f"all {self.num_batches} batches have been taken; make a new BatchGenerator")
        self._taken += 1
        return self._batch(self._taken - 1)

    def __iter__(self) -> Iterator[list[np.ndarray]]:
        return map(self._batch, range(self.num_batches))

    def _batch(self, number: int) -> list[np.ndarray]:
        part = slice(number * self.batch_size, (number + 1) * self.batch_size)
        return [self.images[part], self.labels[part]]


@mutates
@boundary
def one_training_step(model: object, images: Like, labels: Like, learning_rate: float = 1e-3) -> Tensor:
    """Train on one batch: predict, measure the loss, find its gradient, and take a step against it.

    Args:
        model: a `NaiveSequential`, or anything that can be called and has weights.
        images: samples, shape (batch, features).
        labels: the class of each, whole numbers from 0 on.
        learning_rate: the length of the step, as a factor of the gradient.

    Returns:
        The loss before the step, averaged over the batch.

    Raises:
        ShapeError: the samples do not fit the model, or the labels the samples; a label is not the number of a class;
            or there are no samples. No weight has changed then.
        OptionError: `model` is not a model, or the learning rate is not a finite number.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.2.

    >>> from pybridge.naive import NaiveDense, NaiveSequential
    >>> model = NaiveSequential([NaiveDense(2, 2, "softmax", seed=0)])
    >>> first, second = (one_training_step(model, [[1.0, 0.0]], [1], learning_rate=0.5) for _ in range(2))
    >>> bool(second < first)
    True
    """
    return _step(model, images, labels, learning_rate, every_label=labels)


@mutates
@boundary
def update_weights(gradients: list[Any], weights: list[Variable], learning_rate: float = 1e-3) -> None:
    """Move each weight against its gradient: W becomes W - learning rate * gradient.

    Args:
        gradients: a gradient per weight; a weight with None stays as it is.
        weights: the variables to change.
        learning_rate: the length of the step, as a factor of the gradient.

    Raises:
        ShapeError: there are more gradients than weights, or fewer, or a gradient of another shape. No weight has
            changed then.
        OptionError: one of the two is not a list, a weight is not a variable, or the learning rate is not a finite
            number.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.2.

    >>> weight = t.variable([1.0, 2.0])
    >>> update_weights([[10.0, 20.0]], [weight], learning_rate=0.1)
    >>> weight.numpy()
    array([0., 0.], dtype=float32)
    """
    if not isinstance(gradients, (list, tuple)) or not isinstance(weights, (list, tuple)):
        given = f"{shown(gradients)} and {shown(weights)}"
        raise OptionError(f"a list of gradients and a list of weights are wanted; got {given}")
    if len(gradients) != len(weights):
        raise ShapeError(f"each weight takes one gradient; got {len(gradients)} gradients for {len(weights)} weights")
    rate = _rate(learning_rate)
    steps = [
        (weight, t.multiply(rate, _gradient_of(place, weight, gradient)))
        for place, (weight, gradient) in enumerate(zip(weights, gradients, strict=True))
        if gradient is not None
    ]
    for weight, step in steps:
        t.assign_sub(weight, step)


@mutates
@boundary
def fit(
    model: object, images: Like, labels: Like, epochs: int, batch_size: int = 128, learning_rate: float = 1e-3
) -> dict[str, list[float]]:
    """Train on all samples again and again, batch by batch.

    The step is compiled, so the model's functions run in their own language only while it is traced.

    Args:
        model: a `NaiveSequential`, or anything that can be called and has weights.
        images: samples, shape (samples, features).
        labels: the class of each, whole numbers from 0 on.
        epochs: how often to go through all samples.
        batch_size: how many samples a step sees. The book's own fit takes this argument and then ignores it.
        learning_rate: the length of a step, as a factor of the gradient.

    Returns:
        {"loss": the average loss of each epoch}.

    Raises:
        ShapeError: the samples do not fit the model, or the labels the samples; a label is not the number of a class;
            or there are no samples. No weight has changed then.
        OptionError: `model` is not a model, fewer than 0 epochs, a batch size below 1, or a learning rate that is not a
            finite number.

    Source: Chollet, Deep Learning with Python, 2nd edition, section 2.5.3.

    >>> from pybridge.naive import NaiveDense, NaiveSequential
    >>> model = NaiveSequential([NaiveDense(2, 2, "softmax", seed=0)])
    >>> history = fit(model, [[1.0, 0.0], [0.0, 1.0]], [0, 1], epochs=3, learning_rate=0.5)
    >>> len(history["loss"])
    3
    """
    _check_model(model)
    epochs, rate = whole_number("epochs", epochs), _rate(learning_rate)
    batches = BatchGenerator(images, labels, batch_size)
    if not batches.num_batches:
        raise ShapeError(NO_SAMPLES)

    @tf.function(autograph=False, jit_compile=True)
    def step(images: Tensor, labels: Tensor) -> Tensor:
        # Checked while the first step is traced, since XLA would train on labels of classes that there are not.
        return _step(model, images, labels, rate, every_label=batches.labels)

    history = []
    for _ in range(epochs):
        total = 0.0
        for some_images, some_labels in batches:
            total += float(step(some_images, some_labels)) * len(some_images)
        history.append(total / len(batches.images))
    return {"loss": history}


def _step(model: Any, images: Like, labels: Like, learning_rate: float, *, every_label: Like) -> Tensor:
    _check_model(model)
    with autodiff.tape() as tape:
        predictions = readers(model)(images)
        _check_labels(every_label, as_tensor(predictions))
        loss = losses.sparse_categorical_crossentropy(labels, predictions)
    update_weights(tape.gradient(loss, model.weights), model.weights, learning_rate)
    return loss


def _gradient_of(place: int, weight: object, gradient: Like) -> Tensor:
    if not isinstance(weight, tf.Variable):
        raise OptionError(f"a weight is a variable; weights[{place}] is {shown(weight)}")
    gradient = as_tensor(gradient)
    if not gradient.shape.is_compatible_with(weight.shape):
        both = f"{gradient.shape} for a weight of shape {weight.shape}"
        raise ShapeError(f"a gradient has the shape of its weight; gradients[{place}] has {both}")
    return gradient


def _check_model(model: object) -> None:
    if not callable(model) or not hasattr(model, "weights"):
        raise OptionError(f"a model is wanted first, one that can be called and has weights; got {shown(model)}")


def _check_labels(labels: Like, predictions: Tensor) -> None:
    """See that each label is the number of a class; what has another shape than labels is the loss's to refuse."""
    shape = predictions.shape
    if not shape.rank or shape[-1] is None:
        return
    if shape[0] == 0:
        raise ShapeError(NO_SAMPLES)
    if not isinstance(labels, np.ndarray):
        labels = as_tensor(labels)
        if tf.is_symbolic_tensor(labels):
            return
        labels = np.asarray(labels.numpy())
    if labels.ndim == shape.rank and labels.shape[-1] != 1:
        return
    check_range("labels", labels, shape[-1])
    fractions = labels % 1 != 0
    if fractions.any():
        place = first(fractions)
        raise ShapeError(f"labels are whole numbers; {at('labels', place)} is {labels[place]}")


def _rate(learning_rate: object) -> Any:
    """A learning rate, checked; a variable may change, and a traced function's tensor has no number yet."""
    if isinstance(learning_rate, tf.Tensor | tf.Variable) and learning_rate.shape.rank in (0, None):
        if tf.executing_eagerly():
            number("learning_rate", learning_rate)
        return learning_rate
    return number("learning_rate", learning_rate)
