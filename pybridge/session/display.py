"""How a session shows a value: as text, as pictures, as a table. Nothing of it grows without limit."""

from __future__ import annotations

import sys
from typing import Any

from pybridge.clojure import support

__all__ = ["PICTURES", "cut", "images_of", "python_text", "table_of"]

PICTURES = ("png", "svg", "pdf")

LONGEST = 20_000  # characters of a text
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


def cut(text: str) -> str:
    """A text of any length as one that can be shown.

    >>> cut("short")
    'short'
    """
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … and {len(text) - LONGEST:,} more characters"


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
    import tempfile
    from pathlib import Path

    from pybridge.plot import save

    with tempfile.TemporaryDirectory() as folder:
        files = [Path(save(figure, f"{folder}/figure-{i}.{kind}")) for i, figure in enumerate(figures)]
        return [base64.b64encode(file.read_bytes()).decode("ascii") for file in files]


def _drawn() -> list[Any]:
    """pyplot's figures, taken from it, where its backend does not show them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or pyplot.get_backend().lower() != "agg":
        return []
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    pyplot.close("all")
    return figures


def table_of(value: Any) -> list[list[Any]] | None:
    """The rows of a list of lists of plain cells, all of one length; None for anything else.

    >>> table_of([[1, 2], [3, 4]])
    [[1, 2], [3, 4]]
    """
    cell = (int, float, str, bool, type(None))
    if not (isinstance(value, list) and value and all(isinstance(row, list) and row for row in value)):
        return None
    if len({len(row) for row in value}) > 1 or len(value) * len(value[0]) > LARGEST_TABLE:
        return None
    return value if all(isinstance(x, cell) for row in value for x in row) else None
