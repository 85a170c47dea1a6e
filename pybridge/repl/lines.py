"""Input from a pipe, a file or a terminal that can do nothing: plain lines, joined until they are whole."""

from __future__ import annotations

import sys

from pybridge.repl.loop import Session, is_whole_input

__all__ = ["LineReader"]


class LineReader:
    """Reads inputs from standard input.

    Attributes:
        prompts: whether somebody sits there to whom a prompt says something.
    """

    def __init__(self, prompts: bool, session: Session) -> None:
        self.prompts = prompts
        self._session = session

    def read(self, language: str, prompt: str) -> str:
        """The next input.

        Raises:
            EOFError: there is none.
            KeyboardInterrupt: of somebody who had typed nothing.
        """
        code = ""
        while True:
            try:
                self._say(prompt if not code else _continued(prompt))
                line = sys.stdin.readline()
            except KeyboardInterrupt:
                self._say("\n")
                if not code:
                    raise
                code = ""
                continue
            if not line and not code.strip():
                raise EOFError
            code += line
            if not line or is_whole_input(self._session, code.removesuffix("\n")):
                return code

    def ask(self, question: str) -> str:
        """What is answered to a question."""
        self._say(question)
        return sys.stdin.readline()

    def _say(self, text: str) -> None:
        if self.prompts:
            print(text, end="", flush=True)


def _continued(prompt: str) -> str:
    return ("..." if prompt.startswith("py") else "#_=>").rjust(len(prompt) - 1) + " "
