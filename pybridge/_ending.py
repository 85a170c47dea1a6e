"""How a Python process ends that runs a JVM or a command of pybridge's: as Python ends, but sooner.

After the last exit function CPython looks through all objects for cycles, three times, and takes every module apart:
a second where TensorFlow is loaded. Where nobody could notice, because no object is left that does something at its
end, libraries stay whole here, and no cycles are looked for. The exit status, the streams and the program's own modules
are Python's affair in any case.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import types
from collections.abc import Callable
from itertools import compress
from typing import Any

__all__ = ["at_end", "ending_objects", "flush_files", "skip_destructors", "would_be_missed"]

# Their finalizers give memory back, which the end of the process does as well.
_FREEING = ("tensorflow", "keras", "_jpype", "jpype", "pybridge")
# The names of classes that write out a file at their end, and have no finalizer that Python knows.
_TENSORFLOWS_FILES = ("TFRecordWriter", "FileIO", "_ResourceSummaryWriter")

_COMPUTING = {"tensorflow", "torch", "jax"}
"""They have threads of their own."""

_steps: list[Callable[[], bool]] = []


def at_end(step: Callable[[], bool] | None = None) -> None:
    """Have this process end soon, after `step`, which runs once all exit functions have, whenever registered.

    Args:
        step: tells whether Python's end is to go on; it does not where something else ends the process.
    """
    if not _steps:
        atexit.register(_nothing, _Ending())
    _steps.append(step or _go_on)


def _go_on() -> bool:
    return True


def _nothing(ending: _Ending) -> None:
    """An exit function that is there for its argument, which Python drops after the last of them."""


class _Ending:
    """Its end is that of the exit functions."""

    def __del__(self) -> None:
        with contextlib.suppress(BaseException):
            if all([step() for step in _steps]):
                found = ending_objects()
                flush_files(found)
                if os.environ.get("PYBRIDGE_QUICK_END") != "0" and not any(map(would_be_missed, found)):
                    sys.ps2 = _Shelter()
                    gc.freeze()


class _Shelter:
    """Keeps libraries whole. Its end is the moment when Python begins to clear modules, the prompts of `sys` first.

    No other thread of Python's goes on by then.
    """

    def __init__(self) -> None:
        import ctypes

        skip_destructors()
        self.keep_for_ever = lambda kept: ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))

    def __del__(self) -> None:
        with contextlib.suppress(BaseException):
            # The program's modules as well, which Python clears only where they live.
            self.keep_for_ever(list(sys.modules.values()))
            for name, module in list(sys.modules.items()):
                if name not in ("sys", "builtins") and _is_librarys(name, module):
                    del sys.modules[name]


def skip_destructors() -> None:
    """Have a process in which a library may still compute end before its C++ destructors run, which would crash it."""
    import ctypes

    if not _COMPUTING.isdisjoint(sys.modules):
        libc = ctypes.CDLL(None)
        libc.on_exit(libc._exit, None)  # with the status that the process ends with
        libc.on_exit(libc.fcloseall, None)  # comes first


_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep


def _is_librarys(name: str, module: types.ModuleType) -> bool:
    """Whether a module belongs to Python or to what is installed, not to the program."""
    if name == "__main__":
        return False
    try:
        place = object.__getattribute__(module, "__dict__").get("__file__")  # nothing that a lazy module would load for
    except AttributeError:
        return True
    return name.partition(".")[0] == "pybridge" or not isinstance(place, str) or _is_installed(place)


def _is_installed(place: str) -> bool:
    return place.startswith(_STANDARD_LIBRARY) or "site-packages" in place or "dist-packages" in place


def ending_objects() -> list[object]:
    """All objects that do something at their end, such as to write out a file."""
    objects = gc.get_objects()
    classes = set(filter(_has_an_end, set(map(type, objects))))
    return list(compress(objects, map(classes.__contains__, map(type, objects))))


def _has_an_end(cls: type) -> bool:
    return _finalized_by(cls) is not None or _is_tensorflows_file(cls) or _is_hdf5s_file(cls)


def _finalized_by(cls: type) -> type | None:
    """The class, one of those that `cls` inherits from, which has the finalizer."""
    return next((base for base in cls.__mro__ if "__del__" in base.__dict__), None)


def _is_of(packages: tuple[str, ...], cls: type) -> bool:
    return str(cls.__module__).partition(".")[0] in packages


def _is_tensorflows_file(cls: type) -> bool:
    return any(base.__name__ in _TENSORFLOWS_FILES and _is_of(("tensorflow",), base) for base in cls.__mro__)


def _is_hdf5s_file(cls: type) -> bool:
    return cls.__module__ == "h5py.h5f" and cls.__name__ == "FileID"


def would_be_missed(found: object) -> bool:
    """Whether somebody could notice that an object's end does not come, once all files have been written out."""
    cls = type(found)
    if cls.__module__ == "_io":
        return False
    if _is_hdf5s_file(cls):
        return found.valid
    owner = _finalized_by(cls)
    if owner is None or _is_of(_FREEING, owner) or _is_of(_FREEING, cls):
        return False
    if cls is types.GeneratorType:
        code = found.gi_code
        return found.gi_frame is not None and code.co_exceptiontable != b"" and not _is_installed(code.co_filename)
    if issubclass(cls, io.IOBase):
        return not _is_closed(found)
    return not _is_librarys_own(found)


def _is_closed(file: io.IOBase) -> bool:
    with contextlib.suppress(Exception):
        return file.closed
    return False


def _is_librarys_own(found: object) -> bool:
    """Whether an object is a variable of the module that has its class, and that is no part of the program."""
    home = type(found).__module__
    module = sys.modules.get(home)
    return _is_librarys(home, module) and any(value is found for value in getattr(module, "__dict__", {}).values())


def flush_files(found: list[object], finish_layer: Callable[[io.IOBase], None] | None = None) -> None:
    """Write out what files among `found` hold: text first, then what is between it and the file, then the files."""
    files = [file for file in found if issubclass(type(file), io.IOBase)]
    texts = [file for file in files if isinstance(file, io.TextIOBase)]
    layers = [file for file in files if not isinstance(file, io.TextIOBase) and type(file).__module__ != "_io"]
    others = [file for file in files if type(file).__module__ == "_io" and not isinstance(file, io.TextIOBase)]
    tensorflows = [file for file in found if _is_tensorflows_file(type(file))]
    for finish, group in ((_flush, texts), (finish_layer or _flush, layers), (_flush, others), (_flush, tensorflows)):
        for file in group:
            with contextlib.suppress(Exception):
                finish(file)


def _flush(file: Any) -> None:
    file.flush()
