"""Every rule by its name."""

from __future__ import annotations

from typing import Any

from pybridge.optimizers._adaptive import adagrad, adam, adamw, rmsprop
from pybridge.optimizers._descent import momentum, nesterov, sgd
from pybridge.optimizers._options import read_named, undecorated

RULES = undecorated(sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)


def read_rule(rule: object) -> dict[str, Any]:
    """The rule with every option checked, and those that it leaves out at their defaults.

    Raises:
        OptionError: not a rule, one that does not exist, or an option that is unknown or out of its range.

    >>> read_rule({"rule": "nesterov", "beta": 0.5})
    {'rule': 'nesterov', 'learning_rate': 0.01, 'beta': 0.5}
    """
    return read_named(rule, "rule", RULES)
