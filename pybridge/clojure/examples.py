"""The examples of Clojure docstrings: a Python docstring's doctests as Clojure forms, each over the value it returns.

What has no counterpart in Clojure has an example in `examples.clj`, which comes before what would be derived.
"""

from __future__ import annotations

import ast
import doctest
import json
import re
from pathlib import Path
from typing import Any

from pybridge._names import kebab
from pybridge.clojure.forms import Form, Tree, Untranslated, call, deref, is_dereferenced, number, render, vector
from pybridge.clojure.reading import Reader
from pybridge.clojure.vocabulary import Vocabulary

__all__ = ["by_hand", "derived"]

_BY_HAND = Path(__file__).with_name("examples.clj")
_ARRAYS = ("array", "TensorShape")
_NUMBERS = {"nan": float("nan"), "inf": float("inf")}


def by_hand() -> dict[str, str]:
    """The examples of `examples.clj` by the function that each is of, as `autodiff/tape`."""
    parts = re.split(r"^;;; (\S+)\n", _BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def derived(docstring: str, vocabulary: Vocabulary, subject: str) -> list[str]:
    """The doctests that can be said in Clojure: forms, each with its value in a comment under it.

    >>> vocabulary = Vocabulary({"tensors.sum": sum}, frozenset())
    >>> print(*derived(">>> sum([1, 2], axis=0).numpy()\\n3", vocabulary, "tensors"))
    @(t/sum [1 2] :axis 0)
    ;; => 3

    Raises:
        Untranslated: the first doctest with a value has no counterpart.
    """
    reader = Reader(vocabulary, subject)
    before: list[tuple[Tree, Tree]] = []
    found: list[str] = []
    for example in doctest.DocTestParser().get_examples(docstring):
        if example.exc_msg is not None:
            continue
        try:
            _read(example, reader, before, found)
        except Untranslated:
            if not found:
                raise
            break
    return found


def _read(example: doctest.Example, reader: Reader, before: list[tuple[Tree, Tree]], found: list[str]) -> None:
    for statement in ast.parse(example.source).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            module = getattr(statement, "module", None)
            for name in statement.names:
                reader.imported[name.asname or name.name] = f"{module}.{name.name}" if module else name.name
        elif isinstance(statement, ast.Assign):
            value = reader.tree(statement.value)
            before.append((reader.pattern(statement.targets[0]), value))
        elif not isinstance(statement, ast.Expr):
            raise Untranslated(f"`{ast.unparse(statement).splitlines()[0]}` has no counterpart")
        elif example.want:
            found.append(_block(statement.value, example.want, reader, before))
        else:
            before.append(("_", reader.tree(statement.value)))


def _block(expression: ast.AST, want: str, reader: Reader, before: list[tuple[Tree, Tree]]) -> str:
    value = _wanted(want)
    reader.rounded = False
    tree = reader.tree(expression)
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "array" and not is_dereferenced(tree):
        tree = deref(tree)
    bindings = _used(before, tree)
    if bindings:
        tree = call("let", vector([part for binding in bindings for part in binding]), tree)
    text = f"{';; ≈' if reader.rounded else ';; =>'} {render(_result(value), 6)}"
    return render(tree) + "\n" + text.replace("\n", "\n;;")


def _used(before: list[tuple[Tree, Tree]], tree: Tree) -> list[tuple[Tree, Tree]]:
    """Of what was bound before, what a form needs, and what was done to it."""
    needed = _symbols(tree)
    names = {name for pattern, _ in before for name in _symbols(pattern)}
    used: list[tuple[Tree, Tree]] = []
    for pattern, value in reversed(before):
        if (_symbols(value) & names if pattern == "_" else _symbols(pattern)) & needed:
            used.insert(0, (pattern, value))
            needed |= _symbols(value)
    return used


def _symbols(tree: Tree) -> set[str]:
    if isinstance(tree, str):
        return {tree.lstrip("@")}
    return {symbol for item in tree.items for symbol in _symbols(item)}


def _wanted(want: str) -> ast.AST:
    try:
        return ast.parse(" ".join(want.split()), mode="eval").body
    except SyntaxError as error:
        raise Untranslated(f"`{want.strip()}` is no value") from error


def _result(node: Any) -> Tree:
    """What Python printed, as Clojure prints it."""
    match node:
        case ast.Call(func=function, args=[value, *_]) if _is_array(ast.unparse(function)):
            return _result(value)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return vector([_result(item) for item in items])
        case ast.Dict(keys=keys, values=values):
            pairs = [(_key(key), _result(value)) for key, value in zip(keys, values, strict=True)]
            return Form("{}", tuple(part for pair in pairs for part in pair))
        case ast.Constant(value=None | True | False as value):
            return {None: "nil", True: "true", False: "false"}[value]
        case ast.Constant(value=str() as value):
            return json.dumps(value, ensure_ascii=False)
        case ast.Attribute(value=ast.Name(id="np"), attr="True_" | "False_" as name):
            return name.rstrip("_").lower()
    return number(_number(node))


def _is_array(name: str) -> bool:
    return name in _ARRAYS or name.startswith("np.")


def _key(node: ast.AST | None) -> Tree:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+", node.value):
        return ":" + kebab(node.value)
    return _result(node)


def _number(node: ast.AST) -> complex:
    match node:
        case ast.Constant(value=int() | float() | complex() as value):
            return value
        case ast.Name(id=name) if name in _NUMBERS:
            return _NUMBERS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _number(left) + _number(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _number(left) - _number(right)
    raise Untranslated(f"`{ast.unparse(node)}` is no value")
