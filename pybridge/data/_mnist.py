"""MNIST, from wherever it can be had first."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from pybridge.data import _cache, _idx
from pybridge.errors import DataError, OptionError

__all__ = ["load_mnist"]

VARIABLE = "PYBRIDGE_DATA"
A_COPY = f"an unaltered copy of MNIST (its four IDX files, gzipped or not, or Keras's {_idx.ARCHIVE})"


def load_mnist(
    path: str | None = None,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load MNIST: 60,000 images of handwritten digits to train on and 10,000 to test with.

    Without `path` it is looked for in the folder that the variable PYBRIDGE_DATA names, in the package's cache, in
    Keras's cache, and last on the network. Whatever is found counts only if its content has MNIST's SHA-256 digests.
    The arrays then stay in the cache, from where the next load maps them into memory within milliseconds; they may be
    written to, which changes neither the cache nor what the next load gives.

    Args:
        path: a folder with MNIST's four IDX files, gzipped or not, or with Keras's mnist.npz; or that file itself.

    Returns:
        ((train_images, train_labels), (test_images, test_labels)), all uint8: images of shape (60000, 28, 28) and
        (10000, 28, 28) with pixels from 0 to 255, labels of shape (60000,) and (10000,) from 0 to 9.

    Raises:
        DataError: what `path` or PYBRIDGE_DATA names is not MNIST, MNIST is nowhere to be had, or the disk is full.
        OptionError: `path` is not text.

    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".

    >>> (train_images, train_labels), (test_images, test_labels) = load_mnist()
    >>> train_images.shape, train_labels[:10]
    ((60000, 28, 28), array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], dtype=uint8))
    """
    if path is not None:
        if not isinstance(path, str | os.PathLike):
            raise OptionError(f"load_mnist takes path, the name of a folder or of an .npz file; got {path!r}")
        arrays = _load_named(path, "", "leave path out to have it found or downloaded")
    elif named := os.environ.get(VARIABLE):
        arrays = _load_named(named, f"{VARIABLE} is set to {named}, but ", f"unset {VARIABLE}")
    else:
        arrays = _cache.kept() or _search()
    train_images, train_labels, test_images, test_labels = arrays
    return (train_images, train_labels), (test_images, test_labels)


def _load_named(name: str | os.PathLike, lead: str, way_out: str) -> list[np.ndarray]:
    try:
        arrays, stamps = _read(Path(os.path.expanduser(name)).absolute())
    except DataError as error:
        raise DataError(f"{lead}{error}; put {A_COPY} there, or {way_out}") from error
    return _cache.keep(arrays, stamps, {})


def _search() -> list[np.ndarray]:
    problems = []
    for source in (_cache.folder(), _keras_archive()):
        try:
            arrays, stamps = _read(source)
        except DataError as error:
            problems.append(str(error))
        else:
            return _cache.keep(arrays, stamps, {})
    from pybridge.data._download import download  # here, because nobody who has MNIST needs requests and rich

    try:
        arrays, packed = download()
    except DataError as error:
        raise DataError(
            f"MNIST is not on this machine ({'; '.join(problems)}) and could not be downloaded ({error}); "
            f"check the network, or put {A_COPY} into a folder and let {VARIABLE} name it; "
            "load_digits() is a smaller data set that is always here"
        ) from error
    return _cache.keep(arrays, {}, packed)


def _read(source: Path) -> tuple[list[np.ndarray], dict[str, _cache.Stamp]]:
    """MNIST's arrays as they are at `source`, and how its files looked before they were read."""
    paths = _idx.find(source)
    stamps = _cache.stamps(paths)
    if _cache.known(stamps) and (arrays := _cache.kept()):
        return arrays, {}
    return _idx.read(paths), stamps


def _keras_archive() -> Path:
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME", "~/.keras"))) / "datasets" / _idx.ARCHIVE
