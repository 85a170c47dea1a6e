"""Schedules as plain data: the learning rate as a function of how many steps have been taken."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from pybridge._arguments import flag, number, whole_number
from pybridge._boundary import boundary
from pybridge._types import Num
from pybridge.optimizers._options import read_named, undecorated


@boundary
def exponential_decay(
    initial_learning_rate: Num, decay_steps: int, decay_rate: Num, *, staircase: bool = False
) -> dict[str, Any]:
    """Lower the learning rate by the same factor over every stretch of steps: η₀ βᵗᐟⁿ after t steps.

    Args:
        initial_learning_rate: η₀, at least 0.
        decay_steps: n, how many steps multiply the rate by β, at least 1.
        decay_rate: β, at least 0; above 1 the rate grows.
        staircase: whether to change it only after every n steps, all at once.

    Returns:
        The schedule, for the `learning_rate` of a rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Keras, `ExponentialDecay`.

    >>> schedule = exponential_decay(0.1, 10, 0.5)
    >>> [learning_rate_at(schedule, step) for step in (0, 10, 20)]
    [0.1, 0.05, 0.025]
    """
    return {
        "schedule": "exponential_decay",
        "initial_learning_rate": number("initial_learning_rate", initial_learning_rate, least=0),
        "decay_steps": whole_number("decay_steps", decay_steps, least=1),
        "decay_rate": number("decay_rate", decay_rate, least=0),
        "staircase": flag("staircase", staircase),
    }


@boundary
def cosine_decay(initial_learning_rate: Num, decay_steps: int, alpha: Num = 0.0) -> dict[str, Any]:
    """Lower the learning rate along half a wave of the cosine: η₀ ((1 - r) (1 + cos(π t / n)) / 2 + r) after t steps.

    After n steps it stays at r η₀. Keras's `warmup_target` and `warmup_steps` are `warmup` here.

    Args:
        initial_learning_rate: η₀, at least 0.
        decay_steps: n, at least 1.
        alpha: r, the share of η₀ that is left in the end, from 0 to 1.

    Returns:
        The schedule, for the `learning_rate` of a rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Loshchilov and Hutter (2017), equation 5; Keras, `CosineDecay`.

    >>> schedule = cosine_decay(0.5, 100, 0.25)
    >>> [learning_rate_at(schedule, step) for step in (0, 50, 100, 1000)]
    [0.5, 0.3125, 0.125, 0.125]
    """
    return {
        "schedule": "cosine_decay",
        "initial_learning_rate": number("initial_learning_rate", initial_learning_rate, least=0),
        "decay_steps": whole_number("decay_steps", decay_steps, least=1),
        "alpha": number("alpha", alpha, least=0, most=1),
    }


@boundary
def step_decay(initial_learning_rate: Num, drop_every: int, drop: Num = 0.5) -> dict[str, Any]:
    """Drop the learning rate after every so many steps: η₀ βᵏ after t steps, where k is t / n rounded down.

    Args:
        initial_learning_rate: η₀, at least 0.
        drop_every: n, how many steps are taken at one rate, at least 1.
        drop: β, what each drop multiplies the rate by, from 0 to 1.

    Returns:
        The schedule, for the `learning_rate` of a rule.

    Raises:
        OptionError: an option is out of its range.

    Source: Ge, Kakade, Kidambi and Netrapalli (2019); PyTorch, `StepLR`.

    >>> schedule = step_decay(0.5, 10)
    >>> [learning_rate_at(schedule, step) for step in (0, 9, 10, 20)]
    [0.5, 0.5, 0.25, 0.125]
    """
    return {
        "schedule": "step_decay",
        "initial_learning_rate": number("initial_learning_rate", initial_learning_rate, least=0),
        "drop_every": whole_number("drop_every", drop_every, least=1),
        "drop": number("drop", drop, least=0, most=1),
    }


@boundary
def warmup(
    learning_rate: Num | dict[str, Any], warmup_steps: int, *, initial_learning_rate: Num = 0.0
) -> dict[str, Any]:
    """Raise the learning rate evenly to where another schedule begins, then follow that: η₀ + (η - η₀) t / n at first.

    Args:
        learning_rate: η, at least 0, to stay there after the warmup; or a schedule, whose first step comes then.
        warmup_steps: n, how many steps it takes, at least 0.
        initial_learning_rate: η₀, at least 0.

    Returns:
        The schedule, for the `learning_rate` of a rule.

    Raises:
        OptionError: an option is out of its range, or `learning_rate` is not a schedule.

    Source: Goyal and others (2017), section 2.2; Keras, `CosineDecay` with a `warmup_target`.

    >>> schedule = warmup(cosine_decay(0.5, 100), 10)
    >>> [learning_rate_at(schedule, step) for step in (0, 5, 10, 60)]
    [0.0, 0.25, 0.5, 0.25]
    """
    return {
        "schedule": "warmup",
        "learning_rate": read_rate(learning_rate),
        "warmup_steps": whole_number("warmup_steps", warmup_steps),
        "initial_learning_rate": number("initial_learning_rate", initial_learning_rate, least=0),
    }


@boundary
def learning_rate_at(schedule: Num | dict[str, Any], step: int) -> float:
    """Read a schedule: the learning rate after so many steps, which the next one takes.

    Args:
        schedule: what `exponential_decay`, `cosine_decay`, `step_decay` or `warmup` returns; a number never changes.
        step: how many steps have been taken: 0 for the first one's rate.

    Returns:
        The learning rate in binary64. Keras computes its schedules in binary32.

    Raises:
        OptionError: there is no such schedule, one of its options is unknown or out of its range, or `step` is not a
            count.

    Source: Keras, `LearningRateSchedule`, called with the optimizer's iterations.

    >>> learning_rate_at(warmup(0.5, 10), 5)
    0.25
    """
    return float(rate_after(read_rate(schedule), whole_number("step", step)))


def read_rate(learning_rate: object) -> float | dict[str, Any]:
    """A learning rate that has been checked: a number or a schedule.

    Raises:
        OptionError: it is neither.
    """
    if isinstance(learning_rate, dict):
        return read_named(learning_rate, "schedule", SCHEDULES)
    return number("learning_rate", learning_rate, least=0, otherwise="a schedule")


def rate_after(rate: float | dict[str, Any], steps: Any, ops: Any = None) -> Any:
    """The learning rate after so many steps: of numbers, or of Keras's tensors when `ops` is `keras.ops`."""
    return FORMULAS[rate["schedule"]](rate, steps, ops or PLAIN) if isinstance(rate, dict) else rate


def _power(x: float, y: float) -> float:
    try:
        return x**y
    except OverflowError:
        return math.inf


def _exponential_decay(schedule: dict[str, Any], t: Any, ops: Any) -> Any:
    stretches = t / schedule["decay_steps"]
    if schedule["staircase"]:
        stretches = ops.floor(stretches)
    return schedule["initial_learning_rate"] * ops.power(schedule["decay_rate"], stretches)


def _cosine_decay(schedule: dict[str, Any], t: Any, ops: Any) -> Any:
    n, alpha = schedule["decay_steps"], schedule["alpha"]
    wave = (1 + ops.cos(math.pi * (ops.minimum(t, n) / n))) / 2
    return schedule["initial_learning_rate"] * ((1 - alpha) * wave + alpha)


def _step_decay(schedule: dict[str, Any], t: Any, ops: Any) -> Any:
    return schedule["initial_learning_rate"] * ops.power(schedule["drop"], ops.floor(t / schedule["drop_every"]))


def _warmup(schedule: dict[str, Any], t: Any, ops: Any) -> Any:
    n, start = schedule["warmup_steps"], schedule["initial_learning_rate"]
    later = rate_after(schedule["learning_rate"], ops.maximum(t - n, 0), ops)
    return ops.where(t < n, start + (later - start) * (t / max(n, 1)), later)


PLAIN = SimpleNamespace(
    cos=math.cos, floor=math.floor, maximum=max, minimum=min, power=_power, where=lambda given, x, y: x if given else y
)
FORMULAS = {
    "exponential_decay": _exponential_decay,
    "cosine_decay": _cosine_decay,
    "step_decay": _step_decay,
    "warmup": _warmup,
}
SCHEDULES = undecorated(exponential_decay, cosine_decay, step_decay, warmup)
