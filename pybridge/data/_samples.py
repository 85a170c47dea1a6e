"""Small data for examples: two clouds of points, and what real-world data looks like as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from pybridge._arguments import choice, whole_number
from pybridge._boundary import boundary
from pybridge._sizes import check_size
from pybridge._types import Tensor
from pybridge.errors import OptionError

__all__ = ["two_clouds", "example_shapes", "example_tensor"]

SEED = 1

REAL_WORLD = (
    ("vector", ("samples", "features"), (100_000, 3), "100,000 people, each with age, gender and income"),
    ("vector", ("samples", "features"), (500, 20_000), "500 documents, each as counts of 20,000 common words"),
    (
        "timeseries",
        ("samples", "timesteps", "features"),
        (250, 390, 3),
        "250 days of trading, 390 minutes each: the price now, the highest and the lowest of the past minute",
    ),
    (
        "timeseries",
        ("samples", "timesteps", "features"),
        (1_000_000, 280, 128),
        "1,000,000 tweets of 280 characters out of an alphabet of 128",
    ),
    (
        "image",
        ("samples", "height", "width", "channels"),
        (128, 256, 256, 1),
        "128 grey images of 256 by 256 pixels",
    ),
    (
        "image",
        ("samples", "height", "width", "channels"),
        (128, 256, 256, 3),
        "128 colour images of 256 by 256 pixels",
    ),
    (
        "image",
        ("samples", "channels", "height", "width"),
        (128, 3, 256, 256),
        "the same colour images, channels first",
    ),
    (
        "video",
        ("samples", "frames", "height", "width", "channels"),
        (4, 240, 144, 256, 3),
        "4 clips of 60 seconds, 4 frames a second, in colour, 144 by 256 pixels",
    ),
    (
        "video",
        ("samples", "frames", "channels", "height", "width"),
        (4, 240, 3, 144, 256),
        "the same clips, channels first",
    ),
)

SMALL = {
    "vector": [[25, 0, 30_000], [47, 1, 52_000]],
    "timeseries": [[[101.5, 102, 101], [101, 101.5, 100.5]], [[99, 99.5, 98.5], [99.5, 100, 99]]],
}


@boundary
def two_clouds(n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Draw chapter 3's two clouds of points in the plane, the same points every time.

    Both are normally distributed with covariance [[1, .5], [.5, 1]]: label 0 around (0, 3), label 1 around (3, 0).
    A smaller cloud is the beginning of a larger one.

    Args:
        n: how many points each cloud has.

    Returns:
        (points, labels), both float32: points of shape (2n, 2) and labels of shape (2n, 1), label 0 first.

    Raises:
        ShapeError: more points than fit into memory.
        OptionError: `n` is not a whole number of at least 1.

    Source: Chollet, Deep Learning with Python, second edition, listings 3.13 to 3.15.

    >>> points, labels = two_clouds(2)
    >>> points.shape, labels.tolist()
    ((4, 2), [[0.0], [0.0], [1.0], [1.0]])
    """
    n = whole_number("n", n, least=1)
    check_size([n, 2, 2], 8, arrays=4)
    draws = np.random.default_rng(SEED).standard_normal((n, 2, 2)).swapaxes(0, 1)
    # The Cholesky factor of the covariance, written out: a factorisation may differ in sign between machines.
    x = draws[..., 0]
    y = 0.5 * draws[..., 0] + np.sqrt(0.75) * draws[..., 1]
    points = np.stack([x, y], axis=-1) + np.array([[[0, 3]], [[3, 0]]])
    labels = np.repeat([[0.0], [1.0]], n, axis=0)
    return points.reshape(2 * n, 2).astype(np.float32), labels.astype(np.float32)


@boundary
def example_shapes() -> list[dict[str, Any]]:
    """List real-world data by kind: what its axes mean, and the shape that an example of it has.

    Returns:
        One dict an example: "kind", "axes" (a name each), "shape" and "example", what the numbers are of.

    Source: Chollet, Deep Learning with Python, second edition, section 2.2.

    >>> [row["shape"] for row in example_shapes() if row["kind"] == "timeseries"]
    [[250, 390, 3], [1000000, 280, 128]]
    """
    return [
        {"kind": kind, "axes": list(axes), "shape": list(shape), "example": example}
        for kind, axes, shape, example in REAL_WORLD
    ]


@boundary
def example_tensor(kind: str, *, channels: str = "last") -> Tensor:
    """Make a small tensor of a kind of real-world data, to look at.

    The vectors are two people's age, gender and income; the time series two days' prices; the images and the frames
    of the videos grow redder to the right, greener downwards, and bluer from one to the next.

    Args:
        kind: "vector", "timeseries", "image" or "video".
        channels: where an image's or video's colours are, "last" or "first".

    Returns:
        A float32 tensor of shape (2, 3), (2, 2, 3), (2, 4, 5, 3) or (2, 3, 4, 5, 3); with channels first
        (2, 3, 4, 5) or (2, 3, 3, 4, 5).

    Raises:
        OptionError: there is no such `kind` or place for `channels`, or the kind has no channels.

    Source: Chollet, Deep Learning with Python, second edition, section 2.2.

    >>> example_tensor("image").shape
    TensorShape([2, 4, 5, 3])
    """
    kind = choice("kind", kind, dict.fromkeys(row[0] for row in REAL_WORLD))
    channels = choice("channels", channels, ("last", "first"))
    if kind in SMALL and channels == "first":
        raise OptionError(f"channels='first' is for an image or a video; a {kind} has no channels")
    import tensorflow as tf  # here, because nothing else in this module needs it

    if kind in SMALL:
        return tf.constant(SMALL[kind], tf.float32)
    values = _colours(2) if kind == "image" else _colours(6).reshape(2, 3, 4, 5, 3)
    return tf.constant(np.moveaxis(values, -1, -3) if channels == "first" else values)


def _colours(count: int) -> np.ndarray:
    values = np.empty((count, 4, 5, 3), np.float32)
    values[..., 0] = np.linspace(0, 1, 5)
    values[..., 1] = np.linspace(0, 1, 4)[:, None]
    values[..., 2] = np.linspace(0, 1, count)[:, None, None]
    return values
