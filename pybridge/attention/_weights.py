"""Scores as weights, and the masks that leave places out."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge._arguments import whole_number
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Like, Tensor
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.tensors._checks import check_ordered, extents, shown
from pybridge.tensors._dtypes import as_float, as_tensor
from pybridge.tensors._wider import in_float32

MASKED = -1e9  # what a mask to be added has in the places that it leaves out, or less


@boundary
def weights(score: Like, mask: Like | None = None) -> Tensor:
    """Turn alignment scores into attention weights: softmax over the source positions.

    Args:
        score: alignment scores, shape (..., length).
        mask: which places count; broadcasts to the scores. Booleans, or integers of 0 and 1: true or 1 takes part.
            Floats: added to the scores; places with -1e9 or less (-65504 in float16) are left out. None counts all of
            them. A mask of fewer axes than the scores is the same for all of the axes that it does not have: one of
            shape (length,), or of shape (queries, length). One row for each of a batch has the shape
            (batch, 1, length).

    Returns:
        Weights of the same shape, at least 0, summing to 1 along the last axis. Masked places weigh 0, whatever their
        score; where all are masked, all weigh 0.

    Raises:
        ShapeError: `score` has no axis to sum over, the mask does not broadcast to it, or it could be one row for each
            query as well as for each of a batch, because these are equally many.
        DtypeError: the scores or the mask are complex numbers, which have no order.
        OptionError: integers other than 0 and 1, or floats of nothing but 0 and 1.

    Source: Luong, Pham and Manning (2015), equation 7.

    >>> weights([1.0, 2.0, 3.0]).numpy().round(4)
    array([0.09  , 0.2447, 0.6652], dtype=float32)
    >>> weights([1.0, 2.0, 3.0], [True, True, False]).numpy().round(4)
    array([0.2689, 0.7311, 0.    ], dtype=float32)
    """
    score = as_float(score)
    check_ordered(score)
    if score.shape.rank == 0:
        raise ShapeError("scores are needed along an axis; got a single number")
    if mask is None:
        return in_float32(tf.nn.softmax, score)
    counts, added = read_mask(mask)
    check_mask(counts, extents(score))
    return in_float32(lambda score: weigh(score, counts, added), score)


@boundary
def causal_mask(length: int) -> Tensor:
    """Make the mask that lets each place see itself and those before it.

    Args:
        length: how many places there are.

    Returns:
        Booleans, shape (length, length): row i is true up to place i.

    Raises:
        ShapeError: the mask does not fit into memory.
        OptionError: the length is not a whole number of at least 0.

    Source: Vaswani et al. (2017), section 3.2.3.

    >>> causal_mask(3).numpy()
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    length = whole_number("length", length)
    check_size([length, length], 1)
    places = np.arange(length)
    return tf.constant(places[:, np.newaxis] >= places)


def weigh(score: Tensor, counts: Tensor, added: Tensor | None) -> Tensor:
    """The softmax over the places that count, of the scores with what a mask adds to them."""
    if added is not None:
        score += tf.cast(added, score.dtype)
    # A row without any place would be NaN with minus infinity in each.
    absent = tf.where(tf.reduce_any(counts, -1, keepdims=True), tf.constant(-np.inf, score.dtype), 0)
    return tf.where(counts, tf.nn.softmax(tf.where(counts, score, absent)), 0)


def read_mask(mask: Like) -> tuple[Tensor, Tensor | None]:
    """Which places count, as booleans, and what is added to their scores.

    Raises:
        DtypeError: complex numbers, or integers that are not known yet.
        OptionError: numbers that are neither one kind of mask nor the other.
    """
    mask = as_tensor(mask)
    mask = mask[tf.newaxis] if mask.shape.rank == 0 else mask
    if mask.dtype.is_bool:
        return mask, None
    if mask.dtype.is_integer:
        _check_switches(mask)
        return tf.cast(mask, tf.bool), None
    if not mask.dtype.is_floating:
        raise DtypeError(f"a mask is of booleans, or of floats that are added to the scores; got {mask.dtype.name}")
    _check_added(mask)
    counts = mask > tf.constant(max(MASKED, float(mask.dtype.min)), mask.dtype)
    return counts, tf.where(counts, mask, 0)


def _check_switches(mask: Tensor) -> None:
    """See that integers are 0 and 1, which stand for false and true."""
    if tf.is_symbolic_tensor(mask):
        raise DtypeError('a mask in a traced function is of booleans or floats; write cast(mask, "bool")')
    numbers = mask.numpy()
    wrong = ~np.isin(numbers, (0, 1))
    if wrong.any():
        raise OptionError(
            "a mask of integers holds 1 for what takes part and 0 for what does not; "
            f"got {numbers[wrong][0]}; make it floats for one that is added to the scores"
        )


def _check_added(mask: Tensor) -> None:
    """See that floats can be meant to be added, where they are known."""
    if tf.is_symbolic_tensor(mask):
        return
    numbers = mask.numpy()
    if np.isin(numbers, (0, 1)).all() and (numbers == 1).any():
        raise OptionError(
            "a mask of floats is added to the scores, and this one holds only 0 and 1; "
            'write cast(mask, "bool") if 1 is for what takes part'
        )
    if not (numbers < np.inf).all():
        raise OptionError(f"a mask of floats is added to the scores; got {numbers[~(numbers < np.inf)][0]}")


def check_mask(counts: Tensor, scores: list[int | None] | None) -> None:
    """See that a mask broadcasts to scores of this shape, in one way only.

    Raises:
        ShapeError: it does not, or it does in two.
    """
    mask = extents(counts)
    if mask is None or scores is None:
        return
    of_batch = [*mask[:-1], *[1] * (len(scores) - len(mask)), mask[-1]]
    fits = len(mask) <= len(scores)
    each = fits and 1 < len(mask) < len(scores) and _fits(of_batch, scores) and set(mask[:-1]) != {1}
    if not fits or not _fits(mask, scores):
        hint = f"; one row for each of a batch has the shape {shown(of_batch)}" if each else ""
        raise ShapeError(f"a mask {shown(mask)} does not broadcast to scores {shown(scores)}{hint}")
    if each and None not in (*mask, *scores) and not _is_causal(counts):
        of_queries = [*[1] * (len(scores) - len(mask)), *mask]
        raise ShapeError(
            f"a mask {shown(mask)} for scores {shown(scores)} can be one row for each query or for each of the batch; "
            f"write it in the shape {shown(of_queries)} or {shown(of_batch)}"
        )


def _fits(mask: list[int | None], scores: list[int | None]) -> bool:
    pairs = zip(mask[::-1], scores[::-1], strict=False)
    return all(one in (1, None, length) or length is None for one, length in pairs)


def _is_causal(counts: Tensor) -> bool:
    known = tf.get_static_value(counts)
    return known is not None and np.array_equal(known, np.tri(*known.shape[-2:], dtype=bool))
