"""The way to what is in the folder `unsafe`, without which everything works."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def unsafe_part(name: str) -> Callable[..., Any] | None:
    """The function `name` of the folder, or None where PYBRIDGE_UNSAFE=0 leaves it out or the folder is missing."""
    if os.environ.get("PYBRIDGE_UNSAFE") == "0":
        return None
    try:
        from pybridge.clojure import unsafe
    except ImportError:
        return None
    return getattr(unsafe, name)
