"""How each whole number of the public API is given: a call around it, and what NumPy says of the same number.

A parameter is `subject.function.parameter`. Its calls come with what is right: `REFUSED` for every number that is tried
here, `ANY` for whatever the call gives, or a function that gives the right array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from limits_models import ANY, LABELS, MATRIX, OF_MODELS, REFUSED, VECTOR, Call, seeded

from pybridge import attention, autodiff, data, glossary, linalg, losses, metrics, naive, optimizers, plot
from pybridge import tensors as t
from pybridge.naive import BatchGenerator, NaiveDense, NaiveSequential

# What else a function with an axis needs.
NEEDED = {"x": MATRIX, "xs": [MATRIX, MATRIX], "q": 0.5, "parts": 1, "repeats": 1, "shift": 1, "indices": [0]}


class Enough(Exception):
    """Raised where a call that would go on for ever has begun."""


def enough(*_: object) -> Any:
    raise Enough


def shaped(make: Callable[[Any], Any], numpy: Any) -> list[Call]:
    """The calls of what makes a tensor of a shape; NumPy's takes the shape as well."""
    around = [lambda v: v, lambda v: [v], lambda v: [v, 0], lambda v: [0, 1, v]]
    return [
        (lambda v, shape=shape: make(shape(v)), ANY if numpy is ANY else lambda v, shape=shape: numpy(shape(v)))
        for shape in around
    ]


def axes() -> Iterator[tuple[str, list[Call]]]:
    """Every `axis` of `tensors`: of one or two axes none has such a number."""
    for name in t.__all__:
        function = getattr(t, name)
        parameters = inspect.signature(function).parameters
        if "axis" in parameters and not inspect.isclass(function):
            needed = [
                NEEDED[each]
                for each in parameters
                if parameters[each].default is parameters[each].empty and each != "axis"
            ]
            one = lambda v, function=function, needed=needed: function(*needed, axis=v)  # noqa: E731
            calls = [(one, REFUSED)]
            if "Axes" in str(parameters["axis"].annotation):
                calls += [(lambda v, one=one: one([v]), REFUSED), (lambda v, one=one: one([0, v]), REFUSED)]
            yield f"tensors.{name}.axis", calls


def slices(v: Any) -> list[tuple[Any, slice]]:
    return [([v, None], slice(v, None)), ([None, v], slice(None, v)), ([None, None, v], slice(None, None, v))]


def repeated(v: Any) -> np.ndarray:
    return np.repeat(VECTOR[:0], v)


def options() -> Iterator[tuple[str, list[Call]]]:
    """Every number of a rule or schedule, which may be a float; those that count steps have calls of their own."""
    needed = {"initial_learning_rate": 0.1, "learning_rate": 0.1, "decay_rate": 0.5, "values": [1.0]}
    needed |= dict.fromkeys(["decay_steps", "drop_every", "warmup_steps"], 3)
    for name in optimizers.__all__:
        function = getattr(optimizers, name)
        parameters = inspect.signature(function).parameters
        given = {each: needed[each] for each in parameters if each in needed}
        for parameter, each in parameters.items():
            if "Num" in str(each.annotation) and name != "learning_rate_at":
                call = lambda v, function=function, given=given, parameter=parameter: function(**given | {parameter: v})  # noqa: E731
                yield f"optimizers.{name}.{parameter}", [(call, ANY)]


CALLS: dict[str, list[Call]] = {
    **dict(axes()),
    **dict(options()),
    "optimizers.learning_rate_at.schedule": [(lambda v: optimizers.learning_rate_at(v, 1), lambda v: float(v))],
    "autodiff.check_gradient.rtol": [(lambda v: autodiff.check_gradient(t.sin, 1.0, rtol=v), ANY)],
    "autodiff.check_gradient.atol": [(lambda v: autodiff.check_gradient(t.sin, 1.0, atol=v), ANY)],
    "tensors.zeros.shape": shaped(t.zeros, lambda s: np.zeros(s, "f4")),
    "tensors.ones.shape": shaped(t.ones, lambda s: np.ones(s, "f4")),
    "tensors.full.shape": shaped(lambda s: t.full(s, 7), lambda s: np.full(s, 7)),
    "tensors.full.value": [
        (lambda v: t.full([2], v), lambda v: np.full([2], v)),
        (lambda v: t.full([2], v, "uint64"), lambda v: np.full([2], v, "u8")),
    ],
    "tensors.eye.n": [(t.eye, lambda v: np.eye(v, dtype="f4"))],
    "tensors.arange.start": [
        (t.arange, np.arange),
        (lambda v: t.arange(v, int(v) + 3), lambda v: np.array([v, v + 1, v + 2])),
        (lambda v: t.arange(v, 0, -int(v)), lambda v: np.array([v])),
    ],
    "tensors.arange.stop": [
        (lambda v: t.arange(int(v) - 2, v), lambda v: np.array([v - 2, v - 1])),
        (lambda v: t.arange(0, v), np.arange),
    ],
    "tensors.arange.step": [
        (lambda v: t.arange(0, 1, v), lambda v: np.array([0] if v > 0 else [], "i8")),
        (lambda v: t.arange(0, 2 * int(v), v), lambda v: np.array([0, v])),
    ],
    "tensors.linspace.start": [(lambda v: t.linspace(v, 0, 3), lambda v: np.array([v, v / 2, 0], "f4"))],
    "tensors.linspace.stop": [(lambda v: t.linspace(0, v, 3), lambda v: np.array([0, v / 2, v], "f4"))],
    "tensors.linspace.num": [(lambda v: t.linspace(0, 1, v), lambda v: np.linspace(0, 1, v, dtype="f4"))],
    "tensors.random_normal.shape": shaped(t.random_normal, ANY),
    "tensors.random_normal.mean": [(lambda v: t.random_normal([2], v, 0), lambda v: np.full([2], v, "f4"))],
    "tensors.random_normal.stddev": [(lambda v: t.random_normal([0], 0, v), lambda v: np.zeros(0, "f4"))],
    "tensors.random_normal.seed": seeded(lambda v: t.random_normal([2], seed=v)),
    "tensors.random_uniform.shape": shaped(t.random_uniform, ANY),
    "tensors.random_uniform.low": [(lambda v: t.random_uniform([2], v, v), lambda v: np.full([2], v, "f4"))],
    "tensors.random_uniform.high": [(lambda v: t.random_uniform([0], high=v), lambda v: np.zeros(0, "f4"))],
    "tensors.random_uniform.seed": seeded(lambda v: t.random_uniform([2], seed=v)),
    "tensors.allclose.rtol": [(lambda v: t.allclose([1.0], [2.0], rtol=v), ANY)],
    "tensors.allclose.atol": [(lambda v: t.allclose([1.0], [2.0], atol=v), ANY)],
    "tensors.leaky_relu.negative_slope": [(lambda v: t.leaky_relu([-1.0], v), lambda v: np.array([-float(v)], "f4"))],
    "tensors.elu.alpha": [(lambda v: t.elu([0.0], v), ANY)],
    "tensors.round.decimals": [(lambda v: t.round([0.125], v), lambda v: np.array([0.125], "f4"))],
    "tensors.norm.ord": [(lambda v: t.norm([1.0, 1.0], v), ANY), (lambda v: t.norm(MATRIX, v, [0, 1]), REFUSED)],
    "tensors.tensordot.axes": [
        (lambda v: t.tensordot(MATRIX, MATRIX, v), REFUSED),
        (lambda v: t.tensordot(MATRIX, MATRIX, [v, 0]), REFUSED),
        (lambda v: t.tensordot(MATRIX, MATRIX, [[0], [v]]), REFUSED),
    ],
    "tensors.top_k.k": [(lambda v: t.top_k(VECTOR, v), REFUSED)],
    "tensors.reshape.shape": [
        *shaped(lambda s: t.reshape(np.zeros(0), s), lambda s: np.zeros(0).reshape(s)),
        (lambda v: t.reshape(VECTOR, [v, -1]), REFUSED),
        (lambda v: t.reshape(VECTOR, [v, v]), REFUSED),
    ],
    "tensors.transpose.axes": [
        (lambda v: t.transpose(MATRIX, [v, 0]), REFUSED),
        (lambda v: t.transpose(VECTOR, v), REFUSED),
    ],
    "tensors.split.parts": [
        (lambda v: t.split(VECTOR, v), REFUSED),
        (lambda v: t.split(VECTOR, [v])[0], lambda v: np.split(VECTOR, [v])[0]),
        (lambda v: t.split(VECTOR, [v])[1], lambda v: np.split(VECTOR, [v])[1]),
    ],
    "tensors.roll.shift": [
        (lambda v: t.roll(VECTOR, v), lambda v: np.roll(VECTOR, int(v) % 3)),
        (lambda v: t.roll(MATRIX, [v, v], [0, 1]), lambda v: np.roll(MATRIX, [int(v) % 2] * 2, [0, 1])),
        (lambda v: t.roll(VECTOR, [v, v]), lambda v: np.roll(VECTOR, 2 * int(v) % 3)),
    ],
    "tensors.repeat.repeats": [
        (lambda v: t.repeat(VECTOR, v), REFUSED),
        (lambda v: t.repeat(VECTOR[:0], v), lambda v: np.repeat(VECTOR[:0], v)),
        (lambda v: t.repeat(VECTOR, [0, v, 0]), REFUSED),
        (lambda v: t.repeat(MATRIX, v, axis=1), REFUSED),
    ],
    "tensors.tile.repeats": [
        (lambda v: t.tile(VECTOR, v), REFUSED),
        (lambda v: t.tile(VECTOR[:0], v), lambda v: np.tile(VECTOR[:0], v)),
        (lambda v: t.tile(VECTOR, [v, 0]), lambda v: np.zeros([v, 0], int)),
        (lambda v: t.tile(VECTOR, [v, v]), REFUSED),
    ],
    "tensors.pad.widths": [
        (lambda v: t.pad(VECTOR, v), REFUSED),
        (lambda v: t.pad(VECTOR, [0, v]), REFUSED),
        (lambda v: t.pad(MATRIX, [[0, 0], [v, 0]]), REFUSED),
        (lambda v: t.pad(np.zeros([2, 0]), [[v, v], [0, 0]]), lambda v: np.zeros([2 + 2 * int(v), 0])),
    ],
    "tensors.pad.value": [(lambda v: t.pad(VECTOR, 1, v), lambda v: np.array([v, 1, 2, 3, v]))],
    "tensors.broadcast_to.shape": shaped(
        lambda s: t.broadcast_to(np.zeros([1, 1]), s), lambda s: np.broadcast_to(np.zeros([1, 1]), s)
    ),
    "tensors.diag.k": [
        (lambda v: t.diag(VECTOR, v), REFUSED),
        (lambda v: t.diag(MATRIX, v), lambda v: np.zeros(0)),
    ],
    "tensors.tril.k": [(lambda v: t.tril(MATRIX, v), lambda v: MATRIX if v > 0 else MATRIX * 0)],
    "tensors.triu.k": [(lambda v: t.triu(MATRIX, v), lambda v: MATRIX * 0 if v > 0 else MATRIX)],
    "tensors.index.axes": [
        (lambda v: t.index(VECTOR, v), REFUSED),
        (lambda v: t.index(VECTOR, [v, None]), lambda v: VECTOR[int(v) :]),
        (lambda v: t.index(VECTOR, [None, v]), lambda v: VECTOR[: int(v)]),
        (lambda v: t.index(VECTOR, [None, None, v]), lambda v: VECTOR[:: int(v)]),
        (lambda v: t.index(VECTOR, [v, 0, -1]), lambda v: VECTOR[int(v) : 0 : -1]),
    ],
    "tensors.gather.indices": [
        (lambda v: t.gather(VECTOR, v), REFUSED),
        (lambda v: t.gather(VECTOR, np.array([v])), REFUSED),
    ],
    "tensors.one_hot.labels": [
        (lambda v: t.one_hot([v], 3), lambda v: np.zeros([1, 3], "f4")),
        (lambda v: t.one_hot(np.array([v]), 3), lambda v: np.zeros([1, 3], "f4")),
    ],
    "tensors.one_hot.depth": [
        (lambda v: t.one_hot([1], v), lambda v: np.eye(1, v, 1, "f4")),
        (lambda v: t.one_hot(np.zeros(0, int), v), lambda v: np.zeros([0, v], "f4")),
    ],
    "linalg.permutation.order": [(lambda v: linalg.permutation([v, 0]), REFUSED)],
    "linalg.rotation.angle": [(linalg.rotation, ANY)],
    "linalg.shear.x": [(lambda v: linalg.shear(x=v), lambda v: np.array([[1, v], [0, 1]], "f4"))],
    "linalg.shear.y": [(lambda v: linalg.shear(y=v), lambda v: np.array([[1, 0], [v, 1]], "f4"))],
    "naive.NaiveDense.input_size": [(lambda v: NaiveDense(v, 2, None), REFUSED)],
    "naive.NaiveDense.output_size": [(lambda v: NaiveDense(2, v, None), REFUSED)],
    "naive.NaiveDense.seed": seeded(lambda v: NaiveDense(2, 2, None, seed=v).W),
    "naive.BatchGenerator.batch_size": [(lambda v: BatchGenerator(MATRIX, LABELS, v).next()[0], lambda v: MATRIX)],
    "naive.one_training_step.learning_rate": [(lambda v: naive.one_training_step(layers(), MATRIX, LABELS, v), ANY)],
    "naive.update_weights.learning_rate": [(lambda v: naive.update_weights([[0.0]], [t.variable([0.0])], v), ANY)],
    "naive.fit.epochs": [(lambda v: naive.fit(ending(), MATRIX, LABELS, v), ANY)],
    "naive.fit.batch_size": [(lambda v: naive.fit(layers(), MATRIX, LABELS, 1, v), ANY)],
    "naive.fit.learning_rate": [(lambda v: naive.fit(layers(), MATRIX, LABELS, 0, learning_rate=v), ANY)],
    "metrics.top_k_accuracy.k": [(lambda v: metrics.top_k_accuracy([0, 1], MATRIX, k=v), lambda v: 1.0)],
    "metrics.confusion_matrix.y_true": [(lambda v: metrics.confusion_matrix([v, 0], [0, 1]), ANY)],
    "metrics.precision.y_pred": [(lambda v: metrics.precision([0, 1], [v, 0]), ANY)],
    "losses.sparse_categorical_crossentropy.y_true": [
        (lambda v: losses.sparse_categorical_crossentropy([v], MATRIX[:1]), REFUSED)
    ],
    "optimizers.learning_rate_at.step": [(lambda v: optimizers.learning_rate_at(0.5, v), lambda v: 0.5)],
    "optimizers.minimize.steps": [(lambda v: optimizers.minimize(optimizers.sgd(), enough, 1.0, v), ANY)],
    **{
        f"optimizers.{schedule}.{steps}": [(lambda v, make=make: optimizers.learning_rate_at(make(v), 1), ANY)]
        for schedule, steps, make in (
            ("exponential_decay", "decay_steps", lambda v: optimizers.exponential_decay(0.1, v, 0.5)),
            ("cosine_decay", "decay_steps", lambda v: optimizers.cosine_decay(0.1, v)),
            ("step_decay", "drop_every", lambda v: optimizers.step_decay(0.1, v)),
            ("warmup", "warmup_steps", lambda v: optimizers.warmup(0.1, v)),
        )
    },
    "attention.self_attention.heads": [
        (lambda v: attention.self_attention(MATRIX, MATRIX, MATRIX, MATRIX, heads=v), REFUSED)
    ],
    "attention.causal_mask.length": [(attention.causal_mask, lambda v: np.tri(v, dtype=bool))],
    **OF_MODELS,
    "data.split.test": [(lambda v: data.split(VECTOR, VECTOR, test=v), REFUSED)],
    "data.split.seed": seeded(lambda v: data.split(VECTOR, VECTOR, seed=v)[0][0]),
    "data.two_clouds.n": [(data.two_clouds, REFUSED)],
    "plot.images.labels": [(lambda v: plot.images(np.zeros([1, 2, 2]), [v]), ANY)],
    "glossary.terms.chapter": [(glossary.terms, REFUSED)],
}


def layers() -> NaiveSequential:
    return NaiveSequential([NaiveDense(2, 2, "softmax", seed=0)])


def ending() -> NaiveSequential:
    model = layers()
    model.layers = [enough]
    return model
