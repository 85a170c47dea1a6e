"""Samples in memory with their targets and weights, checked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from typing import Any

import keras

from pybridge.errors import OptionError, ShapeError
from pybridge.models._data import Data, inputs, sample_count, sample_weights, targets


@dataclass
class Arrays:
    """Samples with their targets and weights; a part that is not there is None.

    Raises:
        OptionError: there are weights and no targets.
    """

    x: Data
    y: Data | None = None
    weight: Data | None = None
    prefix: InitVar[str] = ""

    def __post_init__(self, prefix: str) -> None:
        if self.weight is not None and self.y is None:
            raise OptionError(f"{prefix}sample_weight needs {prefix}y, for it weighs the loss of each target")

    def packed(self) -> Data:
        """What Keras's `train_step` takes."""
        return keras.utils.pack_x_y_sample_weight(self.x, self.y, self.weight)

    def split(self, share: float) -> tuple[Arrays, Arrays]:
        """What is left, and this share of the samples from the end."""
        count = sample_count(x=self.x)
        at = math.floor(count * (1 - share))
        if at == 0 or at == count:
            raise ShapeError(f"validation_split={share} of {count} samples leaves none on one side")
        return self.cut(slice(None, at)), self.cut(slice(at, None))

    def cut(self, piece: slice) -> Arrays:
        """Some of the samples."""
        parts: tuple[Any, ...] = (self.x, self.y, self.weight)
        cut: Iterator[Any] = (
            None if part is None else keras.tree.map_structure(lambda a: a[piece], part) for part in parts
        )
        return Arrays(*cut)


def arrays(model: keras.Model, x: object, y: object, sample_weight: object, prefix: str = "") -> Arrays:
    """The arrays as Keras takes them.

    Raises:
        OptionError: there are weights and no targets.
        ShapeError: the numbers of samples differ, or the shapes do not fit the model.
    """
    names = {f"{prefix}x": inputs(model, x)}
    if y is not None:
        y = names[f"{prefix}y"] = targets(model, y, f"{prefix}y")
        if sample_weight is not None:
            sample_weight = names[f"{prefix}sample_weight"] = sample_weights(sample_weight, y, f"{prefix}sample_weight")
    data = Arrays(names[f"{prefix}x"], y, sample_weight, prefix)
    sample_count(**names)
    return data
