"""Update rules as moving averages: pure functions on plain data.

A rule is a dict that says which formula moves the parameters and how fast; its learning rate is a number or a schedule,
which is a dict too. `init` makes the state that the formula remembers, `step` moves once, `minimize` walks. What is
given comes back in its own kind: numbers stay numbers in binary64, lists stay lists, arrays arrays and tensors tensors.
"""

from __future__ import annotations

from pybridge.optimizers._adaptive import adagrad, adam, adamw, rmsprop
from pybridge.optimizers._average import ema
from pybridge.optimizers._descent import momentum, nesterov, sgd
from pybridge.optimizers._schedules import cosine_decay, exponential_decay, learning_rate_at, step_decay, warmup
from pybridge.optimizers._steps import init, minimize, step

__all__ = [
    "ema",
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "exponential_decay",
    "cosine_decay",
    "step_decay",
    "warmup",
    "learning_rate_at",
    "init",
    "step",
    "minimize",
]
__dir__ = __all__.copy  # completion offers these
