"""What is tried on every whole number that a caller can give, and shapes whose lengths multiply past every bound."""

from __future__ import annotations

import math

import numpy as np

# Where numbers of 32 and of 64 bits end, signed or not, and what lies beside it.
WHOLE = {
    f"{'-' * (sign < 0)}2^{bits}{step:+d}": sign * 2**bits + step
    for bits in (31, 32, 63, 64)
    for sign in (1, -1)
    for step in (-1, 0, 1)
}
HUGE = {"10^100000": 10**100_000, "-10^100000": -(10**100_000)}
NUMPY = {
    f"{name} {end}": np.dtype(name).type(getattr(np.iinfo(name), end))
    for name in ("int32", "uint32", "int64", "uint64")
    for end in ("min", "max")
}
LARGE = {**WHOLE, **HUGE, **{name: value for name, value in NUMPY.items() if value}}
FEW = {name: LARGE[name] for name in ("2^31+0", "2^32+1", "2^63-1", "2^63+0", "-2^63-1", "uint64 max", "10^100000")}
NO_NUMBERS = {"1e10": 1e10, "2.0": 2.0, "nan": math.nan, "inf": math.inf, "true": True, "numpy true": np.True_}
SMALL = {name: np.dtype(name).type(2) for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64")}

SHAPES = [
    [2**16] * 4,
    [2**32] * 2,
    [2**31, 2],
    [2**62, 4],
    [2**31 - 1] * 3,
    [2**40] * 30,
    [2**32 + 1, 0],
    [0, 2**31],
    [2**62, 2**62, 0],
    [2**63, 0],
    [1] * 300,
    [2] * 300,
]
