"""What the reader of an error may have meant: the nearest name, or a keyword argument of Python's."""

from __future__ import annotations

import builtins
import difflib
import inspect
import linecache
import re
import sys
import types
from collections.abc import Iterable

from pybridge._objects import instances
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_names
from pybridge.session.exhausted import instead_of_more
from pybridge.session.missing import loadable, missing
from pybridge.session.places import Place, chain_of, places, said_by

__all__ = ["hints"]

_UNKNOWN_IN_CLOJURE = re.compile(r"(?:Unable to resolve symbol|No such var): (\S+)")
_UNKNOWN_KEYWORD = re.compile(r"^([^\s()]+)\(\) got an unexpected keyword argument '([^']+)'")
_BY_PLACE = re.compile(
    r"\(\) (takes .*positional arguments? .*but|takes no arguments|got multiple values for argument)"
)
_NAMESPACE = re.compile(r"^\((?:ns|in-ns)\s+'?(?:\^(?:\{[^}]*\}|\S+)\s+)*([^\s()\[\]{}\"';^]+)", re.MULTILINE)
_DEFINED = re.compile(r"^\(def\S*\s+(?:\^(?:\{[^}]*\}|\S+)\s+)*([^\s()\[\]{}\"';^]+)", re.MULTILINE)
_LISP = re.compile(r"\s*[(\[{'`#@^]")
_CALL = re.compile(r"(/call\*?\s+(?:\([^()]*\)|\S+)\s+):\S+")
_VALUE = r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|[^\s()\[\]{}:\"][^\s()\[\]{}]*"
_OPTION = re.compile(rf"(?<!kw )(?<![\w:/]):([a-zA-Z][\w*+!?<>=-]*)\s+({_VALUE})")

ALL = 100_000


def hints(exception: BaseException, source: str = "") -> list[str]:
    """The lines that say what may be meant; none where Python says so itself.

    Args:
        exception: what was raised.
        source: the file that the code is from, where it is from one.
    """
    try:
        return [] if "Did you mean" in said_by(exception) else _hints(exception, source)
    except Exception:  # of an error that fails when it is asked what it is
        return []


def _hints(exception: BaseException, source: str) -> list[str]:
    if isinstance(exception, TypeError):
        return _keyword_hints(exception, source)
    if instead := instead_of_more(exception):
        return instead
    if isinstance(exception, RuntimeError) and said_by(exception) == "no running event loop":
        return ["  a loop runs while something is awaited: async def main(): …, and await main()"]
    lines = places(list(chain_of(exception)), source)
    return missing(exception, lines) or _near(*(loadable(exception) or _unknown(exception, lines)))


def _keyword_hints(exception: TypeError, source: str) -> list[str]:
    """The parameter that a keyword argument is nearest to, and how Clojure writes one that was given by place."""
    if found := _UNKNOWN_KEYWORD.search(said_by(exception)):
        return _near(_parameters(found[1]), found[2])
    return _options_by_place(exception, source) if _BY_PLACE.search(said_by(exception)) else []


def _near(known: Iterable[str], name: str) -> list[str]:
    near = difflib.get_close_matches(name, list(known), 3, 0.7) if name else []
    if not near:
        return []
    likeness = difflib.SequenceMatcher(b=name)

    def ratio(other: str) -> float:
        likeness.set_seq1(other)
        return likeness.ratio()

    return [f"  did you mean {max(near, key=lambda other: (ratio(other), other[:1] == name[:1]))}?"]


def _unknown(exception: BaseException, lines: list[Place]) -> tuple[list[str], str]:
    """The names that there are, and the one that is none of them."""
    if isinstance(exception, NameError) and isinstance(exception.name, str):
        return [*_names_where_raised(exception), *vars(sys.modules["__main__"]), *dir(builtins)], exception.name
    if isinstance(exception, AttributeError) and isinstance(exception.name, str):
        return list(map(str, dir(exception.obj))), exception.name
    for error in chain_of(exception):
        if isinstance(error, ClojureError) and (found := _UNKNOWN_IN_CLOJURE.search(said_by(error))):
            return _clojure_names(found[1], lines), found[1]
    return [], ""


def _names_where_raised(exception: BaseException) -> list[str]:
    trace = exception.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return [*trace.tb_frame.f_locals, *trace.tb_frame.f_globals] if trace else []


def _clojure_names(name: str, lines: list[Place]) -> list[str]:
    """The names that are known where `name` is not: of its alias, or all."""
    alias, slash, _ = name.rpartition("/")
    text = "".join(linecache.getlines(lines[0].file)[: lines[0].line]) if lines else ""
    if alias:
        found = clojure_names(f"{alias}/", ALL, _namespace(text))
        stands_for = re.search(rf"([^\s()\[\]]+)\s+:as\s+{re.escape(alias)}[\s\])]", text)
        if not found and stands_for:  # Clojure has removed the namespace that could not be loaded
            found = [f"{alias}/{own.rpartition('/')[2]}" for own in clojure_names(f"{stands_for[1]}/", ALL)]
        return found
    return [] if slash else [*clojure_names("", ALL, _namespace(text)), *_DEFINED.findall(text)]


def _namespace(text: str) -> str:
    """The namespace that the end of a text is in, by the last `ns` form; empty where there is none."""
    found = _NAMESPACE.findall(text)
    return found[-1] if found else ""


def _parameters(function: str) -> set[str]:
    """The parameters of the functions that Python calls so in its errors; it names no module."""
    found: set[str] = set()
    for thing in instances([types.FunctionType]):
        if thing.__qualname__ == function:
            code = thing.__code__
            if not code.co_flags & inspect.CO_VARKEYWORDS:
                found.update(code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount])
    return found - {"self", "cls"}


def _options_by_place(exception: BaseException, source: str) -> list[str]:
    """How the first option is written that the reader's line of Clojure has given by place."""
    lines = places(list(chain_of(exception)), source)
    line = lines[0].text if lines else ""
    option = _OPTION.search(_CALL.sub(r"\1", line)) if _LISP.match(line) else None
    return [f"  a keyword argument of Python's is written (pb/kw :{option[1]} {option[2]})"] if option else []
