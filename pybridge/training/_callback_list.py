"""Whom training tells: Keras's callbacks and functions, in Keras's own callback list."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import keras
import numpy as np

from pybridge._arguments import shown
from pybridge.errors import OptionError
from pybridge.training._callbacks import Checkpoint, EarlyStopping

OF_BATCHES = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
OF_TEST_BATCHES = ("on_test_batch_begin", "on_test_batch_end")
WRITERS = (
    *(Checkpoint, keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore, keras.callbacks.CSVLogger),
    *(keras.callbacks.TensorBoard, keras.callbacks.RemoteMonitor),
)


class CallbackList(keras.callbacks.CallbackList):
    """Keras's, except that no interrupt is lost: Keras's own conversion of logs swallows whatever is raised there."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._async_train:
            self._flush_futures()
        self._tell("on_epoch_end", epoch, logs)

    def _on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tell("on_train_batch_end", batch, logs)

    def _on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tell("on_test_batch_end", batch, logs)

    def _tell(self, hook: str, number: int, logs: dict[str, Any] | None) -> None:
        logs = as_numbers(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(number, logs)


def as_numbers(logs: dict[str, Any]) -> dict[str, Any]:
    """The logs in Python's own numbers where they are numbers, by name, and without nested dicts."""
    plain: dict[str, Any] = {}
    for name, value in sorted(logs.items()):
        if isinstance(value, dict):
            plain |= as_numbers(value)
            continue
        with suppress(Exception):  # of a value that is no number
            value = keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value
            value = float(value)
        plain[name] = value
    return plain


class FunctionCallback(keras.callbacks.Callback):
    """Calls a function after each epoch, and stops training when it returns False."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        answer = np.asarray(self.function(epoch, dict(logs or {})))
        if answer.dtype == bool and answer.size == 1 and not answer:
            self.model.stop_training = True


def as_callbacks(given: object, *, validated: bool) -> list[keras.callbacks.Callback]:
    """The callbacks as Keras's.

    Args:
        given: one callback or function, or a list of them, or None.
        validated: whether there is anything whose name begins with val_.

    Raises:
        OptionError: something is neither a callback nor a function, or watches what there is not.
    """
    if isinstance(given, keras.callbacks.CallbackList):
        given = given.callbacks
    several = [] if given is None else given if isinstance(given, (list, tuple)) else [given]
    callbacks = [_callback(each) for each in several]
    for callback in callbacks:
        if isinstance(callback, EarlyStopping) and callback.monitor.startswith("val_") and not validated:
            raise OptionError(
                f"EarlyStopping watches {callback.monitor!r}, but nothing is validated; give validation_data or "
                "validation_split, or monitor another"
            )
    return callbacks


def _callback(given: object) -> keras.callbacks.Callback:
    if isinstance(given, keras.callbacks.Callback):
        return given
    if callable(given) and not inspect.isclass(given):
        return FunctionCallback(given)
    raise OptionError(
        f"a callback is a Keras callback or a function of (epoch, logs); got {shown(given)}"
        + (", which is a class: make an object of it" if inspect.isclass(given) else "")
    )


def writes_files(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback writes what one worker of several is enough for."""
    return isinstance(callback, WRITERS)


def watches(callbacks: list[keras.callbacks.Callback], hooks: tuple[str, ...]) -> bool:
    """Whether a callback has something to do at one of these times."""
    return any(_defines(callback, hook) for callback in callbacks for hook in hooks)


def _defines(callback: keras.callbacks.Callback, hook: str) -> bool:
    if getattr(callback, "save_freq", None) == "epoch":  # Keras's own checkpoints, which then do nothing at a batch
        return False
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(keras.callbacks.Callback, hook)
