"""Training as Keras's `fit` does it, a stretch of an epoch at a time as one compiled program."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import EllipsisType
from typing import Any

import keras
import tensorflow as tf

from pybridge import _arguments as arguments
from pybridge._boundary import called
from pybridge._marks import mutates
from pybridge._types import Like
from pybridge.distributed._strategy import Strategy
from pybridge.distributed._workers import as_workers, warn_of_others
from pybridge.errors import OptionError
from pybridge.training._callback_list import as_callbacks, writes_files
from pybridge.training._compile import LEFT_OUT, checked, compile_model
from pybridge.training._epochs import Validation, train
from pybridge.training._joint_runner import joint_runner
from pybridge.training._joint_start import begin_together
from pybridge.training._keras_runner import KerasRunner
from pybridge.training._order import check_shuffle
from pybridge.training._progress import Report, shows
from pybridge.training._runner import runner
from pybridge.training._sample_weights import class_weights
from pybridge.training._source import Source

BATCH_SIZE = 128


@called
@mutates
def fit(
    model: keras.Model,
    x: Like | tf.data.Dataset,
    y: Like | None = None,
    *,
    optimizer: object = LEFT_OUT,
    loss: object = LEFT_OUT,
    metrics: list[Any] | EllipsisType = LEFT_OUT,
    loss_weights: list[Any] | dict[str, Any] | EllipsisType | None = LEFT_OUT,
    weighted_metrics: list[Any] | EllipsisType | None = LEFT_OUT,
    run_eagerly: bool | EllipsisType = LEFT_OUT,
    epochs: int = 5,
    batch_size: int | None = BATCH_SIZE,
    validation_data: tuple[Any, ...] | tf.data.Dataset | None = None,
    validation_split: float = 0.0,
    validation_batch_size: int | None = None,
    validation_steps: int | None = None,
    validation_freq: int | list[int] = 1,
    shuffle: bool | str = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Like | None = None,
    callbacks: Sequence[Any] | None = (),
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    seed: int | None = None,
    progress: bool = True,
    verbose: int | str | None = None,
    jit: bool | str = "auto",
    check: bool = True,
    strategy: Strategy | None = None,
) -> dict[str, Any]:
    """Train a Keras model: go through the data epoch by epoch, a batch at a time, and update its weights after each.

    It does what `keras.Model.fit` does with the same arguments, in less time. Options of `compile` that are left out
    are those that the model was compiled with; a model that is not compiled gets the optimizer "rmsprop", the loss
    "sparse_categorical_crossentropy" and the metric "accuracy". With the same seed, the weights are the same to the
    last bit, on one machine with one set of versions, on CPU.

    Args:
        model: any Keras model, one with its own `train_step`, `compute_loss` or `compile` among them.
        x: the samples, shape (samples, ...), a list or dict of such for a model of several inputs; or what gives
            batches (x, y) or (x, y, sample_weight) itself, and keeps its own order: a tf.data.Dataset, a generator or
            another iterator, a keras.utils.PyDataset. Memory-mapped arrays, as numpy.load(path, mmap_mode="r") gives
            them, stay in their files, as do those of y, sample_weight and validation_data: their rows are read a
            stretch of the epoch at a time, and train to the same bits as in memory.
        y: their targets, one for each sample.
        optimizer: a name, a rule of `optimizers`, a Keras optimizer, or a function of the gradient and the parameter
            that returns the new parameter. A Keras optimizer goes on where it was; all others start anew.
        loss: a name, a Keras loss, or a function of (y_true, y_pred) that returns a number for each sample or one for
            the batch; a list or dict of them for a model of several outputs; None for a model that adds its own.
        metrics: names, Keras metrics, or functions of (y_true, y_pred).
        loss_weights: how much the loss of each output counts in the whole, a list or dict.
        weighted_metrics: metrics in which each sample counts as `sample_weight` or `class_weight` says.
        run_eagerly: whether to run each step operation by operation, to look into it.
        epochs: the number of the last epoch, which is how many there are when `initial_epoch` is 0.
        batch_size: how many samples each update is made from; None for 128.
        validation_data: (x, y) or (x, y, sample_weight), or what gives batches of these, to measure after each epoch.
        validation_split: the share of the samples, from the end, that are measured instead of trained with.
        validation_batch_size: how many samples are measured at a time; None for `batch_size`.
        validation_steps: how many batches are measured; None for all.
        validation_freq: every how many epochs to measure, or a list of the epochs, counted from 1.
        shuffle: True for a new order each epoch, "batch" to shuffle within each batch only.
        class_weight: by the number of a class, how much its samples count in the loss; 1 if it is not named.
        sample_weight: for each sample, how much it counts in the loss.
        callbacks: Keras callbacks, `EarlyStopping` and `Checkpoint` among them, and functions of (epoch, logs), which
            are called after each epoch and stop training by returning False.
        initial_epoch: how many epochs are done already; training goes on from there as if it had not stopped.
        steps_per_epoch: how many batches make an epoch; None for all there are.
        seed: makes the order of the samples and what the model's layers draw, as dropout does, the same every time.
            Without one they are what `keras.Model.fit` would draw, so that `keras.utils.set_random_seed` rules them.
        progress: whether to show how far it is: a bar on a terminal, a line an epoch elsewhere.
        verbose: the same as Keras has it: 0 for nothing, 1 for a bar, 2 for a line an epoch.
        jit: whether XLA compiles the steps. "auto" compiles what XLA makes faster, which the operations of the model
            and the number of steps tell; what XLA cannot compile runs without it, with a warning if True was said.
        check: whether labels and indices out of range are refused before the step that would use them: in arrays before
            the first step, in memory-mapped arrays and in batches once they are read.
        strategy: what `distributed.strategy()` returns, for several workers to train together: each takes its part of
            every batch, and all end with the same weights.

    Returns:
        The loss and the metrics, and with validation the same after val_, each a list of a number an epoch.

    Raises:
        OptionError: an option is unknown, out of its range, or does not go with another.
        ShapeError: x and y differ in their number of samples, are empty, do not fit the model, or hold a label or an
            index that is out of range.
        DtypeError: the targets are strings.
        DataError: TensorFlow refuses the data.
        WorkerError: another worker is gone, has raised an error, or trains otherwise.

    >>> from pybridge import models
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "zeros"})], input_shape=1)
    >>> fit(net, [[1.0]], [[2.0]], optimizer={"rule": "sgd", "learning_rate": 0.25}, loss="mean_squared_error",
    ...     metrics=[], epochs=2, progress=False)
    {'loss': [4.0, 0.0]}
    """
    check_model(model)
    epochs = arguments.whole_number("epochs", epochs)
    batch_size = BATCH_SIZE if batch_size is None else arguments.whole_number("batch_size", batch_size, least=1)
    initial_epoch = arguments.whole_number("initial_epoch", initial_epoch)
    steps_per_epoch = _steps("steps_per_epoch", steps_per_epoch)
    validation_steps = _steps("validation_steps", validation_steps)
    validation_batch_size = _steps("validation_batch_size", validation_batch_size) or batch_size
    validation_split = arguments.number("validation_split", validation_split, least=0, below=1)
    validation_freq = _frequency(validation_freq)
    shuffle, seed = check_shuffle(shuffle), arguments.seed(seed)
    jit = arguments.choice("jit", jit, [True, False, "auto"])
    check = arguments.flag("check", check)
    workers = as_workers(strategy)
    if strategy is None:
        warn_of_others()
    report = Report(epochs, show=shows(progress, verbose) and workers.rank == 0, bar=verbose != 2)
    if validation_data is not None and validation_split:
        raise OptionError("give validation_data or validation_split, not both")
    if sample_weight is not None and class_weight is not None:
        raise OptionError("give sample_weight or class_weight, not both")
    weights = None if class_weight is None else class_weights(class_weight)
    weighted = sample_weight is not None or class_weight is not None
    told = {"optimizer": optimizer, "loss": loss, "metrics": metrics}
    told |= {"loss_weights": loss_weights, "weighted_metrics": weighted_metrics, "run_eagerly": run_eagerly}
    told = checked(told, weighted=weighted)

    with workers.explained():
        workers.in_epoch(None)
        initial_epoch, given_seed, seed = workers.first(initial_epoch), seed, workers.seed(seed)
        source = Source(model, told, workers)
        batches: dict[str, Any] = {"batch_size": batch_size, "shuffle": shuffle, "steps": steps_per_epoch}
        adapter, held_out = source.training(x, y, sample_weight, weights, validation_split, seed=seed, **batches)
        measured = validation_data if held_out is None else held_out
        if measured is not None:
            measured = source.validation(measured, batch_size=validation_batch_size, steps=validation_steps)
        watching = as_callbacks(callbacks, validated=measured is not None)
        if jit == "auto" and model.compiled and model.jit_compile:
            jit = True
        compile_model(model, told, targets=source.targets, weighted=weighted, resume=initial_epoch > 0)
        begin_together(model, adapter, measured, workers, epochs=epochs, seed=given_seed, **batches)
        run_steps = functools.partial(joint_runner, workers=workers) if workers.together else runner
        watching = [each for each in watching if workers.rank == 0 or not writes_files(each)]

        def prepare() -> tuple[Any, ...]:
            run = run_steps(model, "train_step", adapter, jit=jit, check=check)
            if not isinstance(run, KerasRunner) or seed is not None:
                return run, adapter
            options = {"batch_size": batch_size, "shuffle": shuffle, "steps_per_epoch": steps_per_epoch}
            return run, source.as_keras(adapter, **options)

        validation = None
        if measured is not None:
            test = functools.partial(run_steps, model, "test_step", measured, jit=False, check=check)
            validation = Validation(measured, test, validation_freq)
        epochs = range(initial_epoch, epochs)
        options: dict[str, Any] = {"epochs": epochs, "steps_per_epoch": adapter.steps, "seed": seed, "workers": workers}
        with report:
            history = train(model, prepare, validation, watching, report, **options)
        workers.in_epoch(None)
        return history


def check_model(model: object) -> None:
    """Raises OptionError for what cannot be trained here."""
    if not isinstance(model, keras.Model):
        raise OptionError(
            f"only a Keras model can be trained here, as models.sequential makes one; got {arguments.shown(model)}"
        )


def _steps(name: str, value: object) -> int | None:
    return None if value is None else arguments.whole_number(name, value, least=1)


def _frequency(given: object) -> int | list[int]:
    if isinstance(given, (list, tuple, set)):
        return [arguments.whole_number("an epoch in validation_freq", epoch, least=1) for epoch in given]
    return arguments.whole_number("validation_freq", given, least=1)
