"""The data of a call to `fit`, checked and cut into what trains and what validates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import tensorflow as tf

from pybridge.errors import OptionError, ShapeError
from pybridge.models._data import Data, inputs, sample_count, targets
from pybridge.training._weights import check_class_weight, of_classes, of_classes_in, of_samples


@dataclass
class Arrays:
    """Samples with their targets and weights; a part that is not there is None."""

    x: Data
    y: Data | None
    weight: Data | None = None

    def packed(self) -> Data:
        """What Keras's `train_step` takes."""
        return keras.utils.pack_x_y_sample_weight(self.x, self.y, self.weight)


Source = Arrays | tf.data.Dataset


def training_source(model, x, y, sample_weight, class_weight, validation_split) -> tuple[Source, Arrays | None]:
    """What trains, and what `validation_split` takes off its end."""
    if sample_weight is not None and class_weight is not None:
        raise OptionError("give sample_weight or class_weight, not both")
    if class_weight is not None:
        check_class_weight(class_weight)
    if isinstance(x, tf.data.Dataset):
        for name, given in (("y", y), ("sample_weight", sample_weight), ("validation_split", validation_split or None)):
            if given is not None:
                raise OptionError(f"a dataset holds its own targets and weights, and cannot be split; leave out {name}")
        return (x if class_weight is None else of_classes_in(x, class_weight)), None
    if hasattr(x, "__next__") or isinstance(x, keras.utils.PyDataset):
        raise OptionError(
            f"x must be an array, a tensor or a tf.data.Dataset; got {type(x).__name__}, "
            "of which tf.data.Dataset.from_generator makes one"
        )
    arrays = _arrays(model, x, y, sample_weight, "")
    if validation_split:
        arrays, held_out = _split(arrays, validation_split)
    else:
        held_out = None
    if class_weight is not None:
        arrays.weight = of_classes(arrays.y, class_weight)
    return arrays, held_out


def validation_source(model, validation_data) -> Source:
    """What validates."""
    if isinstance(validation_data, tf.data.Dataset):
        return validation_data
    if not isinstance(validation_data, (list, tuple)) or len(validation_data) not in (2, 3):
        raise OptionError("validation_data must be (x, y), (x, y, sample_weight) or a tf.data.Dataset")
    x, y, weight = (*validation_data, None)[:3]
    return _arrays(model, x, y, weight, "validation_")


def _arrays(model, x, y, sample_weight, kind: str) -> Arrays:
    names = {f"{kind}x" if kind else "x": inputs(model, x)}
    data = Arrays(*names.values(), None)
    if y is not None:
        data.y = names[f"{kind}y" if kind else "y"] = targets(model, y, f"{kind}y")
    elif sample_weight is not None:
        raise OptionError(f"{kind}sample_weight needs y, for it weighs the loss of each target")
    if sample_weight is not None:
        data.weight = names[f"{kind}sample_weight"] = of_samples(sample_weight, data.y, f"{kind}sample_weight")
    sample_count(**names)
    return data


def _split(arrays: Arrays, share: float) -> tuple[Arrays, Arrays]:
    count = sample_count(x=arrays.x)
    at = math.floor(count * (1 - share))
    if at == 0 or at == count:
        raise ShapeError(f"validation_split={share} of {count} samples leaves none on one side")
    return _cut(arrays, slice(None, at)), _cut(arrays, slice(at, None))


def _cut(arrays: Arrays, piece: slice) -> Arrays:
    parts = (arrays.x, arrays.y, arrays.weight)
    return Arrays(*(None if part is None else keras.tree.map_structure(lambda a: a[piece], part) for part in parts))
