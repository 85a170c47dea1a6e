"""What the published data sets are: their files, the digests of these, and the addresses that have them."""

from __future__ import annotations

import struct
from math import prod
from typing import NamedTuple


class IdxFile(NamedTuple):
    """What a published file must hold: its name without `.gz`, its key in Keras's archive, its shape, its SHA-256."""

    name: str
    key: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> bytes:
        """Two zeros, 8 for unsigned bytes, the number of axes, then each length in four bytes, the highest first."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """How many bytes the unpacked file has."""
        return len(self.header) + prod(self.shape)


class DataSet(NamedTuple):
    """A data set in MNIST's four IDX files.

    Attributes:
        name: what people call it.
        function: the function that loads it.
        files: the training images and labels, then those to test with.
        folder: its folder in the package's cache.
        torchvision: its folder below the root that torchvision is given.
        keras: where Keras keeps it, below KERAS_HOME.
        mirrors: addresses of folders with the gzipped files.
        archive: the address of Keras's archive; empty where Keras takes the four files too.
        megabytes: how much room it takes in the cache.
    """

    name: str
    function: str
    files: tuple[IdxFile, ...]
    folder: str
    torchvision: str
    keras: str
    mirrors: tuple[str, ...]
    archive: str
    megabytes: int

    @property
    def npz(self) -> str:
        """The name of Keras's archive."""
        return self.archive.rpartition("/")[2]

    @property
    def copy(self) -> str:
        """What a folder may hold, in words."""
        archive = f", or Keras's {self.npz}" if self.npz else ""
        return f"an unaltered copy of {self.name} (its four IDX files, gzipped or not{archive})"


def _files(*digests: str) -> tuple[IdxFile, ...]:
    return (
        IdxFile("train-images-idx3-ubyte", "x_train", (60000, 28, 28), digests[0]),
        IdxFile("train-labels-idx1-ubyte", "y_train", (60000,), digests[1]),
        IdxFile("t10k-images-idx3-ubyte", "x_test", (10000, 28, 28), digests[2]),
        IdxFile("t10k-labels-idx1-ubyte", "y_test", (10000,), digests[3]),
    )


MNIST = DataSet(
    name="MNIST",
    function="load_mnist",
    # Taken from unpacked files whose MD5 sums are the published ones (6bbc9ace..., a25bea73..., 2646ac64...,
    # 27ae3e4e...).
    files=_files(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    folder="mnist",
    torchvision="MNIST",
    keras="datasets/mnist.npz",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    archive="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    megabytes=66,
)

FASHION_MNIST = DataSet(
    name="Fashion-MNIST",
    function="load_fashion_mnist",
    # Taken from what is in the gzipped files whose MD5 sums the authors publish (8d4fb7e6..., 25c81989..., bef4ecab...,
    # bb300cfd...).
    files=_files(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    folder="fashion-mnist",
    torchvision="FashionMNIST",
    keras="datasets/fashion-mnist",
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    archive="",
    megabytes=86,
)

ALL = (MNIST, FASHION_MNIST)
