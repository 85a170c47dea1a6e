"""How a session shows a value: as text, as pictures, as a table. Nothing of it grows without limit."""

from __future__ import annotations

import pprint
import sys
from typing import Any

from pybridge.clojure import support
from pybridge.errors import OptionError

__all__ = [
    "LONGEST_WHOLE",
    "PICTURES",
    "all_of",
    "cut",
    "images_of",
    "pretty_text",
    "python_text",
    "table_of",
    "too_long",
    "whole_text",
]

PICTURES = ("png", "svg", "pdf")

LONGEST = 20_000  # characters of a text
LONGEST_WHOLE = 10_000_000  # and as many as Clojure writes of an endless value
MOST = 200  # elements of a collection, as Clojure's *print-length* in a session
DEEPEST = 20
LARGEST_TABLE = 10_000  # cells


def python_text(value: Any, depth: int = 0) -> str:
    """The repr of a value, with tensors and arrays, also inside lists and dicts, as Clojure shows them too.

    Args:
        value: any object.
        depth: in how many collections it stands.

    Returns:
        The text; a long or deep collection shows its beginning, then `...`.

    >>> import numpy as np
    >>> python_text([np.float32(0.5), {"a": (1,)}])
    "[0.5, {'a': (1,)}]"
    """
    if isinstance(value, getattr(sys.modules.get("numpy"), "generic", ())):
        return repr(value.item())  # type: ignore[union-attr]  # a number of NumPy's
    if support.is_array(value):
        return support.representation(value)
    if type(value) not in (list, tuple, dict):
        return repr(value)
    brackets: dict[type, Any] = {list: "[]", tuple: "()", dict: "{}"}
    opening, closing = brackets[type(value)]
    if depth == DEEPEST:
        return f"{opening}...{closing}"
    if type(value) is dict:
        shown = [f"{key!r}: {python_text(x, depth + 1)}" for key, x in list(value.items())[:MOST]]
    else:
        shown = [python_text(x, depth + 1) for x in value[:MOST]]
    if len(value) > MOST:
        shown.append("...")
    return opening + ", ".join(shown) + ("," if type(value) is tuple and len(value) == 1 else "") + closing


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
    return _Pretty().pformat(value)


def whole_text(value: Any) -> str:
    """All of a value on one line, with tensors and arrays as `python_text` has them.

    >>> len(whole_text(list(range(1000)))) == len(repr(list(range(1000))))
    True
    """
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
