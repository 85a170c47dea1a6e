"""Input at a terminal, by prompt_toolkit: many lines, history by language, search, completion, colours."""

from __future__ import annotations

import select
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.patch_stdout import patch_stdout
from pygments.lexers.jvm import ClojureLexer
from pygments.lexers.python import PythonLexer

from pybridge._folders import state_folder
from pybridge.repl.commands import COMMANDS, code_of, languages_of
from pybridge.repl.completeness import continues, indentation, may_continue
from pybridge.repl.history import WholeHistory
from pybridge.repl.loop import Session, is_whole_input
from pybridge.session.completion import name_before

__all__ = ["EditedReader"]

LEXERS = {"python": PythonLexer, "clojure": ClojureLexer}
SHORT = {"python": "py", "clojure": "clj"}


class EditedReader:
    """Reads inputs at a terminal, each language with the history of its own."""

    prompts = True

    def __init__(self, session: Session) -> None:
        """Make a reader that keeps what is typed in the folder of the user's state, if it can be written to."""
        self._sessions: dict[str, PromptSession[str]] = {
            language: PromptSession(
                history=_history(f"history.{short}"),
                lexer=PygmentsLexer(LEXERS[language]),
                completer=_Names(language, session),
                complete_while_typing=False,
                enable_history_search=True,
                multiline=True,
                enable_suspend=True,
                enable_open_in_editor=True,
                key_bindings=_keys(session),
                prompt_continuation=_continuation,
                tempfile_suffix=f".{short}",
            )
            for language, short in SHORT.items()
        }

    def read(self, language: str, prompt: str) -> str:
        """The next input.

        Raises:
            EOFError: Ctrl-D where nothing was typed.
            KeyboardInterrupt: Ctrl-C there.
        """
        with _own_signals(), patch_stdout(raw=True):
            return self._sessions[language].prompt(
                FormattedText([("bold ansigreen" if language == "clojure" else "bold ansiblue", prompt)]),
                handle_sigint=False,
            )

    def ask(self, question: str) -> str:
        """What is answered to a question."""
        with _own_signals():
            return PromptSession[str](question).prompt()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give back the descriptor by which signals wake Python, which the library takes and puts nothing in place of."""
    descriptor = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)


def _history(name: str) -> History:
    try:
        return WholeHistory(state_folder() / name)
    except OSError:
        return InMemoryHistory()


def _continuation(width: int, line: int, wrapped: int) -> str:
    return "… ".rjust(width)


def _keys(session: Session) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text, behind = buffer.text, buffer.document.text_after_cursor
        follows = _pasted_behind(event)
        if not behind.strip() and is_whole_input(session, text) and not _goes_on(session, text, follows):
            buffer.validate_and_handle()
        elif follows:
            buffer.insert_text("\n")  # what is pasted is indented
        else:
            written = languages_of(text, session.language)[0]
            buffer.insert_text("\n" + " " * indentation(written, buffer.document.text_before_cursor))

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.app.exit(result="")  # what was typed stays to be seen, and a new prompt comes
        else:
            event.app.exit(exception=KeyboardInterrupt())

    return keys


def _pasted_behind(event: KeyPressEvent) -> str:
    """What has come together with a key, as it does where a terminal has no brackets for what is pasted."""
    processor, terminal = event.app.key_processor, event.app.input
    typed = "".join(key.data for key in processor.input_queue if not key.data.startswith("\x1b"))
    if not typed and select.select([terminal.fileno()], [], [], 0)[0]:
        typed = "\0"  # more than was read at once
    return typed.replace("\r", "\n")


def _goes_on(session: Session, text: str, follows: str) -> bool:
    """Whether what follows in a paste belongs to a statement of Python's, as in a file."""
    language, code = code_of(text, session.language) or ("", "")
    return language == "python" and may_continue(code) and continues(follows)


class _Names(Completer):
    """The names that the one before the cursor can become, and of each the first line of its documentation."""

    def __init__(self, language: str, session: Session) -> None:
        self._language, self._session = language, session

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        if before.startswith(",") and " " not in before:
            for name, (_, meaning) in COMMANDS.items():
                if f",{name}".startswith(before):
                    yield Completion(f",{name}", -len(before), display_meta=meaning)
            return
        for language in languages_of(before, self._language):
            prefix = name_before(language, before)
            names = self._session.complete(language, before)
            for name in names:
                yield Completion(name, -len(prefix), display_meta=partial(self._session.summary, language, name))
            if names:
                return
