"""What the workers of a training agree on, and what they add up or average."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._arguments import shown
from pybridge._types import Tensor
from pybridge.distributed._packing import as_bits, from_bits
from pybridge.distributed._strategy import Strategy, made
from pybridge.errors import OptionError, WorkerError

BRIEF = 100  # characters

__all__ = ["ALONE", "Workers", "as_workers", "warn_of_others"]


class Workers:
    """The workers of one training; a single one asks nobody.

    Attributes:
        strategy: what connects them.
        together: whether there are several.
    """

    def __init__(self, strategy: Strategy | None = None) -> None:
        self.strategy = strategy
        self.count, self.rank = (1, 0) if strategy is None else (strategy.count, strategy.rank)
        self.together = self.count > 1

    def part(self, size: int) -> tuple[int, int]:
        """Where this worker's part of so many samples begins and ends."""
        return size * self.rank // self.count, size * (self.rank + 1) // self.count

    def explained(self) -> AbstractContextManager[None]:
        """Says which worker is gone, and tells the others what this one raises."""
        return nullcontext() if self.strategy is None else self.strategy.explained()

    def in_epoch(self, epoch: int | None) -> None:
        """Say in which epoch the workers are, counted from 0; None for before the first."""
        if self.strategy is not None:
            goes_on = f" from the checkpoint of epoch {epoch}, with initial_epoch={epoch}" if epoch else ""
            self.strategy.where = "" if epoch is None else f" in epoch {epoch + 1}"
            self.strategy.remedy = f"start all workers again{goes_on}"

    def refusal(self, said: str) -> WorkerError:
        """An error that the others are told as well."""
        return self._strategy.refusal(said)

    def first(self, number: int) -> int:
        """Worker 0's number."""
        if not self.together:
            return number
        return int(self._sum(np.int64(number if self.rank == 0 else 0)))

    def seed(self, seed: int | None) -> int | None:
        """The seed of all: several workers draw one, where none is given, as `keras.utils.set_random_seed` has it."""
        return self.first(np.random.randint(2**31 - 1) if seed is None else seed) if self.together else seed

    def any(self, flag: bool) -> bool:
        """Whether any worker says so."""
        return bool(self._sum(np.int32(flag))) if self.together else flag

    def compare(self, facts: dict[str, Any]) -> None:
        """Compare what must be the same on all.

        Raises:
            WorkerError: something differs.
        """
        if not self.together:
            return
        told = json.dumps({name: _brief(fact) for name, fact in facts.items()})
        all_facts = [json.loads(each) for each in self._strategy.gather(told.encode())]
        for rank, theirs in enumerate(all_facts):
            for name, fact in theirs.items():
                if fact != (wanted := all_facts[0].get(name)):
                    raise WorkerError(
                        f"the workers do not train alike: {name} is {fact} on worker {rank}, and {wanted} on worker 0; "
                        "run the same program on all"
                    )

    def share(self, variables: Iterable[Any]) -> None:
        """Give variables the values that they have on worker 0."""
        numbers = [place for place in map(_value, variables) if place.dtype != tf.string]
        if not self.together or not numbers:
            return
        bits = [as_bits(tf.convert_to_tensor(place)) for place in numbers]
        shared = self._sum([each if self.rank == 0 else tf.zeros_like(each) for each in bits])
        for place, each in zip(numbers, shared, strict=True):
            place.assign(from_bits(each, place.dtype))

    def average(self, variables: Iterable[Any]) -> None:
        """Give floating-point variables the mean of their values on all workers; those that are alike stay so."""
        places = [place for place in map(_value, variables) if place.dtype.is_floating]
        if not self.together or not places:
            return
        own = [tf.identity(place) for place in places]
        self.share(places)
        for place, more in zip(
            places, self._sum([x - place for x, place in zip(own, places, strict=True)]), strict=True
        ):
            place.assign_add(tf.cast(more / self.count, place.dtype))

    def added(self, values: list[Tensor]) -> list[Tensor]:
        """What values add up to."""
        return self._sum(values) if self.together and values else values

    def _sum(self, values: Any) -> Any:
        return self._strategy.sum(values)

    @property
    def _strategy(self) -> Strategy:
        assert self.strategy is not None
        return self.strategy


ALONE = Workers()


def as_workers(strategy: object) -> Workers:
    """The workers of a strategy; one where there is none.

    Raises:
        OptionError: it is something else.
    """
    if strategy is None:
        return ALONE
    if not isinstance(strategy, Strategy):
        ours = "; one of TensorFlow's own distributes a model made in its scope, by keras.Model.fit"
        raise OptionError(
            f"strategy is what distributed.strategy() returns; got {shown(strategy)}"
            + (ours if isinstance(strategy, tf.distribute.Strategy) else "")
        )
    return Workers(strategy)


def warn_of_others() -> None:
    """Warn one of several workers that it trains alone."""
    if made and made[0].count > 1:
        warnings.warn(
            f"this is one of {made[0].count} workers, and each trains alone: give strategy=distributed.strategy() "
            "for them to train together",
            stacklevel=4,
        )


def _brief(fact: object) -> str:
    """A fact in a few words, which differ where it differs."""
    text = str(fact)
    return text if len(text) < BRIEF else f"{text[:BRIEF]}... ({hashlib.sha256(text.encode()).hexdigest()[:8]})"


def _value(variable: Any) -> Any:
    return variable.value if isinstance(variable, keras.Variable) else variable
