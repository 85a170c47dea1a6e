"""Exercises that ask for a function: it is called, and what it gives is compared with what a right one gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pybridge._arguments import shown
from pybridge.exercises._numbers import Wanted, complaint, read, same
from pybridge.tensors._dtypes import as_tensor


class Written(NamedTuple):
    """An exercise that asks for a function.

    Attributes:
        right: the function, in NumPy.
        cases: the arguments of each call: lists, which reach the reader's function as tensors of float32; numbers and
            functions, which reach it as they are.
        hint: what to say of a wrong value.
        mistakes: pairs of a function that is wrong in a known way and what to say of it.
        rtol: how far off a number may be, as a share of the right one.
        atol: how far off it may be besides.
    """

    right: Callable[..., Any]
    cases: tuple[tuple[Any, ...], ...]
    hint: str
    mistakes: tuple[tuple[Callable[..., Any], str], ...]
    rtol: float = 1e-3
    atol: float = 1e-5


def complaint_of_function(exercise: Written, function: object) -> str | None:
    """What is wrong with a reader's function; None if nothing is."""
    if not callable(function) or hasattr(function, "dtype"):
        return "This exercise asks for a function: check the function itself, not what it gives."
    answers = []
    for case in exercise.cases:
        try:
            value = function(*map(_argument, case))
        except Exception as error:
            return f"Called with {_told(case)}, your function fails. {type(error).__name__}: {error}"
        given = read(value)
        if isinstance(given, str):
            return f"Called with {_told(case)}: {given}"
        answers.append(given)
    wanted = [
        Wanted(_result(exercise.right, case), None, exercise.rtol, exercise.atol, {"value": exercise.hint})
        for case in exercise.cases
    ]
    compared = list(zip(exercise.cases, answers, wanted, strict=True))
    wrong = [(case, says) for case, given, right in compared if (says := complaint(given, False, right))]
    if not wrong:
        return None
    for mistake, says in exercise.mistakes:
        if all(same(given, _result(mistake, case), right) for case, given, right in compared):
            return says
    case, says = wrong[0]
    return f"Called with {_told(case)}: {says}"


def _argument(value: Any) -> Any:
    """An argument as the reader's function gets it."""
    return as_tensor(np.asarray(value, np.float32)) if isinstance(value, list) else value


def _array(value: Any) -> Any:
    """An argument as our own functions get it."""
    return np.asarray(value, np.float64) if isinstance(value, list) else value


def _result(function: Callable[..., Any], case: tuple[Any, ...]) -> np.ndarray:
    """What one of our own functions gives."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*map(_array, case)))


def _told(case: tuple[Any, ...]) -> str:
    return ", ".join(getattr(each, "__doc__", None) or "a function" if callable(each) else shown(each) for each in case)
