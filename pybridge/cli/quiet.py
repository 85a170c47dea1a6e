"""TensorFlow without its notes to the terminal."""

from __future__ import annotations

import os
import sys
from types import ModuleType

__all__ = ["load_tensorflow"]


def load_tensorflow() -> ModuleType:
    """Import TensorFlow while descriptor 2 leads nowhere: no log level keeps what it says while it is loading."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    return tensorflow
