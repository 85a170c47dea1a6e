"""What TensorFlow refuses as it runs, but XLA takes in silence: numbers of classes or rows that do not exist."""

from __future__ import annotations

import numpy as np

from pybridge._types import Like
from pybridge.errors import DtypeError, ShapeError


def check_range(name: str, values: Like, size: int) -> None:
    """See that every value names one of so many classes or rows.

    A float counts as TensorFlow reads it, without its fraction.

    Args:
        name: what the values are called in the message.
        values: whole numbers, as an array or a tensor that holds some; a list is read too.
        size: how many there are to name.

    Raises:
        ShapeError: a value is below 0, too large, or not finite; the message names the first.
        DtypeError: the values are complex, or not numbers.

    >>> check_range("labels", [0, 2, 7, -1], 3)
    Traceback (most recent call last):
    pybridge.errors.ShapeError: labels run from 0 to 2; labels[2] is 7
    """
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values)
    if array.dtype.kind == "V":  # bfloat16 and its kin, of which NumPy knows little
        array = array.astype(np.float32)
    if array.dtype.kind not in "biuf":
        raise DtypeError(f"{name} must be whole numbers from 0 to {size - 1}; got an array of {array.dtype}")
    if array.size == 0:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        if array.min().item() > -1 and array.max().item() < size:  # neither is true of NaN
            return
        wrong = ~((array > -1) & (array < size))
    place = first(wrong)
    verb = "run" if name.endswith("s") else "runs"
    raise ShapeError(f"{name} {verb} from 0 to {size - 1}; {at(name, place)} is {array[place]}")


def first(wrong: np.ndarray) -> tuple[int, ...]:
    """Where the first True of an array is.

    >>> first(np.array([[False, False], [True, True]]))
    (1, 0)
    """
    return tuple(int(place) for place in np.unravel_index(np.argmax(wrong), wrong.shape))


def at(name: str, place: tuple[int, ...]) -> str:
    """A place in an array as it is written.

    >>> at("labels", (5, 0)), at("label", ())
    ('labels[5, 0]', 'label')
    """
    return f"{name}[{', '.join(map(str, place))}]" if place else name
