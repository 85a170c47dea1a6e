"""Data as NumPy arrays: MNIST, checked by its digests and kept at hand, and small data sets that need no network."""

from __future__ import annotations

from pybridge.data._images import load_digits, prepare_images
from pybridge.data._mnist import load_mnist
from pybridge.data._samples import example_shapes, example_tensor, two_clouds

__all__ = ["load_mnist", "load_digits", "prepare_images", "two_clouds", "example_shapes", "example_tensor"]
