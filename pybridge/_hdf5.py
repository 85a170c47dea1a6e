"""HDF5 files that a program leaves open.

HDF5 closes them by an exit handler of C's. That comes after Python's end, and where such a file is written through an
object of Python's (`h5py.File(io.BytesIO(), "w")`), HDF5 then calls a Python that is gone: the process crashes. h5py
closes a file before, once nobody has it; but HDF5 has the object, which has its class, which has the variables of its
module, and among these may be the file.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

__all__ = ["close_hdf5"]


def close_hdf5(named: bool) -> bool:
    """Close all HDF5 files over objects of Python's, and tell of each that cannot be.

    Args:
        named: whether those that have a name are closed too. Then a thread that is within HDF5 is waited for, which
            may last; otherwise nothing is done where there is one.

    Returns:
        whether all could be closed. If not, named ones are closed in any case: HDF5 keeps such a file half freed, and
        may crash at its own end.
    """
    hdf5: Any = sys.modules.get("h5py")
    # The lock is never given back: from now on, no other thread gets into HDF5.
    if not (hdf5 and hasattr(hdf5, "File") and hdf5._objects.phil.acquire(blocking=named)):
        return True
    low = hdf5.h5f
    parts = low.get_obj_ids(types=low.OBJ_DATASET | low.OBJ_GROUP | low.OBJ_ATTR)  # which keep their files open
    files = {file.id: file for file in [*low.get_obj_ids(types=low.OBJ_FILE), *map(hdf5.h5i.get_file_id, parts)]}
    groups: dict[bool, list[Any]] = {True: [], False: []}
    for file in files.values():
        groups[file.get_access_plist().get_driver() == hdf5.h5fd.fileobj_driver].append(file)
    are_closed = all([_close(hdf5, file) for file in groups[True]])
    if named or not are_closed:
        are_closed &= all([_close(hdf5, file) for file in groups[False]])
    return are_closed


def _close(hdf5: Any, file: Any) -> bool:
    if not file.valid:  # closed in another name
        return True
    try:
        hdf5.File(file).close()
    except Exception as error:
        said = f"pybridge: an HDF5 file that is left open cannot be written: {type(error).__name__}: {error}"
        with contextlib.suppress(Exception):
            print(said, file=sys.stderr)
        return False
    return True
