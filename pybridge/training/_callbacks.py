"""What watches training: Keras's callbacks, functions of either language, early stopping, checkpoints."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import keras
import numpy as np

from pybridge.errors import OptionError
from pybridge.models import save

OF_BATCHES = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
OF_TEST_BATCHES = ("on_test_batch_begin", "on_test_batch_end")


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Stop training when what it watches has not improved for some epochs.

    Whether less or more is better follows from the metric; for the loss less is.

    Args:
        monitor: the loss or metric to watch, as it is called in what `fit` returns.
        patience: how many epochs without improvement to wait for one.
        restore_best_weights: whether to end with the weights of the best epoch instead of the last.

    Raises:
        OptionError: `patience` is below 0; in `fit`, what is to be watched is not measured.

    Source: Keras, `EarlyStopping`.

    >>> EarlyStopping("val_accuracy", patience=2).patience
    2
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 0, restore_best_weights: bool = False) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 0:
            raise OptionError(f"patience must be a whole number of at least 0; got {patience!r}")
        super().__init__(monitor=monitor, patience=patience, restore_best_weights=restore_best_weights)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.monitor not in logs:
            raise OptionError(
                f"EarlyStopping watches {self.monitor!r}, which is not measured; there are {', '.join(logs)}"
            )
        super().on_epoch_end(epoch, logs)

    def _set_monitor_op(self) -> None:
        try:
            super()._set_monitor_op()
        except ValueError as error:
            raise OptionError(
                f"EarlyStopping cannot know whether more or less of {self.monitor} is better; "
                "keras.callbacks.EarlyStopping takes a mode that says so"
            ) from error


class Checkpoint(keras.callbacks.Callback):
    """Write the model to a file while it is trained, so that training can be resumed from there.

    A file of this name is always whole. `models.load` reads it; `fit` with `initial_epoch` goes on from it.

    Args:
        path: where to; it ends in .keras. {epoch} in it stands for the number of epochs that are done.
        every: how many epochs lie between two checkpoints.

    Raises:
        OptionError: the path does not end in .keras or has something else than {epoch} in braces, or `every` is
            below 1.

    >>> Checkpoint("net-{epoch}.keras", every=5).every
    5
    """

    def __init__(self, path: str, every: int = 1) -> None:
        super().__init__()
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise OptionError(f"every must be a whole number of at least 1; got {every!r}")
        try:
            example = str(path).format(epoch=1)
        except (IndexError, KeyError, ValueError) as error:
            raise OptionError(f"a checkpoint's path may contain {{epoch}} and no other braces; got {path!r}") from error
        if not example.endswith(".keras"):
            raise OptionError(f"a checkpoint's path ends in .keras; got {path!r}")
        self.path = str(path)
        self.every = every

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        done = epoch + 1
        if done % self.every == 0:
            save(self.model, self.path.format(epoch=done))


class FunctionCallback(keras.callbacks.Callback):
    """Calls a function after each epoch, and stops training when it returns False."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        answer = self.function(epoch, dict(logs or {}))
        if isinstance(answer, (bool, np.bool_)) and not answer:
            self.model.stop_training = True


def as_callbacks(given: object, *, validated: bool) -> list[keras.callbacks.Callback]:
    """The callbacks as Keras's.

    Args:
        given: one callback or function, or a list of them.
        validated: whether there is anything whose name begins with val_.

    Raises:
        OptionError: something is neither a callback nor a function, or watches what there is not.
    """
    callbacks = [_callback(each) for each in (given if isinstance(given, (list, tuple)) else [given])]
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
        f"a callback is a Keras callback or a function of (epoch, logs); got {given!r}"
        + (", which is a class: make an object of it" if inspect.isclass(given) else "")
    )


def watches(callbacks: list[keras.callbacks.Callback], hooks: tuple[str, ...]) -> bool:
    """Whether a callback has something to do at one of these times."""
    return any(_defines(callback, hook) for callback in callbacks for hook in hooks)


def _defines(callback: keras.callbacks.Callback, hook: str) -> bool:
    if getattr(callback, "save_freq", None) == "epoch":  # Keras's own checkpoints, which then do nothing at a batch
        return False
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(keras.callbacks.Callback, hook)
