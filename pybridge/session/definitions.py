"""Which names the blocks of a session have defined so far: what is lost with its process."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from pybridge import clojure
from pybridge.session.completion import clojure_function
from pybridge.session.display import cut

__all__ = ["Definitions"]

MOST = 12
LONGEST = 200  # characters of a name


class Definitions:
    """Tells what blocks have defined: names of Python but for modules, imports and `_x`, and vars of Clojure.

    >>> names = {"ready": 1}
    >>> definitions = Definitions(names)
    >>> before = definitions.told()
    >>> names.update(x=2, _hidden=3, Definitions=Definitions)
    >>> definitions.told()["names"][-1]
    {'language': 'python', 'name': 'x'}
    """

    def __init__(self, names: dict[str, Any]) -> None:
        """Begin with what is there already, which no block has defined.

        Args:
            names: Python's variables.
        """
        self._names, self._before = names, dict(names)
        self._vars: list[str] = []  # of Clojure
        self._known: dict[tuple[str, str], None] = {}  # language and name, in the order in which they came

    def told(self) -> dict[str, Any]:
        """The newest `names`, each with its language, the oldest of them first; `more` is how many others there are."""
        changed = clojure_function("pybridge.native.sessions/changed-definitions")
        if changed is not None:
            self._vars = changed
        now = {("python", name): None for name, value in list(self._names.items()) if self._is_defined(name, value)}
        now.update({("clojure", name): None for name in self._vars})
        self._known = {key: None for key in self._known if key in now} | now
        newest = list(self._known)[-MOST:]
        return {
            "names": [{"language": language, "name": cut(name, LONGEST)} for language, name in newest],
            "more": len(self._known) - len(newest),
        }

    def _is_defined(self, name: Any, value: Any) -> bool:
        if type(name) is not str or name.startswith("_") or value is clojure.clj:
            return False
        if name in self._before and self._before[name] is value:
            return False
        # Anybody's object is asked nothing: not even `isinstance` may run its code.
        kind = type(value)
        if issubclass(kind, type):
            return bool(type.__getattribute__(value, "__module__") == "__main__")
        if kind in (FunctionType, BuiltinFunctionType):
            return bool(value.__module__ == "__main__")
        return not issubclass(kind, ModuleType)
