"""Callbacks that come with pybridge: early stopping and checkpoints."""

from __future__ import annotations

from typing import Any

import keras

from pybridge._arguments import shown, whole_number
from pybridge._boundary import called
from pybridge.errors import OptionError
from pybridge.models import save


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

    @called
    def __init__(self, monitor: str = "val_loss", patience: int = 0, restore_best_weights: bool = False) -> None:
        patience = whole_number("patience", patience)
        super().__init__(monitor=monitor, patience=patience, restore_best_weights=restore_best_weights)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
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

    @called
    def __init__(self, path: str, every: int = 1) -> None:
        super().__init__()
        try:
            example = str(path).format(epoch=1)
        except (IndexError, KeyError, ValueError) as error:
            raise OptionError(
                f"a checkpoint's path may contain {{epoch}} and no other braces; got {shown(path)}"
            ) from error
        if not example.endswith(".keras"):
            raise OptionError(f"a checkpoint's path ends in .keras; got {shown(path)}")
        self.path = str(path)
        self.every = whole_number("every", every, least=1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        done = epoch + 1
        if done % self.every == 0:
            save(self.model, self.path.format(epoch=done))
