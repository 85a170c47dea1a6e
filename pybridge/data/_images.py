"""Images that every installation has, and images made ready for a net."""

from __future__ import annotations

import math

import numpy as np

from pybridge._arguments import flag
from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.data._arrays import array
from pybridge.errors import DtypeError, ShapeError

__all__ = ["load_digits", "prepare_images"]

TRAIN_DIGITS = 1500


@boundary
def load_digits() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load the 1,797 small digits that come with scikit-learn, in MNIST's form.

    They are other digits than MNIST's and far fewer. Each of their 8 by 8 pixels becomes a block of 3 by 3, with a
    margin of 2 around them all, and its brightness of 0 to 16 becomes 0 to 255, rounded. The first 1,500 are for
    training, the others for testing.

    Returns:
        ((train_images, train_labels), (test_images, test_labels)), all uint8: images of shape (1500, 28, 28) and
        (297, 28, 28) with pixels from 0 to 255, labels of shape (1500,) and (297,) from 0 to 9.

    Source: Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository.

    >>> (train_images, train_labels), (test_images, test_labels) = load_digits()
    >>> train_images.shape, train_labels[:10]
    ((1500, 28, 28), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], dtype=uint8))
    """
    from sklearn import datasets  # here, because it takes most of a second

    bundled = datasets.load_digits()
    blocks = bundled.images.repeat(3, axis=1).repeat(3, axis=2)
    images = np.pad(np.rint(blocks * (255 / 16)), ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    labels = bundled.target.astype(np.uint8)
    return (images[:TRAIN_DIGITS], labels[:TRAIN_DIGITS]), (images[TRAIN_DIGITS:], labels[TRAIN_DIGITS:])


@boundary
def prepare_images(images: Like, *, flatten: bool = True) -> np.ndarray:
    """Make images ready for a net: pixels from 0 to 255 become float32 from 0 to 1, each image one row.

    Args:
        images: grey images with whole numbers as pixels, shape (images, height, width).
        flatten: whether height and width become one axis, as dense layers want it.

    Returns:
        The images as float32, shape (images, height * width), or (images, height, width) when not flattened.

    Raises:
        ShapeError: `images` has another number of axes than three.
        DtypeError: a pixel is not a whole number from 0 to 255, as when the images are prepared already.
        OptionError: `flatten` is neither true nor false.

    Source: Chollet, Deep Learning with Python, second edition, listing 2.4.

    >>> prepare_images([[[0, 51], [102, 255]]])
    array([[0. , 0.2, 0.4, 1. ]], dtype=float32)
    """
    flatten = flag("flatten", flatten)
    pixels = array("images", images, "images")
    if pixels.ndim != 3:
        raise ShapeError(
            f"images must have the shape (images, height, width); got {pixels.shape}{_reshaped(pixels.shape)}"
        )
    if pixels.dtype.kind not in "iu":
        raise DtypeError(f"pixels must be whole numbers from 0 to 255; got {pixels.dtype}{_prepared(pixels)}")
    if pixels.dtype != np.uint8 and pixels.size and not (pixels.min() >= 0 and pixels.max() <= 255):
        raise DtypeError(f"pixels must be whole numbers from 0 to 255; got {pixels.min()} to {pixels.max()}")
    count, height, width = pixels.shape
    prepared = np.divide(pixels, np.float32(255), dtype=np.float32, casting="unsafe")
    return prepared.reshape(count, height * width) if flatten else prepared


def _reshaped(shape: tuple[int, ...]) -> str:
    """What to write for images of another shape."""
    if len(shape) == 4:
        return "; write images[..., 0]" if shape[-1] == 1 else "; only grey images can be prepared"
    if len(shape) != 2:
        return ""
    side = math.isqrt(shape[1])
    if 1 < side * side == shape[1] != shape[0]:
        return f"; for flat images of {side} by {side} pixels, write images.reshape(-1, {side}, {side})"
    return "; one image needs an axis in front, flat images need a height and a width"


def _prepared(pixels: np.ndarray) -> str:
    """What to write for pixels of another kind."""
    if pixels.dtype.kind == "b":
        return '; write images.astype("uint8") * 255'
    if pixels.dtype.kind != "f" or not pixels.size or np.isnan(pixels).any():
        return ""
    if pixels.min() >= 0 and pixels.max() <= 1:
        return " from 0 to 1: these images are prepared already"
    whole = np.array_equal(pixels, np.rint(pixels)) and pixels.min() >= 0 and pixels.max() <= 255
    return '; write images.astype("uint8")' if whole else ""
