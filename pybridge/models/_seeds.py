"""The same seed gives a model the same weights every time, and leaves no trace elsewhere.

Keras gives whatever has no seed one of its own, drawn from Python's `random` when the initializer or generator is made:
those of a layer in its constructor, where they can be found and given another, those of a layer that makes its parts
while it is built only then.
"""

from __future__ import annotations

import contextlib
import functools
import random
import threading
from collections.abc import Iterator

import keras

SEED = "seed_generator_state"  # what Keras calls the variable of a generator of random numbers
SEEDS = 2**31 - 1
_building = threading.RLock()


def seed_layers(layers: list[keras.Layer], seed: int) -> None:
    """Give everything random in layers that have no weights yet a seed that follows from `seed` and its place."""
    for place, layer in enumerate(layers):
        source = random.Random(f"{seed}/{place}")
        for part in layer._flatten_layers():
            for value in list(vars(part).values()):
                _seed(value, source.randrange(SEEDS))


def _seed(value: object, seed: int) -> None:
    if not isinstance(value, keras.initializers.Initializer | keras.random.SeedGenerator):
        return
    if value.get_config().get("seed", "none to set") is not None:
        return
    if isinstance(value, keras.random.SeedGenerator):
        value.state.assign([seed, 0])
    else:
        value.seed = seed


def seed_building(model: keras.Model, seed: int) -> None:
    """Make what the model's layers draw while they are built follow from `seed`, whenever that will be."""
    build = model.build

    @functools.wraps(build)
    def seeded(*args: object, **kwargs: object) -> None:
        with seeds_drawn_from(seed):
            build(*args, **kwargs)

    model.build = seeded


@contextlib.contextmanager
def seeds_drawn_from(seed: int) -> Iterator[None]:
    """Let Keras draw from a sequence that follows from `seed`, and put Python's own back where it was."""
    with _building:
        before = random.getstate()
        random.seed(f"{seed}/build")
        try:
            yield
        finally:
            random.setstate(before)
