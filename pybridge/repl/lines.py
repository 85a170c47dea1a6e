"""Input from a pipe, a file or a terminal that can do nothing: plain lines, joined until they are whole."""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO

from pybridge.repl.commands import code_of
from pybridge.repl.completeness import can_be_evaluated, continues, may_continue
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
        if not prompts:
            self._ahead = sys.stdin = _Ahead(sys.stdin)

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
            code += line if code or self.prompts else line.removeprefix("\ufeff")  # a file's
            if not line or (self._is_whole_typed(code) if self.prompts else self._is_whole_in_file(code)):
                return code

    def ask(self, question: str) -> str:
        """What is answered to a question."""
        self._say(question)
        return sys.stdin.readline()

    def _is_whole_typed(self, code: str) -> bool:
        return is_whole_input(self._session, code.removesuffix("\n"))

    def _is_whole_in_file(self, code: str) -> bool:
        """Whether an input is whole where no empty line ends a statement of Python, but the next one's first line."""
        language, text = code_of(code.removesuffix("\n"), self._session.language) or ("", "")
        if language != "python":
            return self._is_whole_typed(code)
        return can_be_evaluated(text) and not (may_continue(text) and continues(self._ahead.peek()))

    def _say(self, text: str) -> None:
        if self.prompts:
            print(text, end="", flush=True)


class _Ahead(io.TextIOBase):
    """`sys.stdin` with the line that was looked at before anybody reads it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line = ""

    def peek(self) -> str:
        """The next line, which stays the next."""
        if not self._line:
            self._line = self._stream.readline()
        return self._line

    def readline(self, size: int = -1) -> str:  # type: ignore[override]  # IOBase's gives bytes
        if not self._line:
            return self._stream.readline(size)
        end = len(self._line) if size < 0 else size
        text, self._line = self._line[:end], self._line[end:]
        return text

    def read(self, size: int | None = -1) -> str:
        size = -1 if size is None else size
        if size < 0:
            text, self._line = self._line, ""
            return text + self._stream.read()
        text, self._line = self._line[:size], self._line[size:]
        return text + self._stream.read(size - len(text))

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _continued(prompt: str) -> str:
    return ("..." if prompt.startswith("py") else "#_=>").rjust(len(prompt) - 1) + " "
