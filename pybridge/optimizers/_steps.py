"""What is done with a rule: begin, step, walk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pybridge._arguments import shown, whole_number
from pybridge._boundary import boundary, readers
from pybridge._types import Like
from pybridge.errors import OptionError
from pybridge.optimizers._rules import read_rule
from pybridge.optimizers._updates import begin, counts, memory, mover
from pybridge.optimizers._values import builder, leaves, match, read

LONGEST_PATH = 2**40  # points; no memory holds as many


@boundary
def init(rule: dict[str, Any], parameter: Like | dict[str, Any]) -> dict[str, Any]:
    """The state of a rule before its first step: what it remembers of the gradients, all of it at its start.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop`, `adam` or `adamw` returns.
        parameter: a number, array or tensor, or lists and dicts of them, nested in any way.

    Returns:
        The state by name, each of the kind and shape of the parameter: "velocity" for momentum and nesterov,
        "sum_of_squares" for adagrad, "mean_square" for rmsprop, "mean" and "mean_square" for adam and adamw, and with
        amsgrad "largest_mean_square" too. Adam, and any rule whose learning rate is a schedule, counts "steps" as well.

    Raises:
        OptionError: the rule does not exist, or one of its options is unknown or out of its range.
        DtypeError: the parameter is not made of real numbers.

    >>> from pybridge import optimizers
    >>> optimizers.init(optimizers.adagrad(), [1.0, 2.0])
    {'sum_of_squares': [0.1, 0.1]}
    """
    rule, parameter = read_rule(rule), read(parameter, "the parameter")
    build, columns = builder(parameter), begin(rule, parameter)
    remembered = {name: build(column) for name, column in zip(memory(rule), columns[1:], strict=True)}
    return {"steps": 0, **remembered} if counts(rule) else remembered


@boundary
def step(
    rule: dict[str, Any], gradient: Like | dict[str, Any], state: dict[str, Any], parameter: Like | dict[str, Any]
) -> list[Any]:
    """Move a parameter once, against its gradient. Nothing changes in place.

    A rule with `clip_norm` scales down a gradient whose norm is longer; one with `clip_value` limits each of its
    numbers. A parameter that is a dict or a list holds several, and each array, tensor, number or list of numbers in
    it has a norm of its own, as each variable has in Keras; numbers in rows of one length are one matrix.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop`, `adam` or `adamw` returns.
        gradient: the slope at the parameter, of the parameter's shape.
        state: what `init` returned, or the step before.
        parameter: a number, array or tensor, or lists and dicts of them, nested in any way.

    Returns:
        The new parameter and the new state. The parameter keeps its kind: numbers are computed in binary64, tensors
        and arrays in their dtype.

    Raises:
        OptionError: the rule does not exist, one of its options is unknown or out of its range, or the state is not
            of this rule.
        ShapeError: the gradient or the state has another shape than the parameter.
        DtypeError: something is not made of real numbers.

    >>> from pybridge import optimizers
    >>> optimizers.step(optimizers.momentum(0.1), 2.0, {"velocity": 1.0}, 1.0)
    [-0.10000000000000009, {'velocity': 1.1}]
    """
    rule, parameter = read_rule(rule), read(parameter, "the parameter")
    slope = match(gradient, parameter, "the gradient")
    taken, remembered = _read_state(rule, state, parameter)
    columns = mover(rule, parameter)(slope, [leaves(parameter), *remembered], taken)
    point, *remembered = map(builder(parameter), columns)
    counted = {"steps": taken + 1} if counts(rule) else {}
    return [point, counted | dict(zip(memory(rule), remembered, strict=True))]


@boundary
def minimize(rule: dict[str, Any], gradient: Callable[..., Any], start: Like | dict[str, Any], steps: int) -> list[Any]:
    """Walk downhill and keep the path.

    Args:
        rule: what `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop`, `adam` or `adamw` returns.
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
        DtypeError: the start or the gradient is not made of real numbers.

    >>> from pybridge import optimizers
    >>> optimizers.minimize(optimizers.sgd(0.25), lambda w: 2 * (w - 30), 2, 3)
    [2.0, 16.0, 23.0, 26.5]
    """
    rule = read_rule(rule)
    if not callable(gradient):
        raise OptionError(f"gradient must be a function of the point; got {shown(gradient)}")
    slope, steps = readers(gradient), whole_number("steps", steps, most=LONGEST_PATH)
    point = read(start, "the start")
    columns, move, build = begin(rule, point), mover(rule, point), builder(point)
    path = [point]
    for taken in range(steps):
        columns = move(match(slope(point), point, "the gradient"), columns, taken)
        point = build(columns[0])
        path.append(point)
    return path


def _read_state(rule: dict[str, Any], state: object, parameter: object) -> tuple[int, list[Any]]:
    """How many steps have been taken, and the leaves of what the rule remembers."""
    names = memory(rule)
    wanted = ["steps", *names] if counts(rule) else names
    if not isinstance(state, dict) or set(state) != set(wanted):
        kept = shown(list(state) if isinstance(state, dict) else state)
        raise OptionError(f"the state of {rule['rule']} holds {wanted}, as init returns it; got {kept}")
    taken = whole_number("the state's steps", state["steps"]) if counts(rule) else 0
    return taken, [match(state[name], parameter, f"the state's {name}") for name in names]
