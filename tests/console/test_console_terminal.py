"""`pybridge console` as somebody at a terminal has it, in a session of an editor's and in a notebook's kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_client.manager import KernelManager
from terminal import Terminal


@pytest.fixture
def terminal(joinable, runtime, tmp_path) -> Iterator[Terminal]:
    joinable.clojure("(require '[pybridge.core :as pb])")
    joinable.python("import time\nlong_name_of_mine = [1, 2]")
    terminal = Terminal(tmp_path, command=("console",), XDG_RUNTIME_DIR=str(runtime))
    yield terminal
    terminal.process.close(force=True)


def test_it_says_what_it_joined_and_ends_without_the_session(terminal, joinable):
    assert f"joined {joinable.process.pid} (pybridge session, in " in terminal.seen
    terminal.process.sendcontrol("d")
    assert terminal.end() == 0
    assert joinable.python("1 + 1")["text"] == "2"


def test_many_lines_completion_and_documentation_in_both_languages(terminal):
    terminal.process.send("(defn twice\r[x]\r(* 2 x))\r")
    terminal.wait("#'user/twice")
    terminal.complete("(twi", "(twice")
    terminal.type(" 4)", "8")
    terminal.type(",doc twice", "[x]")
    terminal.type(",py", "py>>> ")
    terminal.complete("long_na", "long_name_of_mine")
    terminal.type("[0]", "1")
    terminal.type("def f(x):\rreturn x\r", "py>>> ")
    terminal.type("f('given')", "'given'")


def test_ctrl_c_clears_a_line_ends_an_evaluation_and_asks(terminal):
    terminal.process.send("(half typed")
    terminal.press("c", "clj=> ")
    terminal.type(",py print('be' + 'gun', flush=True); time.sleep(60)", "begun")
    terminal.press("c", "interrupted")
    terminal.wait("clj=> ")
    terminal.press("c", "Ctrl-C again asks whether to leave the console; Ctrl-D leaves it\nclj=> ")
    terminal.press("c", "Leave the console? The session goes on. [y/N]")
    terminal.type("n", "clj=> ")
    terminal.type("(inc 41)", "42")


def test_what_waits_says_so_and_can_be_taken_back(terminal, joinable, tmp_path):
    done = tmp_path / "done"
    code = f"import os\nwhile not os.path.exists({str(done)!r}): time.sleep(.01)"
    block = joinable.send("evaluate", language="python", code=code)
    terminal.complete(",py long_na", ",py long_name_of_mine")  # which is answered at once
    terminal.press("c", "clj=> ")
    terminal.type(",py taken = 1", "waits for what runs in the session; Ctrl-C takes the input back")
    terminal.press("c", "interrupted")
    terminal.wait("clj=> ")
    done.touch()
    joinable.answer(block)
    terminal.type(",py 'taken' in globals()", "False")


def test_what_reads_a_line_reads_it_here(terminal):
    terminal.type(",py name = input('wh' + 'o? ')", "who? ")
    terminal.type("Ada", "clj=> ")
    terminal.type(",py name", "'Ada'")
    terminal.type(",py input('once ' + 'more? ')", "once more? ")
    terminal.press("c", "interrupted")


def test_a_kernel(runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(runtime / "k"))
    manager.start_kernel(cwd=tmp_path)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)

        def run(code: str) -> dict:
            shown = {}

            def take(message: dict) -> None:
                shown.update(message["content"].get("data", {}))
                shown["printed"] = shown.get("printed", "") + message["content"].get("text", "")

            reply = client.execute_interactive(code, timeout=60, output_hook=take)
            assert reply["content"]["status"] == "ok", reply["content"]
            return shown

        run("%load_ext pybridge.session\nx = [1]")
        terminal = Terminal(tmp_path, command=("console", str(manager.provisioner.pid)), XDG_RUNTIME_DIR=str(runtime))
        assert f"joined {manager.provisioner.pid} (Jupyter, in {tmp_path})" in terminal.seen
        terminal.type(",py x.append(2); print('in the ' + 'console'); x", "in the console")
        terminal.wait("[1, 2]")
        terminal.type('(println "from " "Clojure")', "from  Clojure")
        terminal.type("(def y [1 2])", "#'user/y")
        terminal.type(",py input('wh' + 'o? ')", "who? ")
        terminal.type("Ada", "'Ada'")
        terminal.type(",py import time; print('be' + 'gun', flush=True); time.sleep(60)", "begun")
        terminal.press("c", "interrupted")
        terminal.wait("clj=> ")
        assert run("x")["text/plain"] == "[1, 2]"
        assert run("%clojure y")["text/plain"] == "[1, 2]"
        assert run("print('here')")["printed"] == "here\n"
        manager.interrupt_kernel()  # with nothing under way, it hits nothing
        terminal.type("(inc 1)", "2")
        done = tmp_path / "done"
        waiting = f"for _ in iter(lambda: os.path.exists({str(done)!r}), True): time.sleep(.01)"
        run(f"import os, time\ndef wait():\n    {waiting}\n    return 'not interrupted'")
        terminal.type(",py print('be' + 'gun', flush=True); wait()", "begun")
        manager.interrupt_kernel()  # which is for a cell, and none runs
        while (message := client.get_iopub_msg(timeout=20))["msg_type"] != "stream":
            pass
        assert message["content"]["text"] == "pybridge: an input of a console runs; Ctrl-C there ends it\n"
        done.touch()
        terminal.wait("'not interrupted'")
        terminal.process.close(force=True)
        run("x")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
