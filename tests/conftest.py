"""What every test runs under: quiet TensorFlow, no display, and no network for data."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

SHARED_MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"
if SHARED_MNIST.is_dir():
    os.environ.setdefault("PYBRIDGE_DATA", str(SHARED_MNIST))
