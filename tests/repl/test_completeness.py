"""Whether an input is whole, as Python's own prompt and Clojure's own printer have it."""

from __future__ import annotations

import ast
import code
import inspect
import json
import random
import statistics
import string
import textwrap

import pytest

from pybridge import clojure
from pybridge.repl.completeness import indentation, is_whole


class Console(code.InteractiveConsole):
    """Python's own prompt, which judges and runs nothing."""

    def runcode(self, _: object) -> None:
        pass

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        pass


STATEMENTS = [
    ast.unparse(node)
    for module in (json.decoder, random, statistics, string, textwrap, inspect)
    for node in ast.parse(inspect.getsource(module)).body
    if "\n\n" not in ast.unparse(node)
]


def test_python_is_whole_where_pythons_prompt_says_so():
    judged = 0
    for statement in STATEMENTS:
        console, lines = Console(), []
        for line in [*statement.splitlines(), ""]:
            more = console.push(line)
            lines.append(line)
            assert is_whole("python", "\n".join(lines)) is not more, "\n".join(lines)
            judged += 1
            if not more:
                break
    assert judged > 1000


@pytest.mark.parametrize(
    "text", ["x = (1,", "f('''", "if x:", "for i in y:\n    z", "a \\", "@f", "def f():\n    pass"]
)
def test_python_goes_on(text):
    assert not is_whole("python", text)


@pytest.mark.parametrize("text", ["", "1", "for i in y: z", "x =", ")", "if x:\ny", "def f():\n    pass\n", "'a"])
def test_python_is_whole_or_will_never_be(text):
    assert is_whole("python", text)


def random_form(random: random.Random, depth: int = 0) -> str:
    """A form of nested collections and atoms, with brackets in texts, characters and comments between them."""
    if depth > 3 or random.random() < 0.3:
        return random.choice(
            ["1", ":k", "sym", "\\(", "\\]", '"a(b\\"["', "nil", "-1/2", "a.b/c", '#inst "2020"', "##NaN"]
        )
    opening, closing = random.choice(["()", "[]", "{}", ("#{", "}"), ("#(", ")"), ("@[", "]"), ("#mine [", "]")])
    inner = [random_form(random, 4 if opening in ("#{", "#(") else depth + 1) for _ in range(2 * random.randrange(3))]
    if opening in ("{", "#{"):
        inner = [f"[:k{i} {x}]" for i, x in enumerate(inner)]
    return opening + random.choice([" ", "\n", " ; ( [\n "]).join(inner) + closing


def test_clojure_is_whole_when_its_brackets_are():
    made = random.Random(11)
    for _ in range(300):
        form = random_form(made)
        if form[0] in "([{" or form[:2] in ("#{", "#(", "@["):
            assert is_whole("clojure", form), form
            assert is_whole("clojure", f"; (\n{form} {form}"), form
            assert not is_whole("clojure", form[:-1]), form[:-1]
            assert not is_whole("clojure", f"{form} ({form}"), form


@pytest.mark.parametrize("text", ['"a', "(", "'", "#", "^:a", "#'", "@", "(f #_", "\\", "#inst", "#?(:clj", '#"a'])
def test_clojure_goes_on(text):
    assert not is_whole("clojure", text)


@pytest.mark.parametrize("text", ["", "1", ")", "; (", "#_ x", "::no-such-alias/x", "#=(+ 1 2)", "(f))", "##Nope"])
def test_clojure_is_whole_or_will_never_be(text):
    assert is_whole("clojure", text)


def test_reading_evaluates_nothing():
    clojure.eval("(def read-by-mistake (atom 0))")
    is_whole("clojure", "#=(swap! user/read-by-mistake inc)")
    clojure.next_form("#=(swap! user/read-by-mistake inc)")
    assert clojure.eval("@read-by-mistake") == 0


@pytest.mark.parametrize(
    "language, text, column",
    [
        ("python", "if x:", 4),
        ("python", "    for i in y:  # all", 8),
        ("python", "    z = 1", 4),
        ("python", "", 0),
        ("clojure", "(defn f [x]", 2),
        ("clojure", "(let [x 1", 6),
        ("clojure", "  (a {:b", 6),
        ("clojure", '(f "[" \\[ ; [', 2),
        ("clojure", "(f)", 0),
    ],
)
def test_the_next_line_is_indented(language, text, column):
    assert indentation(language, text) == column
