"""What a handle prints: as text, and as data that is shown."""

from __future__ import annotations

import json
from typing import Any

from pybridge.clojure.support import _numpy as np
from pybridge.clojure.support._numbers import approximate_numbers
from pybridge.clojure.support._objects import is_tensor, type_name
from pybridge.clojure.support._strings import plain_str

LONGEST = 240
TABULAR = "__dataframe__", "to_frame"  # what only frames have, and only series


def text(x: Any) -> str:
    """Python's own text of `x`: what `print` shows."""
    try:
        return plain_str(x)
    except Exception as failure:
        return f"<{type_name(x)} whose str raises {type(failure).__name__}>"


def representation(x: Any) -> str:
    """How a handle is shown: `#tensor[float32 (2 2) [[1.0 2.0] …]]`, or its repr, cut where it would flood.

    A frame or series begins on a line of its own, and is as long as its library's options have it.
    """
    try:
        if isinstance(x, np.ndarray) or is_tensor(x):
            return _array_text(x)
        words = plain_str(repr(x))
    except Exception as failure:
        words = f"<{type_name(x)} whose repr raises {type(failure).__name__}>"
    if any(hasattr(type(x), name) for name in TABULAR) and "\n" in words:
        return f"#py[\n{words}]"
    words = " ".join(words.split())
    return "#py[" + (words if len(words) <= LONGEST else words[: LONGEST - 2] + " …") + "]"


def _array_text(x: Any) -> str:
    word = "array" if isinstance(x, np.ndarray) else "variable" if hasattr(x, "assign") else "tensor"
    dtype = getattr(x.dtype, "name", None) or str(x.dtype)
    shape = "?" if x.shape is None or getattr(x.shape, "rank", 0) is None else "(" + " ".join(map(_size, x.shape)) + ")"
    preview = ""
    if isinstance(x, np.ndarray) or hasattr(x, "numpy"):
        preview = " " + _preview(x[tuple(slice(4) for _ in range(len(x.shape)))] if len(x.shape) else x, list(x.shape))
    return f"#{word}[{dtype} {shape}{preview}]"


def _size(n: int | None) -> str:
    return "?" if n is None else str(n)


def _preview(corner: Any, shape: list[int]) -> str:
    """The first elements, in Clojure's notation, at most about 60 characters of them."""
    rows = approximate_numbers(corner)

    def write(value: object, axis: int) -> str:
        if not isinstance(value, list):
            return _number(value)
        shown = [write(element, axis + 1) for element in (value[:2] if axis < len(shape) - 1 else value)]
        more = ["…"] if shape[axis] > len(shown) else []
        return "[" + " ".join(shown + more) + "]"

    words = write(rows, 0)
    return words if len(words) <= 90 else words[:88] + " …"


def _number(value: object) -> str:
    if isinstance(value, dict):
        return "{:re " + _number(value["re"]) + " :im " + _number(value["im"]) + "}"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "##NaN" if value != value else "##Inf" if value > 0 else "##-Inf"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value[:20], ensure_ascii=False)
    return "nil" if value is None else str(value)
