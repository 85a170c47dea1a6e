"""Training as Keras's `fit` does it, a stretch of an epoch at a time as one compiled program."""

from __future__ import annotations

import keras
import tensorflow as tf

from pybridge._marks import mutates
from pybridge._types import Like
from pybridge.errors import OptionError
from pybridge.training._callbacks import OF_BATCHES, as_callbacks, watches
from pybridge.training._check import check_labels, check_model, check_split, check_whole_number
from pybridge.training._feed import ArrayFeed, DatasetFeed
from pybridge.training._given import as_loss, as_metrics, as_optimizer
from pybridge.training._loop import Validation, run
from pybridge.training._order import check_seed, check_shuffle, fresh_seed
from pybridge.training._progress import Report
from pybridge.training._setup import build, programs
from pybridge.training._sources import Arrays, Source, training_source, validation_source


@mutates
def fit(
    model: keras.Model,
    x: Like | tf.data.Dataset,
    y: Like | None = None,
    *,
    optimizer: object = "rmsprop",
    loss: object = "sparse_categorical_crossentropy",
    metrics: list = ("accuracy",),
    epochs: int = 5,
    batch_size: int = 128,
    validation_data: tuple | tf.data.Dataset | None = None,
    validation_split: float = 0.0,
    shuffle: bool | str = True,
    class_weight: dict | None = None,
    sample_weight: Like | None = None,
    callbacks: list = (),
    initial_epoch: int = 0,
    seed: int | None = None,
    progress: bool = True,
    jit: bool = True,
) -> dict:
    """Train a Keras model: go through the data epoch by epoch, a batch at a time, and update its weights after each.

    It does what `keras.Model.fit` does with the same arguments, in less time. With the same seed, the weights are the
    same to the last bit, on one machine with one set of versions, on CPU.

    Args:
        model: any Keras model.
        x: the samples, shape (samples, ...), a list or dict of such for a model of several inputs; or a
            tf.data.Dataset of batches (x, y) or (x, y, sample_weight), which keeps its own batches and order.
        y: their targets, one for each sample.
        optimizer: a name, a rule of `optimizers`, a Keras optimizer, or a function of the gradient and the parameter
            that returns the new parameter. A Keras optimizer goes on where it was; all others start anew.
        loss: a name, a Keras loss, or a function of (y_true, y_pred) that returns a number for each sample or one for
            the batch; a list or dict of them for a model of several outputs.
        metrics: names, Keras metrics, or functions of (y_true, y_pred).
        epochs: the number of the last epoch, which is how many there are when `initial_epoch` is 0.
        batch_size: how many samples each update is made from.
        validation_data: (x, y) or (x, y, sample_weight), or a dataset, to measure after each epoch.
        validation_split: the share of the samples, from the end, that are measured instead of trained with.
        shuffle: True for a new order each epoch, "batch" to shuffle within each batch only.
        class_weight: by the number of a class, how much its samples count in the loss; 1 if it is not named.
        sample_weight: for each sample, how much it counts in the loss.
        callbacks: Keras callbacks, `EarlyStopping` and `Checkpoint` among them, and functions of (epoch, logs), which
            are called after each epoch and stop training by returning False.
        initial_epoch: how many epochs are done already; training goes on from there as if it had not stopped.
        seed: makes the order of the samples and what the model's layers draw, as dropout does, the same every time.
        progress: whether to show how far it is: a bar on a terminal, a line an epoch elsewhere.
        jit: whether XLA compiles the steps. What XLA cannot compile runs without it, with a warning.

    Returns:
        The loss and the metrics, and with validation the same after val_, each a list of a number an epoch.

    Raises:
        OptionError: an option is unknown, out of its range, or does not go with another.
        ShapeError: x and y differ in their number of samples, are empty, or do not fit the model.

    >>> from pybridge import models
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "zeros"})], input_shape=1)
    >>> fit(net, [[1.0]], [[2.0]], optimizer={"rule": "sgd", "learning_rate": 0.25}, loss="mean_squared_error",
    ...     metrics=[], epochs=2, progress=False)
    {'loss': [4.0, 0.0]}
    """
    check_model(model)
    check_whole_number("epochs", epochs, least=0)
    check_whole_number("batch_size", batch_size, least=1)
    check_whole_number("initial_epoch", initial_epoch, least=0)
    check_split(validation_split)
    check_shuffle(shuffle)
    check_seed(seed)
    if validation_data is not None and validation_split:
        raise OptionError("give validation_data or validation_split, not both")
    weighted = sample_weight is not None or class_weight is not None
    as_optimizer(optimizer), as_loss(loss, weighted=weighted), as_metrics(metrics)
    source, held_out = training_source(model, x, y, sample_weight, class_weight, validation_split)
    if validation_data is not None:
        held_out = validation_source(model, validation_data)
    _check_together(source, loss, metrics, shuffle)
    watching = as_callbacks(callbacks, validated=held_out is not None)
    order_seed = fresh_seed() if seed is None else seed
    if isinstance(source, tf.data.Dataset):
        feed = DatasetFeed(source, "x")
        build(model, lambda: keras.utils.unpack_x_y_sample_weight(next(iter(source)))[0])
    else:
        one_by_one = watches(watching, OF_BATCHES)
        feed = ArrayFeed(source.packed(), batch_size, shuffle=shuffle, seed=order_seed, one_by_one=one_by_one)
        build(model, lambda: source.x)
        check_labels(model, loss, source.y, "y")
    if isinstance(held_out, Arrays):
        check_labels(model, loss, held_out.y, "validation_y")
    validation = None if held_out is None else Validation(held_out, batch_size, watching)
    given = {"optimizer": optimizer, "loss": loss, "metrics": metrics, "jit": jit, "weighted": weighted}
    with programs(model, **given, resume=initial_epoch > 0) as program, Report(epochs, show=progress) as report:
        feed.prepare(program)
        return run(program, feed, validation, watching, report, initial_epoch=initial_epoch, epochs=epochs, seed=seed)


def _check_together(source: Source, loss: object, metrics: object, shuffle: object) -> None:
    if isinstance(source, tf.data.Dataset):
        if shuffle == "batch":
            raise OptionError('a dataset keeps its own order: leave out shuffle="batch", and shuffle it by x.shuffle')
    elif source.y is None and (loss is not None or metrics):
        raise OptionError(
            "y is missing; a model that makes its loss of its inputs alone takes loss=None and metrics=[]"
        )
