"""NumPy once something needs it: importing it takes longer than everything else on the Python side of the bridge."""

from __future__ import annotations

import sys
from typing import Any


class Nothing:
    """The class of no object, in place of NumPy's while NumPy is not imported."""


def __getattr__(name: str) -> Any:
    if name in ("ndarray", "generic") and not hasattr(sys.modules.get("numpy"), name):
        return Nothing
    import numpy

    found = globals()[name] = getattr(numpy, name)
    return found
