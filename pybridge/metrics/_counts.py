"""Counts of which class was told where which one was meant, and the shares made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pybridge._arguments import choice
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Like
from pybridge.errors import OptionError, ShapeError
from pybridge.losses._accuracy import classes
from pybridge.tensors._checks import check_known, extents, shown
from pybridge.tensors._dtypes import as_tensor

AVERAGES = ("macro", "micro", "weighted", "binary", None)


@boundary
def precision(y_true: Like, y_pred: Like, *, average: str | None = "macro") -> float | list[float]:
    """Compute which share of what was taken for a class belongs to it.

    Args:
        y_true: class numbers, shape (n,) or (n, 1), or a row of 0 and a single 1 for each sample, shape (n, classes).
        y_pred: class numbers as integers, of the same shape; or probabilities, shape (n,) or (n, 1), where above 0.5 is
            class 1, or shape (n, classes), where the most probable class counts.
        average: "macro" for the mean over the classes, "weighted" for the mean weighted by their samples, "micro" for
            all samples together, "binary" for class 1 alone, None for a list with a number for each class.
            scikit-learn's own default is "binary".

    Returns:
        A number from 0 to 1, 0 for a class that was never predicted; or a list of them, in the order of the class
        numbers that occur.

    Raises:
        ShapeError: the shapes do not fit, or there are no predictions.
        OptionError: there is no such average, "binary" meets other classes, or labels do not go with the predictions.
        ConversionError: inside a traced function, where numbers are not known yet.

    Source: scikit-learn, `precision_score` with `zero_division=0`.

    >>> precision([0, 1, 1, 0], [0, 1, 1, 1], average=None)
    [1.0, 0.6666666666666666]
    """
    return _averaged(y_true, y_pred, average, lambda hits, told, meant: _shares(hits, told))


@boundary
def recall(y_true: Like, y_pred: Like, *, average: str | None = "macro") -> float | list[float]:
    """Compute which share of a class was taken for it.

    Args:
        y_true: class numbers, shape (n,) or (n, 1), or a row of 0 and a single 1 for each sample, shape (n, classes).
        y_pred: class numbers as integers, of the same shape; or probabilities, shape (n,) or (n, 1), where above 0.5 is
            class 1, or shape (n, classes), where the most probable class counts.
        average: "macro" for the mean over the classes, "weighted" for the mean weighted by their samples, "micro" for
            all samples together, "binary" for class 1 alone, None for a list with a number for each class.
            scikit-learn's own default is "binary".

    Returns:
        A number from 0 to 1, 0 for a class that no label names; or a list of them, in the order of the class numbers
        that occur.

    Raises:
        ShapeError: the shapes do not fit, or there are no predictions.
        OptionError: there is no such average, "binary" meets other classes, or labels do not go with the predictions.
        ConversionError: inside a traced function, where numbers are not known yet.

    Source: scikit-learn, `recall_score` with `zero_division=0`.

    >>> recall([0, 1, 1, 0], [0, 1, 1, 1], average=None)
    [0.5, 1.0]
    """
    return _averaged(y_true, y_pred, average, lambda hits, told, meant: _shares(hits, meant))


@boundary
def f1(y_true: Like, y_pred: Like, *, average: str | None = "macro") -> float | list[float]:
    """Compute the harmonic mean of precision and recall.

    Args:
        y_true: class numbers, shape (n,) or (n, 1), or a row of 0 and a single 1 for each sample, shape (n, classes).
        y_pred: class numbers as integers, of the same shape; or probabilities, shape (n,) or (n, 1), where above 0.5 is
            class 1, or shape (n, classes), where the most probable class counts.
        average: "macro" for the mean over the classes, "weighted" for the mean weighted by their samples, "micro" for
            all samples together, "binary" for class 1 alone, None for a list with a number for each class.
            scikit-learn's own default is "binary".

    Returns:
        A number from 0 to 1, 0 for a class of which nothing was found; or a list of them, in the order of the class
        numbers that occur.

    Raises:
        ShapeError: the shapes do not fit, or there are no predictions.
        OptionError: there is no such average, "binary" meets other classes, or labels do not go with the predictions.
        ConversionError: inside a traced function, where numbers are not known yet.

    Source: scikit-learn, `f1_score` with `zero_division=0`.

    >>> f1([0, 1, 1, 0], [0, 1, 1, 1], average="binary")
    0.8
    """
    return _averaged(y_true, y_pred, average, lambda hits, told, meant: _shares(2 * hits, told + meant))


@boundary
def confusion_matrix(y_true: Like, y_pred: Like) -> list[list[int]]:
    """Count how often each class was taken for each.

    Args:
        y_true: class numbers, shape (n,) or (n, 1), or a row of 0 and a single 1 for each sample, shape (n, classes).
        y_pred: class numbers as integers, of the same shape; or probabilities, shape (n,) or (n, 1), where above 0.5 is
            class 1, or shape (n, classes), where the most probable class counts.

    Returns:
        A row for each class that occurs among labels or predictions, in the order of their numbers; in it, a count for
        each class that was told.

    Raises:
        ShapeError: the shapes do not fit, or there are no predictions.
        OptionError: labels do not go with the predictions.
        ConversionError: inside a traced function, where numbers are not known yet.

    Source: scikit-learn, `confusion_matrix`.

    >>> confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
    """
    return _counted(y_true, y_pred)[1].tolist()


def _counted(y_true: Like, y_pred: Like) -> tuple[np.ndarray, np.ndarray]:
    """The classes that occur, and for each how often each of them was told."""
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    check_known(y_true)
    check_known(y_pred)
    true, told = (x.numpy() for x in classes(y_true, y_pred))
    if true.ndim != 1 and true.shape[1:] != (1,):
        raise ShapeError(
            f"samples are along one axis; got y_true {shown(extents(y_true))} and y_pred {shown(extents(y_pred))}: "
            "reshape class numbers to [-1], and probabilities to [-1, classes]"
        )
    fits = all(int(each.min()) >= -(2**63) and int(each.max()) < 2**63 for each in (true, told))
    dtype = np.int64 if fits else object  # Python's numbers, where those of uint64 and int64 have no dtype in common
    together = np.concatenate([each.ravel().astype(dtype) for each in (true, told)])
    occurring, places = np.unique(together, return_inverse=True)
    rows, columns = np.split(places, 2)
    n = len(occurring)
    check_size([n, n], 8, arrays=2)
    return occurring, np.bincount(rows * n + columns, minlength=n * n).reshape(n, n)


def _averaged(y_true: Like, y_pred: Like, average: str | None, share: Callable[..., Any]) -> float | list[float]:
    average = choice("average", average, AVERAGES)
    occurring, counts = _counted(y_true, y_pred)
    hits, told, meant = counts.diagonal(), counts.sum(0), counts.sum(1)
    if average == "micro":
        return float(share(*(each.sum(keepdims=True) for each in (hits, told, meant)))[0])
    shares = share(hits, told, meant)
    if average is None:
        return shares.tolist()
    if average == "binary":
        if len(occurring) > 2 or (len(occurring) == 2 and 1 not in occurring):
            raise OptionError(
                f'average "binary" is of class 1 and one other; got the classes {occurring.tolist()}: '
                'choose "macro", "micro" or "weighted"'
            )
        return float(shares[occurring == 1].sum())
    return float(np.average(shares, weights=meant if average == "weighted" else None))


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Parts of wholes, 0 of nothing."""
    return part / np.maximum(whole, 1)
