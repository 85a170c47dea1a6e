"""Threads that come back to a Python that ends, by changing what libpython imports."""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Iterator

# Of the ELF format, 64 bits: tags of the dynamic section; its entries, a relocation and a symbol.
_STRINGS, _SYMBOLS, _RELOCATIONS, _RELOCATIONS_SIZE, _CALLS, _CALLS_SIZE = 5, 6, 7, 8, 23, 2
_ENTRY, _RELOCATION, _SYMBOL = struct.Struct("qQ"), struct.Struct("QQq"), struct.Struct("IBBHQQ")


class _LinkMap(ctypes.Structure):
    _fields_ = (("base", ctypes.c_size_t), ("name", ctypes.c_char_p), ("dynamic", ctypes.c_size_t))


def stop_returning_threads(stop: int) -> None:
    """Have threads that come back to Python once it ends call the C function at `stop`, which never returns.

    Before 3.14, which stops them itself, CPython has them end by `pthread_exit`, and the JVM, which does not hear of
    it, looks at the stack of such a thread at its next collection.
    """
    libc = ctypes.CDLL(None)
    for slot in _slots(libc, b"pthread_exit"):
        page = slot & -mmap.PAGESIZE
        if libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ | mmap.PROT_WRITE) == 0:
            ctypes.c_size_t.from_address(slot).value = stop


def _slots(libc: ctypes.CDLL, name: bytes) -> Iterator[int]:
    """Where the library that Python is in keeps the address of the C function that it imports as `name`."""
    found, info = ctypes.POINTER(_LinkMap)(), (ctypes.c_void_p * 4)()
    inside = ctypes.cast(ctypes.pythonapi.PyThread_exit_thread, ctypes.c_void_p)
    link_map = 2
    if not hasattr(libc, "dladdr1") or not libc.dladdr1(inside, info, ctypes.byref(found), link_map):
        return  # no Linux, and no stacks that are unwound either
    library = found.contents
    dynamic = dict(_dynamic(library.dynamic))
    for table, size in ((_RELOCATIONS, _RELOCATIONS_SIZE), (_CALLS, _CALLS_SIZE)):
        for offset, what, _ in _RELOCATION.iter_unpack(ctypes.string_at(dynamic[table], dynamic[size])):
            number = what >> 32  # 0 is no symbol, and by far the most frequent
            symbol = dynamic[_SYMBOLS] + _SYMBOL.size * number
            if number and ctypes.string_at(dynamic[_STRINGS] + ctypes.c_uint32.from_address(symbol).value) == name:
                yield library.base + offset


def _dynamic(address: int) -> Iterator[tuple[int, int]]:
    """The entries of the dynamic section at `address`."""
    while True:
        tag, value = _ENTRY.unpack(ctypes.string_at(address, _ENTRY.size))
        if tag == 0:
            return
        yield tag, value
        address += _ENTRY.size
