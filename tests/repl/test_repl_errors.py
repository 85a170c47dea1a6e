"""What the prompt says of errors of every kind."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")


def said(code: str) -> str:
    ended = subprocess.run([PYBRIDGE, "repl"], input=code + "\n", capture_output=True, text=True, check=False)
    return ended.stderr


READ = [
    ("(inc 1)\n(+ 1\n\n   (* 2", "EOF while reading, starting at line 3\n  <block 2>, line 3\n    (* 2\n"),
    ("(inc 1) )", "Unmatched delimiter: )\n  <block 2>, line 1\n    )\n"),
    ("[1\n\n {:a}]", "Map literal must contain an even number of forms\n  <block 1>, line 3\n    {:a}]\n"),
    ("[1\n #no [1]\n]", "No reader function for tag no\n  <block 1>, line 2\n    #no [1]\n"),
    ("1abc", "Invalid number: 1abc\n  <block 1>, line 1\n    1abc\n"),
]


@pytest.mark.parametrize("code, says", READ)
def test_what_clojure_cannot_read_has_its_line(code, says):
    assert said(code) == f"Syntax error: {says}"


@pytest.mark.parametrize("code", ["return 1", "def f():\n    break", "nonlocal q", "b = yield", "f() = 1", "x = 'abc"])
def test_a_syntax_error_is_pythons_own_with_its_line(code, tmp_path):
    file = tmp_path / "code.py"
    file.write_text(code)
    pythons = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False).stderr
    assert said(f",py\n{code}\n") == pythons.replace(str(file), "<block 1>")


def test_notes_are_shown():
    code = ",py e = ValueError('noted'); e.add_note('one\\ntwo'); e.add_note('three'); raise e"
    assert said(code).startswith("ValueError: noted\n  one\n  two\n  three\n  <block 1>, line 1\n")


GROUP = """
,py
import asyncio
async def fails(x):
    1 / x

async def all_fail():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fails(0))
        tasks.create_task(fails('a'))

await all_fail()
"""


def test_the_errors_of_a_group_each_have_their_line():
    shown = said(GROUP)
    assert (
        "  one of them: ZeroDivisionError: division by zero\n    <block 2>, line 2, in fails\n      1 / x\n"
        "  one of them: TypeError: unsupported operand type(s) for /: 'int' and 'str'\n"
        "    <block 2>, line 2, in fails\n"
    ) in shown


def test_groups_inside_groups_and_of_many():
    inner = "ExceptionGroup('in', [KeyError('b')])"
    assert "  one of them: ExceptionGroup: in (1 sub-exception)\n    one of them: KeyError: 'b'\n" in said(
        f",py raise ExceptionGroup('many', [ValueError('a'), {inner}])"
    )
    many = said(",py raise ExceptionGroup('many', [ValueError(i) for i in range(1000)])")
    assert (many.count("one of them"), "  and 990 more\n" in many) == (10, True)


def test_a_long_message_is_cut():
    shown = said(",py raise ValueError('x' * 100_000)")
    assert shown.startswith("ValueError: xxx")
    assert " more characters\n  <block 1>, line 1\n" in shown
    assert len(shown) < 3000


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def test_an_error_that_cannot_say_what_it_is_has_its_line():
    pythons = "".join(traceback.format_exception_only(Mute())).rpartition("Mute")[2]
    code = ",py\nclass Mute(Exception):\n    def __str__(self): raise ValueError\n\nraise Mute()"
    assert said(code) == f"Mute{pythons}  <block 2>, line 1\n    raise Mute()\n"


@pytest.mark.parametrize("code", ["(map inc [1 :a])", "(when)", "(lazy-seq 1)"])
def test_what_the_printer_or_a_macro_comes_upon_has_the_line_of_the_input(code):
    assert said(code).endswith(f"\n  <block 1>, line 1\n    {code}\n")


def test_a_python_function_between_clojures_has_its_line():
    code = ",py\ndef f():\n    return clj.g()\n,clj (defn g [] (/ 1 0))\n,clj ((pb/from-python :f))"
    assert said(code) == (
        "ArithmeticException: Divide by zero\n  <block 2>, line 1, in user/g\n    (defn g [] (/ 1 0))\n"
        "  <block 1>, line 2, in f\n    return clj.g()\n  <block 3>, line 1\n    ((pb/from-python :f))\n"
    )


def test_the_trace_of_the_last_error_ends_where_the_input_begins():
    own = '(remove #(re-find #"pybridge" (.getClassName %)) (.getStackTrace *e))'
    code = f"(defn f [] (/ 1 0))\n(f)\n(prn (count (.getStackTrace *e)) (count {own}) (str (last (.getStackTrace *e))))"
    ended = subprocess.run([PYBRIDGE, "repl"], input=code, capture_output=True, text=True, check=False)
    both, own_left, last = ended.stdout.splitlines()[1].split(" ", 2)
    assert both == own_left
    assert last.startswith('"clojure.core$eval.invoke(')
