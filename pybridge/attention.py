"""Luong attention in four steps: score, weigh, average, combine; and Bahdanau's score beside it.

Leading axes, such as a batch, are the same in all that meets, or broadcast.
"""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import check_ordered, clash, extents, shown
from pybridge.tensors._dtypes import as_float, as_tensor, promote

__all__ = ["score", "weights", "context", "output", "attend"]

OPTIONS = {"dot": set(), "general": {"w"}, "concat": {"w", "v"}}


@boundary
def score(query: Like, keys: Like, *, kind: str | None = None, w: Like | None = None, v: Like | None = None) -> Tensor:
    """Score how well each key fits the query: dot qᵀk, general qᵀ W k, or concat vᵀ tanh(W [q; k]).

    Args:
        query: what is looked for, the decoder's state, shape (..., d_query).
        keys: where to look, one for each source position, shape (..., length, d_key).
        kind: "dot", "general" or "concat"; None takes the one that `w` and `v` are for.
        w: W, of shape (d_query, d_key) for general, (units, d_query + d_key) for concat.
        v: v, of shape (units,), for concat.

    Returns:
        Alignment scores, shape (..., length).

    Raises:
        ShapeError: the shapes do not fit.
        OptionError: there is no such kind, or `w` and `v` are not those that it takes.

    Source: Luong, Pham and Manning (2015), section 3.1; Bahdanau, Cho and Bengio (2015) for concat.

    >>> score([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).numpy()
    array([1., 2., 3.], dtype=float32)
    """
    given = {name: value for name, value in (("w", w), ("v", v)) if value is not None}
    kind = _checked_kind(kind, set(given))
    query, keys, *parameters = promote(query, keys, *given.values(), least=tf.float32)
    _check_axes("query", query, "(..., d_query)", 1)
    _check_axes("keys", keys, "(..., length, d_key)", 2)
    _check_leading("query", query, 1, "keys", keys, 2)
    d_query, d_key = query.shape[-1], keys.shape[-1]
    if kind == "concat":
        w, v = parameters
        _check_shape("w", w, (v.shape[0] if v.shape.rank == 1 else None, _total(d_query, d_key)))
        _check_shape("v", v, (w.shape[0],))
        return tf.einsum("...u,u->...", tf.tanh(_of_pair(w, query[..., tf.newaxis, :], keys)), v)
    if kind == "general":
        (w,) = parameters
        _check_shape("w", w, (d_query, d_key))
        query = tf.einsum("...q,qk->...k", query, w)
    elif None not in (d_query, d_key) and d_query != d_key:
        raise ShapeError(
            f"a dot product needs queries and keys of one length; got {d_query} and {d_key}; "
            f"w of the shape {(d_query, d_key)} would join them"
        )
    return tf.einsum("...k,...lk->...l", query, keys)


@boundary
def weights(score: Like, mask: Like | None = None) -> Tensor:
    """Turn alignment scores into attention weights: softmax over the source positions.

    Args:
        score: alignment scores, shape (..., source length).
        mask: true or 1 where a position counts, false or 0 where it is padding; broadcasts to the scores. None counts
            all of them.

    Returns:
        Weights of the same shape, positive, summing to 1 along the last axis. Masked positions weigh 0; where all are
        masked, all weigh 0.

    Raises:
        ShapeError: `score` has no axis to sum over, or the mask does not broadcast to it.
        DtypeError: the scores are complex numbers, which have no order.

    Source: Luong, Pham and Manning (2015), equation 7.

    >>> weights([1.0, 2.0, 3.0]).numpy().round(4)
    array([0.09  , 0.2447, 0.6652], dtype=float32)
    """
    score = as_float(score)
    check_ordered(score)
    if score.shape.rank == 0:
        raise ShapeError("scores are needed along an axis; got a single number")
    if mask is None:
        return tf.nn.softmax(score)
    counts = tf.cast(as_tensor(mask), tf.bool)
    _check_mask(counts, score)
    # The lowest number rather than minus infinity: with it a row of nothing but padding has no NaN in its gradient.
    return tf.where(counts, tf.nn.softmax(tf.where(counts, score, score.dtype.min)), 0)


@boundary
def context(weights: Like, values: Like) -> Tensor:
    """Average the values by their weights.

    Args:
        weights: attention weights, shape (..., length).
        values: one for each source position, shape (..., length, d_value).

    Returns:
        The context vector, shape (..., d_value).

    Raises:
        ShapeError: the shapes do not fit.

    Source: Luong, Pham and Manning (2015), section 3.1: "the weighted average over all the source hidden states".

    >>> context([0.25, 0.75], [[4.0, 0.0], [0.0, 4.0]]).numpy()
    array([1., 3.], dtype=float32)
    """
    weights, values = promote(weights, values, least=tf.float32)
    _check_axes("weights", weights, "(..., length)", 1)
    _check_axes("values", values, "(..., length, d_value)", 2)
    length, positions = weights.shape[-1], values.shape[-2]
    if None not in (length, positions) and length != positions:
        raise ShapeError(f"{length} weights meet {positions} values; there is one weight for each value")
    _check_leading("weights", weights, 1, "values", values, 2)
    return tf.einsum("...l,...ld->...d", weights, values)


@boundary
def output(context: Like, query: Like, w_c: Like) -> Tensor:
    """Combine what was found with what was looked for: tanh(W_c [context; query]).

    Args:
        context: the context vector, shape (..., d_context).
        query: what was looked for, shape (..., d_query).
        w_c: W_c, of shape (units, d_context + d_query).

    Returns:
        The attentional vector, shape (..., units).

    Raises:
        ShapeError: the shapes do not fit.

    Source: Luong, Pham and Manning (2015), equation 5.

    >>> output([1.0], [2.0], [[1.0, 1.0], [2.0, -1.0]]).numpy().round(4)
    array([0.9951, 0.    ], dtype=float32)
    """
    context, query, w_c = promote(context, query, w_c, least=tf.float32)
    _check_axes("context", context, "(..., d_context)", 1)
    _check_axes("query", query, "(..., d_query)", 1)
    _check_leading("context", context, 1, "query", query, 1)
    _check_shape("w_c", w_c, (None, _total(context.shape[-1], query.shape[-1])))
    return tf.tanh(_of_pair(w_c, context, query))


@boundary
def attend(
    query: Like,
    keys: Like,
    values: Like | None = None,
    *,
    kind: str | None = None,
    w: Like | None = None,
    v: Like | None = None,
    w_c: Like | None = None,
    mask: Like | None = None,
) -> dict:
    """Take all four steps: score the keys, weigh, average the values, combine with the query.

    Args:
        query: what is looked for, shape (..., d_query).
        keys: where to look, shape (..., length, d_key).
        values: what is found there, shape (..., length, d_value); None takes the keys.
        kind: the score, as in `score`.
        w: a parameter of the score.
        v: a parameter of the score.
        w_c: the parameter of `output`; None leaves the last step out.
        mask: which positions count, as in `weights`.

    Returns:
        score, shape (..., length); weights, the same; context, shape (..., d_value); output, shape (..., units), None
        without `w_c`.

    Raises:
        ShapeError: the shapes do not fit.
        OptionError: there is no such kind, or `w` and `v` are not those that it takes.

    Source: Luong, Pham and Manning (2015), section 3.

    >>> attend([100.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])["context"].numpy()
    array([1., 0.], dtype=float32)
    """
    scores = score(query, keys, kind=kind, w=w, v=v)
    weighted = weights(scores, mask)
    found = context(weighted, keys if values is None else values)
    combined = None if w_c is None else output(found, query, w_c)
    return {"score": scores, "weights": weighted, "context": found, "output": combined}


def _of_pair(w: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """W [first; second]: W's left columns times the first plus its right columns times the second.

    In this form the two need not be repeated to one shape.
    """
    d = first.shape[-1]
    return tf.einsum("ud,...d->...u", w[:, :d], first) + tf.einsum("ud,...d->...u", w[:, d:], second)


def _checked_kind(kind: str | None, given: set[str]) -> str:
    if kind is None:
        kind = {frozenset(options): name for name, options in OPTIONS.items()}.get(frozenset(given))
        if kind is None:
            raise OptionError("v goes with w, for the concat score; got v alone")
    if kind not in OPTIONS:
        raise OptionError(f'kind must be "dot", "general" or "concat"; got {kind!r}')
    if given != OPTIONS[kind]:
        takes = " and ".join(sorted(OPTIONS[kind], reverse=True)) or "neither w nor v"
        got = " and ".join(sorted(given, reverse=True)) or "neither"
        raise OptionError(f"the {kind} score takes {takes}; got {got}")
    return kind


def _total(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _check_axes(what: str, x: Tensor, shape: str, least: int) -> None:
    if x.shape.rank is not None and x.shape.rank < least:
        raise ShapeError(f"{what} must have the shape {shape}; got {shown(extents(x))}")


def _check_shape(what: str, x: Tensor, expected: tuple[int | None, ...]) -> None:
    if not x.shape.is_compatible_with(expected):
        known = ", ".join("units" if length is None else str(length) for length in expected)
        raise ShapeError(f"{what} must have the shape ({known}{',' * (len(expected) == 1)}); got {shown(extents(x))}")


def _check_leading(what: str, x: Tensor, x_axes: int, other: str, y: Tensor, y_axes: int) -> None:
    """See that the axes before those that a step works on broadcast."""
    if x.shape.rank is None or y.shape.rank is None:
        return
    one, two = extents(x)[:-x_axes], extents(y)[:-y_axes]
    if clash(one, two) is not None:
        raise ShapeError(
            f"{what} {shown(extents(x))} and {other} {shown(extents(y))} do not fit: "
            f"their leading axes {shown(one)} and {shown(two)} do not broadcast"
        )


def _check_mask(mask: Tensor, score: Tensor) -> None:
    m, s = extents(mask), extents(score)
    if m is None or s is None:
        return
    if len(m) > len(s) or any(a not in (1, None, b) and b is not None for a, b in zip(m[::-1], s[::-1], strict=False)):
        raise ShapeError(f"a mask {shown(m)} does not broadcast to scores {shown(s)}")
