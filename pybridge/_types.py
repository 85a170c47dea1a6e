"""Names for annotations; importing them loads neither NumPy nor TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

Num: TypeAlias = int | float

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    Tensor: TypeAlias = tf.Tensor
    Variable: TypeAlias = tf.Variable
    Like: TypeAlias = Num | list | tuple | np.ndarray | Tensor | Variable
else:
    Tensor = Variable = Like = Any
