"""Evaluates what is typed at a prompt in one of two languages, and shows what it gave."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pybridge import clojure
from pybridge.errors import PybridgeError
from pybridge.repl import pictures
from pybridge.repl.commands import Leave, run_command, split_command
from pybridge.repl.completeness import is_whole
from pybridge.session import Evaluator, Failure
from pybridge.session.completion import complete
from pybridge.session.lookup import summary
from pybridge.session.results import Results

__all__ = ["Repl"]

# What a namespace has already by one of these names stays.
READY = """
(do
  (doseq [library clojure.main/repl-requires]
    (try (require library) (catch IllegalStateException _)))
  (when-not (contains? (ns-aliases *ns*) 'pb)
    (require '[pybridge.core :as pb])))
"""
LEAVING = ("exit", "quit", "(exit)", "(quit)", ":repl/quit")  # what other prompts for Clojure are left by
KNOWN = "(fn [word] (boolean (ns-resolve (symbol (pybridge.native.sessions/current-namespace)) (symbol word))))"


def _is_known(word: str) -> bool:
    return bool(clojure.eval(KNOWN)(word))


class Repl:
    """One prompt for two languages in one process.

    Attributes:
        language: the one that an input is read in.
        failure: how the last one failed that did.
        failed: whether any has.
        colours: whether to show values in colours.
    """

    hint = "Ctrl-C again asks whether to end the session; Ctrl-D ends it"
    question = "End the session, with all its names? [y/N] "

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        colours: bool = False,
        nothing: bool = True,
        show_picture: Callable[[str], object] = pictures.show,
    ) -> None:
        """Make a prompt, which begins in Clojure.

        Args:
            evaluator: evaluates what is typed.
            colours: whether to show values in colours.
            nothing: whether to show that a value is nil.
            show_picture: shows a PNG, given in base64.
        """
        self.language = "clojure"
        self.failure: Failure | None = None
        self.failed = False
        self._evaluator = evaluator
        self.colours, self._nothing, self._show_picture = colours, nothing, show_picture
        self._ready = False
        self._namespace = "user"
        self._results = Results()

    def make_ready(self) -> None:
        """Start Clojure, unless it runs, and give its namespace what a prompt has."""
        if not self._ready:
            self._evaluator.guard.prepare()
            clojure.eval(READY)
            self._ready = True

    @property
    def prompt(self) -> str:
        """What asks for input: the language, and the namespace where one is chosen."""
        if self.language == "python":
            return "py>>> "
        return "clj=> " if self._namespace == "user" else f"clj {self._namespace}=> "

    @property
    def status(self) -> int:
        """1 where an input has failed."""
        return int(self.failed)

    def take(self, text: str) -> None:
        """Do what an input says; whatever it raises is shown.

        Raises:
            Leave: it wants to leave.
            SystemExit: the code does.
        """
        try:
            self._evaluator.enter()
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
            self.complain(str(error))
        except KeyboardInterrupt:  # just behind an evaluation
            self.complain("interrupted")
        except Exception as error:  # of anybody's object, when it is shown, or ours: no names are lost by it
            self.failed = True
            self.complain(f"{type(error).__name__} while the answer was shown: {error}")
        finally:
            self._namespace = clojure.clj._name

    def evaluate(self, language: str, code: str) -> None:
        """Evaluate code and show its value, in Clojure that of each form; stop at the first that fails."""
        if language == "python":
            self._evaluate(language, code)
            return
        self.make_ready()
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
            self.complain("\n".join(filter(None, told)))
            return False
        self._results.add(language, evaluation.value)
        for picture in evaluation.images:
            self._show_picture(picture)
        if evaluation.text:
            self.show(evaluation.text, language)
        elif language == "clojure" and self._nothing:
            self.show("nil", language)
        return True

    def show(self, text: str, language: str = "") -> None:
        """Print text, in the colours of a language where there are any."""
        if self.colours and language:
            from pygments import highlight
            from pygments.formatters import TerminalFormatter
            from pygments.lexers import get_lexer_by_name

            text = highlight(text, get_lexer_by_name(language), TerminalFormatter()).rstrip("\n")
        print(text, flush=True)

    def complain(self, text: str) -> None:
        """Print what went wrong."""
        first, newline, rest = text.partition("\n")
        if self.colours:
            first = f"\x1b[31m{first}\x1b[0m"
        print(first + newline + rest, file=sys.stderr, flush=True)

    def is_whole(self, language: str, code: str) -> bool:
        """Whether code can be evaluated as it is."""
        return is_whole(language, code)

    def complete(self, language: str, before: str) -> list[str]:
        """The names that the end of what stands before the cursor can become."""
        return complete(language, before)

    def summary(self, language: str, name: str) -> str:
        """A line about a name."""
        return summary(language, name)
