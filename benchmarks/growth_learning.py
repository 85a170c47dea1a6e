"""How the cost of training and of computation graphs grows with their work, beside Keras and TensorFlow.

`python -m benchmarks.growth_learning` prints what `benchmarks.growth` prints, of training with its samples, epochs and
layers, and of graphs with their nodes, inputs and outputs.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks._measuring import verdict
from benchmarks._scaling import HEADINGS, Row, Side, call, counted, judged
from pybridge import graphs, models, training

BATCH_SIZE, FEATURES = 128, 20
SAMPLES, EPOCHS, LAYERS = (1000, 10_000, 100_000), (3, 10, 30, 100), (1, 4, 16)
NODES, INPUTS = (10, 100, 1000, 10_000), (10, 100, 300)
Fit = Callable[..., object]

fresh = itertools.count(8)  # units: a net of a new size, for one of a known size is not traced again


def of_keras(net: keras.Model, x: np.ndarray, y: np.ndarray, epochs: int = 1) -> None:
    net.fit(x, y, epochs=epochs, batch_size=BATCH_SIZE, verbose=0)


def ours(net: keras.Model, x: np.ndarray, y: np.ndarray, epochs: int = 1) -> None:
    training.fit(net, x, y, epochs=epochs, batch_size=BATCH_SIZE, progress=False)


def net(layers: int = 1, units: int = 32) -> keras.Model:
    """A net of dense layers, compiled."""
    hidden = [("dense", units, "relu")] * layers
    made = models.sequential([*hidden, ("dense", 10, "softmax")], input_shape=[FEATURES])
    made.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def samples(n: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.random((n, FEATURES), np.float32), generator.integers(0, 10, n)


def learning() -> list[Row]:
    def of_samples(fit: Fit) -> Side:
        def made(n: int) -> Callable[[], object]:
            given = (net(), *samples(n))
            fit(*given)  # which traces
            return lambda: fit(*given)

        return Side(made, call)

    def of_epochs(fit: Fit) -> Side:
        given = (net(), *samples(256))
        return counted(lambda n: fit(*given, epochs=n))

    def of_layers(fit: Fit) -> Side:
        return counted(lambda n: fit(net(n, next(fresh)), *samples(1024)))

    def row(name: str, side: Callable[[Fit], Side], sizes: tuple[int, ...], of: str) -> Row:
        return Row(name, side(ours), side(of_keras), sizes, ratio=1, of=of, than="Keras")

    return [
        row("fit", of_samples, SAMPLES, "samples"),
        row("fit of 256 samples", of_epochs, EPOCHS, "epochs"),
        row("first fit of a new net", of_layers, LAYERS, "layers"),
    ]


def chain(n: int) -> dict:
    """A graph of n nodes in a row."""
    nodes = [{"id": f"n{i}", "op": "tanh", "args": [f"n{i - 1}" if i else "x"]} for i in range(n)]
    return {"inputs": ["x"], "nodes": nodes, "outputs": [nodes[-1]["id"]]}


def form(n: int) -> object:
    """The same as a form."""
    written: object = "x"
    for _ in range(n):
        written = ["tanh", written]
    return written


def joined(n: int) -> tuple[dict, list[str]]:
    """A graph that concatenates n inputs, and their names."""
    names = [f"x{i}" for i in range(n)]
    parts = [["reshape", name, [1]] for name in names]
    return graphs.from_form(["sum", ["square", ["concatenate", *parts]]]), names


def with_outputs(n: int) -> dict:
    """A graph with n outputs."""
    graph = chain(n)
    return {**graph, "outputs": [node["id"] for node in graph["nodes"]]}


def applied(n: int) -> tf.Tensor:
    """The chain's value by TensorFlow alone."""
    value = tf.constant(0.5)
    for _ in range(n):
        value = tf.tanh(value)
    return value


def taped(n: int) -> list[tf.Tensor]:
    """The gradients of the joined inputs by a tape."""
    inputs = [tf.constant(0.5) for _ in range(n)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(tf.square(tf.concat([tf.reshape(x, [1]) for x in inputs], 0)))
    return tape.gradient(total, inputs)


def slopes(n: int) -> tuple[dict, dict]:
    """The derivative by joined inputs, and their values."""
    graph, names = joined(n)
    return graphs.derivative(graph, names), dict.fromkeys(names, 0.5)


def graph_rows() -> list[Row]:
    written = {"peer": Side(chain, json.dumps), "sizes": NODES, "of": "nodes", "than": "json.dumps"}
    return [
        Row("graphs: from_form", Side(form, graphs.from_form), None, NODES, of="nodes"),
        Row("graphs: derivative", Side(chain, lambda graph: graphs.derivative(graph, ["x"])), None, NODES, of="nodes"),
        Row(
            "graphs: evaluate",
            Side(chain, lambda graph: graphs.evaluate(graph, {"x": 0.5})),
            counted(applied),
            NODES,
            ratio=4,
            of="nodes",
            than="TensorFlow",
        ),
        # It orders the nodes and looks at the types of all attributes, where json only writes.
        Row("graphs: to_dot", Side(chain, graphs.to_dot), ratio=40, **written),
        Row("graphs: to_dot of outputs", Side(with_outputs, graphs.to_dot), ratio=40, **written),
        Row(
            "graphs: derivative by inputs",
            Side(joined, lambda made: graphs.derivative(*made)),
            None,
            INPUTS,
            of="inputs",
        ),
        Row(
            "graphs: evaluate that derivative",
            Side(slopes, lambda made: graphs.evaluate(*made)),
            counted(taped),
            INPUTS,
            ratio=4,
            of="inputs",
            than="a tape",
        ),
    ]


def main() -> int:
    """Measure, print, and judge."""
    print(HEADINGS)
    return verdict([name for row in learning() + graph_rows() for name in judged(row)])


if __name__ == "__main__":
    sys.exit(main())
