"""Numbers at the limits from Clojure, where they are longs and BigInts: the number or the error that Python has."""

from __future__ import annotations

import numpy as np
import pytest

from pybridge import clojure, tensors
from pybridge.errors import PybridgeError

NUMBERS = [-(2**63) - 1, -(2**63), -(2**31), 2**31 - 1, 2**31, 2**32 + 1, 2**63 - 1, 2**63, 2**64 + 1, 10**30]

# Python's call and Clojure's, of one number.
CALLS = {
    "zeros": (lambda n: tensors.zeros([n, 2**40]), "(pybridge.tensors/zeros [%s 1099511627776])"),
    "eye": (tensors.eye, "(pybridge.tensors/eye %s)"),
    "one_hot": (lambda n: tensors.one_hot([n], 4), "(pybridge.tensors/one-hot [%s] 4)"),
    "depth": (lambda n: tensors.one_hot(np.zeros(2**20, int), n), "(pybridge.tensors/one-hot (int-array 1048576) %s)"),
    "repeat": (lambda n: tensors.repeat([[1.0] * 9] * 9, n), "(pybridge.tensors/repeat (repeat 9 (repeat 9 1.0)) %s)"),
    "tile": (lambda n: tensors.tile([[1.0] * 9], n), "(pybridge.tensors/tile [(repeat 9 1.0)] %s)"),
    "roll": (lambda n: tensors.roll([1, 2, 3], n), "(pybridge.tensors/roll [1 2 3] %s)"),
    "reshape": (lambda n: tensors.reshape([1, 2], [n]), "(pybridge.tensors/reshape [1 2] [%s])"),
    "axis": (lambda n: tensors.sum([[1, 2]], n), "(pybridge.tensors/sum [[1 2]] {:axis %s})"),
    "seed": (lambda n: tensors.random_normal([2], seed=n), "(pybridge.tensors/random-normal [2] {:seed %s})"),
    "arange": (lambda n: tensors.arange(n, n + 3), "(pybridge.tensors/arange %s (+' %s 3))"),
}


def outcome(call):
    try:
        return np.asarray(call()).tolist()
    except PybridgeError as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", CALLS)
def test_clojure_has_the_number_or_the_error_of_python(name, number):
    python, code = CALLS[name]
    clojure.require("pybridge.tensors")
    expected = outcome(lambda: python(number))
    assert outcome(lambda: clojure.eval(code.replace("%s", str(number)))) == expected
