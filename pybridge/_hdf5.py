"""HDF5 files that a program leaves open.

HDF5 closes them by an exit handler of C's. That comes after Python's end, and where such a file is written through an
object of Python's (`h5py.File(io.BytesIO(), "w")`), HDF5 then calls a Python that is gone: the process crashes. h5py
closes a file before, once nobody has it; but HDF5 has the object, which has its class, which has the variables of its
module, and among these may be the file.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["close_hdf5", "close_hdf5_last"]


def close_hdf5() -> None:
    """Close all HDF5 files, once no other thread is within HDF5, and have Python tell of each that cannot be."""
    _closers(wait=True).clear()  # the last first


def close_hdf5_last() -> None:
    """Write all HDF5 files out, and have them closed after all finalizers of the program's have had their turn.

    Those may still write to a file. Afterwards, modules may have lost the variables by which an object is written.
    Where another thread is within HDF5, and may be for ever, the end is h5py's.
    """
    # Python lets go of what `sys` has when other modules are gone, and of a list's last first.
    sys._pybridge_hdf5 = _closers(wait=False)  # type: ignore[attr-defined]


def _closers(wait: bool) -> list[_Closer]:
    """What closes all of HDF5 and, before that, each file: an object that raises would keep others from being written.

    The files are written out already.
    """
    hdf5: Any = sys.modules.get("h5py.h5f")
    objects: Any = sys.modules.get("h5py._objects")
    if not (hdf5 and objects and objects.phil.acquire(blocking=wait)):  # for this thread alone from now on
        return []
    files = hdf5.get_obj_ids(types=hdf5.OBJ_FILE)
    for file in files:
        with contextlib.suppress(Exception):
            hdf5.flush(file)
    if files:
        import ctypes

        with contextlib.suppress(AttributeError, OSError):  # h5py may be linked in another way
            library = ctypes.PyDLL(hdf5.__file__)
            library.H5Fclose.argtypes = [ctypes.c_int64]
            return [_Closer(library.H5close), *[_Closer(library.H5Fclose, file.id) for file in files]]
    return []


class _Closer:
    """Closes a file of HDF5's, or all of HDF5, at its own end.

    It uses nothing but what it has itself: at Python's end, the variables of this module are gone.
    """

    def __init__(self, function: Callable[..., int], *file: int) -> None:
        self.close = function
        self.file = file

    def __del__(self) -> None:
        while self.close(*self.file) >= 0 and self.file:
            pass
