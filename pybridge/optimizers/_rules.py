"""The rules as plain data: what each is called, its options, their ranges and defaults."""

from __future__ import annotations

from collections.abc import Callable

from pybridge._arguments import choice, flag, number
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
    return {"rule": "sgd", "learning_rate": number("learning_rate", learning_rate, least=0)}


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
    return {
        "rule": "momentum",
        "learning_rate": number("learning_rate", learning_rate, least=0),
        "beta": number("beta", beta, least=0, most=1),
        "form": choice("form", form, ("ruder", "average")),
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
        "learning_rate": number("learning_rate", learning_rate, least=0),
        "beta": number("beta", beta, least=0, most=1),
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
        "learning_rate": number("learning_rate", learning_rate, least=0),
        "initial_accumulator": number("initial_accumulator", initial_accumulator, least=0),
        "epsilon": number("epsilon", epsilon, least=0),
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
        "learning_rate": number("learning_rate", learning_rate, least=0),
        "rho": number("rho", rho, least=0, most=1),
        "epsilon": number("epsilon", epsilon, least=0),
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
        "learning_rate": number("learning_rate", learning_rate, least=0),
        "beta_1": number("beta_1", beta_1, least=0, most=1),
        "beta_2": number("beta_2", beta_2, least=0, most=1),
        "epsilon": number("epsilon", epsilon, least=0),
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
