"""Several workers that train one model together: processes on one machine or on many, each with its part of a batch.

`training.fit` and its kin take a strategy. What travels between the workers are TensorFlow's own collective operations.
"""

from __future__ import annotations

from pybridge.distributed._strategy import strategy

__all__ = ["strategy"]
__dir__ = __all__.copy  # completion offers these
