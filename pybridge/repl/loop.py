"""The prompt's loop: asks for inputs, and has a session take them."""

from __future__ import annotations

import io
import os
import sys
from typing import Protocol

from pybridge.repl.commands import Leave, code_of

__all__ = ["Reader", "Session", "Terminal", "is_whole_input", "run"]


class Session(Protocol):
    """What takes inputs: one in this process, or another's that this prompt has joined.

    Attributes:
        language: the one that an input is read in.
        hint: what is said of Ctrl-C where nothing was typed.
        question: what is asked when it comes again.
        prompt: what asks for input.
        status: the exit status of a prompt that nobody types at, when its input ends.
    """

    language: str
    hint: str
    question: str

    @property
    def prompt(self) -> str: ...

    @property
    def status(self) -> int: ...

    def take(self, text: str) -> None: ...

    def show(self, text: str) -> None: ...

    def complain(self, text: str) -> None: ...

    def is_whole(self, language: str, code: str) -> bool: ...

    def complete(self, language: str, before: str) -> list[str]: ...

    def summary(self, language: str, name: str) -> str: ...


class Reader(Protocol):
    """Where inputs come from."""

    prompts: bool

    def read(self, language: str, prompt: str) -> str: ...

    def ask(self, question: str) -> str: ...


def is_whole_input(session: Session, text: str) -> bool:
    """Whether an input is whole: code, or the code behind a command; the name behind one always is."""
    code = code_of(text, session.language)
    return code is None or session.is_whole(*code)


def run(session: Session, reader: Reader) -> int:
    """Take inputs until they end or somebody leaves; return the exit status."""
    cancelled = False  # whether the last input was a Ctrl-C where nothing was typed
    while True:
        try:
            try:
                text = reader.read(session.language, session.prompt)
            except KeyboardInterrupt:
                if cancelled and _agrees(reader, session.question):
                    return 0
                if not cancelled:
                    session.show(session.hint)
                cancelled = not cancelled
                continue
            except EOFError:
                return 0 if reader.prompts else session.status
            cancelled = False
            session.take(text)
        except Leave:
            return 0
        except KeyboardInterrupt:  # between an input and its evaluation
            session.complain("interrupted")


def _agrees(reader: Reader, question: str) -> bool:
    try:
        return reader.ask(question).strip().lower().startswith("y")
    except (EOFError, KeyboardInterrupt):
        return False


class Terminal:
    """What standard input and output are.

    Attributes:
        prompts: whether somebody sits there to whom a prompt says something.
        able: whether lines can be edited there.
        colours: whether it shows colours, and is to.
    """

    def __init__(self) -> None:
        if sys.stdin is None:  # as Python has it of one that is closed
            sys.stdin = io.StringIO()
        self.prompts = sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()
        self.able = self.prompts and os.environ.get("TERM", "dumb") != "dumb"
        self.colours = self.able and "NO_COLOR" not in os.environ

    def reader(self, session: Session) -> Reader:
        """What reads inputs from it for a session."""
        if self.able:
            from pybridge.repl.editor import EditedReader

            return EditedReader(session)
        from pybridge.repl.lines import LineReader

        return LineReader(self.prompts, session)
