"""The rules that take one learning rate for every number: plain descent and momentum."""

from __future__ import annotations

from typing import Any

from pybridge._arguments import choice, number
from pybridge._boundary import boundary
from pybridge._types import Num
from pybridge.optimizers._options import rule
from pybridge.optimizers._schedules import read_rate


@boundary
def sgd(
    learning_rate: Num | dict[str, Any] = 0.01, *, clip_norm: Num | None = None, clip_value: Num | None = None
) -> dict[str, Any]:
    """Plain gradient descent: W ← W - η dW.

    Args:
        learning_rate: η, the length of a step per unit of slope, at least 0; or a schedule.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Keras, `SGD`.

    >>> sgd(0.1)
    {'rule': 'sgd', 'learning_rate': 0.1}
    """
    return rule("sgd", read_rate(learning_rate), clip_norm, clip_value)


@boundary
def momentum(
    learning_rate: Num | dict[str, Any] = 0.01,
    beta: Num = 0.9,
    *,
    form: str = "ruder",
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """Momentum: the step follows past gradients, so it keeps its direction across a bumpy slope.

    The form "ruder" sums them, v ← β v + η dW, W ← W - v; the form "average" averages them, v ← β v + (1 - β) dW,
    W ← W - η v. They take the same path when the second's learning rate is the first's divided by 1 - β.

    Args:
        learning_rate: η, at least 0; or a schedule.
        beta: how much of the past is kept, from 0 to 1.
        form: "ruder", which is Keras's too, or "average".
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Ruder (2016), section 4.1; Keras, `SGD` with momentum; Keydana (2019) for the average.

    >>> momentum(0.1, form="average")
    {'rule': 'momentum', 'learning_rate': 0.1, 'beta': 0.9, 'form': 'average'}
    """
    return rule(
        "momentum",
        read_rate(learning_rate),
        clip_norm,
        clip_value,
        beta=number("beta", beta, least=0, most=1),
        form=choice("form", form, ("ruder", "average")),
    )


@boundary
def nesterov(
    learning_rate: Num | dict[str, Any] = 0.01,
    beta: Num = 0.9,
    *,
    clip_norm: Num | None = None,
    clip_value: Num | None = None,
) -> dict[str, Any]:
    """Nesterov's momentum: step to where the velocity will have led: v ← β v + η dW, W ← W - (β v + η dW).

    Args:
        learning_rate: η, at least 0; or a schedule.
        beta: how much of the past is kept, from 0 to 1.
        clip_norm: the greatest norm that a parameter's gradient keeps, above 0; see `step`. None does not clip.
        clip_value: how far from 0 a number of the gradient may be, above 0. None does not clip.

    Returns:
        The rule.

    Raises:
        OptionError: an option is out of its range, or both ways to clip are given.

    Source: Keras, `SGD` with momentum and nesterov.

    >>> nesterov(0.1)
    {'rule': 'nesterov', 'learning_rate': 0.1, 'beta': 0.9}
    """
    return rule("nesterov", read_rate(learning_rate), clip_norm, clip_value, beta=number("beta", beta, least=0, most=1))
