"""What is said of code that raised: the whole trace in both languages, and the few lines that a reader needs."""

from __future__ import annotations

import re
import traceback
from types import TracebackType

from pybridge._frames import is_ours
from pybridge.clojure import support
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function
from pybridge.session.hints import hints
from pybridge.session.places import Place, chain_of, form_at, places, without_form

__all__ = ["Failure", "brief"]

# What TensorFlow itself and Keras put between a reader's line and the error says nothing to the reader.
_INTERNAL = re.compile(r"site-packages/(keras|tensorflow)/|<frozen |/ast\.py$")
# What Java says at the end of a ClassCastException of where both classes come from.
_MODULES = re.compile(r" \(\S+ (?:and \S+ are|is) in .*\bloader .*\)$")
MOST_DATA = 300  # characters


class Failure(Exception):
    """A block that raised.

    Attributes:
        type: the exception's name, in the language it comes from.
        message: what it says.
        trace: both languages' traces as text, the session's own frames left out.
    """

    def __init__(self, exception: BaseException, source: str = "") -> None:
        """Describe what was raised.

        Args:
            exception: it.
            source: the file that the code is from, where it is from one.
        """
        self._source = source
        exception.with_traceback(_without_own(exception.__traceback__))
        self.type, self.message = described(exception)
        said = f"{self.type}: {self.message}" if self.message else self.type
        try:
            self.trace = support.traceback_text(exception, _tells_nothing)
        except Exception:  # of the error, when the traceback module asks it for its notes
            self.trace = "".join(traceback.format_tb(exception.__traceback__)) + said
        super().__init__(said)

    def brief(self) -> str:
        """The message with the reader's own lines, the innermost first, what it came from, and what may be meant."""
        try:
            return brief(self.__cause__, self._source) if self.__cause__ else str(self)
        except Exception:  # of anybody's error, when it is asked about itself
            return str(self)


def brief(exception: BaseException, source: str = "", trace: str = "") -> str:
    """What `Failure.brief` says of an exception. One that raises when it is asked about itself does so here.

    Args:
        exception: what was raised.
        source: the file that the code is from, where it is from one.
        trace: the lines of Clojure's frames that it has come through since it left Python.
    """
    chain = list(chain_of(exception))
    shown = _shown_places(places(chain, source, trace))
    if isinstance(exception, SyntaxError):
        told = traceback.TracebackException.from_exception(exception)
        told.__notes__ = None  # Clojure's trace
        return "\n".join(["".join(told.format_exception_only()).rstrip(), *shown])
    first = without_form(_said(exception))
    told = [without_form(_said(error)) for error in chain[1:] if without_form(described(error)[1]) not in first]
    lines = [
        first,
        *_data_of(exception),
        *_explained(exception),
        *[f"  caused by {text}" for text in dict.fromkeys(told)],
    ]
    if isinstance(exception, BaseExceptionGroup):
        lines += [f"  one of them: {_said(part)}" for part in exception.exceptions]
    return "\n".join([*lines, *shown, *hints(exception, source)])


def _shown_places(found: list[Place]) -> list[str]:
    lines = []
    for place in found:
        lines.append(f"  {place.file}, line {place.line}" + (f", in {place.function}" if place.function else ""))
        if place.text:
            lines.append(f"    {place.text}")
    return lines


def _tells_nothing(file: str) -> bool:
    return is_ours(file) or _INTERNAL.search(file) is not None


def _said(error: BaseException) -> str:
    name, message = described(error)
    if isinstance(error, ClojureError) and error.throwable is not None and _phase_of(error) not in ("", "execution"):
        name = "Syntax error"  # as Clojure's own prompt calls it
    message = _MODULES.sub("", message)
    return f"{name}: {message}" if message else name


def _data_of(exception: BaseException) -> list[str]:
    """What the thrower of an `ex-info` has put into it."""
    if not isinstance(exception, ClojureError) or _class_of(exception) != "ExceptionInfo":
        return []
    data = "(fn [throwable] (binding [*print-length* 20, *print-level* 5] (pr-str (ex-data throwable))))"
    shown = clojure_function(data, exception.throwable)
    return [f"  with {shown if len(shown) <= MOST_DATA else shown[:MOST_DATA] + ' …'}"] if shown != "{}" else []


def _without_own(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the session's own frames, which it begins with."""
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def described(exception: BaseException) -> tuple[str, str]:
    """An exception's type and message; of one that comes from Clojure, the Throwable's own."""
    try:
        message = str(exception)
    except Exception:
        message = ""
    if not isinstance(exception, ClojureError) or exception.throwable is None:
        return type(exception).__name__, message
    cause = exception.__cause__
    if re.fullmatch("CompilerException|ReaderException", _class_of(exception)) and isinstance(cause, ClojureError):
        at = form_at(message)
        name, message = described(cause)
        return name, message + at
    name = _class_of(exception)
    return name, "" if message == name else message.removeprefix(f"{name}: ")


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
