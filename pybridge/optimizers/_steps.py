"""What is done with a rule: begin, step, walk; and the moving average that all of them are made of."""

from __future__ import annotations

from collections.abc import Callable

from pybridge._arguments import flag, number, whole_number
from pybridge._types import Like, Num
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.optimizers import _updates
from pybridge.optimizers._rules import read_rule
from pybridge.optimizers._updates import SLOTS, move, shares
from pybridge.optimizers._values import each, full, match, plain, read


def ema(values: Like, beta: Num = 0.9, *, bias_correction: bool = False) -> list:
    """The exponential moving average after each value: v ← β v + (1 - β) x, from v = 0.

    Args:
        values: numbers in their order, as a list, array or tensor; or a list of lists, arrays or tensors of one shape,
            averaged number by number.
        beta: β, how much of the past is kept, from 0 to 1; about 1 / (1 - β) values count.
        bias_correction: whether to divide by 1 - βᵗ at value t, which makes up for the start at 0; at β = 1 that is
            the plain mean so far.

    Returns:
        As many averages as there are values.

    Raises:
        OptionError: `beta` is out of its range.
        ShapeError: one number is given instead of several, or the values differ in shape.
        DtypeError: the values are not made of numbers.

    Source: Keydana (2019); Kingma and Ba (2015), section 3, for the correction.

    >>> ema([1, 2, 3], 0.5)
    [0.5, 1.25, 2.125]
    """
    beta, bias_correction = number("beta", beta, least=0, most=1), flag("bias_correction", bias_correction)
    if isinstance(values, dict):
        raise DtypeError("ema: values are a list of numbers in their order; got a map, which has none")
    if not isinstance(values, list | tuple):
        values = plain(values, "values")
        if isinstance(values, float):
            raise ShapeError(f"ema averages several values; got the number {values}")
    averages = []
    for count, value in enumerate(values, start=1):
        if count == 1:
            x = read(value, "values[0]")
            average = full(x, 0.0)
        else:
            x = match(value, average, f"values[{count - 1}]")
        old, new = shares(beta, count, bias_correction=bias_correction)
        average = each(lambda v, x, old=old, new=new: old * v + new * x, average, x)
        averages.append(average)
    return averages


def init(rule: dict, parameter: Like | dict) -> dict:
    """The state of a rule before its first step: what it remembers of the gradients, all of it at its start.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop` or `adam` gives.
        parameter: a number, array or tensor, or lists and dicts of them, nested in any way.

    Returns:
        The state by name, each of the kind and shape of the parameter: "velocity" for momentum and nesterov,
        "sum_of_squares" for adagrad, "mean_square" for rmsprop, "mean" and "mean_square" for adam, which
        counts its steps too.

    Raises:
        OptionError: the rule does not exist, or one of its options is unknown or out of its range.
        DtypeError: the parameter is not made of numbers.

    >>> from pybridge import optimizers
    >>> optimizers.init(optimizers.adagrad(), [1.0, 2.0])
    {'sum_of_squares': [0.1, 0.1]}
    """
    return _updates.start(read_rule(rule), read(parameter, "the parameter"))


def step(rule: dict, gradient: Like | dict, state: dict, parameter: Like | dict) -> list:
    """Move a parameter once, against its gradient. Nothing changes in place.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop` or `adam` gives.
        gradient: the slope at the parameter, of the parameter's shape.
        state: what `init` gave, or the step before.
        parameter: a number, array or tensor, or lists and dicts of them, nested in any way.

    Returns:
        The new parameter and the new state. The parameter keeps its kind: numbers are computed in binary64, tensors
        and arrays in their dtype.

    Raises:
        OptionError: the rule does not exist, one of its options is unknown or out of its range, or the state is not
            of this rule.
        ShapeError: the gradient or the state has another shape than the parameter.
        DtypeError: something is not made of numbers.

    >>> from pybridge import optimizers
    >>> optimizers.step(optimizers.momentum(0.1), 2.0, {"velocity": 1.0}, 1.0)
    [-0.10000000000000009, {'velocity': 1.1}]
    """
    rule = read_rule(rule)
    parameter = read(parameter, "the parameter")
    gradient = match(gradient, parameter, "the gradient")
    slots = SLOTS[rule["rule"]]
    if not isinstance(state, dict) or set(state) != set(slots):
        kept = list(state) if isinstance(state, dict) else repr(state)
        raise OptionError(f"the state of {rule['rule']} holds {slots}, as init gives it; got {kept}")
    state = {
        slot: whole_number("the state's steps", state[slot])
        if slot == "steps"
        else match(state[slot], parameter, f"the state's {slot}")
        for slot in slots
    }
    return list(move(rule, gradient, state, parameter))


def minimize(rule: dict, gradient: Callable, start: Like | dict, steps: int) -> list:
    """Walk downhill and keep the path.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop` or `adam` gives.
        gradient: a function of the point that returns the slope there, of the point's shape. It gets what `start`
            is: a number, a list of numbers, or a tensor.
        start: where to begin; integers become floats.
        steps: how many steps to take.

    Returns:
        steps + 1 points, the start first.

    Raises:
        OptionError: the rule does not exist, one of its options is unknown or out of its range, `gradient` is not
            a function, or `steps` not a count.
        ShapeError: the gradient has another shape than the point.
        DtypeError: the start or the gradient is not made of numbers.

    >>> from pybridge import optimizers
    >>> optimizers.minimize(optimizers.sgd(0.25), lambda w: 2 * (w - 30), 2, 3)
    [2.0, 16.0, 23.0, 26.5]
    """
    rule = read_rule(rule)
    if not callable(gradient):
        raise OptionError(f"gradient must be a function of the point; got {gradient!r}")
    steps = whole_number("steps", steps)
    point = read(start, "the start")
    state = _updates.start(rule, point)
    path = [point]
    for _ in range(steps):
        point, state = move(rule, match(gradient(point), point, "the gradient"), state, point)
        path.append(point)
    return path
