"""What a traceback shows: as text for people, and as frames for a Throwable's stack trace."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from types import CodeType, TracebackType
from typing import NamedTuple

from pybridge.clojure.support._strings import plain_str, shortened

HOME = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
HEADING = "Traceback (most recent call last):\n"

# Their last lines are the traceback module's own business: they have several, or suggestions.
SUGGESTING = (NameError, AttributeError, ImportError) if sys.version_info >= (3, 12) else ()
SPECIAL = (SyntaxError, BaseExceptionGroup, *SUGGESTING)
MOST_REPEATED = 3  # as the traceback module does


class Place(NamedTuple):
    """An instruction of a program: its lines in a traceback, its frame for Clojure, and the code object, kept alive."""

    text: str
    frame: str
    internal: bool
    line: tuple[str, int, str]
    code: CodeType


MOST_PLACES = 1000
_places: dict[tuple[int, int, int], Place] = {}


def _place(tb: TracebackType) -> Place:
    """The place of a traceback's first entry, looked up once: to read the source and find the columns takes long."""
    code = tb.tb_frame.f_code
    key = id(code), tb.tb_lasti, tb.tb_lineno
    place = _places.get(key)
    if place is None:
        summary = traceback.extract_tb(tb, limit=1)
        shown = summary[0]
        file = os.path.basename(shown.filename)
        frame = "\0".join([os.path.splitext(file)[0], shown.name, file, str(shown.lineno or 0)])
        line = shown.filename, shown.lineno or 0, shown.name
        place = Place("".join(summary.format()), frame, is_internal(shown.filename), line, code)
        if len(_places) >= MOST_PLACES:
            _places.clear()
        _places[key] = place
    return place


def is_internal(filename: str) -> bool:
    """Whether a file is one of the bridge's own, which tells a reader nothing."""
    return filename.startswith(HOME)


def _walk(tb: TracebackType | None) -> Iterator[TracebackType]:
    while tb is not None:
        yield tb
        tb = tb.tb_next


def depth(exception: BaseException) -> int:
    """How many frames an exception's traceback has."""
    return sum(1 for _ in _walk(exception.__traceback__))


def frames(exception: BaseException, known: int = 0) -> str:
    """Module, function, file and line of where an exception has been, the innermost first, without the bridge's own
    and without the `known` ones that it passed first."""
    return frames_of(exception.__traceback__, known)


def frames_of(tb: TracebackType | None, known: int = 0) -> str:
    """The same of a traceback."""
    passed = [_place(tb) for tb in _walk(tb)]
    return plain_str("\n".join(place.frame for place in reversed(passed[: len(passed) - known]) if not place.internal))


def _repeated(n: int) -> str:
    return f"  [Previous line repeated {n} more time{'s' if n > 1 else ''}]\n" if n > 0 else ""


def _stack(tb: TracebackType | None) -> str:
    """The lines of a traceback's frames, those that repeat left out as the traceback module does."""
    parts, last, count = [], None, 0
    for place in filter(lambda place: not place.internal, map(_place, _walk(tb))):
        if place.line != last:
            parts.append(_repeated(count - MOST_REPEATED))
            last, count = place.line, 0
        count += 1
        if count <= MOST_REPEATED:
            parts.append(place.text)
    parts.append(_repeated(count - MOST_REPEATED))
    return "".join(parts)


def plain_text(exception: BaseException, tb: TracebackType | None) -> str:
    """The text of the traceback `tb`, of an exception that comes from no other, has no notes and is not `SPECIAL`."""
    cls = type(exception)
    name = cls.__qualname__ if cls.__module__ in ("__main__", "builtins") else f"{cls.__module__}.{cls.__qualname__}"
    try:
        message = shortened(str(exception))
    except Exception:
        message = "<exception str() failed>"
    stack = _stack(tb)
    return plain_str("".join([HEADING + stack if stack else "", f"{name}: {message}\n" if message else f"{name}\n"]))


def notes(exception: BaseException) -> list[str]:
    """What `add_note` has added, as strings."""
    found = getattr(exception, "__notes__", None)
    return [_safely(note) for note in found] if isinstance(found, list | tuple) else []


def _safely(note: object) -> str:
    try:
        return plain_str(note)
    except Exception:
        return "<note str() failed>"


def told(exception: BaseException, hidden: Callable[[str], object] = is_internal) -> traceback.TracebackException:
    """An exception and those that it comes from, without frames in `hidden` files, and what they say shortened."""
    whole = traceback.TracebackException.from_exception(exception, compact=True)
    left = [whole]
    while left:
        shown = left.pop()
        kept = [frame for frame in shown.stack or () if not hidden(frame.filename)]
        shown.stack = traceback.StackSummary.from_list(kept) if kept else None
        _shorten(shown)
        left += filter(None, [shown.__cause__, shown.__context__, *(shown.exceptions or ())])
    return whole


def _shorten(shown: traceback.TracebackException) -> None:
    """Have an exception say and note no more than people read: a text of it is copied again and again."""
    texts = vars(shown)
    texts["_str"] = shortened(texts["_str"])  # there is no other way to its message
    if isinstance(shown.__notes__, list | tuple):
        texts["__notes__"] = [shortened(note) if type(note) is str else note for note in shown.__notes__]
    if type(texts.get("msg")) is str:  # of a SyntaxError
        texts["msg"] = shortened(texts["msg"])


def traceback_text(exception: BaseException, hidden: Callable[[str], object] = is_internal) -> str:
    """The traceback of an exception and of its causes, without frames in `hidden` files, which are the bridge's own."""
    return "".join(told(exception, hidden).format())
