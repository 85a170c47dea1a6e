"""The prompt without a terminal: what is piped in, and what `-e` gives."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")


def repl(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    given = os.environ | environment
    return subprocess.run([PYBRIDGE, "repl", *words], input=stdin, capture_output=True, text=True, env=given)


def test_an_input_that_is_closed_has_nothing():
    ended = subprocess.run(["sh", "-c", f"exec '{PYBRIDGE}' repl <&-"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


PIPED = """
(def x 20) nil
,py y = clj.x + 1
[x (pb/from-python :y)]
; a comment
(map inc
     [1 2])
,py [_, 3.0, None]
,py
for i in range(2):
    print(i)

i
,clj
(doc first)
"""


def test_what_is_piped_in_is_evaluated_and_only_its_values_are_printed():
    ended = repl(stdin=PIPED)
    assert (ended.returncode, ended.stderr) == (0, "")
    values = "#'user/x\nnil\n[20 21]\n(2 3)\n[[2, 3], 3.0, None]\n0\n1\n1\n"
    assert ended.stdout.startswith(values + "-------------------------\nclojure.core/first\n")


def test_a_failure_is_told_on_standard_error_and_in_the_status_and_what_follows_is_evaluated():
    ended = repl(stdin="(/ 1 0) :not-this\n,py {}['k']\n:this\n(+ 1")
    assert (ended.returncode, ended.stdout) == (1, ":this\n")
    assert ended.stderr == (
        "ArithmeticException: Divide by zero\n  <block 1>, line 1\n    (/ 1 0)\n"
        "KeyError: 'k'\n  <block 2>, line 1\n    {}['k']\n"
        "Syntax error: EOF while reading, starting at line 1\n  <block 4>, line 1\n    (+ 1\n"
    )


def test_each_expression_gives_its_values_until_one_fails():
    ended = repl("-e", "(def x 20) nil (inc x)", "--eval", ",py clj.x * 2", "-e", "[*1 *2]", "-e", "(no)", "-e", "1")
    assert (ended.returncode, ended.stdout) == (1, "#'user/x\n21\n40\n[40 21]\n")
    assert ended.stderr.startswith("Syntax error: Unable to resolve symbol: no in this context\n  <block ")


@pytest.mark.parametrize(
    "code, status",
    [(",py exit(4)", 4), (",py import sys; sys.exit()", 0), ("(System/exit 5)", 5), (",quit", 0), ("exit", 0)],
)
def test_code_ends_the_session_with_its_status(code, status):
    ended = repl(stdin=f"{code}\n:never")
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")


def test_both_languages_read_the_input_that_follows():
    both = "(read-line)\nfirst\n,py input() + input()\nsecond\nthird\n"
    ended = repl(stdin=f"{both}(read)\n{{:a\n 1}}\n(slurp *in*)\nlast\n")
    assert (ended.returncode, ended.stdout) == (0, '"first"\n\'secondthird\'\n{:a 1}\n"\\nlast\\n"\n')


def test_a_namesake_is_suggested_in_both_languages():
    ended = repl(stdin="(prnln 1)\n(clojure.string/uper-case 1)\n,py prnt(1)\n,py 'x'.uper()\n")
    assert [line for line in ended.stderr.splitlines() if "did you mean" in line] == [
        "  did you mean println?",
        "  did you mean clojure.string/upper-case?",
        "  did you mean print?",
        "  did you mean upper?",
    ]


def test_what_an_error_came_from_is_named():
    ended = repl(stdin='(throw (ex-info "outer" {:a 1} (RuntimeException. "inner")))\n')
    said = "ExceptionInfo: outer\n  with {:a 1}\n  caused by RuntimeException: inner\n  <block 1>, line 1\n"
    assert ended.stderr.startswith(said)


def test_a_tensor_met_by_clojures_arithmetic_says_what_to_use():
    ended = repl(stdin="(require '[pybridge.tensors :as t])\n(+ 1 (t/ones [2]))\n")
    assert "use + - * / sin exp and the others of pybridge.ops" in ended.stderr


BEGUN = "import pathlib, time; pathlib.Path('begun').touch()"


@pytest.mark.parametrize(
    "waiting",
    [
        f'(pb/run "{BEGUN}; time.sleep(600)")',
        f'(pb/run "{BEGUN}\\nwhile True: pass")',
        '((pb/run "lambda f: f()") #(do (spit "begun" "") @(promise)))',
    ],
)
def test_a_signal_ends_the_evaluation_under_way(waiting, tmp_path):
    pipe = subprocess.PIPE
    process = subprocess.Popen([PYBRIDGE, "repl"], cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    process.stdin.write(f"{waiting}\n(+ 1 2)\n")
    process.stdin.flush()
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate()
    assert (process.returncode, said, complaint) == (1, "3\n", "interrupted\n")


HOSTILE = """
,py
class Listed:
    def __dir__(self): raise ValueError("dir")

Listed().nope
class Asked(Exception):
    def __getattr__(self, name): raise RuntimeError("getattr")

raise Asked("hi")
class Told(Exception):
    def __str__(self): raise ValueError("str")

raise Told()
raise NameError("q", name=5)
class Shown:
    def __repr__(self): raise ValueError("repr")

Shown()
'still', 'here'
,clj
(throw (proxy [RuntimeException] [] (getMessage [] (throw (Error. "message")))))
(reify Object (toString [_] (throw (Error. "text"))))
:here-too
"""


def test_whatever_an_error_or_a_value_does_when_it_is_shown_no_name_is_lost():
    ended = repl(stdin=HOSTILE)
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (1, "('still', 'here')")
    assert ended.stdout.endswith("\n:here-too\n")
    assert "AttributeError: 'Listed' object has no attribute 'nope'" in ended.stderr
    assert "Asked: hi" in ended.stderr


def test_what_the_last_error_is_where_a_value_cannot_be_printed():
    ended = repl(stdin='(/ 2 0)\n(map #(if (= % 1) (throw (ex-info "late" {})) %) [0 1])\n(ex-message *e)\n')
    assert ended.stdout == '"late"\n'


def test_a_result_without_a_form_in_python_is_said_to_have_none():
    ended = repl(stdin="(iterate inc 1)\n,py _\n,py for _ in range(2): pass\n,py _\n")
    assert re.search(
        r"^NameError: name '_' is not defined\n(.*\n)+  the last result has no form in Python: ", ended.stderr
    )
    assert ended.stdout.endswith("\n1\n")


GROUP = ",py raise ExceptionGroup('many', [ValueError('a'), KeyError('b')])"
SAID = [
    ("zz", "Syntax error: Unable to resolve symbol: zz in this context\n  <block 1>, line 1\n    zz\n"),
    ("(let [x] x)", "\n  [x] - failed: even-number-of-forms? at: [:bindings]"),
    (")", "Syntax error: Unmatched delimiter: )\n"),
    (GROUP, "\n  one of them: ValueError: a\n  one of them: KeyError: 'b'\n"),
    (",doc nosuch", "the session has no 'nosuch' in python or in clojure\n"),
    (",py\n,source str", "there is no source of 'str': it was not defined in a file or in this session\n"),
    (",time", "give code to time, as in ,time (reduce + (range 1000))\n"),
    (",py ,doc map", "code in one of the two languages follows, no other command; got ,doc\n"),
]


@pytest.mark.parametrize("code, said", SAID)
def test_what_is_wrong_is_said(code, said):
    assert said in repl(stdin=code + "\n").stderr


@pytest.mark.parametrize("code", ["(+ 1 2)", ",py 1 + 2"])
def test_a_byte_order_mark_is_no_part_of_the_code(code):
    ended = repl(stdin=f"\ufeff{code}\n{code}\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n3\n", "")


def test_code_behind_a_command_goes_on_over_lines():
    ended = repl(
        stdin=",py for i in range(2):\n    print(i)\n\n,clj (+ 1\n 2)\n,time (do\n :timed)\n(def exit 5)\nexit\n"
    )
    assert re.fullmatch(r"0\n1\n3\n:timed\n[\d.]+ ms\n#'user/exit\n5\n", ended.stdout)
