"""The command line, as a user meets it: real processes, what they print and where, and how they end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nrepl_client import DEBIANS_NREPL

from pybridge.cli import jvm

PYBRIDGE = Path(sys.executable).with_name("pybridge")


def pybridge(*arguments: str, cwd: Path | None = None, stdin: str = "", **environment: str):
    return subprocess.run(
        [PYBRIDGE, *arguments], input=stdin, capture_output=True, text=True, cwd=cwd, env=os.environ | environment
    )


def test_help_lists_the_commands():
    shown = pybridge("--help")
    assert shown.returncode == 0
    for command in (
        "demo",
        "notebooks",
        "run",
        "eval",
        "repl",
        "nrepl",
        "session",
        "book",
        "classpath",
        "doctor",
        "data",
        "emacs-path",
    ):
        assert re.search(rf"^  {command} +\S", shown.stdout, re.MULTILINE), command


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["eval"], "Missing argument 'code'."),
        (["run", "missing.py"], "Invalid value for 'file': file 'missing.py' does not exist."),
        (
            ["run", "--clojure", __file__],
            "--clojure is for standard input; the ending of test_cli.py tells its language",
        ),
        (["nrepl", "--port", "70000"], "Invalid value for '--port'"),
    ],
)
def test_wrong_use_ends_with_2(arguments, says):
    ended = pybridge(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert says in ended.stderr


def test_a_program_of_another_kind_is_wrong_use(tmp_path):
    (tmp_path / "notes.txt").touch()
    ended = pybridge("run", "notes.txt", cwd=tmp_path)
    assert ended.returncode == 2
    assert "notes.txt is neither a .py nor a .clj nor an .org file" in ended.stderr


def test_classpath_is_one_line_for_java():
    printed = pybridge("classpath", PYBRIDGE_CLASSPATH="first.jar").stdout
    entries = printed.rstrip("\n").split(os.pathsep)
    assert entries[0] == "first.jar"
    assert all(Path(entry).exists() for entry in entries[1:])


@pytest.mark.parametrize(
    "code, printed",
    [("1 + 1", "2\n"), ("x = 20\nx + 1", "21\n"), ("x = 1", ""), ("print('said')", "said\n"), ("'text'", "'text'\n")],
)
def test_eval_prints_the_last_value(code, printed):
    ended = pybridge("eval", code)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, printed, "")


def test_eval_finds_modules_beside_it(tmp_path):
    (tmp_path / "mine.py").write_text("answer = 42")
    assert pybridge("eval", "import mine; mine.answer", cwd=tmp_path).stdout == "42\n"


def test_an_error_says_where_and_verbose_shows_the_trace():
    ended = pybridge("eval", "1 / 0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "ZeroDivisionError: division by zero\n  <block 1>, line 1\n    1 / 0\n"
        "(pybridge --verbose … shows the whole trace)\n"
    )
    for order in (["--verbose", "eval", "1 / 0"], ["eval", "--verbose", "1 / 0"], ["eval", "1 / 0", "--verbose"]):
        ended = pybridge(*order)
        assert ended.returncode == 1
        assert ended.stderr.startswith("Traceback (most recent call last):")
        assert ended.stderr.endswith("\nZeroDivisionError: division by zero\n")


def test_an_error_of_pybridge_says_itself(tmp_path):
    ended = pybridge("repl", PYBRIDGE_JAVA=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"pybridge: PYBRIDGE_JAVA, {tmp_path}, is not the home of a Java; pybridge needs Java 22 or newer: "
        "name the home of one, or none to use the Java that comes with pybridge\n"
    )


def test_eval_clojure_reads_form_by_form_and_prints_as_clojure_does():
    code = '(ns here (:require [clojure.string :as string])) (println :said) [(string/upper-case "a") 1/2 nil]'
    ended = pybridge("eval", "--clojure", code)
    assert (ended.returncode, ended.stdout) == (0, ':said\n["A" 1/2 nil]\n')


def test_a_clojure_error_says_where_and_verbose_shows_its_trace():
    code = '(throw (ex-info "it went wrong" {:at 3}))'
    ended = pybridge("eval", "--clojure", code)
    assert (ended.returncode, ended.stderr) == (
        1,
        f"ExceptionInfo: it went wrong\n  with {{:at 3}}\n  <block 1>, line 1\n    {code}\n"
        "(pybridge --verbose … shows the whole trace)\n",
    )
    ended = pybridge("eval", "--clojure", "--verbose", code)
    assert ended.returncode == 1
    assert "clojure.lang.ExceptionInfo: it went wrong {:at 3}\n    at user$eval" in ended.stderr


def test_run_gives_a_python_program_its_arguments_and_its_exit_status(tmp_path):
    (tmp_path / "helper.py").write_text("word = 'helped'")
    (tmp_path / "program.py").write_text("import sys, helper\nprint(__name__, sys.argv[1:], helper.word)\nsys.exit(3)")
    ended = pybridge("run", "program.py", "one", "--two", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "__main__ ['one', '--two'] helped\n")


def test_run_gives_a_clojure_program_its_arguments(tmp_path):
    (tmp_path / "program.clj").write_text("(ns program) (println (ns-name *ns*) *command-line-args*)")
    ended = pybridge("run", "program.clj", "one", "--two", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "program (one --two)\n")


def test_a_clojure_program_without_a_namespace_runs_in_user(tmp_path):
    (tmp_path / "program.clj").write_text("""
        (println (ns-name *ns*) *command-line-args*)
        (set! *warn-on-reflection* true)
        (set! *unchecked-math* :warn-on-boxed)
        (set! *data-readers* (assoc *data-readers* 'my/inc #'clojure.core/inc))
        (def x #my/inc 41)
        (println (resolve 'user/x) x (resolve 'clojure.core/x))
        (in-ns 'other)
        (clojure.core/println (clojure.core/ns-name clojure.core/*ns*))""")
    ended = pybridge("run", "program.clj", "one", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "user (one)\n#'user/x 42 nil\nother\n"), ended.stderr


NOTEBOOK = """
#+begin_src python
x = 20
x + 1
#+end_src

#+name: same.clj
#+begin_src clojure
(require '[pybridge.core :as pb])
(println "said")
[(pb/from-python :x) :done]
#+end_src
"""


def test_run_prints_what_the_blocks_of_a_notebook_give(tmp_path):
    (tmp_path / "notebook.org").write_text(NOTEBOOK)
    ended = pybridge("run", "notebook.org", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "python: 21\nsaid\nsame.clj: [20 :done]\n")


def test_emacs_path_holds_the_package():
    assert (Path(pybridge("emacs-path").stdout.strip()) / "pybridge.el").is_file()


def test_nrepl_serves_clojure_and_says_where(tmp_path):
    given = str(DEBIANS_NREPL) if DEBIANS_NREPL.exists() else ""
    server = subprocess.Popen(
        [PYBRIDGE, "nrepl"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYBRIDGE_CLASSPATH": given},
    )
    try:
        port = int(re.search(r"server started on port (\d+)", server.stdout.readline())[1])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"d4:code7:(+ 1 2)2:op4:evale")
            answer = b""
            while b"4:done" not in answer:
                answer += connection.recv(4096)
        assert b"5:value1:3" in answer
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def test_a_resource_is_found_in_folders_and_jars(tmp_path):
    (tmp_path / "there").touch()
    jars = [entry for entry in jvm.class_path() if entry.endswith(".jar")]
    assert jvm._holds(jars, "clojure/core.clj")
    assert jvm._holds([str(tmp_path)], "there")
    assert not jvm._holds([str(tmp_path), str(tmp_path / "no.jar"), *jars], "nowhere")


def test_ctrl_c_ends_a_command_with_one_line(tmp_path):
    code = "import pathlib, time; pathlib.Path('begun').touch(); time.sleep(60)"
    process = subprocess.Popen([PYBRIDGE, "eval", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == "pybridge: interrupted\n"
    assert process.returncode == 130


@pytest.mark.parametrize(("command", "name"), [("mnist", "MNIST"), ("fashion-mnist", "Fashion-MNIST")])
def test_data_says_which_data_set_a_folder_does_not_hold(tmp_path, command, name):
    shown = pybridge("data", command, PYBRIDGE_DATA=str(tmp_path))
    assert shown.returncode == 1
    assert f"put an unaltered copy of {name} (its four IDX files, gzipped or not" in shown.stderr
