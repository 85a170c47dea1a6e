"""How a session shows a value: as text, as pictures, as a table. Nothing of it grows without limit."""

from __future__ import annotations

import json
import pprint
import sys
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, ClassVar

from pybridge.clojure import support
from pybridge.errors import OptionError

__all__ = [
    "LONGEST_WHOLE",
    "PICTURES",
    "all_of",
    "cut",
    "images_of",
    "is_longer",
    "is_sent",
    "pretty_text",
    "python_text",
    "table_of",
    "too_long",
    "whole_text",
    "written",
]

PICTURES = ("png", "svg", "pdf")

LONGEST = 20_000  # characters of a text
LONGEST_WHOLE = 10_000_000  # and as many as Clojure writes of an endless value
MOST = 200  # elements of a collection, as Clojure's *print-length* in a session
MOST_WRITTEN = 200_000  # characters of collections, of which no more is written
DEEPEST = 20
_COLLECTIONS: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
LONGEST_JSON = 100_000  # characters
LARGEST_TABLE = 10_000  # cells


def python_text(value: Any) -> str:
    """The repr of a value, with tensors and arrays, also inside lists and dicts, as Clojure shows them too.

    Args:
        value: any object.

    Returns:
        The text; a long or deep collection shows its beginning, then `...`, and so does one that holds others so often
        that its text would have more than 200,000 characters. What only its own repr can write is described then.

    >>> import numpy as np
    >>> python_text([np.float32(0.5), {"a": (1,)}])
    "[0.5, {'a': (1,)}]"
    """
    return _Text().of(value, 0)


class _Text:
    """The text of a value as it is written, until there is enough of it."""

    _BRACKETS: ClassVar[dict[type, str]] = {list: "[]", tuple: "()", dict: "{}"}

    def __init__(self) -> None:
        self._left = MOST_WRITTEN

    def of(self, value: Any, depth: int) -> str:
        """The text of a value that stands in `depth` collections."""
        if type(value) in self._BRACKETS:
            return self._collection(value, depth)
        text = _of_one(value)
        self._left -= len(text)
        return text

    def _collection(self, value: Any, depth: int) -> str:
        opening, closing = tuple(self._BRACKETS[type(value)])
        self._left -= 4  # with what is between it and the next
        if depth == DEEPEST:
            return f"{opening}...{closing}"
        shown: list[str] = []
        for part in islice(value.items() if type(value) is dict else value, MOST):
            if self._left < 0:
                return f"{opening}{', '.join([*shown, '...'])}{closing}"
            shown.append(self._part(part, depth + 1) if type(value) is dict else self.of(part, depth + 1))
        if len(value) > MOST:
            shown.append("...")
        return opening + ", ".join(shown) + ("," if type(value) is tuple and len(value) == 1 else "") + closing

    def _part(self, part: Any, depth: int) -> str:
        return f"{written(part[0])}: {self.of(part[1], depth)}"


def _of_one(value: Any) -> str:
    """The text of what is no list, tuple or dict."""
    if isinstance(value, getattr(sys.modules.get("numpy"), "generic", ())):
        return repr(value.item())  # type: ignore[union-attr]  # a number of NumPy's
    return support.representation(value) if support.is_array(value) else written(value)


def written(value: Any, write: Callable[[Any], str] = repr) -> str:
    """What `repr` or another function writes of an object; what it is where that would not end within seconds.

    While Python's own collections write what they hold, nothing can interrupt them.

    >>> written({1, 2})
    '{1, 2}'
    """
    if not isinstance(value, str | bytes | bytearray) and is_longer(value):
        return f"<{type(value).__name__} whose text is longer than {LONGEST_WHOLE:,} characters>"
    return write(value)


def is_longer(value: Any, most: int = LONGEST_WHOLE) -> bool:
    """Whether the text of a value has more than `most` characters, judged by the collections and texts in it.

    What stands in several places counts as often, which is how a few objects make a text without end.

    >>> is_longer([[1, 2], [3, 4]], 7), is_longer(["a", "b"], 8)
    (False, False)
    >>> shared = []
    >>> for _ in range(60):
    ...     shared = [shared, shared]
    >>> is_longer(shared)
    True
    """
    lengths: dict[int, int] = {}  # of the collections that have been looked through, and what is known of the others
    path: list[tuple[int, Iterator[Any]]] = [(0, iter((value,)))]
    lengths[0] = 0
    while path:
        known, parts = path[-1]
        for part in parts:
            inside = None if id(part) in lengths else _parts(part)
            if inside is not None:
                lengths[id(part)] = 1
                path.append((id(part), inside))
                break
            lengths[known] += lengths.get(id(part), len(part) if isinstance(part, str | bytes | bytearray) else 1)
            if lengths[known] > most:
                return True
        else:
            path.pop()
            if path:
                lengths[path[-1][0]] += lengths[known]
    return lengths[0] > most


def _parts(value: Any) -> Iterator[Any] | None:
    """What an object has in it that its text has too; None of one that is no collection of Python's."""
    cls = type(value)
    if issubclass(cls, dict):
        return chain.from_iterable(dict.items(value))
    collection = next((kind for kind in _COLLECTIONS if issubclass(cls, kind)), None)
    if collection is not None:
        return collection.__iter__(value)
    if issubclass(cls, BaseException):
        kept = [part for name, part in vars(value).items() if name != "__notes__"]
        return (part for part in chain(value.args, kept) if type(part) is not str)
    if hasattr(cls, "__dataclass_fields__"):
        return iter([vars(value)[name] for name in cls.__dataclass_fields__ if name in getattr(value, "__dict__", ())])
    return None


class _Pretty(pprint.PrettyPrinter):
    """Python's own, with tensors and arrays as `python_text` has them."""

    def format(self, object: object, context: dict[int, int], maxlevels: int, level: int) -> tuple[str, bool, bool]:
        if support.is_array(object) or isinstance(object, getattr(sys.modules.get("numpy"), "generic", ())):
            return python_text(object), True, False
        return super().format(object, context, maxlevels, level)


def pretty_text(value: Any) -> str:
    """A value as `pprint` writes it, with tensors and arrays as `python_text` has them.

    >>> print(pretty_text({"units": list(range(30)), "name": "dense"}).splitlines()[0])
    {'name': 'dense',
    """
    return python_text(value) if is_longer(value) else _Pretty().pformat(value)


def whole_text(value: Any) -> str:
    """All of a value on one line, with tensors and arrays as `python_text` has them.

    Raises:
        OptionError: it is too long to be sent.

    >>> len(whole_text(list(range(1000)))) == len(repr(list(range(1000))))
    True
    """
    if is_longer(value):
        raise too_long("the value's text")
    return _Pretty(width=sys.maxsize, sort_dicts=False).pformat(value)


def cut(text: str, longest: int = LONGEST) -> str:
    """A text of any length as one that can be shown.

    >>> cut("short"), cut("longer", 4)
    ('short', 'long … and 2 more characters')
    """
    return text if len(text) <= longest else f"{text[:longest]} … and {len(text) - longest:,} more characters"


def all_of(text: str) -> str:
    """The text of a value that is wanted whole.

    Raises:
        OptionError: it is too long to be sent.
    """
    if len(text) > LONGEST_WHOLE:
        raise too_long("the value's text")
    return text


def too_long(what: str) -> OptionError:
    """The error for something that is wanted whole and is too long to be sent."""
    return OptionError(f"{what} is longer than {LONGEST_WHOLE:,} characters; have the code write it to a file itself")


def images_of(value: Any, kind: str = "png") -> list[str]:
    """The files of a matplotlib figure, base64, or of the figures that pyplot has drawn and nobody shows.

    Args:
        value: any object.
        kind: one of `PICTURES`.

    Returns:
        A file for each figure, the very bytes that `pybridge.plot.save` writes. pyplot begins anew then.
    """
    drawn = _drawn()
    matplotlib = sys.modules.get("matplotlib.figure")
    figures = [value] if matplotlib is not None and isinstance(value, matplotlib.Figure) else drawn
    if not figures:
        return []
    import base64

    from pybridge.plot._save import content

    return [base64.b64encode(content(figure, kind)).decode("ascii") for figure in figures]


def _drawn() -> list[Any]:
    """pyplot's figures, taken from it, where its backend does not show them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or pyplot.get_backend().lower() != "agg":
        return []
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    pyplot.close("all")
    return figures


def table_of(value: Any, most: int | None = LARGEST_TABLE) -> list[list[Any]] | None:
    """The rows of a list of lists of plain cells, all of one length, `most` cells at most; None for anything else.

    >>> table_of([[1, 2], [3, 4]])
    [[1, 2], [3, 4]]
    """
    cell = (int, float, str, bool, type(None))
    if not (isinstance(value, list) and value and all(isinstance(row, list) and row for row in value)):
        return None
    if len({len(row) for row in value}) > 1 or (most is not None and len(value) * len(value[0]) > most):
        return None
    return value if all(isinstance(x, cell) for row in value for x in row) else None


def is_sent(value: Any, whole: bool) -> bool:
    """Whether a value is JSON and short enough, or is to be sent whole; an editor has its own ways with long texts."""
    if isinstance(value, str):
        return len(value) <= LONGEST_WHOLE
    if is_longer(value, LONGEST_WHOLE if whole else LONGEST_JSON):
        return False
    try:
        return len(json.dumps(value, allow_nan=False)) <= LONGEST_JSON or whole
    except (TypeError, ValueError, RecursionError):
        return False
