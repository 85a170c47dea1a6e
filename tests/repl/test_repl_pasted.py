"""Lines pasted into a terminal that puts no brackets around what is pasted."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

PYTHON = """class Shape:

    sides = 3

    def text(self):
        if self.sides:
            return "sides" * 2

        return "none"


Shape().text() + "!"
"""
CLOJURE = "(defn f [x]\n  (let [y x]\n    (str y\n         :f)))\n(f 41)\n"


@pytest.fixture
def terminal(tmp_path: Path):
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.process.close(force=True)


def test_pasted_python_is_what_was_pasted(terminal):
    terminal.type(",py", "py>>> ")
    terminal.process.send(PYTHON.replace("\n", "\r"))
    terminal.wait("'sidessides!'")
    assert terminal.type(",source Shape", "none") and "\n    sides = 3\n" in terminal.seen


def test_pasted_clojure_is_what_was_pasted(terminal):
    terminal.process.send(CLOJURE.replace("\n", "\r"))
    terminal.wait('"41:f"')
    terminal.type(",source f", "         :f)))")


def test_more_than_is_read_at_once_is_one_paste(terminal):
    terminal.type(",py", "py>>> ")
    body = "".join(f"    if a == {i}:\n        b = {i}\n" for i in range(200))
    terminal.process.send(f"def g(a):\n{body}    return b\n\ng(150) * 1000 + 7\n".replace("\n", "\r"))
    terminal.wait("150007")
