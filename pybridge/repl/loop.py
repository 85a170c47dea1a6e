"""The prompt's loop: reads an input, evaluates it in one of two languages, and shows what it gave."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Protocol

from pybridge import clojure
from pybridge.errors import PybridgeError
from pybridge.repl.commands import Leave, run_command, split_command
from pybridge.session import Evaluator, Failure
from pybridge.session.interrupts import Guard, insist_after_ctrl_c
from pybridge.session.results import Results

__all__ = ["Repl", "evaluate_all", "start"]

READY = "(do (apply require clojure.main/repl-requires) (require '[pybridge.core :as pb]))"
LEAVING = ("exit", "quit", "(exit)", "(quit)", ":repl/quit")  # what other prompts for Clojure are left by
KNOWN = "(fn [word] (boolean (ns-resolve (symbol (pybridge.native.evaluation/current-namespace)) (symbol word))))"


class Reader(Protocol):
    """Where inputs come from."""

    prompts: bool

    def read(self, language: str, prompt: str) -> str: ...

    def ask(self, question: str) -> str: ...


def _is_known(word: str) -> bool:
    return bool(clojure.eval(KNOWN)(word))


def _agrees(reader: Reader) -> bool:
    try:
        return reader.ask("End the session, with all its names? [y/N] ").strip().lower().startswith("y")
    except (EOFError, KeyboardInterrupt):
        return False


class Repl:
    """One prompt for two languages in one process.

    Attributes:
        language: the one that an input is read in.
        failure: how the last one failed that did.
        failed: whether any has.
    """

    def __init__(self, colours: bool = False, nothing: bool = True) -> None:
        """Start Clojure, and begin in it.

        Args:
            colours: whether to show values in colours.
            nothing: whether to show that a value is nil.
        """
        self.language = "clojure"
        self.failure: Failure | None = None
        self.failed = False
        self._colours, self._nothing = colours, nothing
        self._status: int | None = None  # once the session is to end
        self._cancelled = False  # whether the last input was a Ctrl-C where nothing was typed
        main = sys.modules["__main__"] = ModuleType("__main__")
        vars(main).update(__builtins__=__builtins__)
        os.environ.setdefault("MPLBACKEND", "agg")  # figures are shown at the prompt
        self._evaluator = Evaluator()
        self._results = Results()
        clojure.eval(READY)

    @property
    def guard(self) -> Guard:
        """What ends Clojure code that ignores an interrupt."""
        return self._evaluator.guard

    @property
    def prompt(self) -> str:
        """What asks for input: the language, and the namespace where one is chosen."""
        if self.language == "python":
            return "py>>> "
        namespace = clojure.clj._name
        return "clj=> " if namespace == "user" else f"clj {namespace}=> "

    def run(self, reader: Reader) -> int:
        """Take inputs until they end or somebody leaves; return the exit status."""
        while self._status is None:
            try:
                self._turn(reader)
            except KeyboardInterrupt:  # between an input and its evaluation
                self._complain("interrupted")
        return self._status

    def _turn(self, reader: Reader) -> None:
        try:
            text = reader.read(self.language, self.prompt)
        except KeyboardInterrupt:
            if self._cancelled and _agrees(reader):
                self._status = 0
            elif not self._cancelled:
                self.show("Ctrl-C again asks whether to end the session; Ctrl-D ends it")
            self._cancelled = not self._cancelled
            return
        except EOFError:
            self._status = int(self.failed and not reader.prompts)
            return
        self._cancelled = False
        try:
            self.take(text)
        except Leave:
            self._status = 0

    def take(self, text: str) -> None:
        """Do what an input says; whatever it raises is shown.

        Raises:
            Leave: it wants to leave.
            SystemExit: the code does.
        """
        try:
            if command := split_command(text):
                run_command(self, *command)
            elif text.strip() in LEAVING and self.language == "clojure" and not _is_known(text.strip("()\n ")):
                raise Leave
            elif text.strip():
                self.evaluate(self.language, text)
        except Leave:
            raise
        except PybridgeError as error:
            self.failed = True
            self._complain(str(error))
        except KeyboardInterrupt:  # just behind an evaluation
            self._complain("interrupted")
        except Exception as error:  # of anybody's object, when it is shown, or ours: no names are lost by it
            self.failed = True
            self._complain(f"{type(error).__name__} while the answer was shown: {error}")

    def evaluate(self, language: str, code: str) -> None:
        """Evaluate code and show its value, in Clojure that of each form; stop at the first that fails."""
        if language == "python":
            self._evaluate(language, code)
            return
        left = code
        while split := clojure.next_form(left):
            form, left = split
            if not self._evaluate(language, form):
                return
        if split is None and left.strip():
            self._evaluate(language, left)  # says what is missing

    def _evaluate(self, language: str, code: str) -> bool:
        self._results.before(language, code)
        try:
            evaluation = self._evaluator.evaluate(language, code)
        except Failure as failure:
            error = failure.__cause__ or failure
            if isinstance(error, SystemExit):
                raise error from None
            self.failure, self.failed = failure, True
            self._results.fail(language, error)
            interrupted = isinstance(error, KeyboardInterrupt)
            told = ["interrupted"] if interrupted else [failure.brief(), self._results.why_missing(error)]
            self._complain("\n".join(filter(None, told)))
            return False
        self._results.add(language, evaluation.value)
        if evaluation.images:
            from pybridge.repl.pictures import show as show_picture

            for picture in evaluation.images:
                show_picture(picture)
        if evaluation.text:
            self.show(evaluation.text, language)
        elif language == "clojure" and self._nothing:
            self.show("nil", language)
        return True

    def show(self, text: str, language: str = "") -> None:
        """Print text, in the colours of a language where there are any."""
        if self._colours and language:
            from pygments import highlight
            from pygments.formatters import TerminalFormatter
            from pygments.lexers import get_lexer_by_name

            text = highlight(text, get_lexer_by_name(language), TerminalFormatter()).rstrip("\n")
        print(text, flush=True)

    def _complain(self, text: str) -> None:
        first, newline, rest = text.partition("\n")
        if self._colours:
            first = f"\x1b[31m{first}\x1b[0m"
        print(first + newline + rest, file=sys.stderr, flush=True)


def start() -> int:
    """Read, evaluate and print until the input ends; return the exit status."""
    prompts = sys.stdin.isatty() and sys.stdout.isatty()
    able = prompts and os.environ.get("TERM", "dumb") != "dumb"
    if prompts:
        import pybridge

        version = ".".join(map(str, sys.version_info[:3]))
        print(
            f"pybridge {pybridge.__version__}: Clojure and Python {version} in one process; ,help says more", flush=True
        )
    repl = Repl(colours=able and "NO_COLOR" not in os.environ)
    insist_after_ctrl_c(repl.guard)
    return repl.run(_reader(able, prompts))


def _reader(able: bool, prompts: bool) -> Reader:
    if able:
        from platformdirs import user_state_path

        from pybridge.repl.editor import EditedReader

        return EditedReader(user_state_path("pybridge"))
    from pybridge.repl.lines import LineReader

    return LineReader(prompts)


def evaluate_all(expressions: Sequence[str]) -> int:
    """Evaluate each expression as an input until one fails; return the exit status."""
    repl = Repl(nothing=False)
    for text in expressions:
        try:
            repl.take(text)
        except Leave:
            return 0
        if repl.failed:
            return 1
    return 0
