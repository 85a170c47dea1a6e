"""The losses of a model's outputs, each averaged over samples, where Keras averages over batches of any size."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras.src.trainers.compile_utils import CompileLoss


class OutputLosses(CompileLoss):
    """Keras's loss of several outputs, whose parts add up to the whole also when the last batch is smaller.

    Keras weighs a batch by its number of samples only where a traced step knows that number beforehand, which it does
    not as soon as batches differ.
    """

    def build(self, y_true: object, y_pred: object) -> None:
        super().build(y_true, y_pred)
        for metric in self.metrics:
            metric.__class__ = MeanOverSamples
            metric.owner = self

    def call(self, y_true: object, y_pred: object, sample_weight: object = None) -> tf.Tensor:
        self.count = tf.shape(keras.tree.flatten(y_pred)[0])[0]
        return super().call(y_true, y_pred, sample_weight)


class MeanOverSamples(keras.metrics.Mean):
    """A mean in which each batch counts as often as it has samples."""

    def update_state(self, values: object, sample_weight: object = None) -> None:
        super().update_state(values, sample_weight=self.owner.count)


def weigh_outputs_by_samples(model: keras.Model) -> None:
    """Let the parts of a compiled model's loss be means over samples."""
    if type(model._compile_loss) is CompileLoss:
        model._compile_loss.__class__ = OutputLosses
        # What Keras has traced holds the losses as they were.
        model.train_function = model.test_function = None
        for metric in model._compile_loss.metrics:
            metric.__class__ = MeanOverSamples
            metric.owner = model._compile_loss
