"""A module as a Clojure namespace: what it has, told in one answer, without loading what it loads when asked."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pybridge.clojure.support._arglists import described, laid_out
from pybridge.clojure.support._objects import crossing, type_name


def module_at(path: str, reload: bool = False) -> object:
    """The module at a dotted path, imported when needed, or the class there; with `reload`, the module is run again.

    >>> module_at("os.path").__name__ in ("posixpath", "ntpath")
    True
    """
    if path not in sys.modules:
        importlib.invalidate_caches()
    found, names = _imported(path)
    if reload:
        importlib.invalidate_caches()
        importlib.reload(found)
    for name in names:
        if not hasattr(found, name):
            close = close_names(found, name)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            raise ModuleNotFoundError(f"{_name(found)} has no submodule or class {name!r}{hint}", name=path)
        found = getattr(found, name)
    if names and not isinstance(found, ModuleType | type):
        raise TypeError(f"{path} is of type {type_name(found)}; only a module or a class can be a namespace")
    return found


def import_module(path: str) -> ModuleType:
    """The module at a dotted path, imported when needed.

    >>> import_module("os.path").join("a", "b")
    'a/b'
    """
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as missing:
        if missing.name != path.partition(".")[0]:
            raise
    raise _not_installed(path.partition(".")[0])


def _not_installed(name: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"No module named {name!r} in {sys.prefix}; install there the package that brings it, "
        "which may have another name than the module",
        name=name,
    )


def _imported(path: str) -> tuple[Any, list[str]]:
    """As much of a dotted path as can be imported, and the names that follow."""
    try:
        return importlib.import_module(path), []
    except ModuleNotFoundError as missing:
        if not f"{path}.".startswith(f"{missing.name}."):
            raise
    parent, _, last = path.rpartition(".")
    if not parent:
        raise _not_installed(path)
    found, names = _imported(parent)
    return found, [*names, last]


def import_submodule(package: Any, name: str) -> bool:
    """Import the submodule `name` of a package, as Python's `from package import name` does; False when it has none."""
    path = f"{_name(package)}.{name}"
    if not hasattr(package, "__path__"):
        return False
    try:
        importlib.import_module(path)
    except ModuleNotFoundError as missing:
        if missing.name != path:
            raise
        return False
    return True


def _name(module: Any) -> str:
    if isinstance(module, type):
        return f"{module.__module__}.{module.__qualname__}"
    return str(getattr(module, "__name__", type_name(module)))


def member_names(module: object) -> list[str]:
    """The public names of a module or class, with a module's `__version__` and a class's `__init__` and the like."""
    here = _here(module)
    present = set(dir(module))
    exported = set(_exported(module) or ())
    if not {"__getattr__", "__path__"} & here.keys():  # what can neither be made nor imported is not there
        exported &= present
    plain = {name for name, x in here.items() if type(x) in (str, int, float)}
    dunders = present if isinstance(module, type) else plain

    def public(name: object) -> bool:
        if not (isinstance(name, str) and name.isidentifier()):
            return False
        return not name.startswith("_") or name in exported or (name.startswith("__") and name in dunders)

    return sorted(filter(public, present | exported))


def member_count(module: object) -> int:
    """How many names `member_names` gives."""
    return len(member_names(module))


def _here(module: object) -> Mapping[str, object]:
    """What is in a module now; a few put an object of their own in its place, which may have no dict."""
    return getattr(module, "__dict__", {})


def _exported(module: object) -> list[str] | None:
    names = _here(module).get("__all__")
    return list(names) if isinstance(names, list | tuple | set) else None


def exported(module: object) -> list[str]:
    """The names that Python's `from module import *` binds."""
    listed = _exported(module)
    return [name for name in member_names(module) if (not name.startswith("_") if listed is None else name in listed)]


def close_names(module: object, name: str) -> list[str]:
    """The public names of a module that look most like `name`."""
    return difflib.get_close_matches(name, member_names(module), 3, 0.6)


def member(module: Any, name: str) -> object:
    """The member `name` of a module or class, which may be a submodule that `__all__` lists."""
    try:
        return getattr(module, name)
    except AttributeError:
        if not import_submodule(module, name):
            raise
        return getattr(module, name)


def members(path: str, module: Any) -> list[list]:
    """[name, kind, docstring, argument lists, object] of each public member of the module or class at `path`.

    The kind is "function" for what can be called, "class", "module", "value" for a number, a str, a bool or None, and
    "object" for the rest, which would be copied here: `member` gives it. "later" is what a module makes when asked
    for it (PEP 562): that is not done here, since it may load any amount of code.
    """
    rows = []
    for name in member_names(module):
        full_name = f"{path}.{name}"
        if _made_later(module, name):
            rows.append([name, "later", f"{full_name}, which Python loads on first use.", None, None])
            continue
        try:
            x = getattr(module, name)
        except Exception:  # anybody's code: a name that gives nothing is no member
            continue
        if type(x).__module__ != "__future__":  # what `from __future__ import annotations` leaves
            rows.append([name, *_row(full_name, name, x)])
    return rows


def _made_later(module: object, name: str) -> bool:
    return (
        isinstance(module, ModuleType) and name not in vars(module) and f"{module.__name__}.{name}" not in sys.modules
    )


def _row(full_name: str, name: str, x: Any) -> list:
    # The type decides: a lazy module or a proxy that is asked for its class or docstring would load what it stands for.
    cls = type(x)
    if cls in (type(None), bool, int, float, str) or crossing(cls) == "scalar":
        return ["value", f"{full_name}, of type {type_name(x)}.", None, x]
    if issubclass(cls, ModuleType):
        doc = object.__getattribute__(x, "__dict__").get("__doc__")
        return ["module", laid_out(doc) if isinstance(doc, str) else f"The module {full_name}.", None, x]
    if not callable(x):
        return ["object", f"{full_name}, of type {type_name(x)}.", None, None]
    doc, arglists = described(full_name, name, x)
    return ["class" if issubclass(cls, type) else "function", doc, arglists, x]
