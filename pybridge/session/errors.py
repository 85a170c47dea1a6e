"""What a session says of a block that raised: the whole trace in both languages, and a few lines for a prompt."""

from __future__ import annotations

import builtins
import difflib
import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from pybridge.clojure import support
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function, clojure_names

__all__ = ["Failure"]

# What TensorFlow itself, Keras and the session put between a reader's line and the error says nothing to the reader.
_INTERNAL = re.compile(
    r"pybridge/(session|repl|clojure|_boundary|tensors/_symbols)|site-packages/(keras|tensorflow)/|<frozen |/ast\.py$"
)
_LIBRARY = re.compile(
    rf"/(site|dist)-packages/|/lib/python3[.\d]*/|^<frozen |^{re.escape(str(Path(__file__).parents[1]))}/"
)
_OWN = str(Path(__file__).parent) + os.sep
_CLOJURE_FRAME = re.compile(r"^    at ([^\s(]+)\.(\w+)\(([^:()]+):(\d+)\)$", re.MULTILINE)
_FORM_AT = re.compile(r" \(the form at (.*?):?(\d+):(\d+)\)$")
MOST_PLACES = 4
MOST_DATA = 300  # characters


class Place(NamedTuple):
    """A line of the reader's own code that an error went through."""

    file: str
    line: int
    function: str


class Failure(Exception):
    """A block that raised.

    Attributes:
        type: the exception's name, in the language it comes from.
        message: what it says.
        trace: both languages' traces as text, the session's own frames left out.
    """

    def __init__(self, exception: BaseException) -> None:
        exception.with_traceback(_without_own(exception.__traceback__))
        self.type, self.message = described(exception)
        said = f"{self.type}: {self.message}" if self.message else self.type
        try:
            self.trace = support.traceback_text(exception, _INTERNAL.search)
        except Exception:  # of the error, when the traceback module asks it for its notes
            self.trace = "".join(traceback.format_tb(exception.__traceback__)) + said
        super().__init__(said)

    def brief(self) -> str:
        """The message with the reader's own lines, the innermost first, what it came from, and what may be meant."""
        try:
            return _brief(self.__cause__) if self.__cause__ else str(self)
        except Exception:  # of anybody's error, when it is asked about itself
            return str(self)


def _brief(exception: BaseException) -> str:
    if isinstance(exception, SyntaxError):
        return "".join(traceback.format_exception_only(exception)).rstrip()
    chain = list(_chain(exception))
    first = _FORM_AT.sub("", _said(exception))
    causes = dict.fromkeys(_said(error) for error in chain[1:] if described(error)[1] not in first)
    lines = [first, *_data_of(exception), *_explained(exception), *[f"  caused by {text}" for text in causes]]
    if isinstance(exception, BaseExceptionGroup):
        lines += [f"  one of them: {_said(part)}" for part in exception.exceptions]
    for place in _places(chain)[:MOST_PLACES]:
        lines.append(f"  {place.file}, line {place.line}" + (f", in {place.function}" if place.function else ""))
        if source := linecache.getline(place.file, place.line).strip():
            lines.append(f"    {source}")
    return "\n".join([*lines, *hints(exception)])


def _said(error: BaseException) -> str:
    name, message = described(error)
    if isinstance(error, ClojureError) and error.throwable is not None and _phase_of(error) not in ("", "execution"):
        name = "Syntax error"  # as Clojure's own prompt calls it
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
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN):
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
        at = _FORM_AT.search(message)
        name, message = described(cause)
        return name, message + (at[0] if at else "")
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


def hints(exception: BaseException) -> list[str]:
    """What the reader may have meant: the nearest name, where one is not known."""
    known, name = _unknown(exception)
    near = difflib.get_close_matches(name, known, 1, 0.7) if name else []
    return [f"  did you mean {near[0]}?"] if near and "Did you mean" not in described(exception)[1] else []


def _unknown(exception: BaseException) -> tuple[list[str], str]:
    """The names that there are, and the one that is none of them."""
    if isinstance(exception, NameError) and isinstance(exception.name, str):
        return [*vars(sys.modules["__main__"]), *dir(builtins)], exception.name
    if isinstance(exception, AttributeError) and isinstance(exception.name, str):
        return list(map(str, dir(exception.obj))), exception.name
    if isinstance(exception, ClojureError):
        said = " ".join(described(error)[1] for error in _chain(exception))
        if found := re.search(r"(?:Unable to resolve symbol|No such var|No such namespace): (\S+)", said):
            return _clojure_names(found[1]), found[1]
    return [], ""


def _clojure_names(name: str) -> list[str]:
    alias, slash, _ = name.rpartition("/")
    return clojure_names(alias + slash, 100_000) if alias or not slash else []


def _chain(exception: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from."""
    seen: set[int] = set()
    at: BaseException | None = exception
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _places(chain: list[BaseException]) -> list[Place]:
    """The reader's own lines, the innermost of the first error that has any before the others."""
    for error in reversed(chain):
        both = _python_places(error), _clojure_places(error)
        found = [place for places in (reversed(both) if isinstance(error, ClojureError) else both) for place in places]
        if found:
            return list(dict.fromkeys(found))
    at = _FORM_AT.search(described(chain[0])[1])
    return [Place(at[1], max(1, int(at[2])), "")] if at and at[1] else []


def _python_places(error: BaseException) -> list[Place]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _LIBRARY.search(frame.filename)]
    return [
        Place(frame.filename, frame.lineno or 0, "" if frame.name == "<module>" else frame.name)
        for frame in reversed(own)
    ]


def _clojure_places(error: BaseException) -> list[Place]:
    said: Any = error.trace if isinstance(error, ClojureError) else "\n".join(vars(error).get("__notes__", []))
    found: list[Place] = []
    for name, _, file, line in _CLOJURE_FRAME.findall(str(said)):
        if re.match(r"(clojure|java|javax|jdk|sun|org\.jpype|pybridge)[.$]", name):
            continue
        function = clojure_function("clojure.main/demunge", name)
        place = Place(file, int(line), "" if re.search(r"/eval\d+", function) else function.split("--")[0])
        if not found or (found[-1].file, found[-1].function) != (place.file, place.function):
            found.append(place)  # of invoke and invokeStatic, the line that was reached
    return found
