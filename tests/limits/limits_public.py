"""Every whole number that a public function can be given, as its annotations have it."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

API = Path(__file__).parents[1] / "api.txt"
WHOLE = re.compile(r"\b(int|Num|Shape|Axes)\b")
FLOATS = re.compile(r"\b(float|Num|Like|Any|str)\b")


def annotations() -> dict[str, str]:
    """What each parameter of the public API takes, by `subject.function.parameter`."""
    found = {}
    for line in API.read_text().splitlines():
        subject, name = line.partition("(")[0].split(".")
        function = getattr(importlib.import_module(f"pybridge.{subject}"), name)
        for parameter in inspect.signature(function).parameters.values():
            found[f"{subject}.{name}.{parameter.name}"] = str(parameter.annotation)
    return found


def whole() -> set[str]:
    """The parameters that may be whole numbers, or hold them."""
    return {name for name, annotation in annotations().items() if WHOLE.search(annotation)}


def takes_floats(name: str) -> bool:
    """Whether a parameter takes other numbers or words too."""
    return bool(FLOATS.search(annotations()[name]))
