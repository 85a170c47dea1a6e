"""What code asks for and nobody has loaded: the line that loads it, or the nearest name of what can be loaded."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pkgutil
import re
import sys
from pathlib import Path

import pybridge
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function
from pybridge.session.places import Place, chain_of, said_by

__all__ = ["loadable", "missing"]

_NO_NAMESPACE = re.compile(r"(?:No such namespace|ClassNotFoundException): (\S+)")
_NOT_FOUND = re.compile(r"Could not locate (\S+?)__init\.class")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NOT_IN_MODULE = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|(?<!\w)\'(?:[^\'\\]|\\.)*\'(?!\w)')

# As the book calls our own parts, and as everybody calls Clojure's.
_PARTS = {"t": "tensors", "pb": "core"} | {part: part for part in pybridge.__all__}
_CLOJURES = {"str": "string", "string": "string", "set": "set", "io": "java.io", "pp": "pprint", "edn": "edn"}
_CLOJURES |= {"walk": "walk", "zip": "zip", "test": "test", "data": "data", "t": "test"}
_STANDARD = sorted({f"clojure.{part}" for part in _CLOJURES.values()})

# In the file of a namespace, or in one that this loads.
_DEFINES = """
(fn [space var-name]
  (let [text (fn [path] (some-> (clojure.java.io/resource (str path ".clj")) slurp))
        path (clojure.string/replace (namespace-munge space) "." "/")
        folder (subs path 0 (inc (or (clojure.string/last-index-of path "/") -1)))
        own (text path)
        definition (re-pattern (str "\\\\(def\\\\S*\\\\s+(?:\\\\^(?:\\\\{[^}]*\\\\}|\\\\S+)\\\\s+)*"
                                    (java.util.regex.Pattern/quote var-name) "[\\\\s)]"))]
    (boolean (some #(some->> % (re-find definition))
                   (cons own (map (comp text #(str folder %) second)
                                  (re-seq #"\\(load \\"([^\\"/][^\\"]*)\\"\\)" (str own))))))))
"""
_SPACES = """
(fn [] (into (mapv str (keys (ns-aliases (the-ns (symbol (pybridge.native.sessions/current-namespace))))))
             (remove pybridge.internal/internal? (map (comp str ns-name) (all-ns)))))
"""


def missing(exception: BaseException, lines: list[Place]) -> list[str]:
    """The line that loads what the code uses; none where nothing is known that has the name.

    Args:
        exception: what was raised.
        lines: those of the reader's that it went through.
    """
    text = _STRING.sub('""', lines[0].text) if lines else ""
    if isinstance(exception, NameError) and isinstance(exception.name, str):
        name = exception.name
        used = re.search(rf"(?<![\w.]){re.escape(name)}\.(\w+)", text)
        part = _PARTS.get(name, "core")
        if used is None or part == "core" or used[1] not in _exports(part):
            return []
        return [f"  is this missing? from pybridge import {part}" + (f" as {name}" if name != part else "")]
    for error in chain_of(exception):
        if isinstance(error, ClojureError) and (found := _NO_NAMESPACE.search(said_by(error))):
            return _missing_namespace(found[1], text)
    return []


def _missing_namespace(name: str, text: str) -> list[str]:
    used = re.search(rf"(?<![\w.*+!?<>=/-]){re.escape(name)}/([^\s()\[\]{{}}\"';]+)", text)
    if used is None:
        return []
    spaces = [f"pybridge.{_PARTS[name]}"] if name in _PARTS else []
    spaces += [f"clojure.{_CLOJURES[name]}"] if name in _CLOJURES else []
    for space in [*spaces, name]:
        if clojure_function(_DEFINES, space, used[1]):
            return [f"  is this missing? (require '{space if space == name else f'[{space} :as {name}]'})"]
    return []


def loadable(exception: BaseException) -> tuple[list[str], str] | None:
    """The modules or namespaces that there are, and the one that is none of them; None of other errors."""
    if isinstance(exception, ImportError):
        if found := _NOT_IN_MODULE.search(said_by(exception)):
            module = sys.modules.get(found[2])
            return list(map(str, dir(module))) + _modules(found[2]), found[1]
        if found := _NO_MODULE.search(said_by(exception)):
            package, dot, _ = found[1].rpartition(".")
            return [f"{package}{dot}{name}" for name in _modules(package)], found[1]
    for error in chain_of(exception):
        if isinstance(error, ClojureError):
            if found := _NO_NAMESPACE.search(said_by(error)):
                return [*clojure_function(_SPACES), *_STANDARD], found[1]
            if found := _NOT_FOUND.search(said_by(error)):
                parts = [f"pybridge.{part}" for part in ("core", *pybridge.__all__)]
                return [*clojure_function(_SPACES), *parts, *_STANDARD], found[1].replace("/", ".").replace("_", "-")
    return None


def _modules(package: str) -> list[str]:
    """The modules of a package, or of no package all."""
    if not package:
        return [*sys.stdlib_module_names, *(found.name for found in pkgutil.iter_modules())]
    path = getattr(sys.modules.get(package), "__path__", None)
    return [found.name for found in pkgutil.iter_modules(path)] if path else []


@functools.cache
def _exports(part: str) -> frozenset[str]:
    """The names of a part of ours, which need not be loaded."""
    found = importlib.util.find_spec(f"pybridge.{part}")
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8")) if found and found.origin else ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()
