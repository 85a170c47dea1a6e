"""The docstring and the argument lists of a Python callable, as Clojure's tools show them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from inspect import Parameter, Signature
from typing import Any

from pybridge._names import kebab


def described(full_name: str, name: str, x: Any) -> tuple[str, str]:
    """The docstring of `x`, its signature above it, and its argument lists as Clojure writes them.

    C code often has no signature but its docstring's first lines; where there is none at all, any arguments are taken.
    """
    doc = _docstring(x)
    signature = _signature(x)
    signatures = list(_documented(name, doc)) if signature is None else [signature]
    lists = [text for found in signatures for text in arglists(found)]
    if signature is not None and not doc.startswith(f"{name}("):
        doc = f"{full_name}{_written(signature)}\n\n  {doc}".rstrip()
    return doc or f"{full_name}, which has no docstring.", f"({' '.join(lists) or '[& arguments]'})"


def _docstring(x: Any) -> str:
    try:
        return laid_out(x.__doc__)
    except Exception:  # anybody's code may run here, and what it gives may be no text
        return ""


def laid_out(doc: str) -> str:
    """A docstring as Clojure's `doc` prints one, its later lines two spaces in; quick, since a module has a thousand.

    >>> laid_out("Square.\\n\\n    A number.\\n    ")
    'Square.\\n\\n  A number.'
    """
    doc = (doc.expandtabs() if "\t" in doc else doc).strip()
    margin = min(map(len, re.findall(r"\n( *)(?=\S)", doc)), default=0)
    if margin:
        return doc.replace("\n" + " " * margin, "\n  ")
    return re.sub(r"\n(?!\n)", "\n  ", doc)


def _signature(x: Any) -> Signature | None:
    try:
        return inspect.signature(x)
    except Exception:  # ValueError where there is none, and whatever anybody's __signature__ raises
        return None


def _written(signature: Signature) -> str:
    try:
        return str(signature)
    except Exception:  # a default whose repr fails
        return "(…)"


def arglists(signature: Signature) -> list[str]:
    """What may be written in Clojure: required arguments, then those that only have a place one by one, then options.

    >>> arglists(inspect.signature(lambda start, stop, num_steps=50: None))
    ['[start stop]', '[start stop & {:keys [num-steps]}]']
    """
    kinds: dict[Any, list[Parameter]] = {}
    for parameter in signature.parameters.values():
        kinds.setdefault(parameter.kind, []).append(parameter)
    only_placed = kinds.get(Parameter.POSITIONAL_ONLY, [])
    either = kinds.get(Parameter.POSITIONAL_OR_KEYWORD, [])
    only_named = kinds.get(Parameter.KEYWORD_ONLY, [])
    required = _names(p for p in only_placed + either if p.default is Parameter.empty)
    for rest in kinds.get(Parameter.VAR_POSITIONAL, []):
        return [_list(required, f"& {kebab(rest.name)}")]
    optional = _names(p for p in only_placed if p.default is not Parameter.empty)
    named = _names([*(p for p in either if p.default is not Parameter.empty), *only_named])
    others = _names(kinds.get(Parameter.VAR_KEYWORD, []))
    lists = [_list(required + optional[:n]) for n in range(len(optional) + 1)]
    if any(p.default is Parameter.empty for p in only_named):
        lists = []
    if named or others:
        keys = [f":keys [{' '.join(named)}]"] if named else []
        lists.append(_list(required + optional, "& {" + ", ".join(keys + [f":as {name}" for name in others]) + "}"))
    return lists


def placed_arglists(signature: Signature) -> list[str]:
    """What may be written where all arguments have a place, as for a handle; options that need a name are `& options`.

    >>> placed_arglists(inspect.signature(lambda start, stop, num=50, *, dtype=None: None))
    ['[start stop]', '[start stop num & options]']
    """
    parameters = signature.parameters.values()
    placed = [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    required = [p for p in placed if p.default is Parameter.empty]
    rest = [f"& {kebab(p.name)}" for p in parameters if p.kind is Parameter.VAR_POSITIONAL]
    if not rest and any(p.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD) for p in parameters):
        rest = ["& options"]
    full = _list(_names(placed), *rest)
    return [full] if len(required) == len(placed) else [_list(_names(required)), full]


def documentation(x: Any, by_place: bool) -> tuple[str, str] | None:
    """The docstring and the argument lists of a callable, None of anything else; `by_place` where all have a place."""
    if not callable(x):
        return None
    name = str(getattr(x, "__qualname__", None) or type(x).__qualname__)
    module = getattr(x, "__module__", None)
    doc, lists = described(f"{module}.{name}" if isinstance(module, str) else name, name, x)
    signature = _signature(x) if by_place else None
    return doc, f"({' '.join(placed_arglists(signature))})" if signature else lists


def _names(parameters: Iterable[Parameter]) -> list[str]:
    return [kebab(p.name) for p in parameters]


def _list(names: list[str], rest: str = "") -> str:
    return f"[{' '.join([*names, rest] if rest else names)}]"


def _documented(name: str, doc: str) -> Iterator[Signature]:
    """The signatures in a docstring's first paragraph, such as `range(start, stop[, step]) -> range object`."""
    for text in re.findall(rf"^ *{re.escape(name)}\((.*?)\)\s*(?:->.*)?$", doc.partition("\n\n")[0], re.MULTILINE):
        optional = "[" in text.partition("*")[0]
        text = re.sub(r",?\s*\[\s*,?\s*(\w+)(=[^],[]*)?", r", \1=...", text).replace("]", "").lstrip(", ")
        try:
            arguments = ast.parse(f"def f({text}): pass").body[0].args
        except SyntaxError:
            continue
        yield _from_ast(arguments, Parameter.POSITIONAL_ONLY if optional else Parameter.POSITIONAL_OR_KEYWORD)


def _from_ast(arguments: ast.arguments, by_place: Any) -> Signature:
    placed = [(a, Parameter.POSITIONAL_ONLY) for a in arguments.posonlyargs] + [(a, by_place) for a in arguments.args]
    defaults = [None] * (len(placed) - len(arguments.defaults)) + arguments.defaults
    parameters = [_parameter(a, kind, default) for (a, kind), default in zip(placed, defaults, strict=True)]
    if arguments.vararg:
        parameters.append(_parameter(arguments.vararg, Parameter.VAR_POSITIONAL))
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    # Documented as `[, signature]`, an option may lack its default: it can be left out all the same.
    optional = ast.Constant(...)
    parameters += [_parameter(a, Parameter.KEYWORD_ONLY, default or optional) for a, default in pairs]
    if arguments.kwarg:
        parameters.append(_parameter(arguments.kwarg, Parameter.VAR_KEYWORD))
    return Signature(parameters)


class _Code:
    """A default as code, of which the repr is shown."""

    def __init__(self, code: ast.expr) -> None:
        self._code = code

    def __repr__(self) -> str:
        return ast.unparse(self._code)


def _parameter(argument: ast.arg, kind: Any, default: ast.expr | None = None) -> Parameter:
    return Parameter(argument.arg, kind, default=Parameter.empty if default is None else _Code(default))
