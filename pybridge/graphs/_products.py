"""The products: every one is a sum of products of elements, and so is its derivative.

Each is written as an einsum over labelled axes. The derivative by one factor is the product of the gradient and the
other factors, summed over the axes that this factor lacks.
"""

from __future__ import annotations

import string

import tensorflow as tf

from pybridge import tensors as t
from pybridge.graphs._operations import linear
from pybridge.graphs._own import unbroadcast


@linear(t.matmul)
def matmul(g, at, a, b):
    return _by_factor(g, at, [a, b], *_matmul_labels(a.shape.rank, b.shape.rank))


@linear(t.dot)
def dot(g, at, a, b):
    return _by_factor(g, at, [a, b], *_dot_labels(a.shape.rank, b.shape.rank))


@linear(t.tensordot)
def tensordot(g, at, a, b, *, axes=2):
    return _by_factor(g, at, [a, b], *_tensordot_labels(a.shape.rank, b.shape.rank, axes))


@linear(t.outer)
def outer(g, at, x, y):
    factors = [tf.reshape(each, [-1]) for each in (x, y)]
    return tf.reshape(_by_factor(g, at, factors, ["a", "b"], "ab"), tf.shape((x, y)[at]))


@linear(t.einsum, call=lambda *operands, equation: t.einsum(equation, *operands))
def einsum(g, at, *operands, equation):
    return _by_factor(g, at, operands, *_einsum_labels([x.shape.rank for x in operands], equation))


def _by_factor(g, at, factors, labels, result):
    """The gradient by one factor of a product.

    Args:
        g: the gradient by the product.
        at: which factor.
        factors: the tensors multiplied.
        labels: for each factor a label per axis.
        result: a label per axis of the product.
    """
    factor, wanted = factors[at], labels[at]
    terms = [(g, result)]
    terms += [_without_ones(tf.cast(x, g.dtype), labels[i]) for i, x in enumerate(factors) if i != at]
    fresh = (label for label in string.ascii_letters if label not in "".join([*labels, result]))
    sizes, target = tf.shape(factor), ""
    for axis, label in enumerate(wanted):
        if label in target:  # a diagonal: the gradient is zero beside it
            target += next(fresh)
            terms.append((tf.eye(sizes[axis], dtype=g.dtype), label + target[-1]))
        else:
            target += label
            if not any(label in others for _, others in terms):  # summed on its own: the gradient repeats
                terms.append((tf.ones([sizes[axis]], g.dtype), label))
    given = ",".join(label for _, label in terms)
    return unbroadcast(tf.einsum(f"{given}->{target}", *(x for x, _ in terms)), factor)


def _without_ones(factor, labels):
    """A factor without its axes of length 1, which broadcast."""
    kept = "".join(label for label, length in zip(labels, factor.shape, strict=True) if length != 1)
    return tf.squeeze(factor, [axis for axis, length in enumerate(factor.shape) if length == 1]), kept


def _matmul_labels(rank_a, rank_b):
    batch = string.ascii_letters[3 : 3 + max(rank_a, rank_b) - 2]
    rows, columns = "a" if rank_a > 1 else "", "c" if rank_b > 1 else ""
    a = batch[len(batch) - max(rank_a - 2, 0) :] + rows + "b"
    b = batch[len(batch) - max(rank_b - 2, 0) :] + "b" + columns
    return [a, b], batch + rows + columns


def _dot_labels(rank_a, rank_b):
    if 0 in (rank_a, rank_b):
        return _tensordot_labels(rank_a, rank_b, 0)
    return _tensordot_labels(rank_a, rank_b, [[-1], [-2 if rank_b > 1 else -1]])


def _tensordot_labels(rank_a, rank_b, axes):
    if isinstance(axes, int):
        axes = [range(rank_a - axes, rank_a), range(axes)]
    pairs = [[axis] if isinstance(axis, int) else axis for axis in axes]
    a, b = string.ascii_letters[:rank_a], list(string.ascii_letters[rank_a : rank_a + rank_b])
    for axis_a, axis_b in zip(*pairs, strict=True):
        b[axis_b] = a[axis_a]
    b = "".join(b)
    return [a, b], "".join(label for label in a + b if (label in a) != (label in b))


def _einsum_labels(ranks, equation):
    given, arrow, result = equation.replace(" ", "").partition("->")
    terms = given.split(",")
    if not arrow:  # NumPy's rule: what occurs once, in alphabetical order
        letters = given.replace(",", "").replace("...", "")
        once = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
        result = ("..." if "..." in given else "") + once
    free = [letter for letter in string.ascii_letters if letter not in given]
    widths = [
        rank - len(term.replace("...", "")) if "..." in term else 0 for rank, term in zip(ranks, terms, strict=True)
    ]
    dots = "".join(free[: max(widths)])
    labels = [term.replace("...", dots[len(dots) - width :]) for term, width in zip(terms, widths, strict=True)]
    return labels, result.replace("...", dots)
