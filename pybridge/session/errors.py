"""What is said of code that raised: the whole trace in both languages, and the few lines that a reader needs."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable
from types import TracebackType

from pybridge._frames import is_ours
from pybridge.clojure import support
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function
from pybridge.session.display import cut, is_longer, written
from pybridge.session.hints import hints
from pybridge.session.places import Place, chain_of, form_at, places, without_form

__all__ = ["Failure", "brief", "without_own"]

# What TensorFlow itself and Keras put between a reader's line and the error says nothing to the reader.
_INTERNAL = re.compile(r"site-packages/(keras|tensorflow|IPython|ipykernel)/|<frozen |/ast\.py$")
# What Java says at the end of a ClassCastException of where both classes come from.
_MODULES = re.compile(r" \(\S+ (?:and \S+ are|is) in .*\bloader .*\)$")
_PLAIN = ("Exception", "RuntimeException", "ExceptionInfo", "CompilerException")
MOST_DATA = 300  # characters
LONGEST = 2000  # characters of a message
LONGEST_WHOLE = 20_000  # and where all of it is asked for
MOST_PARTS = 10  # of a group of exceptions


class Failure(Exception):
    """A block that raised.

    Attributes:
        type: the exception's name, in the language it comes from.
        message: what it says.
        trace: both languages' traces as text, the session's own frames left out.
    """

    def __init__(
        self, exception: BaseException, source: str = "", last: Callable[[], Place | None] = lambda: None
    ) -> None:
        """Describe what was raised.

        Args:
            exception: it.
            source: the file that the code is from, where it is from one.
            last: finds the last form or statement of the code, which is meant where the exception does not say
                where it comes from: the printer of its value, say, has raised.
        """
        self._source, self._last = source, last
        exception.with_traceback(without_own(exception.__traceback__))
        self.type, self.message = described(exception, LONGEST_WHOLE)
        said = f"{self.type}: {self.message}" if self.message else self.type
        self._longer = any(map(is_longer, chain_of(exception)))
        try:
            self.trace = "" if self._longer else support.traceback_text(exception, _tells_nothing)
        except Exception:  # of the error, when the traceback module asks it for its notes
            self.trace = ""
        if not self.trace:
            self.trace = "".join(traceback.format_tb(exception.__traceback__)) + said
        self.trace = support.shortened(self.trace)
        super().__init__(said)

    def brief(self) -> str:
        """The message with the reader's own lines, the innermost first, what it came from, and what may be meant."""
        try:
            if self.__cause__ is None or self._longer:
                return str(self)
            return brief(self.__cause__, self._source, last=self._last)
        except Exception:  # of anybody's error, when it is asked about itself
            return str(self)


def brief(
    exception: BaseException, source: str = "", trace: str = "", last: Callable[[], Place | None] = lambda: None
) -> str:
    """What `Failure.brief` says of an exception. One that raises when it is asked about itself does so here.

    Args:
        exception: what was raised.
        source: the file that the code is from, where it is from one.
        trace: the lines of Clojure's frames that it has come through since it left Python.
        last: finds the place that is meant where the exception has none.
    """
    chain = list(chain_of(exception))
    found = places(chain, source, trace)
    if isinstance(exception, SyntaxError):
        return "\n".join([_syntax_error(exception), *_notes(exception), *_shown_places(found)])
    first = without_form(_said(exception))
    causes = [_caused_by(error) for error in chain[1:] if without_form(described(error)[1]) not in first]
    lines = [
        first,
        *_notes(exception),
        *_data_of(exception),
        *_explained(exception),
        *dict.fromkeys(causes),
        *_parts(exception, source),
    ]
    if not found and (place := last()):
        found = [place]
    return "\n".join([*lines, *_shown_places(found), *hints(exception, source)])


def _caused_by(error: BaseException) -> str:
    """What is said of an exception that led to the one that is told of."""
    first = f"  caused by {without_form(_said(error))}"
    return "\n".join([first, *(f"  {line}" for line in _data_of(error))])


def _syntax_error(exception: SyntaxError) -> str:
    """What Python says of code that it cannot compile, with the line that is meant."""
    told = traceback.TracebackException.from_exception(exception)
    told.__notes__ = None
    if told.text is None and told.lineno:  # of one that the compiler finds
        told.text = linecache.getline(told.filename or "", int(told.lineno)) or None
    return support.shortened("".join(told.format_exception_only()).rstrip(), LONGEST)


def _notes(exception: BaseException) -> list[str]:
    """What was added to an exception, but for Clojure's trace."""
    added = vars(exception).get("__notes__", [])
    found = map(str, added if isinstance(added, list | tuple) else [])
    told = [cut(note, LONGEST) for note in found if not note.startswith(support.TRACE_HEADING)]
    return [f"  {line}" for note in told for line in note.splitlines()]


def _parts(exception: BaseException, source: str) -> list[str]:
    """What is said of each exception of a group."""
    if not isinstance(exception, BaseExceptionGroup):
        return []
    parts = exception.exceptions
    said = [f"one of them: {brief(part, source)}" for part in parts[:MOST_PARTS]]
    said += [f"and {len(parts) - MOST_PARTS:,} more"] * (len(parts) > MOST_PARTS)
    return [f"  {line}" for text in said for line in text.splitlines()]


def _shown_places(found: list[Place]) -> list[str]:
    lines = []
    for place in found:
        line = f"line {place.line}" if place.line else ""  # of what Org puts above a block
        lines.append("  " + ", ".join(filter(None, [place.file, line, place.function and f"in {place.function}"])))
        if place.text and line:
            lines.append(f"    {place.text}")
    return lines


def _tells_nothing(file: str) -> bool:
    return is_ours(file) or _INTERNAL.search(file) is not None


def _said(error: BaseException) -> str:
    name, message = described(error)
    phase = _phase_of(error) if isinstance(error, ClojureError) and error.throwable is not None else ""
    if phase not in ("", "execution"):  # as Clojure's own prompt calls it
        name = "Syntax error" + (f" ({name})" if phase.startswith("compile") and name not in _PLAIN else "")
    message = _MODULES.sub("", message)
    return f"{name}: {message}" if message else name


def _data_of(exception: BaseException) -> list[str]:
    """What the thrower of an `ex-info` has put into it."""
    if not isinstance(exception, ClojureError) or _class_of(exception) != "ExceptionInfo":
        return []
    shown = clojure_function("pybridge.native.traces/shown-data", exception.throwable)
    return [f"  with {shown if len(shown) <= MOST_DATA else shown[:MOST_DATA] + ' …'}"] if shown != "{}" else []


def without_own(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the session's own frames, which it begins with."""
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def described(exception: BaseException, longest: int = LONGEST) -> tuple[str, str]:
    """An exception's type and message; of one that comes from Clojure, the Throwable's own.

    Args:
        exception: it.
        longest: how many characters of its message are told.
    """
    name, message = type(exception).__name__, _message(exception)
    if isinstance(exception, ClojureError) and exception.throwable is not None:
        cause = exception.__cause__
        name = _class_of(exception)
        if re.fullmatch("CompilerException|ReaderException", name) and isinstance(cause, ClojureError):
            at = form_at(message)
            name, message = described(cause, longest)
            return name, message + at
        message = "" if message == name else message.removeprefix(f"{name}: ")
    return cut(name, LONGEST), cut(message, longest)


def _message(exception: BaseException) -> str:
    try:
        return written(exception, str)
    except Exception:
        return "<exception str() failed>"  # as Python has it


_PHASE = """
(fn [throwable]
  (if (instance? clojure.lang.LispReader$ReaderException throwable)
    "read"
    (name (:clojure.error/phase (ex-data throwable) ""))))
"""
_EXPLAINED = """
(fn [throwable]
  (let [m (Throwable->map throwable)]
    (if (:clojure.spec.alpha/problems (:data m))
      (vec (rest (clojure.string/split-lines (clojure.main/ex-str (clojure.main/ex-triage m)))))
      [])))
"""


def _phase_of(error: ClojureError) -> str:
    """The phase of reading, compiling or running that Clojure says an error is of; empty where it says nothing."""
    return str(clojure_function(_PHASE, error.throwable))


def _explained(exception: BaseException) -> list[str]:
    """What does not conform to a macro's specification, and how."""
    if not isinstance(exception, ClojureError) or exception.throwable is None:
        return []
    return [f"  {line}" for line in clojure_function(_EXPLAINED, exception.throwable)]


def _class_of(error: ClojureError) -> str:
    return str(clojure_function("(fn [throwable] (.getSimpleName (class throwable)))", error.throwable))
