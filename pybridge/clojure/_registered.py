"""What the JVM in this process offers Python, whichever of the two hosts the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

functions: Callable[[], dict[str, Any]] | Any = None
"""Gives the functions of Clojure's that Python may call, once the JVM has registered itself."""
