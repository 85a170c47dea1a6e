"""The callbacks of the grammar, among them those that write down what callbacks are told."""

from __future__ import annotations

from collections.abc import Callable

import keras

Lines = list[tuple]


def _hook(name: str) -> Callable:
    def record(self, *arguments, logs=None):
        numbers = tuple(each for each in arguments if isinstance(each, int))
        told = dict(next((each for each in arguments if isinstance(each, dict)), logs) or {})
        optimizer = self.model.optimizer
        if name.endswith("_end") and isinstance(optimizer, keras.optimizers.Optimizer):
            told |= {"(iterations)": int(optimizer.iterations), "(rate)": float(optimizer.learning_rate)}
        self.lines.append((name, numbers, told))

    return record


class EpochRecorder(keras.callbacks.Callback):
    """Writes down every call about training, epochs and evaluations: the hook, its number and its logs."""

    def __init__(self, lines: Lines):
        super().__init__()
        self.lines = lines

    def set_params(self, params):
        super().set_params(params)
        self.lines.append(("params", (params["epochs"], params["steps"]), {}))

    on_train_begin, on_train_end = _hook("train_begin"), _hook("train_end")
    on_epoch_begin, on_epoch_end = _hook("epoch_begin"), _hook("epoch_end")
    on_test_begin, on_test_end = _hook("test_begin"), _hook("test_end")


class BatchRecorder(EpochRecorder):
    """Writes down the calls about batches too."""

    on_train_batch_begin, on_train_batch_end = _hook("train_batch_begin"), _hook("train_batch_end")
    on_test_batch_begin, on_test_batch_end = _hook("test_batch_begin"), _hook("test_batch_end")


class StopInEpoch(keras.callbacks.Callback):
    """Stops in the middle of the second epoch, or of the only one."""

    def __init__(self):
        super().__init__()
        self.seen = 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.seen == 4:
            self.model.stop_training = True


class RateByBatch(keras.callbacks.Callback):
    """Sets the learning rate before each batch, as a warm-up does."""

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.002 * (batch + 1)


class Noise(keras.callbacks.Callback):
    """Changes a weight between two epochs, as a program's own callback may."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch and self.model.trainable_weights:
            weight = self.model.trainable_weights[-1]
            weight.assign(weight + 0.1)


def lambdas(lines: Lines) -> keras.callbacks.Callback:
    return keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: lines.append(("lambda", (batch,), dict(logs))),
        on_epoch_begin=lambda epoch, logs: lines.append(("lambda epoch", (epoch,), {})),
    )


def early_stopping(monitor: str, **options: object) -> Callable[[Lines], keras.callbacks.Callback]:
    options = {"patience": 0, "mode": "min"} | options
    return lambda lines: keras.callbacks.EarlyStopping(monitor, **options)


CALLBACKS: dict[str, Callable[[Lines], keras.callbacks.Callback]] = {
    "records_batches": BatchRecorder,
    "records_epochs": EpochRecorder,
    "early_stopping": early_stopping("loss", min_delta=0.5, restore_best_weights=True),
    "early_stopping_val": early_stopping("val_loss", patience=1, baseline=0.1),
    "reduce_rate": lambda lines: keras.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=0.5, mode="min"),
    "rate_schedule": lambda lines: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
    "rate_by_batch": lambda lines: RateByBatch(),
    "lambdas": lambdas,
    "terminate_on_nan": lambda lines: keras.callbacks.TerminateOnNaN(),
    "stops_in_epoch": lambda lines: StopInEpoch(),
    "changes_weights": lambda lines: Noise(),
    "swap_ema": lambda lines: keras.callbacks.SwapEMAWeights(),
}
SET_THE_RATE = ("reduce_rate", "rate_schedule", "rate_by_batch")
