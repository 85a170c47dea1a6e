"""The formulas: each takes a checked rule, the learning rate and which step it is, and returns a function of one leaf.

That function takes the gradient g, the parameter w and what the rule remembers of it, all numbers, arrays or tensors of
one shape, and returns the new parameter and what is remembered then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from pybridge.optimizers._arithmetic import Leaf, divide, full, limited, maximum, shortened, sqrt
from pybridge.optimizers._schedules import rate_after
from pybridge.optimizers._values import Value, each, is_leaf, leaves, sizes

Moved: TypeAlias = tuple[Leaf, ...]  # a parameter's leaf, and what the rule remembers of it
Update: TypeAlias = Callable[..., Moved]
Columns: TypeAlias = (
    "Sequence[Leaf | Sequence[Leaf]]"  # a parameter's leaves, and then of each thing remembered as many
)


def memory(rule: dict[str, Any]) -> list[str]:
    """What the rule remembers of every parameter."""
    return [*MEMORY[rule["rule"]], *(["largest_mean_square"] if "amsgrad" in rule else [])]


def counts(rule: dict[str, Any]) -> bool:
    """Whether it matters to the rule how many steps have been taken."""
    return rule["rule"] in ("adam", "adamw") or isinstance(rule["learning_rate"], dict)


def begin(rule: dict[str, Any], parameter: Value) -> Columns:
    """A parameter's leaves, and with them what the rule remembers of each before its first step."""
    fill, column = rule.get("initial_accumulator", 0.0), leaves(parameter)
    return [column, *(each(lambda leaf: full(leaf, fill), column) for _ in memory(rule))]


def mover(rule: dict[str, Any], like: Value) -> Callable[[Leaf | list[Leaf], Columns, Any], Columns]:
    """The rule as one function of the gradient's leaves, of what `begin` began, and of how many steps have been taken.

    Args:
        rule: the checked rule.
        like: the parameter; what depends on its form is decided here, once for a walk.
    """
    formula, rate, clip = FORMULAS[rule["rule"]], rule["learning_rate"], _clip(rule, like)
    always = None if counts(rule) else formula(rule, rate, 0)
    alone, arrays = is_leaf(like), _needs_arrays(like)

    def move(gradient: Leaf | list[Leaf], columns: Columns, taken: Any) -> Columns:
        update = always or formula(rule, rate_after(rate, taken), taken + 1)
        if arrays:
            update = _of_arrays(update)
        if clip:
            gradient = clip(gradient)
        if alone:
            return update(gradient, *columns)
        return list(zip(*map(update, gradient, *columns), strict=True)) or columns

    return move


def shares(beta: float, steps: int, *, bias_correction: bool) -> tuple[float, float]:
    """The shares of the past and of the newest value in a moving average of so many: β and 1 - β.

    With bias correction they are as large as if the weights of all values so far summed to 1: the newest one's starts
    at 1 and decreases to 1 - β; at β = 1, where it has no end, the average is the plain mean.

    >>> [shares(0.5, steps, bias_correction=True) for steps in (1, 2)]
    [(0.0, 1.0), (0.3333333333333333, 0.6666666666666666)]
    """
    if not bias_correction:
        return beta, 1 - beta
    if beta == 1:
        return (steps - 1) / steps, 1 / steps
    whole = 1 - beta**steps
    return beta * (1 - beta ** (steps - 1)) / whole, (1 - beta) / whole


def _sgd(rule: dict[str, Any], rate: float, _: int) -> Update:
    return lambda g, w: (w - rate * g,)


def _momentum(rule: dict[str, Any], rate: float, _: int) -> Update:
    beta = rule["beta"]

    def ruder(g: Leaf, w: Leaf, v: Leaf) -> Moved:
        v = beta * v + rate * g
        return w - v, v

    def average(g: Leaf, w: Leaf, v: Leaf) -> Moved:
        v = beta * v + (1 - beta) * g
        return w - rate * v, v

    return ruder if rule["form"] == "ruder" else average


def _nesterov(rule: dict[str, Any], rate: float, _: int) -> Update:
    beta = rule["beta"]

    def nesterov(g: Leaf, w: Leaf, v: Leaf) -> Moved:
        v = beta * v + rate * g
        return w - (beta * v + rate * g), v

    return nesterov


def _adagrad(rule: dict[str, Any], rate: float, _: int) -> Update:
    epsilon = rule["epsilon"]

    def adagrad(g: Leaf, w: Leaf, s: Leaf) -> Moved:
        s = s + g * g
        return w - divide(rate * g, sqrt(s + epsilon)), s

    return adagrad


def _rmsprop(rule: dict[str, Any], rate: float, _: int) -> Update:
    rho, epsilon, in_root = rule["rho"], rule["epsilon"], rule["epsilon_in_root"]

    def rmsprop(g: Leaf, w: Leaf, s: Leaf) -> Moved:
        s = rho * s + (1 - rho) * g * g
        root = sqrt(s + epsilon) if in_root else sqrt(s) + epsilon
        return w - divide(rate * g, root), s

    return rmsprop


def _adam(rule: dict[str, Any], rate: float, steps: int) -> Update:
    epsilon, corrected = rule["epsilon"], rule["bias_correction"]
    old_1, new_1 = shares(rule["beta_1"], steps, bias_correction=corrected)
    old_2, new_2 = shares(rule["beta_2"], steps, bias_correction=corrected)
    # m and s are corrected as they are averaged. Keras adds epsilon to the root of the uncorrected s, which is
    # 1 - beta_2 ** steps times the corrected one.
    scale = sqrt(1 - rule["beta_2"] ** steps) if corrected else 1.0

    def adam(g: Leaf, w: Leaf, m: Leaf, s: Leaf) -> Moved:
        m = old_1 * m + new_1 * g
        s = old_2 * s + new_2 * g * g
        return w - divide(rate * scale * m, scale * sqrt(s) + epsilon), m, s

    def amsgrad(g: Leaf, w: Leaf, m: Leaf, s: Leaf, largest: Leaf) -> Moved:
        m = old_1 * m + new_1 * g
        s = old_2 * s + new_2 * g * g
        largest = maximum(largest, scale * scale * s)
        return w - divide(rate * scale * m, sqrt(largest) + epsilon), m, s, largest

    return amsgrad if "amsgrad" in rule else adam


def _adamw(rule: dict[str, Any], rate: float, steps: int) -> Update:
    adam, decay = _adam(rule, rate, steps), rule["weight_decay"]
    return lambda g, w, *remembered: adam(g, w - w * decay * rate, *remembered)


FORMULAS = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}
MEMORY = {
    "sgd": [],
    "momentum": ["velocity"],
    "nesterov": ["velocity"],
    "adagrad": ["sum_of_squares"],
    "rmsprop": ["mean_square"],
    "adam": ["mean", "mean_square"],
    "adamw": ["mean", "mean_square"],
}


def _clip(rule: dict[str, Any], like: Value) -> Callable[..., Any] | None:
    if "clip_value" in rule:
        bound = rule["clip_value"]
        return lambda gradient: each(lambda g: limited(g, bound), gradient)
    if "clip_norm" in rule:
        most, of_each = rule["clip_norm"], sizes(like)

        def by_norm(gradient: list[Leaf]) -> list[Leaf]:
            coming = iter(gradient)
            return [g for size in of_each for g in shortened(list(islice(coming, size)), most)]

        return (lambda g: shortened([g], most)[0]) if is_leaf(like) else by_norm
    return None


def _needs_arrays(like: Value) -> bool:
    """Whether NumPy makes scalars of an array, as of one without axes, or another dtype, as of bfloat16."""
    parts = [like] if is_leaf(like) else leaves(like)
    return any(isinstance(x, np.ndarray) and (x.ndim == 0 or x.dtype.kind != "f") for x in parts)


def _of_arrays(update: Update) -> Update:
    def of_arrays(g: Leaf, w: Leaf, *remembered: Leaf) -> Moved:
        moved = update(g, w, *remembered)
        return tuple(np.asarray(x, w.dtype) for x in moved) if isinstance(w, np.ndarray) else moved

    return of_arrays
