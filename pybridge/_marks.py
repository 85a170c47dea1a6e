"""Marks that the generator of the Clojure namespaces reads from the Python API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def mutates(function: F) -> F:
    """Mark a function that changes something it is given: its Clojure name ends in `!`."""
    function.__mutates__ = True  # type: ignore[attr-defined]  # a function takes any attribute
    return function
