"""What every test runs under: quiet TensorFlow, no display, no network for data, and patience for examples."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import hypothesis

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

# A shell has its background jobs ignore Ctrl-C, and nohup a hang-up; what tests start has to hear both.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

SHARED_MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"
if SHARED_MNIST.is_dir():
    os.environ.setdefault("PYBRIDGE_DATA", str(SHARED_MNIST))

# A loaded machine may be slow with an example. `make test` tries the same examples each time,
# `make fuzz` many new ones.
hypothesis.settings.register_profile("pybridge", deadline=None, derandomize=True, max_examples=40)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("pybridge")


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what lives as long as the tests: TensorFlow and the tests themselves.

    Keras and many a test collect again and again, and looking through millions of objects took seconds each time.
    """
    gc.collect()
    gc.freeze()
