"""The names in a session that the beginning of one can become."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pybridge import clojure
from pybridge.clojure import _registered

__all__ = ["NAME", "as_seen_by", "clojure_function", "clojure_names", "complete", "computes", "name_before"]

NAME = re.compile(r"[^\s()\[\]{}\"'`,;@^]*")
"""What a name of Clojure's is made of."""

_COMPLETE = """
(fn [prefix limit namespace-name]
  (let [[alias part] (if-let [i (clojure.string/index-of prefix "/")]
                       [(subs prefix 0 i) (subs prefix (inc i))]
                       [nil prefix])
        space (or (find-ns (symbol namespace-name)) (the-ns (symbol (pybridge.native.sessions/current-namespace))))
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

_SEEN_BY = """
(fn [whose f & arguments]
  (binding [pybridge.native.sessions/*whose* whose]
    (apply f arguments)))
"""

_whose: ContextVar[str | None] = ContextVar("whose", default=None)


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


def clojure_names(prefix: str, limit: int, namespace: str = "") -> list[str]:
    """The names that a namespace knows and that begin so, those of another where `prefix` has its alias.

    Args:
        prefix: the beginning of a name.
        limit: how many names at most.
        namespace: one that is loaded; else the session's.
    """
    return clojure_function(_COMPLETE, prefix, limit, namespace) or []


def name_before(language: str, code: str) -> str:
    """The beginning of a name that stands at the end of code.

    >>> name_before("clojure", "(map clojure.string/up"), name_before("python", "print(np.lin")
    ('clojure.string/up', 'np.lin')
    """
    name = NAME.pattern if language == "clojure" else r"[\w.]*"
    return re.search(f"{name}$", code)[0]  # type: ignore[index]  # it is found, be it empty


@contextmanager
def as_seen_by(whose: str) -> Iterator[None]:
    """Have `clojure_function` look from the namespace of somebody whose turn it need not be."""
    before = _whose.set(whose)
    try:
        yield
    finally:
        _whose.reset(before)


def clojure_function(code: str, *arguments: Any) -> Any:
    """What a Clojure function gives; None before Clojure has started, which takes longer than one waits for a name."""
    if not clojure.started() and _registered.functions is None:  # a JVM that hosts Python has registered them
        return None
    whose = _whose.get()
    if whose is None:
        return _compiled(code)(*arguments)
    return _compiled(_SEEN_BY)(whose, _compiled(code), *arguments)


@functools.cache
def _compiled(code: str) -> Any:
    clojure.eval("(require 'clojure.string 'clojure.repl 'pybridge.internal)")
    return clojure.eval(code)
