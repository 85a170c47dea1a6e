"""The names in a session that the beginning of one can become."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from typing import Any

from pybridge import clojure

__all__ = ["NAME", "clojure_function", "clojure_names", "complete", "computes", "name_before"]

NAME = re.compile(r"[^\s()\[\]{}\"'`,;@^]*")
"""What a name of Clojure's is made of."""

_COMPLETE = """
(fn [prefix limit]
  (let [[alias part] (if-let [i (clojure.string/index-of prefix "/")]
                       [(subs prefix 0 i) (subs prefix (inc i))]
                       [nil prefix])
        space (the-ns (clojure.core/symbol (pybridge.native.evaluation/current-namespace)))
        target (if alias (or (get (ns-aliases space) (symbol alias)) (find-ns (symbol alias))) space)]
    (if (and target (not (pybridge.internal/internal? (ns-name target))))
      (->> (if alias (keys (ns-publics target)) (keys (ns-map target)))
           (map str)
           (filter #(clojure.string/starts-with? % part))
           sort
           (take limit)
           (mapv #(if alias (str alias "/" %) %)))
      [])))
"""


def complete(language: str, code: str, limit: int = 200) -> list[str]:
    """The names that the end of `code` can become; in Clojure, none before it has been used.

    Args:
        language: "python" or "clojure".
        code: what stands before the cursor.
        limit: how many names at most.

    Returns:
        Whole names.
    """
    prefix = name_before(language, code)
    if not prefix:
        return []
    if language == "clojure":
        return clojure_names(prefix, limit)
    if computes(prefix.rpartition(".")[0]):
        return []
    import rlcompleter

    completer = rlcompleter.Completer(vars(sys.modules["__main__"]))
    found: list[str] = []
    while len(found) < limit and (name := completer.complete(prefix, len(found))) is not None:
        found.append(name)
    return sorted({name.rstrip("() ") for name in found})


def computes(name: str) -> bool:
    """Whether looking up a dotted Python name runs a property's code."""
    first, *rest = name.split(".")
    value = vars(sys.modules["__main__"]).get(first)
    for part in rest:
        if isinstance(inspect.getattr_static(type(value), part, None), property):
            return True
        value = getattr(value, part, None)
    return False


def clojure_names(prefix: str, limit: int) -> list[str]:
    """The names that the session's namespace knows and that begin so, those of another where `prefix` has its alias."""
    return clojure_function(_COMPLETE, prefix, limit) or []


def name_before(language: str, code: str) -> str:
    """The beginning of a name that stands at the end of code.

    >>> name_before("clojure", "(map clojure.string/up"), name_before("python", "print(np.lin")
    ('clojure.string/up', 'np.lin')
    """
    name = NAME.pattern if language == "clojure" else r"[\w.]*"
    return re.search(f"{name}$", code)[0]  # type: ignore[index]  # it is found, be it empty


def clojure_function(code: str, *arguments: Any) -> Any:
    """What a Clojure function gives; None before Clojure has started, which takes longer than one waits for a name."""
    if not clojure.started():
        return None
    return _compiled(code)(*arguments)


@functools.cache
def _compiled(code: str) -> Any:
    clojure.eval("(require 'clojure.string 'clojure.repl 'pybridge.internal)")
    return clojure.eval(code)
