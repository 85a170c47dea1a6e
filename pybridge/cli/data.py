"""`pybridge data`: the data sets of the book."""

from __future__ import annotations


def mnist() -> None:
    """Find or download MNIST, and say where it is kept."""
    _fetch("MNIST")


def fashion_mnist() -> None:
    """Find or download Fashion-MNIST, and say where it is kept."""
    _fetch("FASHION_MNIST")


def _fetch(name: str) -> None:
    from pybridge import data
    from pybridge.data import _cache, _sets
    from pybridge.errors import DataError

    found = getattr(_sets, name)
    (train_images, _), (test_images, _) = getattr(data, found.function)()
    folder = _cache.folder(found)
    if not _cache.kept(found):
        raise DataError(f"{found.name} cannot be kept in {folder}: make it writable, or name another in XDG_CACHE_HOME")
    print(f"{found.name}: {len(train_images):,} images to train on, {len(test_images):,} to test with, in {folder}")
