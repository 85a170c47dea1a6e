"""Where the blocks of an epoch come from: arrays held as tensors, or a tf.data.Dataset."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.errors import OptionError, ShapeError
from pybridge.models._data import Data
from pybridge.training._order import order
from pybridge.training._program import Block, Pace, Program

LARGE = 2**24
ALIGNMENT = 64


class ArrayFeed:
    """Batches of arrays, in a new order each epoch.

    Args:
        data: what Keras's `train_step` takes, for all samples.
        batch_size: the samples of a batch.
        shuffle: True, False or "batch".
        seed: what the order follows from.
        one_by_one: whether someone watches each batch, so that a block is one.
    """

    def __init__(self, data: Data, batch_size: int, *, shuffle: bool | str, seed: int, one_by_one: bool) -> None:
        self.data = data
        self.count = int(keras.tree.flatten(data)[0].shape[0])
        self.batch_size = min(batch_size, self.count)
        self.steps = math.ceil(self.count / self.batch_size)
        self.shuffle = shuffle
        self.seed = seed
        self.one_by_one = one_by_one

    def prepare(self, program: Program) -> None:
        """Copy the arrays into tensors, once for all epochs, and have their programs compiled meanwhile."""
        self.data, copies = load(self.data)
        with ThreadPoolExecutor(max_workers=1) as copier:
            copied = [copier.submit(copy) for copy in copies]
            program.compile(Block(self.data, tf.range(self.count), self.batch_size))
        for copy in copied:
            copy.result()

    def blocks(self, epoch: int, pace: Pace) -> Iterator[Block]:
        """The blocks of an epoch, each as many steps as the pace allows; last what is left after the whole batches."""
        numbers = order(self.count, self.batch_size, shuffle=self.shuffle, seed=self.seed, epoch=epoch)
        numbers = tf.constant(numbers)
        whole, done = self.count // self.batch_size, 0
        while done < whole:
            steps = 1 if self.one_by_one else min(pace.steps, whole - done)
            yield Block(self.data, numbers, self.batch_size, done, steps)
            done += steps
        if whole < self.steps:
            rest = numbers[whole * self.batch_size :]
            yield Block(keras.tree.map_structure(lambda array: tf.gather(array, rest), self.data))


class DatasetFeed:
    """Batches as a tf.data.Dataset gives them, in its own order.

    Args:
        dataset: its elements are batches (x, y) or (x, y, sample_weight).
        name: the option it was given as.
    """

    def __init__(self, dataset: tf.data.Dataset, name: str) -> None:
        cardinality = int(dataset.cardinality())
        if cardinality == tf.data.INFINITE_CARDINALITY:
            raise OptionError(f"{name} is a dataset without end; end it with {name}.take(steps)")
        if cardinality == 0:
            raise ShapeError(f"there are no samples in {name}")
        self.data = dataset
        self.name = name
        self.steps = None if cardinality == tf.data.UNKNOWN_CARDINALITY else cardinality
        self.numbers = None
        # What varies from batch to batch, XLA would compile anew each time.
        self.even = all(
            isinstance(spec, tf.TensorSpec) and spec.shape[1:].is_fully_defined()
            for spec in tf.nest.flatten(dataset.element_spec)
        )

    def prepare(self, program: Program) -> None:
        """Nothing is known of the batches before there is one."""

    def blocks(self, epoch: int, pace: Pace) -> Iterator[Block]:
        """The blocks of an epoch, a batch each; those of the first one's size are compiled for."""
        steps = 0
        for batch in self.data:
            size = int(tf.nest.flatten(batch)[0].shape[0]) if self.even else None
            if self.numbers is None and self.even:
                self.numbers = tf.range(size)
            if self.even and size == len(self.numbers):
                yield Block(batch, self.numbers, size)
            else:
                yield Block(batch)
            steps += 1
        if steps == 0:
            raise ShapeError(f"there are no samples in {self.name}")
        self.steps = steps


def load(data: Data) -> tuple[Data, list[Callable[[], None]]]:
    """The arrays as tensors, and what is still to be called to copy the large ones.

    TensorFlow takes aligned memory as it is. So a tensor can be compiled for while another thread fills it.
    """
    copies = []

    def place(array: np.ndarray | Tensor) -> Tensor:
        if isinstance(array, tf.Tensor) or array.dtype.kind not in "uif" or array.nbytes < LARGE:
            return tf.convert_to_tensor(array)
        memory = np.empty(array.nbytes + ALIGNMENT, np.uint8)
        start = -memory.ctypes.data % ALIGNMENT
        held = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        copies.append(functools.partial(np.copyto, held, array))
        return tf.experimental.dlpack.from_dlpack(held.__dlpack__())

    return keras.tree.map_structure(place, data), copies
