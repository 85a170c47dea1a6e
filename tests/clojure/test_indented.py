"""Indented Python code: what it does is what the code does without its indentation."""

from __future__ import annotations

import ast
import io
import random
import tokenize

import pytest

from pybridge.clojure.support._indented import parsed

STATEMENTS = [
    "x{i} = 'a\tb'",
    "x{i} = '''l\n   m\n\t\n'''",
    "# a comment",
    "",
    "if x0 is None:\n    x{i} = [1,\n2]\nelse:\n    x{i} = 1",
    "x{i} = f'''\n{x0}\n  {\n 4}'''",
    "x{i} = 1 + \\\n2",
    "def f{i}():\n    '''doc\n  more'''\n    return 1\nx{i} = f{i}.__doc__",
    "x{i} = '''\n# no comment\n    '''\n# a comment",
]
NONE = tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER


def beginnings(code: str) -> set[int]:
    """The lines on which a statement begins."""
    found, begins = set(), True
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NEWLINE:
            begins = True
        elif token.type not in NONE and begins:
            found.add(token.start[0])
            begins = False
    return found


def indented(code: str, margin: str, first: str) -> str:
    lines = code.split("\n")
    begin = beginnings(code)
    return "\n".join([first + lines[0], *(margin * (i in begin) + line for i, line in enumerate(lines[1:], 2))])


def values(tree: ast.Module) -> dict:
    names: dict = {}
    exec(compile(tree, "<p>", "exec", dont_inherit=True), names)
    return {name: x for name, x in names.items() if name.startswith("x")}


def lines(tree: ast.Module) -> list:
    return [(type(node), node.lineno, node.end_lineno) for node in ast.walk(tree) if hasattr(node, "lineno")]


@pytest.mark.parametrize("seed", range(300))
def test_indentation_changes_no_value_and_no_line(seed):
    chance = random.Random(seed)
    chosen = [chance.choice(STATEMENTS).replace("{i}", str(i)) for i in range(1, chance.randint(2, 7))]
    code = "\n".join(["x0 = None", *chosen])
    margin = chance.choice(["  ", "    ", "\t", " " * 10])
    wanted = ast.parse(code)
    for given in (code, indented(code, margin, margin), indented(code, margin, "")):
        tree = parsed(given, "<p>")
        assert lines(tree) == lines(wanted)
        assert values(tree) == values(wanted)


@pytest.mark.parametrize(
    "code, message, line",
    [
        ("if True:\nx = 1", "expected an indented block after 'if' statement on line 1", 2),
        ("  x = 1\ny = 2", "unexpected indent", 1),
        ("  x = 1\nelse:\n  y", "unexpected indent", 1),
        ("  x = 1\n  y = = 2", "invalid syntax", 2),
        ("x = 1\n   y = = 2", "invalid syntax", 2),
        ("  x = [\n\n  y = 1)", "closing parenthesis ')' does not match opening parenthesis '[' on line 1", 3),
    ],
)
def test_an_error_is_where_the_given_code_has_it(code, message, line):
    with pytest.raises(SyntaxError) as info:
        parsed(code, "<p>")
    assert (info.value.msg, info.value.lineno) == (message, line)


def test_columns_are_those_of_the_given_code():
    (call,) = [node for node in ast.walk(parsed("x = f(1)\n        y", "<p>")) if isinstance(node, ast.Call)]
    assert (call.col_offset, call.end_col_offset) == (4, 8)
    (name,) = [node for node in ast.walk(parsed("    x\n    # y", "<p>")) if isinstance(node, ast.Name)]
    assert (name.col_offset, name.end_col_offset) == (4, 5)
