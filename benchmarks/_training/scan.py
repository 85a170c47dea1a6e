"""An epoch of the 512-10 net written out by hand in JAX: one `jax.lax.scan` over its batches, compiled as a whole."""

from __future__ import annotations

import functools
import itertools
import time

import jax
import jax.numpy as jnp
import numpy as np

LEARNING_RATE, DECAY, EPSILON = 0.001, 0.9, 1e-7


class Scan:
    """The net's parameters and their training: rmsprop on the crossentropy, loss and accuracy measured on the way.

    Args:
        x: samples, shape (samples, 784).
        y: their classes, 0 to 9.
        batch_size: the samples of a step; those left over after the last whole batch wait for another epoch's order.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        self.x, self.y, self.batch_size = jnp.asarray(x), jnp.asarray(y), batch_size
        first, second, self.key = jax.random.split(jax.random.key(0), 3)
        glorot = jax.nn.initializers.glorot_uniform()
        self.parameters = [glorot(first, (784, 512)), jnp.zeros(512), glorot(second, (512, 10)), jnp.zeros(10)]
        self.averages = [jnp.zeros_like(parameter) for parameter in self.parameters]

    def train(self, epochs: int) -> list[float]:
        """Train for so many epochs: the seconds of each but the first."""
        ends = []
        for _ in range(epochs):
            self.key, chance = jax.random.split(self.key)
            self.parameters, self.averages, measured = epoch(
                self.parameters, self.averages, self.x, self.y, chance, batch_size=self.batch_size
            )
            jax.block_until_ready(measured)
            ends.append(time.perf_counter())
        return [end - begin for begin, end in itertools.pairwise(ends)]


@functools.partial(jax.jit, static_argnames="batch_size", donate_argnums=(0, 1))
def epoch(parameters: list, averages: list, x: jax.Array, y: jax.Array, chance: jax.Array, *, batch_size: int) -> tuple:
    """Go through the samples in a new order: the parameters, rmsprop's averages, and the mean loss and accuracy."""
    steps = len(x) // batch_size
    order = jax.random.permutation(chance, len(x))[: steps * batch_size].reshape(steps, batch_size)

    def step(state: tuple, rows: jax.Array) -> tuple:
        parameters, averages = state
        (loss, accuracy), slopes = jax.value_and_grad(measure, has_aux=True)(parameters, x[rows], y[rows])
        averages = [DECAY * average + (1 - DECAY) * slope**2 for average, slope in zip(averages, slopes, strict=True)]
        parameters = [
            parameter - LEARNING_RATE * slope / jnp.sqrt(average + EPSILON)
            for parameter, average, slope in zip(parameters, averages, slopes, strict=True)
        ]
        return (parameters, averages), (loss, accuracy)

    (parameters, averages), measured = jax.lax.scan(step, (parameters, averages), order)
    return parameters, averages, [each.mean() for each in measured]


def measure(parameters: list, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return a batch's mean crossentropy and its accuracy."""
    w1, b1, w2, b2 = parameters
    scores = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    loss = -jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None].astype("int32"), axis=1).mean()
    return loss, (scores.argmax(axis=1) == y).mean()
