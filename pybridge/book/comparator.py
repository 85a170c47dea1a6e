"""Does a value equal what a case expects: type by type, with where and by how much it differs.

Every answer is a list of sentences, empty when all is well, so that a runner in either language only has to ask whether
there are any.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["INVARIANTS", "alike", "differences", "violations"]

SHOWN = 5
DECIMAL = re.compile(r"([-+]?\d+\.\d+(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class _Rule:
    dtype: str | None
    rtol: float
    atol: float
    plain: bool


def differences(
    expected: object,
    actual: object,
    *,
    dtype: str | None = None,
    rtol: float = 0,
    atol: float = 0,
    plain: bool = False,
) -> list[str]:
    """Say where a value differs from the expected one.

    A bool is not a number, an integer outside a tensor is not a float, NaN equals only an expected NaN, an infinity
    only itself; -0.0 equals 0.0. A tuple counts as a list, because Clojure has but one of them.

    Args:
        expected: numbers, strings, bools, None, and lists and dicts of them.
        actual: the value found; it may hold tensors, variables and NumPy arrays.
        dtype: the dtype of every tensor and array in `actual`. Without it `actual` may hold arrays but no tensors.
        rtol: how far a number may be off, as a share of the expected one.
        atol: how far a number may be off, added to the share.
        plain: also take plain numbers in place of tensors, and the reverse, as the value of a notebook block.

    Returns:
        One sentence for each of the first five differences and one for the rest; nothing when there is none.

    >>> differences([1.0, 2.0], [1.0, 2.5])
    ['value[1]: expected 2.0, got 2.5 (off by 0.5, 0 allowed)']
    """
    found = list(_compare(expected, actual, "value", _Rule(dtype, rtol, atol, plain)))
    return [*found[:SHOWN], f"and {len(found) - SHOWN} more differences"] if len(found) > SHOWN else found


def alike(shown: str, other: str) -> bool:
    """Whether two results, as they are shown, say the same: decimals to five digits, all but blanks to the letter.

    Processors differ in a result's last digits; how close it must be is for its fixture to say.

    >>> alike("[0.30000000000000004 2]", "[0.3  2]"), alike("[0.3 2]", "[0.3 3]")
    (True, False)
    """
    one, two = (DECIMAL.split(re.sub(r"\s+", " ", text)) for text in (shown, other))
    return (
        len(one) == len(two)
        and one[::2] == two[::2]
        and all(
            math.isclose(float(x), float(y), rel_tol=1e-5, abs_tol=1e-6)
            for x, y in zip(one[1::2], two[1::2], strict=True)
        )
    )


def violations(
    invariant: str, actual: Any, *, of: object = None, dtype: str | None = None, atol: float = 0
) -> list[str]:
    """Say how a value fails an invariant.

    Args:
        invariant: a name in `INVARIANTS`, or "reconstructs": the product of the factors is what they are factors of.
        actual: the value found, a tensor, an array or nested lists; for "reconstructs" the dict of factors.
        of: the matrix that "reconstructs" wants back.
        dtype: the dtype of every tensor and array in `actual`.
        atol: how far each number may be off.

    Returns:
        Sentences; none when the invariant holds.

    >>> violations("involution", [[0.0, 1.0], [1.0, 0.0]])
    []
    """
    tensors = list(actual.values()) if isinstance(actual, dict) else [actual]
    found = [sentence for x in tensors if _is_array(x) for sentence in _dtype_differences(x, "value", dtype, False)]
    if invariant == "reconstructs":
        return found + _not_close(_product(actual), np.asarray(of), atol, "the product of the factors")
    return found + INVARIANTS[invariant](np.asarray(actual), atol)


def _compare(expected: object, actual: object, where: str, rule: _Rule) -> Iterator[str]:
    if isinstance(actual, Iterator):
        actual = list(actual)
    if _is_array(actual):
        yield from _compare_array(expected, actual, where, rule)
    elif isinstance(expected, dict):
        yield from _compare_dict(expected, actual, where, rule)
    elif isinstance(expected, list):
        yield from _compare_list(expected, actual, where, rule)
    elif isinstance(expected, str) or expected is None:
        if type(actual) is not type(expected) or actual != expected:
            yield f"{where}: expected {expected!r}, got {_shown(actual)}"
    elif rule.plain:
        yield from _compare_number(expected, actual.item() if isinstance(actual, np.generic) else actual, where, rule)
    elif rule.dtype and isinstance(actual, bool | int | float | np.generic):
        yield f"{where}: expected a tensor or array of dtype {rule.dtype}, got {_shown(actual)}"
    elif type(actual) is not type(expected):
        yield f"{where}: expected {_shown(expected)}, got {_shown(actual)}"
    else:
        yield from _compare_number(expected, actual, where, rule)


def _compare_array(expected: Any, actual: object, where: str, rule: _Rule) -> Iterator[str]:
    yield from _dtype_differences(actual, where, rule.dtype, rule.plain)
    array = np.asarray(actual)
    try:
        shape = np.shape(expected)
    except ValueError:
        yield f"{where}: expected lists of different lengths, got an array of shape {array.shape}"
        return
    if isinstance(expected, dict) or shape != array.shape:
        yield f"{where}: expected {'a dict' if isinstance(expected, dict) else f'shape {shape}'}, got {array.shape}"
        return
    listed = array.tolist()
    for index in np.ndindex(shape):
        wanted, got, place = expected, listed, where
        for i in index:
            wanted, got, place = wanted[i], got[i], f"{place}[{i}]"
        yield from _compare_number(wanted, got, place, rule)


def _compare_dict(expected: dict[str, Any], actual: object, where: str, rule: _Rule) -> Iterator[str]:
    if not isinstance(actual, dict):
        yield f"{where}: expected a dict with keys {sorted(expected)}, got {_shown(actual)}"
        return
    for key in expected.keys() - actual.keys():
        yield f"{where}: the key {key!r} is missing"
    for key in actual.keys() - expected.keys():
        yield f"{where}: the key {key!r} is not expected"
    for key in expected:
        if key in actual:
            yield from _compare(expected[key], actual[key], f"{where}[{key!r}]", rule)


def _compare_list(expected: list[Any], actual: object, where: str, rule: _Rule) -> Iterator[str]:
    if not isinstance(actual, list | tuple):
        yield f"{where}: expected a list of {len(expected)}, got {_shown(actual)}"
    elif len(actual) != len(expected):
        yield f"{where}: expected {len(expected)} elements, got {len(actual)}"
    else:
        for i, (wanted, got) in enumerate(zip(expected, actual, strict=True)):
            yield from _compare(wanted, got, f"{where}[{i}]", rule)


def _compare_number(expected: object, actual: object, where: str, rule: _Rule) -> Iterator[str]:
    if isinstance(expected, bool) or isinstance(actual, bool) or not isinstance(actual, int | float):
        if type(actual) is not type(expected) or actual != expected:
            yield f"{where}: expected {_shown(expected)}, got {_shown(actual)}"
    elif not isinstance(expected, int | float):
        yield f"{where}: expected {_shown(expected)}, got {_shown(actual)}"
    elif not _close(expected, actual, rule):
        off, allowed = abs(actual - expected), rule.atol + rule.rtol * abs(expected)
        yield f"{where}: expected {expected!r}, got {actual!r} (off by {off:.6g}, {allowed:g} allowed)"


def _close(expected: float, actual: float, rule: _Rule) -> bool:
    if expected != expected:
        return actual != actual
    off, size = abs(actual - expected), abs(expected)
    return expected == actual or (size != math.inf and off <= rule.atol + rule.rtol * size)


def _dtype_differences(actual: object, where: str, dtype: str | None, plain: bool) -> list[str]:
    name = np.asarray(actual).dtype.name
    if dtype is None:
        unstated = not plain and not isinstance(actual, np.ndarray)
        return [f"{where}: a tensor of dtype {name}, but the case states no dtype"] if unstated else []
    return [] if name == dtype else [f"{where}: expected dtype {dtype}, got {name}"]


def _is_array(x: object) -> bool:
    return hasattr(x, "dtype") and hasattr(x, "shape") and not isinstance(x, np.generic)


def _shown(x: object) -> str:
    text = repr(x)
    return f"{text if len(text) <= 80 else text[:77] + '...'} ({type(x).__name__})"


def _not_close(actual: np.ndarray, expected: np.ndarray, atol: float, what: str) -> list[str]:
    if actual.shape != expected.shape:
        return [f"{what} has shape {actual.shape} instead of {expected.shape}"]
    off = np.abs(actual - expected).max(initial=0.0)
    return [] if off <= atol else [f"{what} is off by {off:.6g}, {atol:g} allowed"]


def _product(factors: dict[str, Any]) -> np.ndarray:
    parts = {name: np.asarray(factor) for name, factor in factors.items()}
    match sorted(parts):
        case ["l", "p", "u"]:
            return parts["p"] @ parts["l"] @ parts["u"]
        case ["q", "r"]:
            return parts["q"] @ parts["r"]
        case ["values", "vectors"]:
            return parts["vectors"] @ np.diag(parts["values"]) @ np.linalg.inv(parts["vectors"])
        case ["s", "u", "vh"]:
            return parts["u"] @ np.diag(parts["s"]) @ parts["vh"]
        case names:
            raise ValueError(f"no factorisation has the factors {names}")


def _orthogonal(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(x.conj().T @ x, np.eye(x.shape[-1]), atol, "the transpose times the matrix")


def _idempotent(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(x @ x, x, atol, "the square")


def _involution(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(x @ x, np.eye(len(x)), atol, "the square")


def _symmetric(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(x.T, x, atol, "the transpose")


def _upper_triangular(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(np.triu(x), x, atol, "the upper triangle")


def _lower_triangular(x: np.ndarray, atol: float) -> list[str]:
    return _not_close(np.tril(x), x, atol, "the lower triangle")


def _permutation(x: np.ndarray, atol: float) -> list[str]:
    ones = [*_not_close(x.sum(0), np.ones(x.shape[1]), atol, "a column sum")]
    ones += _not_close(x.sum(1), np.ones(x.shape[0]), atol, "a row sum")
    return ones + _not_close(np.isclose(x, 1, rtol=0, atol=atol) * 1.0, x, atol, "a matrix of zeros and ones")


def _sums_to_one(x: np.ndarray, atol: float) -> list[str]:
    negative = [f"the smallest element is {x.min():.6g}, below 0"] if x.size and x.min() < 0 else []
    return negative + _not_close(x.sum(-1), np.ones(x.shape[:-1]), atol, "the sum along the last axis")


def _in_unit_interval(x: np.ndarray, atol: float) -> list[str]:
    inside = x.size > 0 and x.min() >= -atol and x.max() <= 1 + atol
    return [] if inside else ["not all elements lie between 0 and 1" if x.size else "there is no element"]


def _decreasing(x: np.ndarray, atol: float) -> list[str]:
    if x.ndim != 1 or len(x) < 2:
        return [f"a decreasing row needs two numbers or more; got shape {x.shape}"]
    return [f"element {i + 1} is not below element {i}" for i in np.flatnonzero(~(np.diff(x) < -atol))]


INVARIANTS: dict[str, Callable[[np.ndarray, float], list[str]]] = {
    "orthogonal": _orthogonal,
    "idempotent": _idempotent,
    "involution": _involution,
    "symmetric": _symmetric,
    "upper_triangular": _upper_triangular,
    "lower_triangular": _lower_triangular,
    "permutation": _permutation,
    "sums_to_one": _sums_to_one,
    "in_unit_interval": _in_unit_interval,
    "decreasing": _decreasing,
}
