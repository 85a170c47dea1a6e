"""Training: batches, steps and whole epochs as compiled TensorFlow programs."""

from __future__ import annotations

from pybridge.training._batches import batches
from pybridge.training._callbacks import Checkpoint, EarlyStopping
from pybridge.training._fit import fit
from pybridge.training._step import compile_step

__all__ = ["fit", "compile_step", "batches", "EarlyStopping", "Checkpoint"]
__dir__ = __all__.copy  # completion offers these
