"""`pybridge console`: another prompt in a live session, as somebody has it who pipes inputs to it."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from session_client import RequestError, Session

from pybridge.session.protocol import Channel

PYBRIDGE = str(Path(sys.executable).with_name("pybridge"))


DEAF = """
import signal, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()  # which hears the signals of the process
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
from pybridge.console import join
sys.exit(join())
"""


def begun(runtime: Path, *arguments: str, command=(PYBRIDGE, "console"), **options) -> subprocess.Popen:
    return subprocess.Popen(
        [*command, *arguments],
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def console(runtime: Path, *lines: str, **options) -> tuple[list[str], list[str], int]:
    """What a console prints, complains of and ends with, after these inputs of Python."""
    process = begun(runtime, **options)
    said, complained = process.communicate("".join(f"{line}\n" for line in (",py", *lines)), timeout=120)
    return said.splitlines(), complained.splitlines(), process.returncode


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_heap(joinable, runtime):
    joinable.python("x = [1, 2]")
    assert console(runtime, "x.append(3)", "x", "y = x", "print('seen')") == (["[1, 2, 3]", "seen"], [], 0)
    assert joinable.python("y is x, x")["text"] == "(True, [1, 2, 3])"


def test_both_languages_and_what_a_prompt_has(joinable, runtime):
    lines = ",clj", "(def n 6)", "(* n 7)", ",py _ + clj.n", "(/ n", "  3)", ",apropos from-pyth", "(pb/from-python :x)"
    joinable.python("x = 5")
    said, complained, status = console(runtime, *lines)
    assert said == ["#'user/n", "42", "48", "2", "pybridge.core/from-python", "5"]
    assert (complained, status) == ([], 0)
    assert joinable.clojure("n")["text"] == "6"


def test_the_namespace_and_the_results_are_its_own(joinable, runtime):
    joinable.clojure("(ns the.editors)")
    joinable.clojure(":editor")
    said, _, _ = console(
        runtime, ",clj", "(str *ns*)", "(ns of.the.console)", "(def z 1)", ":console", "[*1 (str *ns*)]"
    )
    assert said[:2] == ['"user"', "nil"]
    assert said[-1] == '[:console "of.the.console"]'
    assert joinable.clojure("[*1 (str *ns*)]")["text"] == '[:editor "the.editors"]'
    assert joinable.python("clj.editors_only if hasattr(clj, 'z') else 'not z'")["text"] == "'not z'"
    joinable.clojure("(ns user)")


def test_errors_are_shown_as_at_the_prompt(joinable, runtime):
    said, complained, status = console(runtime, "int('x')", ",nonsense")
    assert re.fullmatch(
        r"""ValueError: invalid literal for int\(\) with base 10: 'x'
  <console \d+, block 1>, line 1
    int\('x'\)
there is no command ,nonsense; ,help lists those that there are""",
        "\n".join(said),
    )
    assert (complained, status) == ([], 1)  # a session prints both to one stream


@pytest.mark.parametrize(
    ("leave", "status", "why"),
    [("exit()", 0, []), ("exit(3)", 3, []), (",quit", 0, []), ("raise SystemExit('enough')", 1, ["enough"])],
)
def test_leaving_leaves_the_session(joinable, runtime, leave, status, why):
    joinable.python("kept = 'kept'")
    assert console(runtime, leave, "kept = 'lost'") == ([], why, status)
    assert joinable.python("kept")["text"] == "'kept'"


def test_code_that_reads_a_line_asks_the_console(joinable, runtime):
    lines = "input('name? ')", "Ada", "import sys; sys.stdin.readline()", "Bob", ",clj", "(read-line)", "Eve"
    said, _, _ = console(runtime, *lines)
    assert said == ["name? 'Ada'", "'Bob\\n'", '"Eve"']


def test_what_is_left_of_a_line_is_its_own_clients(joinable, runtime):
    lines = "import sys; sys.stdin.read(2)", "abcd", "sys.stdin.readline()"
    assert console(runtime, *lines)[0] == ["'ab'", "'cd\\n'"]
    assert console(runtime, "import sys; sys.stdin.read(1)", "xyz")[0] == ["'x'"]
    assert console(runtime, "import sys; sys.stdin.readline()", "own")[0] == ["'own\\n'"]


def test_a_block_that_reads_a_line_asks_an_editor_that_can_answer(joinable):
    joinable.lines += ["one\n", "two\n"]
    block = joinable.send("evaluate", language="python", code="[input(), input()]", token="reads", input=True)
    assert joinable.answer(block)["text"] == "['one', 'two']"
    with pytest.raises(RequestError, match="EOFError"):
        joinable.python("input()")


def test_an_input_waits_for_the_block_that_runs(joinable, runtime, tmp_path):
    begin = tmp_path / "begin"
    code = f"import time; open({str(begin)!r}, 'w').close(); time.sleep(1); z = 1"
    block = joinable.send("evaluate", language="python", code=code)
    wait_for(begin)
    assert console(runtime, "z")[0] == ["1"]
    joinable.answer(block)


@contextlib.contextmanager
def joined(runtime: Path, session: Session) -> Iterator[Channel]:
    """What a console sends and is sent, message by message."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(runtime / "pybridge" / str(session.process.pid)))
        with connection.makefile("rb") as reads, connection.makefile("wb") as writes:
            yield Channel(reads, writes)


def test_an_interrupt_takes_back_its_own_input_and_nothing_else(joinable, runtime, tmp_path):
    begin, done = tmp_path / "begin", tmp_path / "done"
    code = f"import os, time\nopen({str(begin)!r}, 'w').close()\n"
    code += f"while not os.path.exists({str(done)!r}): time.sleep(.01)\n'done'"
    block = joinable.send("evaluate", language="python", code=code, token=1)
    wait_for(begin)
    with joined(runtime, joinable) as channel:
        channel.send({"id": 1, "method": "input", "params": {"token": 1, "text": ",py withdrawn = 1"}})
        channel.send({"id": 2, "method": "interrupt", "params": {"token": 1}})
        answers = {message["id"]: message for message in itertools.islice(channel.messages(), 2)}
        assert (answers[1]["error"]["message"], answers[2]["result"]) == ("KeyboardInterrupt", None)
        done.touch()
        assert joinable.answer(block)["text"] == "'done'"
    assert joinable.python("'withdrawn' in globals()")["text"] == "False"


@pytest.mark.parametrize("deaf", [False, True], ids=["", "that comes just before a wait in C, and does not end it"])
def test_ctrl_c_ends_what_runs(joinable, runtime, tmp_path, deaf):
    begin = tmp_path / "begin"
    running = begun(runtime, command=(sys.executable, "-c", DEAF)) if deaf else begun(runtime)
    running.stdin.write(f",py open({str(begin)!r}, 'w').close(); import time; time.sleep(60)\n(+ 1 1)\n")
    running.stdin.flush()
    wait_for(begin)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate("", timeout=30)
    assert said.splitlines() == ["interrupted", "2"]


def test_an_editors_interrupt_leaves_a_consoles_input_alone(joinable, runtime, tmp_path):
    begin, done = tmp_path / "begin", tmp_path / "done"
    joinable.python("import os, time\ndef until(file):\n    while not os.path.exists(file): time.sleep(.01)")
    running = begun(runtime)
    running.stdin.write(f",py open({str(begin)!r}, 'w').close(); until({str(done)!r}); 7\n")
    running.stdin.flush()
    wait_for(begin)
    joinable.request("interrupt")
    time.sleep(0.3)
    done.touch()
    assert running.communicate("", timeout=30) == ("7\n", "")


def test_two_consoles_and_an_editor_get_their_own_answers(joinable, runtime):
    results = {}

    def join(name: str) -> None:
        lines = [f"print('{name}', {i}); {i} * {i}" for i in range(15)]
        results[name] = console(runtime, *lines)[0]

    threads = [threading.Thread(target=join, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    own = [joinable.python(f"print('editor', {i}); {i} + 100") for i in range(30)]
    for thread in threads:
        thread.join()
    assert [(each["output"], each["text"]) for each in own] == [(f"editor {i}\n", str(i + 100)) for i in range(30)]
    for name, said in results.items():
        assert said == [line for i in range(15) for line in (f"{name} {i}", str(i * i))]


def test_a_console_that_reads_nothing_holds_nobody_up(joinable, runtime, tmp_path):
    begin = tmp_path / "begin"
    with joined(runtime, joinable) as channel:
        text = f",py open({str(begin)!r}, 'w').close(); print(900_000 * 'x')"
        channel.send({"id": 1, "method": "input", "params": {"token": 1, "text": text}})
        wait_for(begin)
        assert joinable.python("1 + 1")["text"] == "2"
    assert console(runtime, "2 + 2")[0] == ["4"]


def test_a_figure_comes_as_a_file_where_nothing_draws(joinable, runtime):
    code = "fig = plt.figure(); _ = fig.add_subplot().plot([1, 2]); fig"
    said, _, _ = console(runtime, "import matplotlib.pyplot as plt", code)
    [shown] = [line for line in said if line.startswith("figure: ")]
    file = Path(shown.removeprefix("figure: "))
    assert file.read_bytes().startswith(b"\x89PNG")
    file.unlink()


def test_the_end_of_the_session_is_said(runtime):
    ending = Session(XDG_RUNTIME_DIR=str(runtime))
    ending.request("initialize")
    joined = begun(runtime, str(ending.process.pid))
    joined.stdin.write(",py print('joined')\n")
    joined.stdin.flush()
    assert joined.stdout.readline() == "joined\n"
    ending.python("0")  # whose turn comes when the console's input is over
    assert ending.end() == 0
    said, complained = joined.communicate("(+ 1 1)\n", timeout=30)
    assert (said, complained) == ("", "pybridge: the session has ended, and its names with it\n")
    assert joined.returncode == 1
