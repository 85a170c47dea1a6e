"""An exception and all that it comes from, as rows for Clojure to make Throwables of."""

from __future__ import annotations

from traceback import TracebackException
from types import TracebackType
from typing import Any

from pybridge.clojure.support._opaque import java_kind
from pybridge.clojure.support._strings import plain_str
from pybridge.clojure.support._tracebacks import SPECIAL, frames, notes, told
from pybridge.errors import PybridgeError

MOST_CAUSES = 20
DEEPEST_GROUP = 20
TRACE_HEADING = "Clojure's trace:\n"
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"

Shown = tuple[BaseException, TracebackException]


def describe_exception(exception: BaseException) -> list[list]:
    """What Clojure shows of `exception` and of those that it comes from, a row each.

    A row refers to others before it by their place; the last one is `exception`'s. Its length tells what it is: 8 of a
    Python exception, 3 of a Throwable that comes home, 1 of a sentence in the place of causes that are left out.
    """
    if is_home(exception):
        return describe_home(exception)
    description = _Description()
    description.add_chain(exception, told(exception), 0)
    return description.rows


def plain_parts(exception: BaseException) -> tuple[str, str, TracebackType | None] | None:
    """Type, message and traceback of an exception of which there is no more to say; None of any other."""
    if (
        exception.__cause__ is not None
        or exception.__context__ is not None
        or isinstance(exception, SPECIAL)
        or is_home(exception)
        or getattr(exception, "__notes__", None)
    ):
        return None
    try:
        return plain_str(type(exception).__name__), plain_str(exception), exception.__traceback__
    except Exception:
        return None


def is_home(exception: BaseException) -> bool:
    """Whether an exception is a Throwable's, which it is again in Clojure."""
    if isinstance(exception, PybridgeError):
        return exception._capsule is not None
    return java_kind(type(exception)) is not None


def describe_home(exception: Any) -> list[list]:
    """The rows of one that began in the JVM: where in Python it has been since, and the cause that Python gave it."""
    cause = exception.__cause__
    own_cause, known = (exception._own_cause, exception._known) if isinstance(exception, PybridgeError) else (None, 0)
    rows = [] if cause is None or cause is own_cause else describe_exception(cause)
    return [*rows, [exception, frames(exception, known), len(rows) - 1 if rows else None]]


def _row(exception: BaseException, text: str, cause: int | None, members: list[int]) -> list:
    added = [note for note in notes(exception) if not note.startswith(TRACE_HEADING)]
    name = plain_str(type(exception).__name__)
    return [exception, name, _message(exception), plain_str(text), frames(exception), cause, members, added]


def _message(exception: BaseException) -> str:
    """The exception's message; a KeyError's is a repr, which says less than the key."""
    try:
        return plain_str(exception)
    except Exception as failure:
        return f"(its message cannot be shown: {type(failure).__name__})"


class _Description:
    """Rows as they are added: each exception once, wherever it is met again."""

    def __init__(self) -> None:
        self.rows: list[list] = []
        self._places: dict[int, int | None] = {}

    def add_chain(self, exception: BaseException, shown: TracebackException, depth: int) -> int | None:
        """Add an exception and before it its causes, the first one first; give its place.

        `shown` ends where the chain would loop.
        """
        chain = [(exception, shown)]
        while (source := _source(*chain[-1])) and not is_home(chain[-1][0]) and id(source[0]) not in self._places:
            chain.append(source)
        place = self._places.get(id(_source(*chain[-1])[0])) if _source(*chain[-1]) else None
        text = "".join(chain[-1][1].format())
        left_out = len(chain) - 1 - MOST_CAUSES
        if left_out > 0:
            self.rows.append([f"causes that are left out: {left_out}; the :py/traceback of what they caused has them"])
            place = len(self.rows) - 1
        for i, (link, part) in enumerate(reversed(chain)):
            if i:
                text += (CAUSE if part.__cause__ is not None else CONTEXT) + _section(part)
            if i >= left_out:
                place = self._add(link, text, place, depth)
        return place

    def _add(self, exception: BaseException, text: str, cause: int | None, depth: int) -> int | None:
        """Add the row of one exception and, before it, those of a group's members; its place."""
        if id(exception) in self._places:
            return self._places[id(exception)]
        self._places[id(exception)] = None  # meanwhile: a member may come from its own group
        if is_home(exception):
            self.rows.append([exception, "", None])
        else:
            grouped = isinstance(exception, BaseExceptionGroup) and depth < DEEPEST_GROUP
            members = exception.exceptions if grouped else ()
            places = [self.add_chain(member, told(member), depth + 1) for member in members]
            self.rows.append(_row(exception, text, cause, [place for place in places if place is not None]))
        self._places[id(exception)] = len(self.rows) - 1
        return len(self.rows) - 1


def _section(shown: TracebackException) -> str:
    """The text of one exception of a chain. `chain=False` would leave out the causes of a group's members too."""
    links = shown.__cause__, shown.__context__
    shown.__cause__ = shown.__context__ = None
    try:
        return "".join(shown.format())
    finally:
        shown.__cause__, shown.__context__ = links


def _source(exception: BaseException, shown: TracebackException) -> Shown | None:
    """What an exception comes from: its cause, or else what was handled as it was raised."""
    if shown.__cause__ is not None:
        return exception.__cause__, shown.__cause__
    if shown.__context__ is not None and not shown.__suppress_context__:
        return exception.__context__, shown.__context__
    return None
