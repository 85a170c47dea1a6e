"""Imports without TensorFlow's notes to the terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["quiet_import"]


@contextlib.contextmanager
def quiet_import() -> Iterator[None]:
    """Have descriptor 2 lead nowhere while TensorFlow loads: no log level keeps what it says then.

    A user who set TF_CPP_MIN_LOG_LEVEL hears what they asked for; once TensorFlow is loaded this does nothing.

    >>> with quiet_import():
    ...     import tensorflow
    """
    if "tensorflow" in sys.modules or os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
