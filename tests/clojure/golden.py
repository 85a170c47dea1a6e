"""The golden cases of conversion: read, evaluated and compared, type by type, on Python's side of either host."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import inspect
import itertools
import json
import math
import os
import pathlib
import struct
import sys
import types
import uuid
import zoneinfo
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import ml_dtypes
import tensorflow as tf

# What the cases' Python may name.
ENVIRONMENT = {
    "__name__": "golden",
    **{module.__name__: module for module in (collections, decimal, enum, fractions, functools, inspect, itertools)},
    **{module.__name__: module for module in (keras, math, ml_dtypes, sys, types)},
    **{module.__name__: module for module in (datetime, pathlib, uuid, zoneinfo)},
    "np": np,
    "tf": tf,
}

FILE = Path(__file__).parents[1] / "fixtures" / "conversion.json"


def cases() -> list[dict]:
    """All cases, each with the row of the table that it belongs to."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    return [{**case, "row": [row["clojure"], row["python"]]} for row in rows for case in row["cases"]]


def value(code: str) -> object:
    """The value of a case's Python."""
    return eval(code, dict(ENVIRONMENT))


kept: list = []


def keep(code: str) -> object:
    """The value of a case's Python, remembered for `is_kept`."""
    kept[:] = [value(code)]
    return kept[0]


def is_kept(x: object) -> bool:
    """Whether `x` is the very object that `keep` gave last."""
    return x is kept[0]


def same(x: object) -> object:
    return x


def difference(arrived: object, code: str) -> str:
    """How `arrived` differs from the value of `code`, or from what that function asks for; empty when it does not."""
    wanted = value(code)
    if isinstance(wanted, types.FunctionType):
        return "" if wanted(arrived) else f"{arrived!r:.200} does not satisfy {code}"
    pairs = [(arrived, wanted)]
    while pairs:
        x, y = pairs.pop()
        if type(x) is not type(y):
            return f"{x!r:.200} is {type(x)}, expected {type(y)} of {y!r:.200}"
        if isinstance(x, list | tuple | set | frozenset | dict):
            if len(x) != len(y):
                return f"{x!r:.200} has {len(x)} elements, expected {len(y)}"
            pairs += zip(_ordered(x), _ordered(y), strict=True)
        elif not _equal(x, y):
            return f"{x!r:.200}, expected {y!r:.200}"
    return ""


def _ordered(x: object) -> list:
    if isinstance(x, dict):
        return [part for key in sorted(x, key=repr) for part in (key, x[key])]
    return sorted(x, key=repr) if isinstance(x, set | frozenset) else list(x)


def _equal(x: object, y: object) -> bool:
    if isinstance(x, float):
        return struct.pack("d", x) == struct.pack("d", y) or (math.isnan(x) and math.isnan(y))
    if isinstance(x, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    return x == y
