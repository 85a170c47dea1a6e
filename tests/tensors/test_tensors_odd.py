"""What is no ordinary number: a function of tensors refuses it, or gives what NumPy gives for it."""

from __future__ import annotations

import numpy as np
import pytest
from odd_values import ENDLESS, ODD, as_numbers
from tensors_generated import assert_same, lifted, wide

from pybridge import tensors as t
from pybridge.errors import PybridgeError

FUNCTIONS = {
    "negative": np.negative,
    "absolute": np.abs,
    "square": np.square,
    "sign": np.sign,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "logical_not": np.logical_not,
    "sum": np.sum,
    "prod": np.prod,
    "flip": np.flip,
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "sort": np.sort,
    "any": np.any,
    "all": np.all,
    "transpose": np.transpose,
    "to_numpy": np.asarray,
}
OF_FLOATS = {"sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "tanh": np.tanh, "mean": np.mean}
PAIRWISE = {"add": np.add, "multiply": np.multiply, "maximum": np.maximum, "equal": np.equal, "less": np.less}
MOVING = {"flip", "transpose", "to_numpy"}  # what the elements are is all the same to them
ASKING = {"logical_not", "any", "all"}
REFUSED = {"decimal", "fraction", "array", "objects", "texts", "dates", "text", "bytes", "set", "dict", "None"}


def accepted(function, *args):
    """What a function returns, or None where it refuses."""
    try:
        return function(*args)
    except PybridgeError:
        return None


def numbers_in(value) -> np.ndarray:
    """The numbers in a value that tensors takes, as NumPy reads them, in the dtype that the one rule gives them."""
    numbers = as_numbers(value)
    assert numbers is not None, "NumPy reads no numbers here"
    own = accepted(t.to_numpy, value)
    with np.errstate(all="ignore"):
        return numbers.astype("float32" if own is None else own.dtype)  # integers past 64 bits fit functions of floats


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", [*FUNCTIONS, *OF_FLOATS])
def test_of_one_value(name):
    taken = 0
    for what, value in ODD.items():
        actual = accepted(getattr(t, name), value)
        if actual is None or what == "10**400":
            continue
        assert what not in ENDLESS
        x = as_numbers(value) if name in ASKING else numbers_in(value)
        if x.dtype.kind == "b" and name not in MOVING | ASKING:
            x = x.astype(np.int64)
        if name in OF_FLOATS:
            x = lifted(x)
            expected = OF_FLOATS[name](wide(x)).astype(x.dtype)
        else:
            expected = FUNCTIONS[name](x)
        assert_same(actual, expected, ulps=8)
        taken += 1
    assert taken > 20


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PAIRWISE)
def test_of_two_values(name):
    other = np.float64(0.5)
    for value in ODD.values():
        actual = accepted(getattr(t, name), value, np.array([other]))
        if actual is None:
            continue
        numbers = as_numbers(value)
        assert numbers is not None
        kind = np.complex128 if numbers.dtype.kind == "c" else np.float64
        expected = PAIRWISE[name](numbers.astype(kind), np.array([other]))
        assert_same(actual, expected, t.to_numpy(actual).dtype, ulps=8)


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_is_no_number_is_refused(what):
    with pytest.raises(PybridgeError, match=r"^add: (a tensor holds numbers|)"):
        t.add(ODD[what], 1)
