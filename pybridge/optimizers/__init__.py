"""Update rules as moving averages: pure functions on plain data.

A rule is a dict that says which formula moves the parameters and how fast; `init` makes the state that the formula
remembers, `step` moves once, `minimize` walks. What is given comes back in its own kind: numbers stay numbers in
binary64, lists stay lists, tensors stay tensors.
"""

from __future__ import annotations

from pybridge.optimizers._rules import adagrad, adam, momentum, nesterov, rmsprop, sgd
from pybridge.optimizers._steps import ema, init, minimize, step

__all__ = ["ema", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "init", "step", "minimize"]
