"""What was found: the average of the values, combined with the query."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.attention._checks import check_axes, check_pairs, check_shape, is_several, total
from pybridge.attention._products import averages
from pybridge.attention._score import of_pair, score
from pybridge.attention._weights import weights
from pybridge.errors import ShapeError
from pybridge.tensors._checks import check_ordered
from pybridge.tensors._dtypes import promote
from pybridge.tensors._wider import in_float32


@boundary
def context(weights: Like, values: Like) -> Tensor:
    """Average the values by their weights.

    Args:
        weights: attention weights, shape (..., length) or (..., queries, length); what meets what is decided as in
            `score`.
        values: one for each source position, shape (..., length, d_value).

    Returns:
        The context vector, shape (..., d_value) or (..., queries, d_value). A weight of 0 takes nothing from its
        value, even NaN.

    Raises:
        ShapeError: the shapes do not fit, or their ranks allow more than one reading.
        DtypeError: the numbers are complex, which have no order.

    Source: Luong, Pham and Manning (2015), section 3.1: "the weighted average over all the source hidden states".

    >>> context([0.25, 0.75], [[4.0, 0.0], [0.0, 4.0]]).numpy()
    array([1., 3.], dtype=float32)
    """
    weights, values = promote(weights, values, least=tf.float32)
    check_ordered(weights)
    check_axes("weights", weights, "(..., length)", 1)
    check_axes("values", values, "(..., length, d_value)", 2)
    length, positions = weights.shape[-1], values.shape[-2]
    if None not in (length, positions) and length != positions:
        raise ShapeError(f"{length} weights meet {positions} values; there is one weight for each value")
    several = is_several("weights", weights, "values", values)
    return in_float32(functools.partial(averages, several=several), weights, values)


@boundary
def output(context: Like, query: Like, w_c: Like) -> Tensor:
    """Combine what was found with what was looked for: tanh(W_c [context; query]).

    Args:
        context: the context vector, shape (..., d_context).
        query: what was looked for, shape (..., d_query), with as many axes as the context, or one alone.
        w_c: W_c, of shape (units, d_context + d_query).

    Returns:
        The attentional vector, shape (..., units).

    Raises:
        ShapeError: the shapes do not fit.
        DtypeError: the numbers are complex, which have no order.

    Source: Luong, Pham and Manning (2015), equation 5.

    >>> output([1.0], [2.0], [[1.0, 1.0], [2.0, -1.0]]).numpy().round(4)
    array([0.9951, 0.    ], dtype=float32)
    """
    context, query, w_c = promote(context, query, w_c, least=tf.float32)
    check_ordered(context)
    check_axes("context", context, "(..., d_context)", 1)
    check_axes("query", query, "(..., d_query)", 1)
    check_pairs("context", context, "query", query)
    check_shape("w_c", w_c, (None, total(context.shape[-1], query.shape[-1])))
    return in_float32(lambda context, query, w_c: tf.tanh(of_pair(w_c, context, query)), context, query, w_c)


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
) -> dict[str, Any]:
    """Take all four steps: score the keys, weigh, average the values, combine with the query.

    Args:
        query: what is looked for, shape (..., d_query) or (..., queries, d_query), as in `score`.
        keys: where to look, shape (..., length, d_key).
        values: what is found there, shape (..., length, d_value); None takes the keys.
        kind: the score, as in `score`.
        w: a parameter of the score.
        v: a parameter of the score.
        w_c: the parameter of `output`; None leaves the last step out.
        mask: which positions count, as in `weights`.

    Returns:
        score, shape (..., length) or (..., queries, length); weights, the same; context, shape (..., d_value) or
        (..., queries, d_value); output, with units in place of d_value, None without `w_c`.

    Raises:
        ShapeError: the shapes do not fit, or their ranks allow more than one reading.
        OptionError: there is no such kind, `w` and `v` are not those that it takes, or the mask is not one
            that `weights` takes.
        DtypeError: the numbers are complex, which have no order.

    Source: Luong, Pham and Manning (2015), section 3.

    >>> attend([100.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])["context"].numpy()
    array([1., 0.], dtype=float32)
    """
    scores = score(query, keys, kind=kind, w=w, v=v)
    weighted = weights(scores, mask)
    found = context(weighted, keys if values is None else values)
    combined = None if w_c is None else output(found, query, w_c)
    return {"score": scores, "weights": weighted, "context": found, "output": combined}
