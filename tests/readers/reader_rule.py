"""The rule that every reader is held to, and how many inputs of each kind it is tried with."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings

from pybridge.errors import PybridgeError

LONGEST = 2_000  # characters of a sentence
FOUND = Path(__file__).parent / "found"

# `make test` tries 500 inputs on each reader, `make fuzz` 100,000.
FUZZ = settings.default.max_examples >= 1000
inputs = settings(max_examples=100_000 if FUZZ else 500, suppress_health_check=list(HealthCheck))


def tried(read: Callable[[], object], file: str = "") -> object:
    """What a reader gives; None where it refuses with a sentence, which names the file if there is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return read()
        except PybridgeError as error:
            sentence = str(error)
            assert sentence.strip() and len(sentence) < LONGEST, sentence
            assert file in sentence, sentence
            return None


def found(reader: str) -> list[Path]:
    """The inputs that a reader once failed on, each a file."""
    return sorted((FOUND / reader).glob("*"))
