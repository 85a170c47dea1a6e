"""How a Python process ends that runs a JVM, or a command of pybridge's with TensorFlow: as Python ends, but sooner.

After its last exit function CPython looks through all objects for cycles, three times, and frees what it finds: a
second where TensorFlow is loaded. It is told to leave cycles alone where no object is left that does something at its
end. Everything else is Python's own. What is not known to be harmless takes the long way.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import types
import warnings
import weakref
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import compress

__all__ = ["at_end", "ending_objects", "has_foreign_library", "is_tensorflows_file", "may_be_quick"]

# Their compiled objects do nothing at their end that outlives the process, but for those that are looked for by name.
_KNOWN = {
    *("charset_normalizer", "contourpy", "google", "h5py", "_jpype", "keras", "kiwisolver", "matplotlib", "ml_dtypes"),
    *("numpy", "optree", "pandas", "PIL", "psutil", "requests", "scipy", "sklearn", "tensorflow", "wrapt"),
}
_KNOWN_PLACES = (os.path.dirname(os.__file__) + os.sep, os.path.dirname(__file__) + os.sep, "<frozen ")
_DATABASES = ("_dbm", "_gdbm", "_sqlite3")  # Python's own compiled modules whose objects write at their end
# Classes of TensorFlow's that write out a file at their end, without a finalizer that Python knows of.
_TENSORFLOWS_FILES = ("TFRecordWriter", "FileIO", "_ResourceSummaryWriter", "EventFileWriter")
# Those whose finalizers give memory back, which the end of the process does as well.
_TENSORFLOWS_MEMORY = {
    *("AtomicFunction", "ConcreteFunctionGarbageCollector", "EagerResourceDeleter", "Metric", "_TensorCacheDeleter")
}

_steps: list[Callable[[], bool]] = []


def at_end(step: Callable[[], bool] = lambda: True) -> None:
    """Have this process end soon, after `step`, which runs once all exit functions have, whenever registered.

    Args:
        step: tells whether Python's end is to go on; it does not where something else ends the process.
    """
    if not _steps:
        atexit.register(_nothing, _Ending())
    _steps.append(step)


def _nothing(ending: _Ending) -> None:
    """An exit function that is there for its argument, which Python drops after the last of them."""


class _Ending:
    """Its end is that of the exit functions."""

    def __del__(self) -> None:
        with contextlib.suppress(BaseException):
            if all([step() for step in _steps]) and may_be_quick(ending_objects()):
                modules = list(sys.modules.values())
                modules.append(modules)  # a cycle, which stays: Python clears the variables of modules that live
                gc.freeze()


def may_be_quick(ending: list[object]) -> bool:
    """Whether nobody could notice that objects in cycles do not come to their end.

    Args:
        ending: those that do something at their end.
    """
    return not (_is_watched() or has_foreign_library() or any(map(_would_be_missed, ending)))


def _is_watched() -> bool:
    """Whether somebody asks for the long way, or is told what is collected or has not been closed."""
    unclosed = (action for action, text, kind, *_ in warnings.filters if not text and issubclass(ResourceWarning, kind))
    asked = os.environ.get("PYBRIDGE_QUICK_END") == "0"
    return asked or bool(gc.callbacks or gc.get_debug()) or next(unclosed, "default") != "ignore"


def has_foreign_library() -> bool:
    """Whether a compiled module is loaded of which pybridge does not know what its objects do at their end."""
    return any(map(_is_foreign, list(sys.modules.values())))


def _is_foreign(module: types.ModuleType) -> bool:
    try:
        place = object.__getattribute__(module, "__dict__").get("__file__")  # nothing that a lazy module would load for
    except AttributeError:
        return False
    compiled = isinstance(place, str) and place.endswith(tuple(EXTENSION_SUFFIXES))
    return compiled and (not _is_known(place) or os.path.basename(place).startswith(_DATABASES))


def _is_known(place: str) -> bool:
    folder, _, inside = place.rpartition("-packages" + os.sep)
    return inside.replace(os.sep, ".").partition(".")[0] in _KNOWN if folder else place.startswith(_KNOWN_PLACES)


def ending_objects() -> list[object]:
    """All objects that do something at their end, such as to write out a file, and classes of such that hide."""
    objects = gc.get_objects()
    classes = set(map(type, objects))
    metaclasses = {cls for cls in classes if issubclass(cls, type)}
    return _of(set(filter(_has_an_end, classes)), objects) + list(filter(_hides, _of(metaclasses, objects)))


def _of(classes: set[type], objects: list[object]) -> list:
    return list(compress(objects, map(classes.__contains__, map(type, objects))))


def _has_an_end(cls: type) -> bool:
    return _finalizing(cls) is not None or is_tensorflows_file(cls) or issubclass(cls, weakref.ref)


def _hides(cls: type) -> bool:
    """Whether a class has a finalizer in Python, and objects that the garbage collector does not know."""
    owner = None if cls.__flags__ & 1 << 14 else _finalizing(cls)  # Py_TPFLAGS_HAVE_GC
    return owner is not None and isinstance(owner.__dict__["__del__"], types.FunctionType)


def _finalizing(cls: type) -> type | None:
    """The class, one of those that `cls` inherits from, that has the finalizer."""
    return next((base for base in cls.__mro__ if "__del__" in base.__dict__), None)


def is_tensorflows_file(cls: type) -> bool:
    """Whether objects of a class write out a file of TensorFlow's at their end."""
    return any(base.__name__ in _TENSORFLOWS_FILES and _package(base) == "tensorflow" for base in cls.__mro__)


def _package(cls: type) -> str:
    return str(cls.__module__).partition(".")[0]


def _would_be_missed(ending: object) -> bool:
    cls, owner = type(ending), _finalizing(type(ending))
    if issubclass(cls, weakref.ref):
        return ending.__callback__ is not None and not _is_known_code(ending.__callback__)
    if is_tensorflows_file(cls) or owner is None:
        return True
    if owner.__name__ == "ResourceTracker":
        return ending._pid is not None  # of the process that clears up after Python's others, and is to end first
    if cls is types.GeneratorType:
        return ending.gi_frame is not None and ending.gi_code.co_exceptiontable != b"" and not _is_known_code(ending)
    if issubclass(cls, io.IOBase):
        return _package(cls) != "pybridge" and not ending.closed and _may_hold_output(ending)
    if _package(owner) == "tensorflow":
        return owner.__name__ not in _TENSORFLOWS_MEMORY
    return _package(owner) not in ("_jpype", "pybridge")


def _may_hold_output(file: io.IOBase) -> bool:
    """Whether an open file may have something to write out. Python sees to its standard streams."""
    if type(file) in (io.FileIO, io.BytesIO, io.StringIO):
        return False
    streams = [sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__]
    streams += [getattr(stream, "buffer", None) for stream in streams]
    return not any(file is stream for stream in streams) and (type(file).__module__ != "_io" or file.writable())


def _is_known_code(work: object) -> bool:
    """Whether a generator or callback is a library's, which does nothing but clear up in memory."""
    code = getattr(work, "gi_code", None) or getattr(work, "__code__", None)
    if code is None:
        return isinstance(work, types.BuiltinFunctionType | weakref.finalize)
    return _is_known(code.co_filename)
