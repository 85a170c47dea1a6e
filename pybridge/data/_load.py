"""MNIST and Fashion-MNIST, from wherever they can be had first."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from pybridge._arguments import shown
from pybridge._boundary import boundary
from pybridge._checked import Stamp
from pybridge.data import _cache, _idx, _layouts, _sets
from pybridge.data._sets import DataSet
from pybridge.errors import DataError, OptionError

__all__ = ["load_mnist", "load_fashion_mnist"]

VARIABLE = "PYBRIDGE_DATA"

Parts = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@boundary
def load_mnist(
    path: str | None = None,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load MNIST: 60,000 images of handwritten digits to train on and 10,000 to test with.

    Without `path` it is looked for in the folder that the variable PYBRIDGE_DATA names, in the package's cache, in
    Keras's cache, and last on the network. Whatever is found counts only if its content has MNIST's SHA-256 digests.
    The arrays then stay in the cache, from where the next load maps them into memory within milliseconds. You may
    write into them, which changes neither the cache nor what the next load returns.

    A folder may hold the four IDX files as they are published, gzipped or not, under their older names
    (`train-images.idx3-ubyte`), each in a folder of its own as Kaggle packs them, or below `MNIST/raw` as torchvision
    keeps them; or Keras's mnist.npz.

    Args:
        path: a folder with MNIST's four IDX files or Keras's mnist.npz, or the name of that file.

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
    return _load(_sets.MNIST, path)


@boundary
def load_fashion_mnist(
    path: str | None = None,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load Fashion-MNIST: 60,000 images of clothes to train on and 10,000 to test with, in MNIST's form.

    It is looked for, checked and kept as MNIST is, in the same layouts. PYBRIDGE_DATA may name its folder, or a folder
    that has it in `fashion-mnist` or `FashionMNIST/raw`. If there is only MNIST, Fashion-MNIST is looked for in the
    caches and on the network.

    The labels are 0 T-shirt or top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag and
    9 ankle boot.

    Args:
        path: a folder with Fashion-MNIST's four IDX files, or an .npz file of the arrays with Keras's names, x_train,
            y_train, x_test and y_test.

    Returns:
        ((train_images, train_labels), (test_images, test_labels)), all uint8: images of shape (60000, 28, 28) and
        (10000, 28, 28) with pixels from 0 to 255, labels of shape (60000,) and (10000,) from 0 to 9.

    Raises:
        DataError: what `path` or PYBRIDGE_DATA names is not Fashion-MNIST, it is nowhere to be had, or the disk is
            full.
        OptionError: `path` is not text.

    Source: Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", arXiv:1708.07747.

    >>> load_fashion_mnist("/no/such/folder")
    Traceback (most recent call last):
    pybridge.errors.DataError: load_fashion_mnist: /no/such/folder does not exist; put an unaltered copy of
    Fashion-MNIST (its four IDX files, gzipped or not) there, or leave path out to have it found or downloaded
    """
    return _load(_sets.FASHION_MNIST, path)


def keras_copy(data: DataSet) -> Path:
    """Where Keras keeps the data set."""
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME", "~/.keras"))) / data.keras


def _load(data: DataSet, path: str | os.PathLike[str] | None) -> Parts:
    if path is not None:
        arrays = _load_named(data, _name(path), "", "leave path out to have it found or downloaded")
    elif named := os.environ.get(VARIABLE):
        try:
            arrays = _load_named(data, named, f"{VARIABLE} is set to {named}, but ", f"unset {VARIABLE}")
        except DataError as error:
            if not isinstance(error.__cause__, _layouts.AnotherSet):
                raise
            arrays = _search(data, [f"{VARIABLE}: {error.__cause__}"])
    else:
        arrays = _search(data, [])
    train_images, train_labels, test_images, test_labels = arrays
    return (train_images, train_labels), (test_images, test_labels)


def _name(path: object) -> str:
    if isinstance(path, str | os.PathLike) and isinstance(name := os.fspath(path), str):
        return name
    raise OptionError(f"path must be the name of a folder or of an .npz file; got {shown(path)}")


def _load_named(data: DataSet, name: str, lead: str, way_out: str) -> list[np.ndarray]:
    try:
        arrays, stamps = _read(data, Path(os.path.expanduser(name)).absolute())
    except DataError as error:
        raise DataError(f"{lead}{error}; put {data.copy} there, or {way_out}") from error
    return _cache.keep(data, arrays, stamps, {})


def _search(data: DataSet, problems: list[str]) -> list[np.ndarray]:
    try:
        return _cache.load(data)
    except DataError as error:
        if _cache.begun(data):
            problems.append(str(error))
    for place in (_cache.folder, keras_copy):
        try:
            arrays, stamps = _read(data, place(data))
        except DataError as error:
            problems.append(str(error))
        else:
            return _cache.keep(data, arrays, stamps, {})
    from pybridge.data._download import download  # here, because nobody who has the data needs requests and rich

    try:
        arrays, packed = download(data)
    except DataError as error:
        raise DataError(
            f"{data.name} is not on this machine ({'; '.join(problems)}) and could not be downloaded ({error}); "
            f"check the network, or put {data.copy} into a folder and let {VARIABLE} name it; "
            "load_digits() is a smaller data set that is always here"
        ) from error
    return _cache.keep(data, arrays, {}, packed)


def _read(data: DataSet, source: Path) -> tuple[list[np.ndarray], dict[str, Stamp]]:
    """The data set's arrays as they are at `source`, and how its files looked before they were read."""
    paths = _layouts.find(data, source)
    stamps = _cache.stamps(paths)
    if _cache.known(data, stamps) and (arrays := _cache.kept(data)):
        return arrays, {}
    return _idx.read(data, paths), stamps
