"""Python code that is indented as the code around it is, read with every literal as it stands."""

from __future__ import annotations

import ast
import re

WRAPPER = "if True:\n"


def parsed(code: str, filename: str, in_string: bool = True, above: int = 0) -> ast.Module:
    """The tree of code of which `above` lines stand above line 1."""
    try:
        tree = _parsed(code, filename, in_string)
    except SyntaxError as error:
        if above:
            _move(error, -above)
        raise
    for node in ast.walk(tree) if above else ():
        if hasattr(node, "lineno"):
            node.lineno, node.end_lineno = max(node.lineno - above, 0), max(node.end_lineno - above, 0)
    return tree


def _parsed(code: str, filename: str, in_string: bool) -> ast.Module:
    """The tree of code that may be indented: all of it, or, `in_string` of Clojure's, all but its first line.

    Places are those of the given code. Nothing is cut off its lines, some of which may be inside literals: Python reads
    it as the body of an `if`.
    """
    try:
        return ast.parse(code, filename)
    except IndentationError as refused:
        errors: list[SyntaxError] = []
        for body, shift in _bodies(code) if in_string else [(code, 0)]:
            try:
                if tree := _body(body, shift, filename):
                    return tree
            except IndentationError:
                continue
            except SyntaxError as error:
                errors.append(error)
        raise _placed(errors[0]) if errors else refused from None


def _bodies(code: str) -> list[tuple[str, int]]:
    """The code, and the code with its first line moved to where a line below begins: only one of these fits."""
    first, end, rest = code.partition("\n")
    below = {re.match(r"[ \t]*", line)[0] for line in rest.splitlines()} - {""}
    text = first.lstrip(" \t")
    own = len(first) - len(text)
    moved = [(margin + text + end + rest, len(margin) - own) for margin in sorted(below, key=len)]
    return [(code, 0), *moved]


def _body(code: str, shift: int, filename: str) -> ast.Module | None:
    """The tree of code whose lines all begin at one margin, its first line moved by `shift`; None of any other."""
    tree = ast.parse(WRAPPER + code, filename)
    if len(tree.body) != 1 or tree.body[0].orelse:
        return None
    tree.body = tree.body[0].body
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno, node.col_offset = _place(node.lineno - 1, node.col_offset, shift)
            node.end_lineno, node.end_col_offset = _place(node.end_lineno - 1, node.end_col_offset, shift)
    return tree


def _place(line: int, column: int, shift: int) -> tuple[int, int]:
    """A place in the given code. Python 3.11 is not exact inside an f-string, which may seem to begin before it."""
    return max(line, 1), max(column - shift, 0) if line == 1 else column


def _placed(error: SyntaxError) -> SyntaxError:
    """An error in wrapped code with the lines of the given code."""
    return _move(error, -1)


def _move(error: SyntaxError, lines: int) -> SyntaxError:
    """An error that many lines further down."""
    error.lineno = max(error.lineno + lines, 0)
    if error.end_lineno:
        error.end_lineno = max(error.end_lineno + lines, 0)
    error.msg = re.sub(r"(?<=(?:on|at) line )\d+", lambda found: str(int(found[0]) + lines), error.msg)
    return error
