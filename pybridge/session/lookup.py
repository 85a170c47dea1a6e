"""What a session knows of a name: documentation, source, and which names there are."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

from pybridge import clojure
from pybridge.errors import OptionError
from pybridge.session.completion import clojure_function, computes

__all__ = ["UnknownNameError", "apropos", "describe", "documentation", "source", "summary"]

_FOUND = """
(try
  (ns-resolve (symbol (pybridge.native.sessions/current-namespace)) (symbol name))
  (catch Exception _ nil))
"""

_DESCRIBE = f"""
(fn [name]
  (let [found {_FOUND}]
    (when (var? found)
      (let [{{:keys [arglists doc]}} (meta found)]
        [(str (symbol found)) (clojure.string/join "\\n" (map pr-str arglists)) (or doc "")]))))
"""

_SPECIAL = """
(fn [name]
  (let [text (with-out-str (eval (list 'clojure.repl/doc (symbol name))))]
    (not-empty (clojure.string/trim (clojure.string/replace text #"^-+\\n" "")))))
"""

_SOURCE = f"""
(fn [name]
  (let [found {_FOUND}]
    (when (var? found)
      (let [{{:keys [file line]}} (meta found)]
        [(str file) (or line 0) (clojure.repl/source-fn (symbol found))]))))
"""

_APROPOS = """
(fn [part]
  (vec (remove pybridge.internal/internal? (map str (clojure.repl/apropos part)))))
"""


class UnknownNameError(OptionError):
    """A language has no such name."""

    def __init__(self, name: str, language: str) -> None:
        super().__init__(f"the session has no {name!r} in {language}")


def describe(language: str, name: str) -> dict[str, Any]:
    """The documentation of a name: {"name", "signature", "doc"}.

    Args:
        language: "python" or "clojure".
        name: a dotted Python name or a Clojure symbol.

    Raises:
        UnknownNameError: the session has no such name.
    """
    found = _describe_python(name) if language == "python" else clojure_function(_DESCRIBE, name)
    if not found:
        raise UnknownNameError(name, language)
    return dict(zip(("name", "signature", "doc"), found, strict=True))


def summary(language: str, name: str) -> str:
    """The signature of a name and the first line of its documentation; empty for one that has none."""
    try:
        if language == "python" and computes(name):
            return ""
        told = describe(language, name)
    except Exception:  # asking anybody's object
        return ""
    first = told["doc"].strip().partition("\n")[0]
    return "  ".join(filter(None, [told["signature"].partition("\n")[0][:60], first]))


def documentation(language: str, name: str) -> str:
    """The documentation of a name as text, of Clojure's special forms and namespaces too.

    Raises:
        UnknownNameError: the session has no such name.
    """
    try:
        told = describe(language, name)
    except OptionError:
        special = clojure_function(_SPECIAL, name) if language == "clojure" else None
        if not special:
            raise
        return str(special)
    heading = [told["name"]] if language == "clojure" else []
    return "\n".join(filter(None, [*heading, told["signature"], inspect.cleandoc(told["doc"])]))


def source(language: str, name: str) -> str:
    """The source of a function, class or var, also of one that a block has defined.

    Raises:
        UnknownNameError: there is no such name.
        OptionError: there is no source of it.
    """
    text = _source_of_python(name) if language == "python" else _source_of_clojure(name)
    if not text:
        raise OptionError(f"there is no source of {name!r}: it was not defined in a file or in this session")
    return text.rstrip()


def _source_of_python(name: str) -> str | None:
    value = _python_value(name)
    try:
        return inspect.getsource(value)
    except (TypeError, OSError):
        return _source_of_class(value) if inspect.isclass(value) and value.__module__ == "__main__" else None


def _source_of_class(cls: type) -> str | None:
    """The source of a class that a block has defined, which knows no file: by its methods', or the last of its name."""
    files = {function.__code__.co_filename for function in vars(cls).values() if inspect.isfunction(function)}
    for file in [*files, *(name for name in reversed(linecache.cache) if name.startswith("<"))]:
        text = "".join(linecache.getlines(file))
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):  # Clojure, say
            if f"class {cls.__name__}" in text and (lines := _lines_of_class(ast.parse(text), cls.__qualname__)):
                return "".join(text.splitlines(keepends=True)[lines[0] - 1 : lines[1]])
    return None


def _lines_of_class(tree: ast.AST, qualified: str) -> tuple[int, int] | None:
    """The first and the last line of the last class in code that is called so, its decorators with it."""
    first, _, inner = qualified.replace(".<locals>", "").partition(".")
    for node in reversed([node for node in _defined(tree) if node.name == first]):
        if inner and (found := _lines_of_class(node, inner)):
            return found
        if not inner and isinstance(node, ast.ClassDef):
            return min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno or node.lineno
    return None


def _defined(tree: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The classes and functions of a scope, those inside them not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from _defined(node)


def _source_of_clojure(name: str) -> str | None:
    found = clojure_function(_SOURCE, name)
    if not found:
        raise UnknownNameError(name, "clojure")
    file, line, text = found
    if text is None and (lines := linecache.cache.get(file)):
        form = clojure.next_form("".join(lines[2][line - 1 :]))  # type: ignore[misc]
        return form[0] if form else None
    return text


def apropos(language: str, part: str) -> list[str]:
    """The names that hold a text: in Clojure of all namespaces, in Python of the session and the modules it has."""
    if language == "clojure":
        return sorted(clojure_function(_APROPOS, part) or [])
    names = vars(sys.modules["__main__"])
    modules = {name: module for name, module in names.items() if isinstance(module, ModuleType)}
    found = [name for name in names if part in name]
    for name, module in modules.items():
        found += [f"{name}.{own}" for own in dir(module) if part in own and not own.startswith("_")]
    return sorted(found)


def _python_value(name: str) -> Any:
    first, *rest = name.split(".")
    names = vars(sys.modules["__main__"])
    try:
        value = names[first] if first in names else getattr(__import__("builtins"), first)
        for part in rest:
            value = getattr(value, part)
    except AttributeError:
        raise UnknownNameError(name, "python") from None
    return value


def _describe_python(name: str) -> list[str] | None:
    value = _python_value(name)
    try:
        signature = name + str(inspect.signature(value)) if callable(value) else repr(value)[:200]
    except (TypeError, ValueError):
        signature = name
    own = inspect.getdoc(value) or ""
    return [name, signature, "" if own == inspect.getdoc(type(value)) else own]  # of a value, its class's says little
