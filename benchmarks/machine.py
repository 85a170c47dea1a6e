"""How close a training step comes to what this machine can do at all: multiply matrices, and move memory.

`python -m benchmarks.machine` prints a table. The least possible time of a step is that of its convolutions and matrix
products alone, without activations, loss, metrics, update and the choice of samples, by TensorFlow or by NumPy in the
same run. The sides take turns; figures are the least of several rounds.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks._measuring import per_call, rounds, taking_turns, verdict
from benchmarks._record import record
from benchmarks._training.nets import NETS
from pybridge import tensors as t
from pybridge import training

ROUNDS = rounds(15)
LARGE = 2048  # rows and columns of the matrices whose product shows the machine's best rate
COPIED = 2**28  # bytes
EPOCHS = 3
Shape = tuple[int, int, int]


def dense(batch: int, inputs: int, outputs: int, *, first: bool = False) -> list[Shape]:
    """The matrix products of a dense layer's step: forward, the weights' gradient, the input's but for the first."""
    back = [] if first else [(batch, outputs, inputs)]
    return [(batch, inputs, outputs), (inputs, batch, outputs), *back]


def in_numpy(shapes: list[Shape]) -> Callable[[], object]:
    """A function that multiplies matrices of such shapes: rows, what is summed over, and columns."""
    pairs = [(np.ones((m, k), np.float32), np.ones((k, n), np.float32)) for m, k, n in shapes]
    return lambda: [a @ b for a, b in pairs]


def in_tensorflow(shapes: list[Shape], convolutions: Callable[[], list[tuple]] = list) -> Callable[[], object]:
    """The same in a function of TensorFlow's, and convolutions: (operation, its arguments) each."""
    products = [(tf.matmul, (tf.ones((m, k)), tf.ones((k, n)))) for m, k, n in shapes]
    work = [*products, *convolutions()]

    @tf.function(autograph=False)
    def run(given: list) -> list:
        return [operation(*arguments) for (operation, _), arguments in zip(work, given, strict=True)]

    given = [list(arguments) for _, arguments in work]
    return lambda: run(given)[-1].numpy()


def convolutions(batch: int) -> list[tuple]:
    """Those of a step of the net `conv2d`: of the first layer none goes back to the samples."""
    work: list[tuple] = []
    for size, channels, filters in ((28, 1, 32), (13, 32, 64)):
        x, kernel = tf.ones((batch, size, size, channels)), tf.ones((3, 3, channels, filters))
        y = tf.ones((batch, size - 2, size - 2, filters))
        given = {"strides": 1, "padding": "VALID"}
        work.append((lambda x, k, given=given: tf.nn.conv2d(x, k, **given), (x, kernel)))
        work.append((gradient_of_kernel(kernel.shape), (x, y)))
        if channels > 1:
            back = lambda k, y, shape=x.shape: tf.nn.conv2d_transpose(y, k, shape, 1, "VALID")  # noqa: E731
            work.append((back, (kernel, y)))
    return work


def gradient_of_kernel(shape: tf.TensorShape) -> Callable:
    """A function of a convolution's input and its output's gradient."""
    return lambda x, y: tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=shape, out_backprop=y, strides=[1, 1, 1, 1], padding="VALID"
    )


def step(name: str) -> Callable[[], float]:
    """A function that trains a net and returns the nanoseconds of a step."""
    net = NETS[name]
    model, (x, y) = net.model(), net.data()

    def measure() -> float:
        ends: list[float] = []
        told = [lambda epoch, logs: ends.append(time.perf_counter())]
        training.fit(model, x, y, epochs=EPOCHS, batch_size=net.batch_size, progress=False, seed=1, callbacks=told)
        return min(b - a for a, b in itertools.pairwise(ends)) / steps(name) * 1e9

    return measure


def steps(name: str) -> int:
    """How many steps an epoch of a net has."""
    return -(-NETS[name].samples // NETS[name].batch_size)


def timed(f: Callable[[], object], calls: int = 1) -> Callable[[], float]:
    """A function that returns the nanoseconds of a call, the mean of so many: as many as an epoch has steps."""
    return lambda: per_call(f, calls)


def rows() -> dict[str, tuple[dict[str, Callable[[], float]], float]]:
    """By what the table calls it: pybridge's side, the others, and how many operations on numbers or bytes it takes."""
    a = np.random.default_rng(0).random((LARGE, LARGE), np.float32)
    of_tensorflow, memory, copy = tf.constant(a), np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)
    mnist = [*dense(128, 784, 512, first=True), *dense(128, 512, 10)]
    last = dense(128, 7744, 10)
    alone, both = "its products alone, TensorFlow", "its convolutions and products alone"
    return {
        f"product of {LARGE} x {LARGE} matrices": (
            {
                "pybridge": timed(lambda: t.matmul(of_tensorflow, of_tensorflow).numpy()),
                "NumPy": timed(lambda: a @ a),
                "TensorFlow": timed(lambda: tf.matmul(of_tensorflow, of_tensorflow).numpy()),
            },
            operations([(LARGE, LARGE, LARGE)]),
        ),
        "copy of 268 MB": ({"NumPy": timed(lambda: np.copyto(copy, memory))}, 2 * COPIED),
        "step of dense 512-10, 128 samples": (
            {
                "pybridge": step("dense"),
                alone: timed(in_tensorflow(mnist), steps("dense")),
                "its products alone, NumPy": timed(in_numpy(mnist), steps("dense")),
            },
            operations(mnist),
        ),
        "step of Conv2D, 128 samples": (
            {"pybridge": step("conv2d"), both: timed(in_tensorflow(last, lambda: convolutions(128)), steps("conv2d"))},
            operations(last) + 128 * 2 * 9 * (2 * 26 * 26 * 32 + 3 * 11 * 11 * 32 * 64),
        ),
    }


def operations(shapes: list[Shape]) -> float:
    """How many multiplications and additions matrix products take."""
    return sum(2 * m * k * n for m, k, n in shapes)


def main() -> int:
    """Measure and print."""
    print(f"{'':36}{'ms':>9}{'10⁹ a second':>14}  peers, ms")
    for name, (sides, work) in rows().items():
        taking_turns(list(sides.values()), 1)
        figures = dict(zip(sides, taking_turns(list(sides.values()), ROUNDS), strict=True))
        first, *others = ({side: min(times) / 1e6 for side, times in figures.items()}).items()
        rate = work / min(next(iter(figures.values())))
        told = "; ".join(f"{side} {ms:.3f} ({first[1] / ms:.2f} times)" for side, ms in others)
        print(f"{name:36}{first[1]:9.3f}{rate:14.1f}  {told}", flush=True)
        ours, *_ = figures.values()
        peers = {side: times for side, times in list(figures.items())[1:]}
        unit = "GB read and written" if name.startswith("copy") else "GFLOP"
        record(name, "ns", ours, peers=peers, by="least", note=f"{rate:.3g} {unit} a second at the least time")
    return verdict([])


if __name__ == "__main__":
    sys.exit(main())
