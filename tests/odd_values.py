"""What strangers put in a number's place, by name; and what of it NumPy itself reads as numbers."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import math
import types

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

Pair = collections.namedtuple("Pair", "x y")


class Colour(enum.IntEnum):
    RED = 2


class Half(float):
    pass


def cyclic_list() -> list:
    held: list = [1.0]
    held.append(held)
    return held


def cyclic_dict() -> dict:
    held: dict = {}
    held["x"] = held
    return held


def deep_list(depth: int = 1_000_000) -> list:
    held: object = 1.0
    for _ in range(depth):
        held = [held]
    return held


PLAIN = {
    "None": None,
    "true": True,
    "nan": math.nan,
    "zero": 0.0,
    "minus zero": -0.0,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "a negative": -1,
    "a tiny float": 5e-324,
    "a large float": 1e308,
    "2**63": 2**63,
    "2**64": 2**64,
    "10**30": 10**30,
    "-10**30": -(10**30),
    "10**400": 10**400,
    "complex": 1 + 2j,
    "complex nan": complex(math.nan, 1),
    "fraction": fractions.Fraction(1, 3),
    "decimal": decimal.Decimal("0.1"),
    "an enumeration's": Colour.RED,
    "a subclass's": Half(0.5),
    "text": "abc",
    "text of a number": "1.5",
    "no text": "",
    "bytes": b"ab",
    "bytearray": bytearray(b"ab"),
    "memoryview": memoryview(b"ab"),
    "array": array.array("d", [1.0, 2.0]),
    "date": datetime.date(2020, 1, 1),
    "datetime": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    "timedelta": datetime.timedelta(1),
    "object": object(),
    "a class": int,
    "a function": math.sin,
    "a module": math,
    "an exception": ValueError("x"),
    "not implemented": NotImplemented,
    "a slice": slice(1, 2),
    "a namespace": types.SimpleNamespace(shape=(2,), dtype="float32"),
    "range": range(3),
    "no range": range(0),
    "set": {1, 2},
    "frozenset": frozenset([1]),
    "dict": {"x": 1.0},
    "no dict": {},
    "no list": [],
    "a list of no list": [[]],
    "tuple": (1.0, 2.0),
    "named tuple": Pair(1.0, 2.0),
    "ragged": [[1, 2], [3]],
    "a number beside a list": [1, [2]],
    "a hole": [None, 1.0],
    "mixed": [1, "a"],
    "bools and floats": [True, 1.5],
    "a large integer in a list": [2**64, 1],
    "five axes": [[[[[1.0]]]]],
    "cyclic": cyclic_list(),
    "cyclic dict": cyclic_dict(),
    "a million deep": deep_list(),
    "texts": ["a", "b"],
    "dicts": [{"x": 1}],
    "dates": [datetime.date(2020, 1, 1)],
}
NUMPYS = {
    **{
        f"numpy {name}": np.dtype(name).type(1)
        for name in ("bool", "int8", "uint64", "float16", "float64", "complex64")
    },
    "numpy longdouble": np.longdouble(1.5),
    "numpy text": np.str_("abc"),
    "numpy bytes": np.bytes_(b"ab"),
    "datetime64": np.datetime64("2020-01-01"),
    "timedelta64": np.timedelta64(1, "D"),
    "no time": np.datetime64("NaT"),
    "0-d": np.array(3.0),
    "0-d integer": np.array(3),
    "empty": np.zeros(0),
    "no rows": np.zeros((0, 3)),
    "no columns": np.zeros((2, 0), "float32"),
    "objects": np.array([1, "a"], object),
    "numbers as objects": np.array([1, 2], object),
    "array of texts": np.array(["a", "b"]),
    "array of times": np.array(["2020-01-01"], "datetime64[D]"),
    "structured": np.zeros(2, [("x", "f4")]),
    "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
    "big-endian": np.array([1.0, 2.0], ">f8"),
    "backwards": np.arange(4.0)[::-1],
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "read-only": np.broadcast_to(np.float32(1), (2, 2)),
    "series": pd.Series([1.0, 2.0]),
    "series of texts": pd.Series(["a", "b"]),
    "series of categories": pd.Series(["a", "b"], dtype="category"),
    "series with a hole": pd.Series([1, None], dtype="Int64"),
    "frame": pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}),
    "mixed frame": pd.DataFrame({"x": [1.0], "y": ["a"]}),
    "NA": pd.NA,
    "NaT": pd.NaT,
    "timestamp": pd.Timestamp("2020-01-01"),
}
TENSORS = {
    "tensor": tf.constant([1.0, 2.0]),
    "integer tensor": tf.constant(3),
    "empty tensor": tf.zeros([0, 2]),
    "text tensor": tf.constant("abc"),
    "complex tensor": tf.constant([1 + 2j]),
    "ragged tensor": tf.ragged.constant([[1.0], [2.0, 3.0]]),
    "sparse tensor": tf.sparse.from_dense([[0.0, 1.0]]),
    "variable": tf.Variable([1.0, 2.0]),
    "keras variable": keras.Variable([1.0, 2.0]),
    "tensor shape": tf.TensorShape([2, 3]),
    "unknown shape": tf.TensorShape(None),
    "dtype": tf.float32,
    "dataset": tf.data.Dataset.range(3),
}
ODD = {**PLAIN, **NUMPYS, **TENSORS}
ENDLESS = {"cyclic", "cyclic dict", "a million deep"}  # what NumPy itself does not come back from


def as_numbers(value: object) -> np.ndarray | None:
    """The value as NumPy reads it, if that is numbers; None for anything else."""
    if isinstance(value, tf.Tensor | tf.Variable | keras.Variable):
        value = np.asarray(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return np.array(float(value)) if abs(value) < 10**300 else None
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in "biufc" else None
