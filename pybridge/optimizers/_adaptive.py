"""The rules that scale each number's step by the gradients it has seen."""

from __future__ import annotations

from typing import Any

from pybridge._arguments import flag, number
from pybridge._boundary import boundary
from pybridge._types import Num
from pybridge.optimizers._options import rule
from pybridge.optimizers._schedules import read_rate


@boundary
def adagrad(
    learning_rate: Num | dict[str, Any] = 0.001,
    initial_accumulator: Num = 0.1,
    epsilon: Num = 1e-7,
    *,
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """Adagrad: every parameter slows down by the gradients it has seen: s ← s + dW², W ← W - η dW / √(s + ε).

    Args:
        learning_rate: η, at least 0; or a schedule.
        initial_accumulator: s before the first step, at least 0.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Duchi, Hazan and Singer (2011); Keras, `Adagrad`.

    >>> adagrad(0.1)
    {'rule': 'adagrad', 'learning_rate': 0.1, 'initial_accumulator': 0.1, 'epsilon': 1e-07}
    """
    return rule(
        "adagrad",
        read_rate(learning_rate),
        clip_norm,
        clip_value,
        initial_accumulator=number("initial_accumulator", initial_accumulator, least=0),
        epsilon=number("epsilon", epsilon, least=0),
    )


@boundary
def rmsprop(
    learning_rate: Num | dict[str, Any] = 0.001,
    rho: Num = 0.9,
    epsilon: Num = 1e-7,
    *,
    epsilon_in_root: bool = True,
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """RMSProp: the gradient over the root of its own mean square: s ← β s + (1 - β) dW², W ← W - η dW / √(s + ε).

    Args:
        learning_rate: η, at least 0; or a schedule.
        rho: β, how much of the past mean square is kept, from 0 to 1.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        epsilon_in_root: True divides by √(s + ε), as Keras does; False by √s + ε.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Hinton (2012), lecture 6e; Keras, `RMSprop`.

    >>> rmsprop(0.1, 0.999, epsilon_in_root=False)
    {'rule': 'rmsprop', 'learning_rate': 0.1, 'rho': 0.999, 'epsilon': 1e-07, 'epsilon_in_root': False}
    """
    return rule(
        "rmsprop",
        read_rate(learning_rate),
        clip_norm,
        clip_value,
        rho=number("rho", rho, least=0, most=1),
        epsilon=number("epsilon", epsilon, least=0),
        epsilon_in_root=flag("epsilon_in_root", epsilon_in_root),
    )


@boundary
def adam(
    learning_rate: Num | dict[str, Any] = 0.001,
    beta_1: Num = 0.9,
    beta_2: Num = 0.999,
    epsilon: Num = 1e-7,
    *,
    bias_correction: bool = True,
    amsgrad: bool = False,
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """Adam: momentum's average over RMSProp's: m ← β₁ m + (1 - β₁) dW, s ← β₂ s + (1 - β₂) dW², W ← W - η m / (√s + ε).

    Both averages start at 0 and are too small at first. Bias correction makes up for it: at step t it multiplies η by
    √(1 - β₂ᵗ) / (1 - β₁ᵗ), as Keras does.

    Args:
        learning_rate: η, at least 0; or a schedule.
        beta_1: how much of the past mean gradient is kept, from 0 to 1.
        beta_2: how much of the past mean square is kept, from 0 to 1.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        bias_correction: whether η makes up for the start at 0; if so, a mean kept at a rate of 1 is the plain mean.
        amsgrad: whether to divide by the root of the greatest mean square so far, before its correction, so that no
            step grows because past gradients are forgotten.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Kingma and Ba (2015), end of section 2; Keras, `Adam`; Keydana (2019) without bias correction; Reddi, Kale
    and Kumar (2018), algorithm 2, for amsgrad.

    >>> adam(0.1)["beta_2"]
    0.999
    """
    averages = _averages(beta_1, beta_2, epsilon, bias_correction=bias_correction, amsgrad=amsgrad)
    return rule("adam", read_rate(learning_rate), clip_norm, clip_value, **averages)


@boundary
def adamw(
    learning_rate: Num | dict[str, Any] = 0.001,
    beta_1: Num = 0.9,
    beta_2: Num = 0.999,
    epsilon: Num = 1e-7,
    *,
    weight_decay: Num = 0.004,
    bias_correction: bool = True,
    amsgrad: bool = False,
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """Adam that also shrinks the parameters at each step, apart from the gradient: W ← W - η λ W before `adam`'s step.

    Args:
        learning_rate: η, at least 0; or a schedule.
        beta_1: how much of the past mean gradient is kept, from 0 to 1.
        beta_2: how much of the past mean square is kept, from 0 to 1.
        epsilon: ε, at least 0, keeps the quotient finite; at 0 a vanished gradient makes it 0 / 0, which is nan.
        weight_decay: λ, at least 0.
        bias_correction: as in `adam`.
        amsgrad: as in `adam`.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Loshchilov and Hutter (2019), algorithm 2; Keras, `AdamW`.

    >>> adamw(0.1)["weight_decay"]
    0.004
    """
    averages = _averages(beta_1, beta_2, epsilon, bias_correction=bias_correction, amsgrad=amsgrad)
    decay = number("weight_decay", weight_decay, least=0)
    return rule("adamw", read_rate(learning_rate), clip_norm, clip_value, weight_decay=decay, **averages)


def _averages(
    beta_1: object, beta_2: object, epsilon: object, *, bias_correction: object, amsgrad: object
) -> dict[str, Any]:
    """The options of Adam's two averages. A rule without amsgrad says nothing of it."""
    options = {
        "beta_1": number("beta_1", beta_1, least=0, most=1),
        "beta_2": number("beta_2", beta_2, least=0, most=1),
        "epsilon": number("epsilon", epsilon, least=0),
        "bias_correction": flag("bias_correction", bias_correction),
    }
    return options | {"amsgrad": True} if flag("amsgrad", amsgrad) else options
