"""In which order an epoch takes its samples: a new permutation each time, the same for the same seed."""

from __future__ import annotations

import random

import numpy as np

from pybridge.errors import OptionError


def check_seed(seed: object) -> None:
    """Raises OptionError for what is neither None nor a whole number of at least 0."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise OptionError(f"seed must be a whole number of at least 0, or None; got {seed!r}")


def check_shuffle(shuffle: object) -> None:
    """Raises OptionError for what is neither True, False nor "batch"."""
    if not isinstance(shuffle, bool) and shuffle != "batch":
        raise OptionError(f'shuffle must be True, False or "batch", which shuffles within each batch; got {shuffle!r}')


def fresh_seed() -> int:
    """A seed from where Keras draws those that it is not given, so that `keras.utils.set_random_seed` rules it too."""
    return random.getrandbits(32)


def order(count: int, batch_size: int, *, shuffle: bool | str, seed: int, epoch: int) -> np.ndarray:
    """The numbers of the samples in the order of an epoch.

    It follows from the seed and the epoch alone, so that training which is resumed goes on as if it had not stopped.

    >>> order(5, 2, shuffle=False, seed=0, epoch=0).tolist()
    [0, 1, 2, 3, 4]
    """
    numbers = np.arange(count, dtype=np.int32)
    if not shuffle:
        return numbers
    generator = np.random.default_rng([seed, epoch])
    if shuffle == "batch":
        for start in range(0, count, batch_size):
            generator.shuffle(numbers[start : start + batch_size])
        return numbers
    return generator.permutation(numbers)


def seeds(count: int, seed: int, epoch: int) -> np.ndarray:
    """A seed for each of the model's own generators of random numbers, as dropout has one, in this epoch."""
    return np.random.SeedSequence([seed, epoch, 1]).generate_state(count) >> 1
