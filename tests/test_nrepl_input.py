"""Python's standard input in an editor on nREPL, which asks for it."""

from __future__ import annotations

import os
import subprocess

import pytest

from pybridge.clojure import options
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java


@pytest.mark.parametrize(
    "code, lines, value",
    [
        ("input('name? ')", ["Ada\n"], '"Ada"'),
        ("import sys; [sys.stdin.readline(), input()]", ["a\n", "b\n"], '["a\\n" "b"]'),
        ("import sys; [line for line in sys.stdin]", ["a\nb\n", ""], '["a\\n" "b\\n"]'),
        ("import sys; sys.stdin.read()", ["é\n", ""], '"é\\n"'),
        ("import sys; sys.stdin.buffer.readline().decode()", ["€\n"], '"€\\n"'),
        ("import getpass; getpass.getpass()", ["secret\n"], '"secret"'),
        ("import sys; sys.stdin.isatty()", [], "false"),
    ],
)
def test_python_asks_the_editor(editor, code, lines, value):
    code = code.replace("; ", "\n")
    answer = editor.converse(f'(require \'[pybridge.core :as pb]) (pb/run "{code}")', *lines)
    assert (answer.get("value"), answer["err"]) == (value, "")


def test_both_languages_ask_in_turn(editor):
    code = """[(pb/run "input()") (read-line) (pb/run "input()")]"""
    assert editor.converse(code, "a\nb\nc\n")["value"] == '["a" "b" "c"]'


def test_the_end_of_the_input_is_told(editor):
    assert "EOFError: EOF when reading a line" in editor.converse('(pb/run "input()")', "")["err"]
    said = editor.converse('(pb/run "import getpass\ngetpass.getpass()")', "")["err"]
    assert "EOFError: getpass read no line: *in* of Clojure is at its end" in said


def test_what_asks_the_editor_has_no_file_descriptor(editor):
    said = editor.ask(op="eval", code='(pb/run "import sys\nsys.stdin.fileno()")')["err"]
    assert "UnsupportedOperation: sys.stdin reads Clojure's *in* here, which has no file descriptor" in said


def test_an_interrupt_ends_the_wait_for_input(editor):
    evaluation = editor.send(op="eval", code='(pb/run "input()")')
    editor.wait_for_question()
    editor.send(op="interrupt")
    answer = editor.answer(evaluation)
    assert "interrupted" in answer["status"]
    assert "KeyboardInterrupt" in answer["err"]
    assert editor.converse('(pb/run "input()")', "again\n")["value"] == '"again"'


def test_a_binding_of_in_is_read_and_the_processs_own_as_ever():
    code = """
        (require '[pybridge.core :as pb])
        (prn (with-in-str "one\ntwo" [(pb/run "input()") (pb/run "input()")]))
        (prn (pb/run "import sys\n[sys.stdin.readline(), sys.stdin.fileno(), sys.stdin.isatty()]"))
        (prn (pb/run "[line for line in sys.stdin]"))
    """
    java = [find_java().executable, *options.COMMON, "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", code]
    done = subprocess.run(java, input="first\nsecond\nthird", capture_output=True, text=True)
    assert done.stdout == '["one" "two"]\n["first\\n" 0 false]\n["second\\n" "third"]\n', done.stdout + done.stderr
