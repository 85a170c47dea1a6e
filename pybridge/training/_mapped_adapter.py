"""Batches of memory-mapped arrays: an epoch's rows are read a stretch at a time, each while the one before trains."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.distributed._workers import ALONE, Workers
from pybridge.models._data import Data
from pybridge.models._mapped import Mapped, take
from pybridge.training._data_adapters import OUT_OF_DATA, ArrayAdapter, Block, Look, aligned, as_tensor_in_place

# Bytes of the samples of a stretch; two are in memory at a time. The C library gives larger memory back to the system
# each time, and each page of it costs as much as what it holds.
STRETCH = 2**24


@dataclass
class Stretch:
    """Some batches of an epoch, of which this worker's samples are in memory.

    Attributes:
        data: its samples as they come in the file, and copies of the last one up to the size of all stretches.
        places: where in `data` the samples of all batches are, in the order of the epoch; 0 for other workers' samples.
        count: how many samples the batches have.
    """

    data: Data
    places: Tensor
    count: int


class MappedAdapter(ArrayAdapter):
    """Batches of arrays of which some are memory-mapped, in the very order that `ArrayAdapter` has.

    All stretches have one size, so that one compiled loop serves them.

    Args:
        data: what Keras's `train_step` takes, for all samples.
        batch_size: the samples of a batch.
        steps_per_epoch: how many batches an epoch has, unless all.
        workers: of whose parts of each batch this worker reads its own.
        together: a number of steps that are not to be torn apart.
        options: as `ArrayAdapter` takes them.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int,
        steps_per_epoch: int | None = None,
        workers: Workers = ALONE,
        *,
        together: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(data, batch_size, steps_per_epoch, **options)
        self._workers = workers
        self._files = data
        self._arrays = [leaf if isinstance(leaf, Mapped) else np.asarray(leaf) for leaf in tf.nest.flatten(data)]
        # The numbers of the samples, and those that sort them, are there as well.
        sample = 16 + sum(leaf.dtype.itemsize * math.prod(leaf.shape[1:]) for leaf in self._arrays)
        most = math.ceil(self.batch_size / workers.count)  # samples of a batch that a worker reads; as long for all
        steps = max(1, STRETCH // (most * sample * together)) * together
        self.stretch = min(steps, self.batches)
        self._look: Look = lambda data, rows: None
        self._seen = np.zeros(self.count, bool)  # which samples have been looked at
        self._now: Any = None  # the stretch that is trained with

    def load(self, meanwhile: Callable[[], object]) -> None:
        """Do something with tensors of a stretch's size, into which nothing has been read."""
        self.data = self._made(lambda array, memory: None)
        try:
            meanwhile()
        finally:
            self.data = self._files

    def examine(self, look: Look) -> None:
        """Have each stretch looked at before its first step, unless all of it has been."""
        self._look = look

    def epoch(self, pace: Callable[[], int]) -> Generator[Block, int, None]:
        """The blocks of an epoch, as `ArrayAdapter` has them but for the ends of stretches."""
        self._begin()
        if self._numbers is None:
            self._numbers = self.order.numbers(self._pass)
        first, last = self._taken, min(self._taken + self.steps, self.batches)
        with ThreadPoolExecutor(max_workers=1) as reader:
            try:
                coming = reader.submit(self._read, first, last)
                for start in range(first, last, self.stretch):
                    stop = min(start + self.stretch, last)
                    self._now = coming.result()
                    self.data = self._now.data  # which lets go of the stretch before
                    if stop < last:
                        coming = reader.submit(self._read, stop, last)
                    yield from self._blocks(pace, first, start, stop)
            finally:
                self.data, self._now = self._files, None
        if last - first < self.steps:
            warnings.warn(OUT_OF_DATA, stacklevel=2)

    def _blocks(self, pace: Callable[[], int], first: int, start: int, stop: int) -> Generator[Block, int, None]:
        """The blocks of a stretch from one batch to another, in an epoch that has begun with a first one."""
        whole = min(stop, self.count // self.batch_size)
        while self._taken < stop:
            left = whole - self._taken
            steps = max(1, min(pace(), left))
            yield Block(self._taken - first, steps, self._now.places, self._taken - start, whole=left > 0)
            self._taken += steps

    def batch(self, number: int) -> Data:
        """One batch of this stretch."""
        rows = self.rows(number)
        return tf.nest.map_structure(lambda array: tf.gather(array, rows), self.data)

    def rows(self, number: int) -> Tensor:
        """Where in this stretch the samples of a batch are."""
        start = number * self.batch_size
        return self._now.places[start : min(start + self.batch_size, self._now.count)]

    def _read(self, start: int, last: int) -> Stretch:
        """The stretch that begins with a batch, looked at."""
        numbers = self._numbers[start * self.batch_size : min(start + self.stretch, last) * self.batch_size]
        own = self._own(len(numbers))
        by = np.argsort(numbers[own])
        places = np.zeros(self._size, np.int32)
        places[own[by]] = np.arange(len(by), dtype=np.int32)
        rows = numbers[own[by]]
        stretch = Stretch(self._gathered(rows), tf.constant(places), len(numbers))
        if not self._seen[rows].all():
            self._look(stretch.data, rows)
            self._seen[rows] = True
        return stretch

    def _own(self, count: int) -> np.ndarray:
        """Which of so many samples, counted from the beginning of a batch, are this worker's."""
        if not self._workers.together:
            return np.arange(count)
        sizes = [min(self.batch_size, count - start) for start in range(0, count, self.batch_size)]
        parts = [self._workers.part(size) for size in sizes]
        return np.concatenate([np.arange(*part) + number * self.batch_size for number, part in enumerate(parts)])

    def _gathered(self, rows: np.ndarray) -> Data:
        """The samples of these rows, which ascend."""

        def gather(array: np.ndarray | Mapped, memory: np.ndarray) -> None:
            if len(rows) == 0:
                memory[:] = memory.dtype.type()
            elif isinstance(array, Mapped):
                array.take(rows, into=memory[: len(rows)])
            else:
                take(array, rows, into=memory[: len(rows)])
            memory[len(rows) :] = memory[max(len(rows) - 1, 0)]

        return self._made(gather)

    def _made(self, fill: Callable[[np.ndarray | Mapped, np.ndarray], None]) -> Data:
        """Tensors with room for a stretch's samples, made of memory that has been filled."""
        tensors = []
        for array in self._arrays:
            shape, strings = (self._room, *array.shape[1:]), array.dtype.kind in "OSU"
            memory = np.full(shape, b"", object) if strings else aligned(shape, array.dtype)
            fill(array, memory)
            tensors.append(as_tensor_in_place(memory))
        return tf.nest.pack_sequence_as(self._files, tensors)

    @property
    def _size(self) -> int:
        """How many samples the batches of a stretch have at most.

        A single batch gets room for one sample more, unless it is all there is: XLA would drop the slice that takes a
        whole array, compile what is left otherwise, and round otherwise.
        """
        return self.stretch * self.batch_size + (self.stretch == 1 < self.batches)

    @property
    def _room(self) -> int:
        """How many of them this worker reads: of a smaller batch it may be one more than of the others."""
        first, last = self._workers.part(self.batch_size)
        return self.stretch * (last - first) + 1 if self._workers.together else self._size
