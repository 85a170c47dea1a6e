"""How TensorFlow is left by a JVM that ends: its files are closed, and its threads may still compute."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from importlib.machinery import EXTENSION_SUFFIXES

from pybridge._ending import skip_exit_handlers
from pybridge._objects import classes, instances

# Classes that write out a file at their end, without a finalizer that Python knows of.
FILES = ("TFRecordWriter", "FileIO", "_ResourceSummaryWriter", "EventFileWriter")

# Compiled libraries that write nothing by C++ destructors and C's exit handlers (HDF5 is closed by then). Those
# of the last line are loaded by TensorFlow and pandas wherever they are installed.
KNOWN = {
    *("charset_normalizer", "contourpy", "google", "h5py", "_jpype", "kiwisolver", "matplotlib", "ml_dtypes"),
    *("numpy", "optree", "pandas", "PIL", "psutil", "scipy", "sklearn", "tensorflow", "wrapt"),
    *("_brotli", "bottleneck", "jaxlib", "numexpr", "pyarrow"),
}
KNOWN_PLACES = (os.path.dirname(os.__file__) + os.sep, os.path.dirname(os.path.dirname(__file__)) + os.sep)


def end_tensorflow() -> None:
    """Close TensorFlow's files, and have the process end before C++ destructors: some thread may still compute.

    Destructors run where another library may write out files by them.
    """
    for file in instances(filter(_is_tensorflows_file, classes())):
        with contextlib.suppress(Exception):
            file.close()
    if not any(map(_is_foreign, list(sys.modules.values()))):
        skip_exit_handlers()


def _is_tensorflows_file(cls: type) -> bool:
    return any(base.__name__ in FILES and str(base.__module__).startswith("tensorflow.") for base in cls.__mro__)


def _is_foreign(module: types.ModuleType) -> bool:
    """Whether a module is compiled, and of a library of which pybridge does not know what it does at the end."""
    try:
        place = object.__getattribute__(module, "__dict__").get("__file__")  # nothing that a lazy module would load for
    except AttributeError:
        return False
    if not (isinstance(place, str) and place.endswith(tuple(EXTENSION_SUFFIXES))):
        return False
    folder, _, inside = place.rpartition("-packages" + os.sep)
    library = inside.replace(os.sep, ".").partition(".")[0]
    return library not in KNOWN if folder else not place.startswith(KNOWN_PLACES)
