"""Names for annotations; importing them loads neither NumPy nor TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

Num: TypeAlias = int | float
Shape: TypeAlias = int | Sequence[int]
Axes: TypeAlias = int | Sequence[int] | None

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    Tensor: TypeAlias = tf.Tensor
    Variable: TypeAlias = tf.Variable
    Dtype: TypeAlias = str | tf.DType | None
    Like: TypeAlias = Num | list[Any] | tuple[Any, ...] | np.ndarray | Tensor | Variable
else:
    Dtype = Tensor = Variable = Like = Any
