"""`pybridge run --workers`: programs and notebooks whose workers are connected when their first line runs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from launched import WITHIN

PYBRIDGE = Path(sys.executable).with_name("pybridge")
PAGE = Path(__file__).parents[2] / "docs/commands.md"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run([PYBRIDGE, "run", *words], capture_output=True, text=True, cwd=cwd, input="")


def test_the_example_of_the_page_of_commands(tmp_path):
    section = PAGE.read_text(encoding="utf-8").partition("## Several workers")[2]
    program, shown = re.findall(r"```\w*\n(.*?)```", section, re.DOTALL)[:2]
    command, *printed = shown.splitlines()
    (tmp_path / "sums.py").write_text(program)
    ended = run(*command.removeprefix("$ pybridge run ").split(), cwd=tmp_path)
    assert (ended.returncode, sorted(ended.stdout.splitlines()), ended.stderr) == (0, printed, "")


PROGRAM = """
(require '[pybridge.core :as pb])
(let [workers (pb/call (pb/module "pybridge.distributed") :strategy)]
  (println *command-line-args* (pb/attr workers :rank) (pb/call (pb/call workers :sum 1.5) :numpy))
  (pb/call workers :sum 1.0)) ; by then all have printed
(when (= (first *command-line-args*) "--fail")
  (throw (ex-info "no slope" {})))
"""


def test_workers_in_clojure_have_the_arguments_and_say_what_failed(tmp_path):
    (tmp_path / "-program.clj").write_text(PROGRAM)
    ended = run("--workers", "2", "--classpath", str(tmp_path), "--", "-program.clj", "--fail", "", cwd=tmp_path)
    assert ended.returncode == 1
    assert sorted(ended.stdout.splitlines()) == ["[0] (--fail ) 0 3.0", "[1] (--fail ) 1 3.0"]
    assert "] ExceptionInfo: no slope\n" in ended.stderr


NOTEBOOK = """
#+name: workers.py
#+begin_src python
from pybridge import distributed
workers = distributed.strategy()
workers.rank, workers.count
#+end_src
"""


def test_each_worker_runs_a_notebook_whatever_modules_lie_about(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "notes.org").write_text(NOTEBOOK)
    (tmp_path / "json.py").write_text("raise SystemExit('not the module that is meant')")
    ended = run("--workers", "2", "book/notes.org", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(ended.stdout.splitlines()) == ["[0] workers.py: (0, 2)", "[1] workers.py: (1, 2)"]


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_workers_that_wait_for_each_other(tmp_path, number, status):
    (tmp_path / "program.py").write_text(
        "from pybridge import distributed\nworkers = distributed.strategy()\nprint('ready')\n"
        "while True: workers.sum(1.0)\n"
    )
    pipe = subprocess.PIPE
    words = [PYBRIDGE, "run", "--workers", "2", "program.py"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=pipe, stderr=pipe) as launcher:
        assert sorted(launcher.stdout.readline() for _ in range(2)) == [b"[0] ready\n", b"[1] ready\n"]
        launcher.send_signal(number)
        _, errors = launcher.communicate(timeout=WITHIN)
    assert launcher.returncode == status
    assert b"is killed" not in errors
