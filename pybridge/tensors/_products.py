"""Products that sum over the axes two tensors share: matrix products and their kin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from pybridge._arguments import shown as given
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import checked_axes, clash, does_not_broadcast, extents, met, shown, whole
from pybridge.tensors._dtypes import promote
from pybridge.tensors._wider import summing

DOTS = "..."  # further axes, in an equation of einsum


@boundary
def matmul(a: Like, b: Like) -> Tensor:
    """Multiply matrices: rows of the first with columns of the second.

    Args:
        a: shape (..., n, k), or a vector of length k.
        b: shape (..., k, m), or a vector of length k. Axes before the last two broadcast.

    Returns:
        Shape (..., n, m); the axis that a vector lacks is missing here too.

    Raises:
        ShapeError: the matrices do not chain, or one is a single number.

    >>> matmul([[1, 2], [3, 4]], [[1, 2], [3, 4]]).numpy()
    array([[ 7, 10],
           [15, 22]])
    """
    a, b = promote(a, b, least=tf.int64)
    m, n = extents(a), extents(b)
    if m == [] or n == []:
        raise ShapeError(f"{shown(m)} and {shown(n)}: a single number is no matrix; use multiply")
    if m is not None and n is not None:
        _check_chain(m, n)
        axis = clash(m[:-2], n[:-2])
        if axis is not None:
            raise does_not_broadcast(m, n, axis - 2)
        check_size([*met(m[:-2], n[:-2]), *m[-2:-1], *n[1:][-1:]], a.dtype.size)
    added = []
    if a.shape.rank == 1:
        a = tf.expand_dims(a, 0)
        added.append(-2)
    if b.shape.rank == 1:
        b = tf.expand_dims(b, 1)
        added.append(-1)
    product = summing(tf.matmul, a, b)
    return tf.squeeze(product, added) if added else product


@boundary
def dot(a: Like, b: Like) -> Tensor:
    """Multiply the way NumPy's dot does: the last axis of the first with the last axis but one of the second.

    Args:
        a: a number, or shape (..., k).
        b: a number, a vector of length k, or shape (..., k, m).

    Returns:
        The sums of products: a number for two vectors, a matrix product for two matrices; with a number, the product of
        each element with it.

    Raises:
        ShapeError: the axes to sum over differ in length.

    >>> dot([1, 2, 3], [4, 5, 6]).numpy()
    np.int64(32)
    """
    a, b = promote(a, b, least=tf.int64)
    m, n = extents(a), extents(b)
    if m == [] or n == []:
        return tf.multiply(a, b)
    if m is not None and n is not None:
        _check_chain(m, n)
        check_size([*m[:-1], *n[:-2], *n[1:][-1:]], a.dtype.size)
    inner = -2 if b.shape.rank != 1 else -1
    return summing(lambda x, y: tf.tensordot(x, y, [[-1], [inner]]), a, b)


@boundary
def tensordot(a: Like, b: Like, axes: int | Sequence[Any] = 2) -> Tensor:
    """Multiply two tensors and sum over pairs of axes.

    Args:
        a: the first tensor.
        b: the second.
        axes: how many of the last axes of `a` to pair with as many first ones of `b`; 0 for the outer product. Or the
            axes of `a` and those of `b` themselves, [1, 0] or [[0, 1], [1, 0]].

    Returns:
        The sums: the axes of `a` that are left, then those of `b`.

    Raises:
        ShapeError: paired axes differ in length, or do not exist.
        OptionError: `axes` is neither a whole number nor a pair.

    >>> tensordot([[1, 2], [3, 4]], [[1, 2], [3, 4]]).numpy()
    np.int64(30)
    """
    a, b = promote(a, b, least=tf.int64)
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise OptionError(f"axes are a number, or a pair of axes or lists of them; got {given(axes)}")
        axes = [each if isinstance(each, (list, tuple)) else [each] for each in axes]
        of_a, of_b = (checked_axes(each, x) for each, x in zip(axes, (a, b), strict=True))
        if len(of_a) != len(of_b):
            raise ShapeError(f"axes pair up; got {len(of_a)} of the first tensor and {len(of_b)} of the second")
    else:
        count = whole("axes", axes)
        if count < 0:
            raise OptionError(f"a number of axes is not negative; got {count}")
        count = min(count, *(x.shape.rank + 1 for x in (a, b) if x.shape.rank is not None), 255)
        of_a = checked_axes(list(range(-count, 0)), a)
        of_b = checked_axes(list(range(count)), b)
    m, n = extents(a), extents(b)
    if m is not None and n is not None:
        sides = ((m, of_a), (n, of_b))
        for i, j in zip(of_a, of_b, strict=True):
            if None not in (m[i], n[j]) and m[i] != n[j]:
                raise ShapeError(
                    f"{shown(m)} and {shown(n)} do not pair: "
                    f"{m[i]} on axis {i} of the first meets {n[j]} on axis {j} of the second"
                )
        left = [[n for axis, n in enumerate(each) if axis not in [i % len(each) for i in of]] for each, of in sides]
        check_size([*left[0], *left[1]], a.dtype.size)
    return summing(lambda x, y: tf.tensordot(x, y, [of_a, of_b]), a, b)


@boundary
def einsum(equation: str, *operands: Like) -> Tensor:
    """Multiply tensors and sum as an equation says that names each axis with a letter.

    Args:
        equation: the axes of each operand, and after "->" those of the result: "ij,jk->ik" is a matrix product. "..."
            stands for further axes, which broadcast.
        operands: the tensors, one for each group of letters.

    Returns:
        The sums of products over the letters that the result lacks.

    Raises:
        ShapeError: a letter has two lengths, or a group of letters does not fit its operand.
        OptionError: the equation is malformed, or the number of operands differs from what it says.

    >>> einsum("ij,j->i", [[1, 2], [3, 4]], [10, 1]).numpy()
    array([12, 34])
    """
    if not isinstance(equation, str):
        raise OptionError(f'an equation such as "ij,jk->ik" comes first; got {given(equation)}')
    terms = equation.replace(" ", "").split("->")[0].split(",")
    if len(terms) != len(operands):
        raise OptionError(f"{equation!r} takes {len(terms)} operands; got {len(operands)}")
    operands = promote(*operands, least=tf.int64)
    lengths = _check_letters(terms, operands)
    check_size(
        [length for axes in _result(equation, terms) for length in lengths.get(axes, [None])], operands[0].dtype.size
    )
    try:
        return summing(lambda *xs: tf.einsum(equation, *xs), *operands)
    except ValueError as error:
        raise OptionError(f"{equation!r} is no equation: {error}") from None


def _check_chain(m: list[Any], n: list[Any]) -> None:
    """See that the last axis of one shape and the rows of another have one length."""
    columns, rows = m[-1], n[-1 if len(n) == 1 else -2]
    if None not in (columns, rows) and columns != rows:
        left = _count(columns, "column" if len(m) > 1 else "element")
        right = _count(rows, "row" if len(n) > 1 else "element")
        verb = "meets" if columns == 1 else "meet"
        raise ShapeError(f"{shown(m)} and {shown(n)} do not chain: {left} {verb} {right}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _result(equation: str, terms: list[str]) -> list[str]:
    """The letters of the result, and "..."; without "->", all that there is once, in the order of the alphabet."""
    _, arrow, result = equation.replace(" ", "").partition("->")
    if arrow:
        return re.findall(r"\.\.\.|.", result)
    letters = Counter("".join(terms).replace(DOTS, ""))
    dots = [DOTS] if any(DOTS in term for term in terms) else []
    return dots + sorted(letter for letter, times in letters.items() if times == 1)


def _check_letters(terms: list[str], operands: list[Tensor]) -> dict[str, list[Any]]:
    """The length of each letter, and of the axes that "..." stands for.

    Raises:
        ShapeError: a group of letters does not fit its operand, or one stands for two lengths.
    """
    lengths: dict[str, tuple[int, list[Any]]] = {}
    further: list[Any] = []
    for term, x in zip(terms, operands, strict=True):
        shape = extents(x)
        if shape is None:
            further.append(None)
            continue
        before, dots, after = term.partition(DOTS)
        letters = before + after
        if len(letters) > len(shape) or (len(letters) < len(shape) and not dots):
            raise ShapeError(f"{term!r} names {len(letters)} axes; its operand is {shown(shape)}")
        further.append(shape[len(before) : len(shape) - len(after)])
        named = [*shape[: len(before)], *shape[len(shape) - len(after) :]]
        for letter, length in zip(letters, named, strict=True):
            first, where = lengths.setdefault(letter, (length, shape)) if length is not None else (None, shape)
            if first != length:
                raise ShapeError(f"{letter} is {first} in {shown(where)} and {length} in {shown(shape)}")
    return {DOTS: met(*further)} | {letter: [length] for letter, (length, _) in lengths.items()}
