"""Values that one block hands to another: the objects themselves, in the language that made them until asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pybridge import clojure
from pybridge.errors import OptionError

__all__ = ["Handover"]

MOST = 100  # of values whose asker has never come


class Handover:
    """Keeps what blocks made under keys, and gives each once to a block that asks for it.

    >>> handover = Handover()
    >>> handover.keep("1", "python", False)
    >>> names = {}
    >>> handover.give("python", {"flag": "1"}, names)
    >>> names
    {'flag': False}
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Any]] = {}

    def keep(self, key: str, language: str, value: Any) -> None:
        """Keep the value of the block that has just ended under `key`; one of Clojure's stays in Clojure."""
        if language == "clojure":
            clojure.eval("pybridge.native.sessions/keep-last!")(key)
            value = None
        self._kept[key] = language, value
        while len(self._kept) > MOST:
            oldest = next(iter(self._kept))
            if self._kept.pop(oldest)[0] == "clojure":
                clojure.eval("(comp (constantly nil) pybridge.native.sessions/take-kept!)")(oldest)

    def give(self, language: str, values: Mapping[str, str], names: dict[str, Any]) -> None:
        """Give variables of `language` the values kept under keys.

        Args:
            language: of the block that asks, "python" or "clojure".
            values: keys by the names of the variables.
            names: where the variables of Python are.

        Raises:
            OptionError: nothing is kept under a key, or Python has no variable of such a name.
            ClojureError: a value of Clojure has no form in Python.
        """
        for name, key in values.items():
            if key not in self._kept:
                raise OptionError(f"the value for {name} is no longer kept; run the block that asks for it again")
            if language == "python" and not name.isidentifier():
                raise OptionError(f"a variable of Python has letters, digits and _ in its name; got {name!r}")
            origin, value = self._kept.pop(key)
            if language == "python":
                names[name] = value if origin == "python" else clojure.eval("pybridge.native.sessions/take-kept!")(key)
            elif origin == "clojure":
                clojure.eval("pybridge.native.sessions/define-kept!")(name, key)
            else:
                clojure.eval("pybridge.native.sessions/define!")(name, value)
