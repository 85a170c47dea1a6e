"""How well each key fits a query."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from pybridge._arguments import choice
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.attention._checks import check_axes, check_shape, is_several, total
from pybridge.attention._products import dots, if_finite
from pybridge.errors import OptionError, ShapeError
from pybridge.tensors._checks import check_ordered
from pybridge.tensors._dtypes import promote
from pybridge.tensors._wider import in_float32

TAKES = {"dot": set(), "scaled_dot": set(), "general": {"w"}, "concat": {"w", "v"}}


@boundary
def score(query: Like, keys: Like, *, kind: str | None = None, w: Like | None = None, v: Like | None = None) -> Tensor:
    """Score how well each key fits the query.

    dot: qᵀk. scaled_dot: qᵀk / √d_key. general: qᵀ W k. concat: vᵀ tanh(W [q; k]).

    The numbers of axes decide which query meets which keys; axes in front of those named here broadcast. A query of
    shape (d_query,) meets all keys, and keys of shape (length, d_key) meet all queries. With one axis fewer than the
    keys, each query meets its own keys, as in a batch of one query each. With as many axes as the keys, (..., queries,
    d_query), each set of keys meets several queries.

    Args:
        query: what is looked for, the decoder's state, shape (..., d_query) or (..., queries, d_query).
        keys: where to look, one for each source position, shape (..., length, d_key).
        kind: "dot", "scaled_dot", "general" or "concat"; None takes dot without parameters, general with `w`, and
            concat with `w` and `v`.
        w: W, of shape (d_query, d_key) for general, (units, d_query + d_key) for concat.
        v: v, of shape (units,), for concat.

    Returns:
        Alignment scores, shape (..., length) or (..., queries, length).

    Raises:
        ShapeError: the shapes do not fit, or their ranks allow more than one reading.
        OptionError: there is no such kind, or `w` and `v` are not those that it takes.
        DtypeError: the numbers are complex, which have no order.

    Source: Luong, Pham and Manning (2015), section 3.1; Bahdanau, Cho and Bengio (2015) for concat; Vaswani et al.
        (2017), section 3.2.1 for scaled_dot.

    >>> score([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).numpy()
    array([1., 2., 3.], dtype=float32)
    """
    given = {name: value for name, value in (("w", w), ("v", v)) if value is not None}
    kind = _checked_kind(kind, set(given))
    query, keys, *parameters = promote(query, keys, *given.values(), least=tf.float32)
    check_ordered(query)
    check_axes("query", query, "(..., d_query)", 1)
    check_axes("keys", keys, "(..., length, d_key)", 2)
    several = is_several("query", query, "keys", keys)
    d_query, d_key = query.shape[-1], keys.shape[-1]
    if kind == "concat":
        rows, weights = parameters
        check_shape("w", rows, (weights.shape[0] if weights.shape.rank == 1 else None, total(d_query, d_key)))
        check_shape("v", weights, (rows.shape[0],))
        return in_float32(functools.partial(_concat, several=several), query, keys, rows, weights)
    if kind == "general":
        check_shape("w", parameters[0], (d_query, d_key))
    elif None not in (d_query, d_key) and d_query != d_key:
        raise ShapeError(
            f"a dot product needs queries and keys of one length; got {d_query} and {d_key}; "
            f"w of the shape {(d_query, d_key)} would join them"
        )

    def scored(query: Tensor, keys: Tensor, *w: Tensor) -> Tensor:
        joined = tf.einsum("...q,qk->...k", query, *w) if w else query
        return dots(scaled(joined) if kind == "scaled_dot" else joined, keys, several)

    return in_float32(scored, query, keys, *parameters)


def scaled(query: Tensor) -> Tensor:
    """A query divided by the root of its length, so that the scores' variance does not grow with it."""
    return query / tf.sqrt(tf.cast(tf.shape(query)[-1], query.dtype))


def of_pair(w: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """W [first; second]: W's left columns times the first plus its right columns times the second.

    In this form the two need not be repeated to one shape.
    """
    d = first.shape[-1]
    return tf.einsum("ud,...d->...u", w[:, :d], first) + tf.einsum("ud,...d->...u", w[:, d:], second)


def _concat(query: Tensor, keys: Tensor, w: Tensor, v: Tensor, several: bool) -> Tensor:
    """The concat scores; keys with NaN or infinity have theirs, and no slope."""
    keys = keys[..., tf.newaxis, :, :] if several else keys

    def plain(keys: Tensor) -> Tensor:
        return tf.einsum("...u,u->...", tf.tanh(of_pair(w, query[..., tf.newaxis, :], keys)), v)

    def spared() -> Tensor:
        finite = tf.reduce_all(tf.math.is_finite(keys), -1)
        cleaned = plain(tf.where(finite[..., tf.newaxis], keys, 0))
        return tf.where(finite, cleaned, tf.stop_gradient(plain(keys)))

    return if_finite(keys, lambda: plain(keys), spared)


def _checked_kind(kind: Any, given: set[str]) -> str:
    if kind is None:
        kind = {frozenset(): "dot", frozenset("w"): "general", frozenset("wv"): "concat"}.get(frozenset(given))
        if kind is None:
            raise OptionError("v goes with w, for the concat score; got v alone")
    kind = choice("kind", kind, TAKES)
    if given != TAKES[kind]:
        takes = " and ".join(sorted(TAKES[kind], reverse=True)) or "neither w nor v"
        got = " and ".join(sorted(given, reverse=True)) or "neither"
        raise OptionError(f"the {kind} score takes {takes}; got {got}")
    return kind
