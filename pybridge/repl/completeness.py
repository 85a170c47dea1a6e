"""Whether what has been typed is whole, and how far the next line of it is indented."""

from __future__ import annotations

import ast
import codeop
import re
import warnings

from pybridge import clojure

__all__ = ["can_be_evaluated", "continues", "has_open_bracket", "indentation", "is_whole", "may_continue"]

_COMPOUND = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While),
    *(ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match),
)
_NEVER = (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError)
_CLAUSE = re.compile(r"(else|elif|except|finally)\b")
_OPENING = {"(": ")", "[": "]", "{": "}"}


def is_whole(language: str, code: str) -> bool:
    """Whether code can be evaluated, or never will be whatever follows, by the judgement of its language's own reader.

    A compound statement of Python on several lines goes on until an empty one, as at Python's prompt.

    >>> is_whole("python", "f(1,"), is_whole("python", "x = 1"), is_whole("python", "for x in y:")
    (False, True, False)
    """
    if language == "clojure":
        return clojure.is_whole(code)
    lines = code.split("\n")
    try:
        return _compiles(code) and (len(lines) == 1 or not lines[-1].strip() or not _ends_in_compound(code))
    except _NEVER:
        return True


def can_be_evaluated(code: str) -> bool:
    """Whether code of Python is complete, be it that more lines may belong to it, or never will be, whatever follows.

    >>> can_be_evaluated("if x:"), can_be_evaluated("if x:\\n    y")
    (False, True)
    """
    try:
        return _compiles(code)
    except _NEVER:
        return True


def may_continue(code: str) -> bool:
    """Whether lines of a file may belong to Python code that could be evaluated, or that cannot be parsed.

    >>> may_continue("if x:\\n    y"), may_continue("x = 1"), may_continue("def f(:")
    (True, False, True)
    """
    try:
        return _ends_in_compound(code)
    except _NEVER:
        return "\n" in code.strip() or code.rstrip().endswith(":")


def continues(line: str) -> bool:
    """Whether a line of a file belongs to Python's compound statement above it; empty is the end of the file.

    >>> continues("    x = 1"), continues("\\n"), continues("else:"), continues("x = 1"), continues("")
    (True, True, True, False, False)
    """
    return bool(line) and (not line.strip() or line[0] in " \t#" or _CLAUSE.match(line) is not None)


def indentation(language: str, code: str) -> int:
    """How many spaces a line behind `code` begins with.

    >>> indentation("python", "if x:"), indentation("clojure", "(let [x 1"), indentation("clojure", "(defn f [x]")
    (4, 6, 2)
    """
    if language == "python":
        last = code.splitlines()[-1] if code else ""
        column = len(last) - len(last.lstrip())
        return column + 4 if re.search(r":\s*(#.*)?$", last) else column
    return (_open_brackets(code) or [0])[-1]


def has_open_bracket(code: str) -> bool:
    """Whether a form goes on beyond Clojure code, as far as that can be told without its reader.

    >>> has_open_bracket("(str 1"), has_open_bracket("[1 {}]")
    (True, False)
    """
    return bool(_open_brackets(code))


def _compiles(code: str) -> bool:
    """Whether Python code is complete, by the flags that the evaluator has; one of `_NEVER` where it is not Python."""
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the evaluation warns
        return compiler(code, symbol="exec") is not None


def _ends_in_compound(code: str) -> bool:
    body = ast.parse(code).body
    return bool(body) and isinstance(body[-1], _COMPOUND)


def _open_brackets(code: str) -> list[int]:
    """Where what is within each bracket that Clojure code leaves open begins, in columns."""
    open_at: list[int] = []
    for line in _without_texts(code).splitlines():
        for column, character in enumerate(line):
            if character in _OPENING:
                open_at.append(column + (2 if character == "(" else 1))
            elif character in _OPENING.values() and open_at:
                open_at.pop()
    return open_at


def _without_texts(code: str) -> str:
    """Clojure with blanks in place of strings, comments and characters."""
    return re.sub(r'"(?:\\.|[^"\\])*"?|;[^\n]*|\\.', lambda found: re.sub(r"[^\n]", " ", found[0]), code)
