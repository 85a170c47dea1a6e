"""Self-attention: a sequence that looks at itself, with one head or several."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._arguments import whole_number
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.attention._checks import check_axes, check_shape
from pybridge.attention._products import averages, dots
from pybridge.attention._score import scaled
from pybridge.attention._weights import check_mask, read_mask, weigh
from pybridge.errors import ShapeError
from pybridge.tensors._checks import check_ordered, extents, shown
from pybridge.tensors._dtypes import promote
from pybridge.tensors._wider import in_float32


@boundary
def self_attention(
    x: Like, w_q: Like, w_k: Like, w_v: Like, *, heads: int = 1, w_o: Like | None = None, mask: Like | None = None
) -> dict[str, Any]:
    """Let each place of a sequence attend to all of them: softmax(Q Kᵀ / √d_k) V with Q = x W_q, K = x W_k, V = x W_v.

    The columns of W_q, W_k and W_v are divided among the heads in order.

    Args:
        x: the sequence, shape (..., length, d).
        w_q: W_q, of shape (d, units); the heads get units / heads columns each.
        w_k: W_k, of the same shape.
        w_v: W_v, of shape (d, d_value); the heads get d_value / heads columns each.
        heads: how many heads there are.
        w_o: W_o, of shape (d_value, d_out), by which the heads' contexts are joined; None leaves this step out.
        mask: which places count, as in `weights`: shape (length,), (length, length) as `causal_mask` returns it, or
            (..., length, length) with the axes of x before the last two, where one of length 1 broadcasts. With one
            more axis, before the last two, it is one for each head.

    Returns:
        score, shape (..., length, length); weights, the same; context, shape (..., length, d_value); output, shape
        (..., length, d_out), None without `w_o`. With several heads, score and weights have one more axis, shape
        (..., heads, length, length).

    Raises:
        ShapeError: the shapes do not fit, or the heads cannot share the columns evenly.
        OptionError: `heads` is not a whole number of at least 1, or the mask is not one that `weights` takes.
        DtypeError: the numbers are complex, which have no order.

    Source: Vaswani et al. (2017), section 3.2.2.

    >>> one = [[1.0, 0.0], [0.0, 1.0]]
    >>> self_attention(one, one, one, one, mask=[[True, False], [True, True]])["context"].numpy().round(4)
    array([[1.    , 0.    ],
           [0.3302, 0.6698]], dtype=float32)
    """
    heads = whole_number("heads", heads, 1)
    x, w_q, w_k, w_v, *w_o = promote(x, w_q, w_k, w_v, *([] if w_o is None else [w_o]), least=tf.float32)
    check_ordered(x)
    check_axes("x", x, "(..., length, d)", 2)
    check_shape("w_q", w_q, (x.shape[-1], None))
    check_shape("w_k", w_k, (x.shape[-1], w_q.shape[-1]))
    check_shape("w_v", w_v, (x.shape[-1], None), "d_value")
    for w in w_o:
        check_shape("w_o", w, (w_v.shape[-1], None), "d_out")
    for name, w in (("w_q", w_q), ("w_v", w_v)):
        if w.shape[-1] % heads:
            raise ShapeError(f"{heads} heads cannot share the columns of {name} {shown(extents(w))} evenly")
    masked = () if mask is None else _read_mask(mask, x, heads)
    steps = in_float32(lambda *xs: _attend(*xs, heads=heads, masked=masked), x, w_q, w_k, w_v, *w_o)
    return dict(zip(("score", "weights", "context", "output"), [*steps, None], strict=False))


def _attend(
    x: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    *w_o: Tensor,
    heads: int,
    masked: tuple[Tensor, Tensor | None] | tuple[Any, ...],
) -> list[Tensor]:
    """The steps one after the other; with a single head its axis is there, of length 1, until the end."""
    if masked:
        x = _without_unseen(x, masked[0])
    query, keys, values = (_per_head(x, w, heads) for w in (w_q, w_k, w_v))
    scores = dots(scaled(query), keys, several=True)
    if masked:
        weighted = weigh(scores, *masked)
        found = averages(weighted, values, several=True)
    else:
        weighted = tf.nn.softmax(scores)
        found = tf.matmul(weighted, values)
    if heads == 1:
        scores, weighted = tf.squeeze(scores, -3), tf.squeeze(weighted, -3)
    joined = tf.concat(tf.unstack(found, heads, axis=-3), -1)
    return [scores, weighted, joined, *(tf.einsum("...d,do->...o", joined, w) for w in w_o)]


def _per_head(x: Tensor, w: Tensor, heads: int) -> Tensor:
    """What each head makes of the sequence, shape (..., heads, length, columns)."""
    d, columns = w.shape
    return tf.einsum("...ld,dhc->...hlc", x, tf.reshape(w, (d, heads, columns // heads)))


def _read_mask(mask: Like, x: Tensor, heads: int) -> tuple[Tensor, Tensor | None]:
    """Which places count, and what is added to their scores, with an axis for the heads where one is needed."""
    counts, added = read_mask(mask)
    *leading, length, _ = extents(x)
    if heads > 1 and counts.shape.rank == x.shape.rank + 1:
        check_mask(counts, [*leading, heads, length, length])
        return counts, added
    check_mask(counts, [*leading, length, length])
    if counts.shape.rank is None or counts.shape.rank < 3:
        return counts, added
    return tf.expand_dims(counts, -3), None if added is None else tf.expand_dims(added, -3)


def _without_unseen(x: Tensor, counts: Tensor) -> Tensor:
    """The sequence with 0 for NaN and infinity in places that no query may look at."""
    rank = counts.shape.rank
    seen = counts if rank == 1 else tf.reduce_any(counts, [-2] if rank == 2 else [-3, -2])
    return tf.where(seen[..., tf.newaxis] | tf.math.is_finite(x), x, 0)
