"""What a session knows of the names in it: completion and documentation."""

from __future__ import annotations

import re
import sys
from typing import Any

from pybridge import clojure
from pybridge.errors import OptionError

__all__ = ["clojure_prefix", "complete", "describe"]

_COMPLETE = """
(fn [prefix]
  (let [[alias part] (if-let [i (clojure.string/index-of prefix "/")]
                       [(subs prefix 0 i) (subs prefix (inc i))]
                       [nil prefix])
        space (the-ns (clojure.core/symbol (pybridge.native.evaluation/current-namespace)))
        target (if alias (or (get (ns-aliases space) (symbol alias)) (find-ns (symbol alias))) space)]
    (if target
      (->> (if alias (keys (ns-publics target)) (keys (ns-map target)))
           (map str)
           (filter #(clojure.string/starts-with? % part))
           sort
           (take 200)
           (mapv #(if alias (str alias "/" %) %)))
      [])))
"""

_DESCRIBE = """
(fn [name]
  (let [space (the-ns (symbol (pybridge.native.evaluation/current-namespace)))
        found (try (ns-resolve space (symbol name)) (catch Exception _ nil))]
    (when (var? found)
      (let [{:keys [arglists doc]} (meta found)]
        [(str (symbol found)) (clojure.string/join "\\n" (map pr-str arglists)) (or doc "")]))))
"""


def complete(language: str, code: str) -> list[str]:
    """The names that the end of `code` can become; in Clojure, none before it has been used.

    Args:
        language: "python" or "clojure".
        code: what stands before the cursor.

    Returns:
        Whole names, at most 200.
    """
    if language == "python":
        import rlcompleter

        prefix = re.search(r"[\w.]*$", code)[0]  # type: ignore[index]  # it is found, be it empty
        completer = rlcompleter.Completer(vars(sys.modules["__main__"]))
        found: list[str] = []
        while len(found) < 200 and prefix and (name := completer.complete(prefix, len(found))) is not None:
            found.append(name)
        return sorted({name.rstrip("() ") for name in found})
    prefix = clojure_prefix(code)
    return _clojure(_COMPLETE, prefix) or [] if prefix else []


def clojure_prefix(code: str) -> str:
    """The beginning of a name that stands at the end of Clojure code.

    >>> clojure_prefix("(map clojure.string/up")
    'clojure.string/up'
    """
    return re.search(r"[^\s()\[\]{}\"'`,;@^]*$", code)[0]  # type: ignore[index]  # it is found, be it empty


def describe(language: str, name: str) -> dict[str, Any]:
    """The documentation of a name: {"name", "signature", "doc"}.

    Args:
        language: "python" or "clojure".
        name: a dotted Python name or a Clojure symbol.

    Raises:
        OptionError: the session has no such name.
    """
    found = _describe_python(name) if language == "python" else _clojure(_DESCRIBE, name)
    if not found:
        raise OptionError(f"the session has no {name!r} in {language}")
    return dict(zip(("name", "signature", "doc"), found, strict=True))


def _clojure(code: str, argument: str) -> Any:
    """What a Clojure function gives; None before Clojure has started, which takes longer than one waits for a name."""
    if not clojure.started():
        return None
    clojure.require("clojure.string")
    return clojure.eval(code)(argument)


def _describe_python(name: str) -> list[str] | None:
    import inspect

    first, *rest = name.split(".")
    names = vars(sys.modules["__main__"])
    try:
        value = names[first] if first in names else getattr(__import__("builtins"), first)
        for part in rest:
            value = getattr(value, part)
    except AttributeError:
        return None
    try:
        signature = name + str(inspect.signature(value)) if callable(value) else repr(value)[:200]
    except (TypeError, ValueError):
        signature = name
    return [name, signature, inspect.getdoc(value) or ""]
