"""Values to differentiate graphs at, and their derivatives by three ways: graphs, TensorFlow's tape, differences."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from pybridge import graphs

RANDOM = np.random.default_rng(7)
VALUES = {
    "z": np.array(0.7),
    "x": RANDOM.normal(size=3),
    "y": RANDOM.normal(size=(2, 3)),
    "w": RANDOM.normal(size=(3, 2)),
    "k": RANDOM.normal(size=(2, 1)),
    "b": RANDOM.normal(size=(4, 2, 3)),
    "c": RANDOM.normal(size=(1, 3, 5)),
    "s": RANDOM.normal(size=(3, 3)),
    "p": RANDOM.uniform(0.5, 2.0, size=(2, 3)),
    "u": RANDOM.uniform(-0.9, 0.9, size=(2, 3)),
    "o": np.array([[0.0, 2.0, -1.5], [0.5, 0.0, 0.0]]),
}


def tensors(graph, values=VALUES):
    return {name: tf.constant(values[name]) for name in graph["inputs"]}


def by_tape(graph, values, order=1):
    """The gradient of a graph, and of the sum of its squares, by TensorFlow's tape through evaluate."""
    with tf.GradientTape() as tape:
        tape.watch(values)
        if order == 1:
            result = graphs.evaluate(graph, values)
        else:
            first = by_tape(graph, values)
            result = sum(tf.cast(tf.reduce_sum(tf.square(first[name])), "float64") for name in graph["inputs"])
    gradients = tape.gradient(result, values, unconnected_gradients="zero")
    return {name: tf.convert_to_tensor(gradient) for name, gradient in gradients.items()}


def by_differences(graph, values, step=1e-6):
    """The gradient of a graph by central differences."""
    gradients = {name: np.zeros_like(value.numpy()) for name, value in values.items()}
    for name, gradient in gradients.items():
        for place in np.ndindex(gradient.shape):
            moved = []
            for sign in (1, -1):
                value = np.array(values[name])
                value[place] += sign * step
                moved.append(graphs.evaluate(graph, {**values, name: value}).numpy())
            gradient[place] = (moved[0] - moved[1]) / (2 * step)
    return gradients


def results(graph, values):
    """A graph's outputs, always as a list."""
    outputs = graphs.evaluate(graph, values)
    return outputs if len(graph["outputs"]) > 1 else [outputs]


def derivatives(graph, values):
    return dict(zip(graph["inputs"], results(graphs.derivative(graph, graph["inputs"]), values), strict=True))


def squared(form):
    return graphs.from_form(["sum", ["square", form]])


def sum_of_squared_derivatives(graph):
    """The graph of the sum of the squares of a graph's derivatives, which has second derivatives of its own."""
    first = graphs.derivative(graph, graph["inputs"])
    total = graphs.from_form(["+", *(["sum", ["square", f"by {name}"]] for name in graph["inputs"])])
    for place, name in enumerate(graph["inputs"]):
        total = graphs.compose(total, {**first, "outputs": [first["outputs"][place]]}, f"by {name}")
    return total
