"""`pybridge data`: the data sets of the book."""

from __future__ import annotations


def mnist() -> None:
    """Find MNIST or download it, and say where it is kept."""
    from pybridge import data
    from pybridge.data import _cache

    (train_images, _), (test_images, _) = data.load_mnist()
    print(f"MNIST: {len(train_images):,} images to train on, {len(test_images):,} to test with, in {_cache.folder()}")
