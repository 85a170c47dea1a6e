"""What is wrong with an answer that is made of numbers, without saying which would be right."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from pybridge.errors import PybridgeError
from pybridge.tensors._dtypes import as_tensor

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


class Wanted(NamedTuple):
    """The right numbers.

    Attributes:
        value: the numbers.
        dtype: the dtype of an answer that has one; None where each will do.
        rtol: how far off an answer may be, as a share of the right number.
        atol: how far off it may be besides.
        hints: what to say of a wrong "shape", "dtype" or "value".
    """

    value: np.ndarray
    dtype: str | None
    rtol: float
    atol: float
    hints: dict[str, str]


@functools.cache
def asked_for_numbers() -> dict[str, dict[str, Any]]:
    """The exercises that are answered by numbers, by id."""
    text = resources.files("pybridge.exercises").joinpath("exercises.json").read_text(encoding="utf-8")
    return {exercise["id"]: exercise for exercise in json.loads(text)}


def read(value: object) -> np.ndarray | str:
    """The numbers of an answer, or what is wrong with it."""
    if value is None:
        return "There is no value yet: the answer came out as nothing."
    try:
        given = as_tensor(value).numpy()
    except PybridgeError as error:
        return f"The answer is made of numbers, and this is not: {error}."
    if given.dtype.kind == "c":
        return "The answer is made of real numbers, and these are complex."
    return given


def same(given: np.ndarray, other: np.ndarray, wanted: Wanted) -> bool:
    return given.shape == other.shape and bool(_close(given, other, wanted).all())


def complaint(given: np.ndarray, has_dtype: bool, wanted: Wanted) -> str | None:
    """What is wrong with the numbers; None if nothing is."""
    if given.shape != wanted.value.shape:
        return _with_hint(_shape(given.shape, wanted.value.shape), wanted, "shape")
    if wanted.dtype and has_dtype and given.dtype != wanted.dtype:
        return _with_hint(f"The dtype is {given.dtype}, and {wanted.dtype} is asked for.", wanted, "dtype")
    if not same(given, wanted.value, wanted):
        return _with_hint(_distance(given, wanted), wanted, "value")
    return None


def _close(given: np.ndarray, other: np.ndarray, wanted: Wanted) -> np.ndarray:
    return np.isclose(given, other, rtol=wanted.rtol, atol=wanted.atol, equal_nan=True)


def _with_hint(says: str, wanted: Wanted, kind: str) -> str:
    return " ".join(filter(None, [says, wanted.hints.get(kind)]))


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


def _distance(given: np.ndarray, wanted: Wanted) -> str:
    """How far the numbers are off, without saying from what."""
    if not np.isfinite(given).all():
        return "There is a number in your answer that is not finite: something was divided by zero, or overflowed."
    right = _close(given, wanted.value, wanted)
    errors = np.abs(given.astype(np.float64) - wanted.value)
    size = np.abs(wanted.value)
    share = (errors / np.maximum(size, size.mean()))[~right].max()
    far = next(words for limit, words in STEPS if share <= limit)
    if wanted.value.ndim == 0:
        return f"Your number is too {'large' if given > wanted.value else 'small'}, {far}."
    worst = "it is" if (~right).sum() == 1 else "the worst is"
    return f"The shape is right, and {right.sum()} of {right.size} numbers are; of the others, {worst} {far}."
