"""A reader's answers to the exercises of the book, checked; `exercises.json` holds the exercises."""

from __future__ import annotations

import difflib
import functools
import json
from importlib import resources
from typing import Any

import numpy as np

from pybridge._arguments import LONGEST, shown
from pybridge._boundary import boundary
from pybridge._names import kebab
from pybridge.errors import OptionError, PybridgeError
from pybridge.tensors._dtypes import as_tensor

__all__ = ["check"]
__dir__ = __all__.copy  # completion offers these

# How far off a number is, as a share of the right one: told in steps, so that the answer cannot be worked out.
STEPS = (
    (0.01, "off by less than 1 %: look at rounding, or at the last step"),
    (0.1, "off by less than 10 %"),
    (0.5, "off by less than a half"),
    (1.0, "off by less than its own size"),
    (9.0, "off by more than its own size"),
    (99.0, "off by more than ten times its size"),
    (np.inf, "off by more than a hundred times its size"),
)


@boundary
def check(id: str, value: Any) -> dict[str, Any]:
    """Check an answer to an exercise of the book, and say how far off a wrong one is.

    Args:
        id: the exercise, such as "ch02/broadcast-shape".
        value: the answer: a number, a list, an array or a tensor.

    Returns:
        A dict of "right" and "says": whether the answer is right, and a sentence for the reader, which tells a wrong
        shape, a wrong dtype and a wrong value apart.

    Raises:
        OptionError: there is no such exercise; the message names those that look alike.

    >>> check("ch02/broadcast-shape", [64, 1, 32, 10])["says"]
    'Both tensors are stretched, the first one too: look at its axis of length 1.'
    """
    exercise = _exercise(id)
    says = _complaint(exercise, value)
    return {"right": says is None, "says": says or "Right."}


def _exercise(id: str) -> dict[str, Any]:
    exercises = _exercises()
    name = kebab(id) if isinstance(id, str) else ""
    if name not in exercises:
        close = difflib.get_close_matches(name[:LONGEST], exercises, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(exercises)}"
        raise OptionError(f"there is no exercise {shown(id)}; {hint}")
    return exercises[name]


@functools.cache
def _exercises() -> dict[str, dict[str, Any]]:
    text = resources.files("pybridge").joinpath("exercises.json").read_text(encoding="utf-8")
    return {exercise["id"]: exercise for exercise in json.loads(text)}


def _complaint(exercise: dict[str, Any], value: object) -> str | None:
    """What is wrong with an answer; None if nothing is."""
    if value is None:
        return "There is no value yet: the answer came out as nothing."
    if callable(value) and not hasattr(value, "dtype"):
        return "That is a function: call it, and check what it gives."
    try:
        given = as_tensor(value).numpy()
    except PybridgeError as error:
        return f"The answer is made of numbers, and this is not: {error}."
    if given.dtype.kind == "c":
        return "The answer is made of real numbers, and these are complex."
    wanted = np.asarray(exercise["expected"])
    for mistake in exercise["mistakes"]:
        if _same(given, np.asarray(mistake["value"]), exercise):
            return mistake["says"]
    if given.shape != wanted.shape:
        return _with_hint(_shape(given.shape, wanted.shape), exercise, "shape")
    if exercise["dtype"] and hasattr(value, "dtype") and given.dtype != exercise["dtype"]:
        return _with_hint(f"The dtype is {given.dtype}, and {exercise['dtype']} is asked for.", exercise, "dtype")
    if not _same(given, wanted, exercise):
        return _with_hint(_distance(given, wanted, exercise), exercise, "value")
    return None


def _same(given: np.ndarray, wanted: np.ndarray, exercise: dict[str, Any]) -> bool:
    return given.shape == wanted.shape and bool(_close(given, wanted, exercise).all())


def _close(given: np.ndarray, wanted: np.ndarray, exercise: dict[str, Any]) -> np.ndarray:
    return np.isclose(given, wanted, rtol=exercise["rtol"], atol=exercise["atol"])


def _with_hint(says: str, exercise: dict[str, Any], kind: str) -> str:
    return " ".join(filter(None, [says, exercise["hints"].get(kind)]))


def _shape(given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if not wanted:
        return f"The answer is a single number; yours has shape {given}."
    if not given:
        return "The answer has more than one number in it; yours is a single one."
    if len(given) != len(wanted):
        apart = abs(len(given) - len(wanted))
        axes = "one axis" if apart == 1 else f"{apart} axes"
        return f"Your answer has shape {given}, which is {axes} too {'many' if len(given) > len(wanted) else 'few'}."
    pairs = enumerate(zip(given, wanted, strict=True))
    wrong = [
        f"axis {axis} is too {'long' if mine > right else 'short'}" for axis, (mine, right) in pairs if mine != right
    ]
    return f"Your answer has shape {given}: {', '.join(wrong)}."


def _distance(given: np.ndarray, wanted: np.ndarray, exercise: dict[str, Any]) -> str:
    """How far the numbers are off, without saying from what."""
    if not np.isfinite(given).all():
        return "There is a number in your answer that is not finite: something was divided by zero, or overflowed."
    right = _close(given, wanted, exercise)
    errors = np.abs(given.astype(np.float64) - wanted)
    share = (errors / np.maximum(np.abs(wanted), np.abs(wanted).mean()))[~right].max()
    far = next(words for limit, words in STEPS if share <= limit)
    if wanted.ndim == 0:
        return f"Your number is too {'large' if given > wanted else 'small'}, {far}."
    worst = "it is" if (~right).sum() == 1 else "the worst is"
    return f"The shape is right, and {right.sum()} of {right.size} numbers are; of the others, {worst} {far}."
