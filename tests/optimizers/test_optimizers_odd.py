"""Odd arguments: each is refused in our own words, or taken as NumPy reads it."""

import datetime
import decimal
import fractions
import inspect
import math

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from pybridge import optimizers
from pybridge.errors import PybridgeError


def deep(make):
    nested = make(0.5)
    for _ in range(100_000):
        nested = make(nested)
    return nested


CYCLE = []
CYCLE.append(CYCLE)
ODD = [
    *(None, math.nan, 0.0, -0.0, math.inf, -math.inf, True, False, 3, -1, 10**400, 2**70, 0.5, "abc", "3.0", "", b"3"),
    *(datetime.date(2020, 1, 1), datetime.timedelta(1), np.datetime64("2020"), np.timedelta64(3, "s"), pd.Timestamp(0)),
    *(
        decimal.Decimal("0.5"),
        fractions.Fraction(1, 2),
        fractions.Fraction(10**400),
        1 + 2j,
        np.complex64(1j),
        object(),
    ),
    *(
        [],
        (),
        {},
        {1.0},
        range(2),
        iter([1.0]),
        int,
        ...,
        [1.0, 2.0],
        [1, 2],
        [1, None],
        ["a"],
        [1j, 1],
        [10**400],
    ),
    *([[1, 2], [3]], [[1.0, 2.0], [3.0, 4.0]], [True, False], [1.0, np.float32(2)], {"a": 1.0}, {"a": [1.0, 2.0]}),
    *(deep(lambda x: [x]), deep(lambda x: {"a": x}), CYCLE, deep(lambda x: {"schedule": "warmup", "learning_rate": x})),
    *(
        np.array(3.0),
        np.array([1.0, 2.0]),
        np.array([1, 2]),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(["a"]),
    ),
    *(np.array([1, 2], np.float16), np.float32(0.5), np.int8(3), np.True_, np.array([1.0, None]), np.array([1j, 2])),
    *(np.array([1, 2], "timedelta64[s]"), np.array([math.nan, math.inf]), np.ma.array([1.0, 2.0], mask=[0, 1])),
    *(tf.constant(3.0), tf.constant([1.0, 2.0]), tf.constant([1, 2]), tf.constant([True, False]), tf.constant("a")),
    *(tf.constant([1j, 2]), tf.Variable([1.0, 2.0]), tf.ragged.constant([[1.0], [2.0, 3.0]]), tf.zeros((0,))),
    *(tf.constant([1, 2], "bfloat16"), tf.sparse.from_dense([1.0, 0.0]), keras.KerasTensor((2,)), pd.NA, pd.NaT),
    *(pd.Series([1.0, 2.0]), pd.Series(["a", "b"]), pd.DataFrame({"a": [1.0, 2.0]}), keras.optimizers.SGD()),
    *(optimizers.sgd, {"rule": "sgd"}, {"rule": None}, {"rule": []}, {"schedule": "cosine_decay"}, {"schedule": {}}),
]
GOOD = {
    "values": [1.0, 2.0],
    "rule": optimizers.adam(),
    "parameter": 1.0,
    "state": optimizers.init(optimizers.adam(), 1.0),
    "start": 1.0,
    "steps": 2,
    "initial_learning_rate": 0.1,
    "decay_steps": 3,
    "decay_rate": 0.5,
    "drop_every": 3,
    "learning_rate": 0.1,
    "warmup_steps": 3,
    "schedule": optimizers.cosine_decay(0.1, 3),
    "step": 1,
}


@pytest.mark.parametrize("name", optimizers.__all__)
def test_odd_arguments_are_taken_or_refused_in_our_own_words(name):
    function = getattr(optimizers, name)
    parameters = inspect.signature(function).parameters
    good = GOOD | {"gradient": (lambda w: w) if name == "minimize" else 1.0}
    given = {each: good[each] for each, parameter in parameters.items() if parameter.default is parameter.empty}
    for parameter in parameters:
        for value in ODD:
            try:
                function(**given | {parameter: value})
            except PybridgeError as error:
                assert str(error).startswith(f"{name}: ")


@pytest.mark.parametrize("make", [float, lambda x: [x, x], lambda x: np.array([x, x]), lambda x: tf.constant([x, x])])
def test_an_odd_gradient_counts_as_numpy_reads_it(make):
    rule, start = optimizers.sgd(1.0), make(0.0)
    taken = 0
    for gradient in ODD:
        try:
            [moved, _] = optimizers.step(rule, gradient, {}, start)
        except PybridgeError as error:
            assert str(error).startswith("step: ")
        else:
            taken += 1
            assert type(moved) is type(start)
            np.testing.assert_array_equal(np.asarray(moved), -np.asarray(gradient, np.asarray(start).dtype))
    assert taken >= 10
