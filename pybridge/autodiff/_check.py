"""Gradients held against finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._arguments import number
from pybridge._boundary import boundary, readers
from pybridge._types import Num
from pybridge.autodiff._points import Point, check_real, dense, returned_real
from pybridge.autodiff._structure import paths
from pybridge.errors import OptionError
from pybridge.tensors._checks import check_known
from pybridge.tensors._dtypes import as_float

STEP = np.finfo("float64").eps ** (1 / 3)


@boundary
def check_gradient(f: Callable[..., Any], *xs: Any, rtol: Num = 1e-3, atol: Num = 1e-5) -> dict[str, Any]:
    """Check a function's gradient against central differences in float64.

    `f` is called twice for each number in `xs`. At a kink, as that of relu at 0, there is no gradient to agree with.

    Args:
        f: as for `gradient`; it has to compute in float64 when its arguments are float64, and to return the same each
            time.
        xs: where; all become float64. They are real.
        rtol: how far a slope may be off, as a share of the difference.
        atol: how far it may be off, added to that.

    Returns:
        A dict: "agrees", whether each slope is within the tolerances; "largest_difference", the largest distance of a
        slope from its difference, among those that do not agree if there are any; "at", where that is: the number of
        the argument if there are several, the keys and positions of lists and maps, then the index in the tensor; None
        if there are no numbers in `xs`.

    Raises:
        DtypeError: an integer variable, complex numbers, or a function that returns no numbers.
        OptionError: no `xs`, `f` is not a function or does not compute in float64, or a tolerance is below 0.

    Source: Nocedal and Wright (2006), section 8.1.

    >>> check_gradient(lambda x: x[0] * x[1] ** 2, [2.0, 3.0])["agrees"]
    True
    >>> from pybridge.autodiff import stop_gradient
    >>> check_gradient(lambda x: x[0] + stop_gradient(x[1]), [2.0, 3.0])["at"]
    [1]
    """
    f = readers(f)
    rtol, atol = number("rtol", rtol, least=0), number("atol", atol, least=0)
    if not xs:
        raise OptionError("at which point? give the function its arguments")
    given = Point(xs)
    for x in given.leaves:
        check_known(x)
        check_real(x, "differences are taken at real numbers; got")
    point = Point(given.shaped([tf.cast(x, tf.float64) for x in given.leaves]))
    found = list(_compared(f, point, _slopes(f, point, given), rtol, atol))
    if not found:
        return {"agrees": True, "largest_difference": 0.0, "at": None}
    agrees, distance, where = max(found, key=lambda each: (not each[0], each[1]))
    return {"agrees": agrees, "largest_difference": distance, "at": list(where if len(xs) > 1 else where[1:])}


def _slopes(f: Callable[..., Any], point: Point, given: Point) -> list[np.ndarray]:
    """The gradient in float64, zeros where nothing is connected."""
    try:
        with tf.GradientTape() as recording:
            recording.watch(point.leaves)
            summed = as_float(returned_real(f(*point.arguments())))
    except Exception as error:
        returned_real(f(*given.arguments()))
        raise OptionError(
            "the function does not compute in float64, as it did with the dtype given: make its constants with "
            f"pybridge.tensors' functions, or in the dtype of its arguments ({error})"
        ) from error
    slopes = dense(recording.gradient(summed, point.leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO))
    return [slope.numpy() for slope in slopes]


def _compared(
    f: Callable[..., Any], point: Point, slopes: list[np.ndarray], rtol: float, atol: float
) -> Iterator[tuple[Any, ...]]:
    """For each number: whether its slope agrees, how far it is off, and where the number is."""
    for i, (path, x) in enumerate(zip(paths(point.structure), point.leaves, strict=True)):

        def total(moved: np.ndarray, i: int = i) -> float:
            others = point.leaves
            value = returned_real(f(*point.shaped([*others[:i], tf.constant(moved), *others[i + 1 :]])))
            return float(tf.reduce_sum(tf.cast(value, tf.float64)))

        for place in np.ndindex(*x.shape):
            tried = [
                _distance(float(slopes[i][place]), _difference(total, x.numpy(), place, step), rtol, atol)
                for step in _steps(float(x.numpy()[place]))
            ]
            fits, distance = min(tried, key=lambda each: (not each[0], each[1]))
            yield fits, distance, (*path, *place)


def _steps(x: float) -> list[float]:
    """Steps in proportion to a number and to 1: where one is too long for a function, the other may not be."""
    size = abs(x)
    if not STEP * size < 1:
        return [STEP * size]
    return [STEP * max(1.0, size), *([STEP * min(1.0, size)] if size not in (0, 1) and math.isfinite(size) else [])]


def _difference(total: Callable[..., Any], x: np.ndarray, place: tuple[Any, ...], step: float) -> float:
    up, down = np.array(x), np.array(x)
    up[place] += step
    down[place] -= step
    return (total(up) - total(down)) / float(up[place] - down[place])


def _distance(slope: float, difference: float, rtol: float, atol: float) -> tuple[bool, float]:
    if slope == difference:
        return True, 0.0
    distance = abs(slope - difference)
    if not math.isfinite(distance):
        return False, math.inf
    return distance <= atol + rtol * abs(difference), distance
