"""Data as NumPy arrays: MNIST and Fashion-MNIST, checked by their digests and kept, and small data for examples."""

from __future__ import annotations

from pybridge.data._images import load_digits, prepare_images
from pybridge.data._load import load_fashion_mnist, load_mnist
from pybridge.data._samples import example_shapes, example_tensor, two_clouds
from pybridge.data._split import split

__all__ = [
    "load_mnist",
    "load_fashion_mnist",
    "load_digits",
    "split",
    "prepare_images",
    "two_clouds",
    "example_shapes",
    "example_tensor",
]
__dir__ = __all__.copy  # completion offers these
