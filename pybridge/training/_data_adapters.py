"""Where batches come from: arrays held as tensors, or whatever else Keras takes, through Keras's own adapters."""

from __future__ import annotations

import functools
import math
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TFEpochIterator

from pybridge._types import Tensor
from pybridge.models._data import Data
from pybridge.training._order import Order

LARGE = 2**24
ALIGNMENT = 64
Look = Callable[[Data, np.ndarray | None], None]
OUT_OF_DATA = (
    "the data ran out before steps_per_epoch * epochs batches; make the dataset longer, as by .repeat(), or leave "
    "steps_per_epoch out"
)


@dataclass
class Block:
    """A stretch of an epoch: steps over batches of arrays, or of an iterator.

    Attributes:
        start: the number of the first step.
        steps: how many steps there are.
        numbers: which samples an epoch takes, in their order; None for an iterator.
        place: the number of the first batch in that order.
        whole: whether the batches are of full size.
        iterator: where the batches come from; None for arrays.
    """

    start: int
    steps: int
    numbers: Tensor | None = None
    place: int = 0
    whole: bool = True
    iterator: Iterator[Any] | None = None


class ArrayAdapter:
    """Batches of arrays.

    Args:
        data: what Keras's `train_step` takes, for all samples.
        batch_size: the samples of a batch.
        steps_per_epoch: how many batches an epoch has, unless all.
        shuffle: as `Order` takes it, like the seed.
        seed: what the order follows from.
        prefix: "validation_" for what validates.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int,
        steps_per_epoch: int | None = None,
        *,
        shuffle: bool | str = False,
        seed: int | None = None,
        prefix: str = "",
    ) -> None:
        self.data = data
        self.prefix = prefix
        self.count = int(keras.tree.flatten(data)[0].shape[0])
        self.batch_size = min(batch_size, self.count)
        self.order = Order(self.count, self.batch_size, shuffle=shuffle, seed=seed)
        self.batches = math.ceil(self.count / self.batch_size)
        self.steps_per_epoch = steps_per_epoch
        self.steps = steps_per_epoch or self.batches
        self.even = self.count % self.batch_size == 0
        self._pass = self._taken = 0
        self._numbers: Tensor = None

    def spec(self, *, whole: bool) -> Data:
        """What batches are like: those of full size, or all of them, as Keras has it."""
        size = self.batch_size if whole or self.even else None
        return keras.tree.map_structure(lambda a: tf.TensorSpec([size, *a.shape[1:]], a.dtype), self.data)

    def load(self, meanwhile: Callable[[], object]) -> None:
        """Copy the arrays into tensors, once for all epochs, while something else is done with tensors still empty."""
        self.data, copies = load(self.data)
        with ThreadPoolExecutor(max_workers=1) as copier:
            copied = [copier.submit(copy) for copy in copies]
            meanwhile()
        for copy in copied:
            copy.result()

    def examine(self, look: Look) -> None:
        """Have the samples looked at, with their numbers; None when they are numbered as they come."""
        look(self.data, None)

    def rewind(self) -> None:
        """Begin anew, with all that is random as it goes on."""
        self._pass, self._taken, self._numbers = self._pass + 1, 0, None

    def skip(self, epochs: int) -> None:
        """Go to where training that is resumed after so many epochs goes on."""
        if self.steps_per_epoch is None:
            self._pass = epochs
            return
        for _ in range(epochs):
            self._begin()
            self._taken = min(self._taken + self.steps_per_epoch, self.batches)

    def epoch(self, pace: Callable[[], int]) -> Generator[Block, int, None]:
        """The blocks of an epoch, each as many steps as the pace allows; a smaller batch is one of its own."""
        self._begin()
        whole, done = self.count // self.batch_size, 0
        if self._numbers is None:
            self._numbers = tf.constant(self.order.numbers(self._pass))
        while done < self.steps and self._taken < self.batches:
            left = min(self.steps - done, whole - self._taken)
            steps = max(1, min(pace(), left))
            yield Block(done, steps, self._numbers, self._taken, whole=left > 0)  # what is sent back says nothing new
            self._taken += steps
            done += steps
        if done < self.steps:
            warnings.warn(OUT_OF_DATA, stacklevel=2)

    def _begin(self) -> None:
        """Begin the next pass over the data where the last one has ended."""
        if self._taken >= self.batches or (self._taken and self.steps_per_epoch is None):
            self._pass += 1
            self._taken = 0
            self._numbers = None

    def batch(self, number: int) -> Data:
        """One batch of this pass over the data."""
        rows = self.rows(number)
        return tf.nest.map_structure(lambda array: tf.gather(array, rows), self.data)

    def rows(self, number: int) -> Tensor:
        """Which samples a batch of this pass over the data has."""
        return self._numbers[number * self.batch_size : (number + 1) * self.batch_size]


class StreamAdapter:
    """Batches as a dataset, a generator or whatever else Keras takes gives them.

    Args:
        model: whose strategy distributes them.
        prefix: "validation_" for what validates.
        arguments: what Keras's own adapters take.
    """

    def __init__(self, model: keras.Model, prefix: str, **arguments: object) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`shuffle=True` was passed, but will be ignored")
            self.source = TFEpochIterator(distribute_strategy=model.distribute_strategy, **arguments)
        self.prefix = prefix
        self.dataset = self.source._distributed_dataset
        # A dataset that knows its length does not end before.
        self.sure = arguments.get("steps_per_epoch") is None and self.source.num_batches is not None
        self.sure = self.sure and isinstance(arguments["x"], tf.data.Dataset)
        if not prefix:  # each validation begins with it
            self.source.reset()

    def spec(self, *, whole: bool) -> Data:
        """What batches are like."""
        return self.dataset.element_spec

    def rewind(self) -> None:
        """Begin anew."""
        self.source.reset()

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has, once that is known."""
        return self.source.num_batches

    def epoch(self, pace: Callable[[], int]) -> Generator[Block, int, None]:
        """The blocks of an epoch; send each how many steps it has made."""
        source, block = self.source, None
        with source.catch_stop_iteration():
            steps = iter(source)
            for begin, _, iterator in steps:
                block = Block(begin, source.steps_per_execution, iterator=iterator)
                # Asked for a step too many, Keras would end the epoch before its last batches are taken.
                wanted = min(pace(), self._left(begin))
                while block.steps < wanted:
                    next(steps)
                    block.steps += 1
                del iterator
                done = yield block
                if done < block.steps:
                    source._steps_seen -= block.steps - done - 1
                    raise StopIteration
        if block is not None:
            _let_go(block)

    def _left(self, begin: int) -> float:
        """How many steps there are at most from this one to the end of the epoch, and of the data."""
        source = self.source
        wanted = source.steps_per_epoch or source._num_batches or math.inf
        left = source._num_batches - source._steps_seen + 1 if source._num_batches else math.inf
        return min(wanted - begin, left)


def _let_go(block: Block) -> None:
    """Have another thread let go of an iterator whose batches have been taken.

    There TensorFlow waits for threads of its own, which now and then takes them a tenth of a second.
    """
    held = [block.iterator]
    block.iterator = None
    threading.Thread(target=held.clear, name="pybridge, for what has been read").start()


def load(data: Data) -> tuple[Data, list[Callable[[], None]]]:
    """The arrays as tensors, and what is still to be called to copy the large ones.

    TensorFlow takes aligned memory as it is. So a tensor can be compiled for while another thread fills it.
    """
    copies: list[Callable[[], None]] = []

    def place(array: np.ndarray | Tensor) -> Tensor:
        if isinstance(array, tf.Tensor) or array.dtype.kind not in "uif" or array.nbytes < LARGE:
            return tf.convert_to_tensor(array)
        held = aligned(array.shape, array.dtype)
        copies.append(functools.partial(np.copyto, held, array))
        return as_tensor_in_place(held)

    return keras.tree.map_structure(place, data), copies


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Memory for an array that TensorFlow takes as it is."""
    size = dtype.itemsize * math.prod(shape)
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def as_tensor_in_place(array: np.ndarray) -> Tensor:
    """A tensor of the same memory, which must be aligned; of a copy where TensorFlow takes no such numbers."""
    if array.dtype.kind not in "uif" or array.size == 0:
        return tf.convert_to_tensor(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
