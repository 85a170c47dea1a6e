"""A reader's answers to the exercises of the book, checked.

`exercises.json` holds the exercises that are answered by numbers, `_functions` those that are answered by a function.
"""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

from pybridge._arguments import LONGEST, shown
from pybridge._boundary import boundary
from pybridge._names import kebab
from pybridge.errors import OptionError
from pybridge.exercises._functions import FUNCTIONS
from pybridge.exercises._numbers import Wanted, asked_for_numbers, complaint, read, same
from pybridge.exercises._written import complaint_of_function

__all__ = ["check"]
__dir__ = __all__.copy  # completion offers these


@boundary
def check(id: str, value: Any) -> dict[str, Any]:
    """Check an answer to an exercise of the book, and say what may be wrong with it.

    Args:
        id: the exercise, such as "ch02/broadcast-shape".
        value: the answer: a number, a list, an array or a tensor; for an exercise that says "write a function", the
            function, which is called with inputs that the exercise keeps.

    Returns:
        A dict of "right" and "says": whether the answer is right, and a sentence for the reader, which tells a wrong
        shape, a wrong dtype and a wrong value apart, and names a mistake that is known.

    Raises:
        OptionError: there is no such exercise; the message names those that look alike.

    >>> check("ch02/broadcast-shape", [64, 1, 32, 10])["says"]
    'Both tensors are stretched, the first one too: look at its axis of length 1.'
    """
    name = _named(id)
    says = (
        complaint_of_function(FUNCTIONS[name], value)
        if name in FUNCTIONS
        else _complaint(asked_for_numbers()[name], value)
    )
    return {"right": says is None, "says": says or "Right."}


def _named(id: object) -> str:
    """The exercise that is meant."""
    exercises = [*asked_for_numbers(), *FUNCTIONS]
    name = kebab(id) if isinstance(id, str) else ""
    if name not in exercises:
        close = difflib.get_close_matches(name[:LONGEST], exercises, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(exercises)}"
        raise OptionError(f"there is no exercise {shown(id)}; {hint}")
    return name


def _complaint(exercise: dict[str, Any], value: object) -> str | None:
    """What is wrong with an answer in numbers; None if nothing is."""
    if callable(value) and not hasattr(value, "dtype"):
        return "That is a function: call it, and check what it gives."
    given = read(value)
    if isinstance(given, str):
        return given
    tolerance = exercise["dtype"], exercise["rtol"], exercise["atol"]
    wanted = Wanted(np.asarray(exercise["expected"]), *tolerance, exercise["hints"])
    for mistake in exercise["mistakes"]:
        if same(given, np.asarray(mistake["value"]), wanted):
            return mistake["says"]
    return complaint(given, hasattr(value, "dtype"), wanted)
