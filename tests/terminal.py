"""A prompt in a real terminal, driven by pexpect."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pexpect
import pytest

PYBRIDGE = str(Path(sys.executable).with_name("pybridge"))
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()=>][0-9A-Za-z]?|\r")


class Terminal:
    """A prompt somebody types at.

    Attributes:
        seen: what the terminal was sent since the last input, without colours and movements.
    """

    def __init__(
        self, folder: Path, *, command: tuple[str, ...] = ("repl",), prompt: str = "clj=> ", **environment: str
    ) -> None:
        surroundings = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "XDG_STATE_HOME": str(folder / "state")}
        for name in ("TMUX", "TERM_PROGRAM", "NO_COLOR", "DISPLAY", "WAYLAND_DISPLAY"):
            surroundings[name] = ""
        env = {name: x for name, x in (os.environ | surroundings | environment).items() if x}
        self.process = pexpect.spawn(
            PYBRIDGE, list(command), cwd=folder, env=env, encoding="utf-8", timeout=20, dimensions=(50, 150)
        )
        self.seen = ""
        self.wait(prompt)

    def wait(self, text: str) -> str:
        """Wait until the terminal has been sent a text, whatever colours are in it."""
        while text not in self.seen:
            try:
                self.seen += CONTROL.sub("", self.process.read_nonblocking(4096, 20))
            except (pexpect.EOF, pexpect.TIMEOUT):
                pytest.fail(f"{text!r} does not come after {self.seen!r}")
        return self.seen

    def type(self, text: str, then: str) -> str:
        """Type a text and return, and wait for what comes then."""
        self.seen = ""
        self.process.send(text + "\r")
        return self.wait(then)

    def complete(self, text: str, then: str) -> None:
        """Type a text and Tab, and wait for what it becomes."""
        self.seen = ""
        self.process.send(text + "\t")
        self.wait(then)

    def press(self, key: str, then: str) -> str:
        """Press a control key, and wait for what comes then."""
        self.seen = ""
        self.process.sendcontrol(key)
        return self.wait(then)

    def end(self) -> int:
        """Wait for the end; the exit status."""
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.exitstatus
