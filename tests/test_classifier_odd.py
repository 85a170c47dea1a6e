"""Hundreds of odd arguments to attention, losses and metrics: one of pybridge's errors, or a number that is right."""

import datetime
import decimal
import inspect
import itertools
import math
import types

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from pybridge import attention, losses, metrics
from pybridge import tensors as t
from pybridge.errors import PybridgeError


def deep(levels):
    x = 1.0
    for _ in range(levels):
        x = [x]
    return x


CYCLIC = [1.0]
CYCLIC.append(CYCLIC)
ODD = [
    *(
        None,
        math.nan,
        0.0,
        -0.0,
        math.inf,
        1,
        2,
        -1,
        True,
        10**30,
        -(10**400),
        1j,
        "abc",
        b"x",
        "",
        object(),
        {},
        {1, 2},
    ),
    *([], [[]], [None, 1.0], [[1, 2], [3]], ["a", "b"], [1j, 2], CYCLIC, deep(10**5), range(2), (0, 1), iter([1])),
    *([0, 1], [0, 2], [0.0, 1.0], [0.2, 0.8], [[0], [1]], [[0.2, 0.8], [0.5, 0.5]], [[0, 1], [1, 0]], [math.nan, 1.0]),
    *(np.zeros((0, 3)), np.zeros((2, 0)), np.zeros((1, 2, 2, 2)), np.array(["a"]), np.array([None]), np.uint64(2**63)),
    *(np.float16(0.5), np.array([0, 1], np.uint8), np.datetime64("2020-01-01"), np.ma.array([1.0, 2.0], mask=[1, 0])),
    *(datetime.date(2020, 1, 1), decimal.Decimal("0.5"), pd.Series([0, 1]), pd.DataFrame([[0.2, 0.8]] * 2), pd.NaT),
    *(
        tf.constant([0, 1]),
        tf.constant([[0.2, 0.8], [0.5, 0.5]], tf.bfloat16),
        tf.constant("a"),
        tf.Variable([1.0, 0.0]),
    ),
    *(tf.ragged.constant([[1.0], [1.0, 2.0]]), tf.sparse.from_dense([[1.0, 0.0]]), int, bytearray(b"ab"), len),
]
GOOD = [[0, 1], [[0.2, 0.8], [0.5, 0.5]], [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]]]
FUNCTIONS = [(module, name) for module in (attention, losses, metrics) for name in module.__all__]


def calls(function):
    """Each odd value in the place of each argument, beside good ones."""
    parameters = inspect.signature(function).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty]
    for odd, good, each in itertools.product(ODD, GOOD, parameters):
        yield dict.fromkeys(needed, good) | {each.name: odd}


def refused_or(function, arguments):
    """The result, or None where pybridge refused in words of its own."""
    try:
        return function(**arguments)
    except PybridgeError as error:
        assert str(error).split(":")[0] in {name for _, name in FUNCTIONS}
        return None


@pytest.mark.parametrize(("module", "name"), FUNCTIONS, ids=lambda part: getattr(part, "__name__", part))
def test_only_pybridges_errors(module: types.ModuleType, name: str):
    for arguments in calls(getattr(module, name)):
        refused_or(getattr(module, name), arguments)


KERAS = ["mean_squared_error", "mean_absolute_error", "huber", "binary_crossentropy", "kl_divergence"]


@pytest.mark.parametrize("name", KERAS)
def test_what_is_taken_has_kerases_number(name):
    taken = 0
    for y_true, y_pred in itertools.product(ODD, repeat=2):
        ours = refused_or(getattr(losses, name), {"y_true": y_true, "y_pred": y_pred})
        if ours is None:
            continue
        taken += 1
        wide = "float64" if ours.dtype == "float64" else "float32"
        true, pred = (np.asarray(t.cast(t.tensor(x, ours.dtype.name), wide)) for x in (y_true, y_pred))
        true, pred = (np.atleast_1d(x if name == "kl_divergence" else x.ravel()) for x in (true, pred))
        expected = float(np.mean(getattr(keras.losses, name)(true, pred)))
        assert float(ours) == pytest.approx(expected, rel=1e-2, abs=1e-6, nan_ok=True), (y_true, y_pred)
    assert taken > 20
