"""The prompt as somebody at a terminal has it."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal


@contextlib.contextmanager
def at(folder, **environment: str) -> Iterator[Terminal]:
    terminal = Terminal(folder, **environment)
    try:
        yield terminal
    finally:
        terminal.process.close(force=True)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory) -> Iterator[Terminal]:
    with at(tmp_path_factory.mktemp("repl")) as terminal:
        yield terminal
        terminal.type("", "\nclj=> ")
        terminal.process.sendcontrol("d")
        assert terminal.end() == 0


def test_both_languages_have_one_heap(terminal):
    terminal.type("(def x [1 2 {:a nil}])", "#'user/x")
    terminal.type(",py", "py>>> ")
    terminal.type("clj.x", "[1, 2, {'a': None}]")
    terminal.type("y = {'b': 2}", "py>>> ")
    terminal.type(",clj", "clj=> ")
    terminal.type("(pb/from-python :y)", "{:b 2}")
    terminal.type(",py 6 * 7", "42")
    terminal.wait("clj=> ")


def test_the_last_results_are_both_languages(terminal):
    terminal.type("(+ 40 2)", "42")
    terminal.type(",py _ + 1", "43")
    terminal.type(",py [_, None]", "[43, None]")
    terminal.type("[*1 *2 *3]", "[[43 nil] 43 42]")
    terminal.type(",py 1 / 0", "ZeroDivisionError")
    terminal.type("(ex-message *e)", "division by zero")
    terminal.type("(throw (ex-info :no {}))", "ClassCastException")
    terminal.type(",py import sys; type(sys.last_value).__name__", "'ClojureError'")


def test_an_input_goes_on_until_it_is_whole(terminal):
    terminal.type("(defn f [n]", "…")
    terminal.type("(* 2 n))", "#'user/f")
    terminal.type(",py", "py>>> ")
    terminal.type("def g(n):", "…")
    terminal.type("return clj.f(n) + 1", "…")
    terminal.type("", "py>>> ")
    terminal.type("g(20)", "41")
    terminal.type(",clj", "clj=> ")


def test_an_error_shows_the_line_and_the_trace_when_asked(terminal):
    terminal.type("(defn h [n] (/ 1 n))", "#'user/h")
    shown = terminal.type(",py clj.h(0)", "\n    clj.h(0)\n")
    assert re.search(
        r"ArithmeticException: Divide by zero\n  <block \d+>, line 1, in user/h\n    \(defn h \[n\] \(/ 1 n\)\)\n"
        r"  <block \d+>, line 1\n    clj\.h\(0\)\n",
        shown,
    )
    terminal.type(",trace", "at user$h.invoke(<block")


ENDLESS = (
    '(do (println "o" "n") (Thread/sleep 60000))',
    '(do (println "o" "n") (loop [] (recur)))',
    '(do (println "o" "n") (read-line))',
    '(do (println "o" "n") ((pb/from-python :forever)))',
    ",py print('o', 'n'); input()",
    ",py forever('o', 'n')",
)


def test_ctrl_c_ends_an_evaluation_or_the_line_and_asks_before_it_ends_the_session(terminal):
    terminal.type("(def kept 5)", "#'user/kept")
    terminal.type(",py import itertools; forever = lambda *x: (print(*x), [None for _ in itertools.count()])", "clj=> ")
    for endless in ENDLESS:
        terminal.type(endless, "o n\n")
        terminal.press("c", "interrupted")
        terminal.wait("clj=> ")
    terminal.process.send("(never-evaluated")
    terminal.wait("never-evaluated")
    terminal.press("c", "clj=> ")
    terminal.press("c", "Ctrl-D ends it\nclj=> ")
    terminal.press("c", "[y/N]")
    terminal.type("n", "clj=> ")
    terminal.type("kept", "5")


def test_completion_comes_from_what_lives(terminal):
    terminal.type("(def a-name-of-mine 7)", "#'user/a-name-of-mine")
    terminal.complete("a-name-o", "a-name-of-mine")
    terminal.type("", "\n7")
    terminal.type(",py a_name_of_python = 8", "\nclj=> ")
    terminal.complete(",py a_name_o", "a_name_of_python")
    terminal.type("", "\n8")


def test_what_there_is_to_look_up(terminal):
    terminal.type("(defn twice-of [n] (* 2 n))", "#'user/twice-of")
    terminal.type(",source twice-of", "(defn twice-of [n] (* 2 n))")
    terminal.type(",doc map", "Returns a lazy sequence")
    terminal.type(",doc if", "Special Form")
    terminal.type(",doc divmod", "divmod(x, y, /)")
    terminal.type(",apropos wice-o", "user/twice-of")
    terminal.type(",apropos no-such-thing", "no name that is loaded holds 'no-such-thing'")
    terminal.type(",source no-such-thing", "the session has no 'no-such-thing' in python or in clojure")
    terminal.type(",doc no-such-thing", "the session has no 'no-such-thing' in python or in clojure")
    terminal.type(",nonsense", "there is no command ,nonsense; ,help lists those that there are")
    terminal.type(",time (Thread/sleep 20)", " ms")
    terminal.type(",help", "Ctrl-D ends")


def test_a_namespace_is_in_the_prompt_and_bindings_last(terminal):
    terminal.type("(ns my.own)", "clj my.own=> ")
    terminal.type("(set! *print-length* 2)", "my.own=> ")
    terminal.type("(range 9)", "(0 1 ...)")
    terminal.type("(in-ns 'user)", "clj=> ")


def test_what_a_thread_prints_stands_above_the_prompt(terminal):
    terminal.type('(future (Thread/sleep 300) (println "from" "behind"))', "clj=> ")
    terminal.wait("from behind\n")


FIGURE = ",py from matplotlib.figure import Figure; f = Figure((1, 1), dpi=50); f.add_subplot(); f"


@pytest.mark.parametrize("kind, begins", [("kitty", "\x1b_Ga=T,f=100,m="), ("iTerm.app", "\x1b]1337;File=inline=1:")])
def test_a_figure_is_drawn_where_the_terminal_can(kind, begins, tmp_path):
    given = {"TERM": "xterm-kitty"} if kind == "kitty" else {"TERM_PROGRAM": kind}
    with at(tmp_path, **given) as terminal:
        terminal.process.send(FIGURE + "\r")
        terminal.process.expect_exact(begins)
        terminal.process.expect_exact("\x1b\\" if kind == "kitty" else "\x07")
        if kind == "iTerm.app":
            assert base64.b64decode(terminal.process.before).startswith(b"\x89PNG")


def test_a_terminal_that_says_so_is_sent_sixels(tmp_path):
    with at(tmp_path) as terminal:
        terminal.process.send(FIGURE + "\r")
        terminal.process.expect_exact("\x1b[c")
        terminal.process.send("\x1b[?62;4;22c")
        terminal.process.expect_exact('\x1bPq"1;1;50;50#')


def test_elsewhere_a_figure_is_a_file(tmp_path):
    with at(tmp_path) as terminal:
        terminal.process.send(FIGURE + "\r")
        terminal.process.expect_exact("\x1b[c")
        terminal.process.send("\x1b[?62;22c")
        terminal.process.expect(r"figure: (\S+\.png)")
        file = terminal.process.match[1]
        with open(file, "rb") as written:
            assert written.read(4) == b"\x89PNG"
        os.unlink(file)


PAGE = Path(__file__).parents[2] / "docs" / "prompt.md"


def test_the_page_shows_what_the_prompt_does(tmp_path):
    shown = "".join(re.findall(r"^```text\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    typed = re.findall(r"^(?:clj=>|py>>>|#_=>|\.\.\.) ?(.*)$", shown, re.MULTILINE)
    with at(tmp_path, TERM="dumb") as terminal:
        seen = "clj=> "
        for line in typed:
            terminal.seen = ""
            terminal.process.send(line + "\r")
            terminal.wait("\n")
            while not re.search(r"(clj=>|py>>>|#_=>|\.\.\.) $", terminal.seen):
                terminal.seen += terminal.process.read_nonblocking(4096, 20).replace("\r", "")
            seen += terminal.seen
    blocks = itertools.count(1)
    named = re.sub(r"<block \d+>", lambda _: f"<block {next(blocks)}>", seen)
    plain = "\n".join(line.strip() for line in named.removesuffix("clj=> ").splitlines())
    assert plain == "\n".join(line.strip() for line in shown.splitlines())


def test_history_is_kept_by_language_for_its_owner_alone(tmp_path):
    for _ in range(2):
        with at(tmp_path) as terminal:
            terminal.type("(str :one-time)", '":one-time"')
            terminal.type(",py", "py>>> ")
            terminal.type("'other' 'time'", "'othertime'")
            terminal.process.send("\x1b[A")
            terminal.type("", "'othertime'")
            terminal.type(",clj", "clj=> ")
            terminal.process.send("\x1b[A\x1b[A")
            terminal.type("", '":one-time"')
    for file in (tmp_path / "state" / "pybridge").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_history_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "state").write_text("a file, no folder")
    with at(tmp_path) as terminal:
        terminal.type("(+ 1 2)", "3")


def test_a_terminal_that_can_do_nothing_has_plain_lines(tmp_path):
    with at(tmp_path, TERM="dumb") as terminal:
        shown = terminal.type("(+ 1", "#_=> ")
        assert "\x1b" not in shown
        terminal.type("2)", "3")
        terminal.type("(Thread/sleep", "#_=> ")
        terminal.press("c", "clj=> ")
        terminal.press("c", "Ctrl-C again")
        terminal.type(",py 1 / 0", "ZeroDivisionError: division by zero")
        terminal.press("d", "")
        assert terminal.end() == 0


def test_completion_runs_no_property(terminal):
    terminal.type(",py", "py>>> ")
    terminal.type("class Boom:", "…")
    terminal.type("@property", "…")
    terminal.type("def loud(self): print('RU' + 'NS')", "…")
    terminal.type("", "py>>> ")
    terminal.type("boom = Boom()", "py>>> ")
    terminal.process.send("boom.\t")
    terminal.process.send("loud.\t")
    terminal.process.sendcontrol("c")
    terminal.type("'after'", "'after'\n")
    assert "RUNS" not in terminal.seen
    terminal.type(",clj", "clj=> ")
