"""The rules as plain data: what each is called, its options, their ranges and defaults."""

from __future__ import annotations

import math
from collections.abc import Callable

from pybridge._types import Num
from pybridge.errors import OptionError


def sgd(learning_rate: Num = 0.01) -> dict:
    """Plain gradient descent: W ← W - η dW.

    Args:
        learning_rate: η, the length of a step per unit of slope, at least 0.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Keras, `SGD`.

    >>> sgd(0.1)
    {'rule': 'sgd', 'learning_rate': 0.1}
    """
    return {"rule": "sgd", "learning_rate": _size("learning_rate", learning_rate)}


def momentum(learning_rate: Num = 0.01, beta: Num = 0.9, *, form: str = "ruder") -> dict:
    """Momentum: the step follows past gradients, so it keeps its direction across a bumpy slope.

    The form "ruder" sums them, v ← β v + η dW, W ← W - v; the form "average" averages them, v ← β v + (1 - β) dW,
    W ← W - η v. They take the same path when the second's learning rate is the first's divided by 1 - β.

    Args:
        learning_rate: η, at least 0.
        beta: how much of the past is kept, from 0 to 1.
        form: "ruder", which is Keras's too, or "average".

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Ruder (2016), section 4.1; Keras, `SGD` with momentum; Keydana (2019) for the average.

    >>> momentum(0.1, form="average")
    {'rule': 'momentum', 'learning_rate': 0.1, 'beta': 0.9, 'form': 'average'}
    """
    if form not in ("ruder", "average"):
        raise OptionError(f'form must be "ruder" or "average"; got {form!r}')
    return {
        "rule": "momentum",
        "learning_rate": _size("learning_rate", learning_rate),
        "beta": decay_rate("beta", beta),
        "form": form,
    }


def nesterov(learning_rate: Num = 0.01, beta: Num = 0.9) -> dict:
    """Nesterov's momentum: step to where the velocity will have led: v ← β v + η dW, W ← W - (β v + η dW).

    Args:
        learning_rate: η, at least 0.
        beta: how much of the past is kept, from 0 to 1.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Keras, `SGD` with momentum and nesterov.

    >>> nesterov(0.1)
    {'rule': 'nesterov', 'learning_rate': 0.1, 'beta': 0.9}
    """
    return {
        "rule": "nesterov",
        "learning_rate": _size("learning_rate", learning_rate),
        "beta": decay_rate("beta", beta),
    }


def adagrad(learning_rate: Num = 0.001, initial_accumulator: Num = 0.1, epsilon: Num = 1e-7) -> dict:
    """Adagrad: every parameter slows down by the gradients it has seen: s ← s + dW², W ← W - η dW / √(s + ε).

    Args:
        learning_rate: η, at least 0.
        initial_accumulator: s before the first step, at least 0.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Duchi, Hazan and Singer (2011); Keras, `Adagrad`.

    >>> adagrad(0.1)
    {'rule': 'adagrad', 'learning_rate': 0.1, 'initial_accumulator': 0.1, 'epsilon': 1e-07}
    """
    return {
        "rule": "adagrad",
        "learning_rate": _size("learning_rate", learning_rate),
        "initial_accumulator": _size("initial_accumulator", initial_accumulator),
        "epsilon": _size("epsilon", epsilon),
    }


def rmsprop(learning_rate: Num = 0.001, rho: Num = 0.9, epsilon: Num = 1e-7, *, epsilon_in_root: bool = True) -> dict:
    """RMSProp: the gradient over the root of its own mean square: s ← β s + (1 - β) dW², W ← W - η dW / √(s + ε).

    Args:
        learning_rate: η, at least 0.
        rho: β, how much of the past mean square is kept, from 0 to 1.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        epsilon_in_root: True divides by √(s + ε), as Keras does; False by √s + ε.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Hinton (2012), lecture 6e; Keras, `RMSprop`.

    >>> rmsprop(0.1, 0.999, epsilon_in_root=False)
    {'rule': 'rmsprop', 'learning_rate': 0.1, 'rho': 0.999, 'epsilon': 1e-07, 'epsilon_in_root': False}
    """
    return {
        "rule": "rmsprop",
        "learning_rate": _size("learning_rate", learning_rate),
        "rho": decay_rate("rho", rho),
        "epsilon": _size("epsilon", epsilon),
        "epsilon_in_root": flag("epsilon_in_root", epsilon_in_root),
    }


def adam(
    learning_rate: Num = 0.001,
    beta_1: Num = 0.9,
    beta_2: Num = 0.999,
    epsilon: Num = 1e-7,
    *,
    bias_correction: bool = True,
) -> dict:
    """Adam: momentum's average over RMSProp's: m ← β₁ m + (1 - β₁) dW, s ← β₂ s + (1 - β₂) dW², W ← W - η m / (√s + ε).

    Both averages start at 0 and are too small at first. Bias correction makes up for it: at step t it multiplies η by
    √(1 - β₂ᵗ) / (1 - β₁ᵗ), as Keras does.

    Args:
        learning_rate: η, at least 0.
        beta_1: how much of the past mean gradient is kept, from 0 to 1.
        beta_2: how much of the past mean square is kept, from 0 to 1.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        bias_correction: whether η makes up for the start at 0; if so, a mean kept at a rate of 1 is the plain mean.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Kingma and Ba (2015), end of section 2; Keras, `Adam`; Keydana (2019) without bias correction.

    >>> adam(0.1)["beta_2"]
    0.999
    """
    return {
        "rule": "adam",
        "learning_rate": _size("learning_rate", learning_rate),
        "beta_1": decay_rate("beta_1", beta_1),
        "beta_2": decay_rate("beta_2", beta_2),
        "epsilon": _size("epsilon", epsilon),
        "bias_correction": flag("bias_correction", bias_correction),
    }


RULES: dict[str, Callable[..., dict]] = {
    builder.__name__: builder for builder in (sgd, momentum, nesterov, adagrad, rmsprop, adam)
}


def read_rule(rule: dict) -> dict:
    """The rule with every option checked, and those that it leaves out at their defaults.

    Raises:
        OptionError: not a rule, one that does not exist, or an option that is unknown or out of its range.

    >>> read_rule({"rule": "nesterov", "beta": 0.5})
    {'rule': 'nesterov', 'learning_rate': 0.01, 'beta': 0.5}
    """
    if not isinstance(rule, dict) or "rule" not in rule:
        raise OptionError(f"a rule is what {_listed(RULES)} give; got {rule!r}")
    options = {name: value for name, value in rule.items() if name != "rule"}
    builder = RULES.get(rule["rule"]) if isinstance(rule["rule"], str) else None
    if builder is None:
        raise OptionError(f"there is no rule {rule['rule']!r}; there are {_listed(RULES)}")
    known = [name for name in builder() if name != "rule"]
    for name in options:
        if name not in known:
            raise OptionError(f"{rule['rule']} has no option {name!r}; it takes {_listed(known)}")
    return builder(**options)


def _listed(names) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _number(name: str, value: Num, accepts: Callable[[float], bool], takes: str) -> float:
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not accepts(number):
        raise OptionError(f"{name} must be a number {takes}; got {value!r}")
    return number


def _size(name: str, value: Num) -> float:
    return _number(name, value, lambda number: 0 <= number < math.inf, "of at least 0")


def decay_rate(name: str, value: Num) -> float:
    """The value as a float, checked to be a decay rate."""
    return _number(name, value, lambda number: 0 <= number <= 1, "from 0 to 1")


def flag(name: str, value: bool) -> bool:
    """The value, checked to be a switch."""
    if not isinstance(value, bool):
        raise OptionError(f"{name} must be true or false; got {value!r}")
    return value
