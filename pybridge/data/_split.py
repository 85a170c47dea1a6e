"""The split of samples into a part to train on and a part to test with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pybridge import _arguments
from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.data._arrays import array
from pybridge.errors import DtypeError, OptionError, ShapeError

__all__ = ["split"]


@boundary
def split(
    x: Like, y: Like, *, test: float = 0.2, seed: int | None = None, stratify: bool = False
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Split samples and their labels at random into a part to train on and a part to test with.

    Every sample is in one of the parts, once, beside its label. The parts have the sizes of scikit-learn's
    `train_test_split`: a share is rounded up to a whole number of samples to test with.

    Args:
        x: the samples, shape (samples, ...): an array, a list, a tensor or a pandas object. For several inputs, split
            a range of indices instead, and index each input with the parts.
        y: their labels, shape (samples, ...).
        test: the share of the samples to test with, above 0 and below 1; or how many they are, a whole number.
        seed: a whole number for the same split every time; None draws anew.
        stratify: whether each class has the same share of both parts, to within one sample, and at least one sample
            in each. Samples are of one class when their labels are equal, whole rows of y if it has rows.

    Returns:
        ((x_train, y_train), (x_test, y_test)), arrays of the dtypes of x and y, in random order.

    Raises:
        ShapeError: x and y do not hold equally many samples, or the samples of either differ in shape.
        DtypeError: x or y is not an array, or the labels cannot be told apart.
        OptionError: `test` leaves no sample in a part, or, when stratified, no sample of some class.

    Source: Pedregosa et al. (2011), "Scikit-learn: Machine Learning in Python", train_test_split.

    >>> (x_train, y_train), (x_test, y_test) = split([[1, 2], [3, 4], [5, 6], [7, 8]], [0, 1, 0, 1], test=0.5, seed=1,
    ...                                              stratify=True)
    >>> x_train.shape, x_test.shape, sorted(y_test.tolist())
    ((2, 2), (2, 2), [0, 1])
    """
    samples, labels = array("x", x, "samples"), array("y", y, "labels")
    if len(samples) != len(labels):
        raise ShapeError(f"x and y must hold equally many samples; got {len(samples)} and {len(labels)}")
    count = _count(test, len(samples))
    draw = np.random.default_rng(_arguments.seed(seed))
    if _arguments.flag("stratify", stratify):
        to_train, to_test = _stratified(labels, count, draw)
    else:
        order = draw.permutation(len(samples))
        to_train, to_test = order[count:], order[:count]
    return (samples[to_train], labels[to_train]), (samples[to_test], labels[to_test])


def _count(test: float, samples: int) -> int:
    """How many samples there are to test with."""
    if samples < 2:
        raise ShapeError(f"there must be at least two samples, one for each part; got {samples}")
    count = _arguments.whole(test)
    if count is None and (share := _share(test)):
        count = math.ceil(share * samples)
        if count == samples:
            raise OptionError(f"test={shown(test)} of {samples} samples leaves none to train on; make it smaller")
    if count is None or not 1 <= count < samples:
        raise OptionError(
            f"test must be a share above 0 and below 1, or a number of samples from 1 to {samples - 1}; "
            f"got {shown(test)}"
        )
    return count


def _share(test: float) -> float | None:
    try:
        share = _arguments.number("test", test, above=0, below=1)
    except OptionError:
        return None
    held = np.asarray(test)
    # 0.2 in single precision is 0.200000003 in double, which would be rounded up to one sample more.
    return float(str(held)) if held.dtype in (np.float16, np.float32) else share


def _stratified(labels: np.ndarray, count: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The indices of each part, `count` of them to test with, the same share of every class."""
    classes, sizes = _classes(labels)
    chosen = _shares(sizes, count)
    order = draw.permutation(len(classes))
    by_class = order[np.argsort(classes[order], kind="stable")]
    place_in_class = np.arange(len(classes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    to_test = place_in_class < np.repeat(chosen, sizes)
    return draw.permutation(by_class[~to_test]), draw.permutation(by_class[to_test])


def _classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each sample's class as a number from 0, and the size of each class.

    Raises:
        DtypeError: labels cannot be told apart, or are NaN.
        OptionError: a class has one sample only.
    """
    rows = labels.reshape(len(labels), -1)
    if (rows != rows).any():
        raise DtypeError(
            "y holds labels that are NaN, which are of no class; leave out their samples, or leave out stratify"
        )
    if rows.dtype.kind == "O":
        classes = _numbered([tuple(row) for row in rows.tolist()])
    elif rows.shape[1] == 1:
        classes = np.unique(rows[:, 0], return_inverse=True)[1]
    else:
        classes = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(classes)
    if sizes.min() == 1:
        label = labels[np.flatnonzero(classes == sizes.argmin())[0]]
        label = label.tolist() if hasattr(label, "tolist") else label
        raise OptionError(f"stratify needs at least two samples of each class; only one has the label {shown(label)}")
    return classes, sizes


def _numbered(labels: list[tuple[Any, ...]]) -> np.ndarray:
    known: dict[tuple[Any, ...], int] = {}
    try:
        return np.array([known.setdefault(label, len(known)) for label in labels])
    except TypeError as error:
        raise DtypeError(f"y holds labels that cannot be told apart: {error}; or leave out stratify") from error


def _shares(sizes: np.ndarray, count: int) -> np.ndarray:
    """How many samples of each class there are to test with: within one of its share, and one in each part."""
    samples = sizes.sum()
    lowest = np.maximum(sizes * count // samples, 1)
    highest = np.minimum(-(-sizes * count // samples), sizes - 1)
    if lowest.sum() > count or highest.sum() < count:
        use, given, way = ("test with", count, "larger")
        if highest.sum() < count:
            use, given, way = ("train on", samples - count, "smaller")
        raise OptionError(
            f"{given} of {samples} samples to {use} are too few for a share of each of {len(sizes)} classes; "
            f"make test {way}, or leave out stratify"
        )
    missed = np.where(highest > lowest, sizes * count - lowest * samples, -1)
    more = np.argsort(-missed, kind="stable")[: count - lowest.sum()]
    lowest[more] += 1
    return lowest
