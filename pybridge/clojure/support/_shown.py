"""How a figure, a data frame or a tensor is shown where there is more than text: as HTML, or as a picture."""

from __future__ import annotations

import base64
import html
from typing import Any

from pybridge.clojure.support._objects import REPRESENTATIONS, has_axes, is_figure
from pybridge.clojure.support._text import representation

MOST = 12  # rows, and cells of a row, that are shown of a tensor


def shown(x: Any) -> list[str]:
    """How an object is shown: `["text/html", HTML]`, `["text/plain", text]`, or a picture's type and data URL."""
    if is_figure(type(x)):
        return _picture("image/svg+xml", _drawn(x))
    for name, kind in REPRESENTATIONS.items():
        if (content := _told(x, name)) is not None:
            return [kind, str(content)] if kind == "text/html" else _picture(kind, content)
    return ["text/html", _table(x)] if _rank(x) in (1, 2) else ["text/plain", representation(x)]


def _rank(x: Any) -> int | None:
    """The rank of what has numbers now: a symbolic tensor has none."""
    numeric = hasattr(x, "numpy") or hasattr(type(x), "__array_interface__")
    return len(x.shape) if has_axes(type(x)) and numeric else None


def _told(x: Any, name: str) -> Any:
    method = getattr(type(x), name, None)
    return None if method is None else method(x)


def _picture(kind: str, content: Any) -> list[str]:
    content = content[0] if isinstance(content, tuple) else content  # with its metadata
    data = content.encode() if isinstance(content, str) else content
    return [kind, f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"]


def _drawn(figure: Any) -> bytes:
    """The very file that `pybridge.plot.save` writes."""
    import tempfile
    from pathlib import Path

    from pybridge.plot import save

    with tempfile.TemporaryDirectory() as folder:
        return Path(save(figure, f"{folder}/figure.svg")).read_bytes()


def _table(x: Any) -> str:
    """A tensor of rank 1 or 2, or its beginning, as rows of cells, with its dtype and shape below."""
    import numpy as np

    numbers = np.asarray(x)
    rows = "".join(f"<tr>{_cells(row)}</tr>" for row in _begun(np.atleast_2d(numbers)))
    return f"<table><caption>{numbers.dtype.name}, shape {numbers.shape}</caption>{rows}</table>"


def _begun(rows: Any) -> list[list[str]]:
    cells = [[str(x) for x in row[:MOST]] + ["…"] * (len(row) > MOST) for row in rows[:MOST]]
    return cells + [["…"]] * (len(rows) > MOST)


def _cells(row: list[str]) -> str:
    return "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
