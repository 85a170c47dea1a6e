"""The formulas: each takes a checked rule, the gradient g, its state and the parameter w, and returns w and the state.

Gradient, parameter and whatever the state remembers are values of one shape: numbers, arrays or tensors, alone or in
nested lists and dicts. Only `steps`, the number of steps taken so far, is one number for all of them.
"""

from __future__ import annotations

from pybridge.optimizers._values import Value, divide, each, full, sqrt

State = dict[str, Value]
Moved = tuple[Value, State]

SLOTS = {
    "sgd": [],
    "momentum": ["velocity"],
    "nesterov": ["velocity"],
    "adagrad": ["sum_of_squares"],
    "rmsprop": ["mean_square"],
    "adam": ["steps", "mean", "mean_square"],
}


def start(rule: dict, w: Value) -> State:
    """What the rule remembers before its first step."""
    fill = rule.get("initial_accumulator", 0.0)
    return {slot: 0 if slot == "steps" else full(w, fill) for slot in SLOTS[rule["rule"]]}


def move(rule: dict, g: Value, state: State, w: Value) -> Moved:
    """One step of the rule."""
    return UPDATES[rule["rule"]](rule, g, state, w)


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


def _sgd(rule: dict, g: Value, state: State, w: Value) -> Moved:
    return each(lambda w, g: w - rule["learning_rate"] * g, w, g), state


def _momentum(rule: dict, g: Value, state: State, w: Value) -> Moved:
    beta, rate = rule["beta"], rule["learning_rate"]
    if rule["form"] == "ruder":
        v = each(lambda v, g: beta * v + rate * g, state["velocity"], g)
        return each(lambda w, v: w - v, w, v), {"velocity": v}
    v = each(lambda v, g: beta * v + (1 - beta) * g, state["velocity"], g)
    return each(lambda w, v: w - rate * v, w, v), {"velocity": v}


def _nesterov(rule: dict, g: Value, state: State, w: Value) -> Moved:
    beta, rate = rule["beta"], rule["learning_rate"]
    v = each(lambda v, g: beta * v + rate * g, state["velocity"], g)
    return each(lambda w, v, g: w - (beta * v + rate * g), w, v, g), {"velocity": v}


def _adagrad(rule: dict, g: Value, state: State, w: Value) -> Moved:
    rate, epsilon = rule["learning_rate"], rule["epsilon"]
    s = each(lambda s, g: s + g * g, state["sum_of_squares"], g)
    return each(lambda w, s, g: w - divide(rate * g, sqrt(s + epsilon)), w, s, g), {"sum_of_squares": s}


def _rmsprop(rule: dict, g: Value, state: State, w: Value) -> Moved:
    rho, rate, epsilon = rule["rho"], rule["learning_rate"], rule["epsilon"]
    root = (lambda s: sqrt(s + epsilon)) if rule["epsilon_in_root"] else (lambda s: sqrt(s) + epsilon)
    s = each(lambda s, g: rho * s + (1 - rho) * g * g, state["mean_square"], g)
    return each(lambda w, s, g: w - divide(rate * g, root(s)), w, s, g), {"mean_square": s}


def _adam(rule: dict, g: Value, state: State, w: Value) -> Moved:
    rate, epsilon, corrected = rule["learning_rate"], rule["epsilon"], rule["bias_correction"]
    steps = state["steps"] + 1
    old_1, new_1 = shares(rule["beta_1"], steps, bias_correction=corrected)
    old_2, new_2 = shares(rule["beta_2"], steps, bias_correction=corrected)
    # m and s are corrected as they are averaged. Keras adds epsilon to the root of the uncorrected s, which is
    # 1 - beta_2 ** steps times the corrected one.
    scale = sqrt(1 - rule["beta_2"] ** steps) if corrected else 1.0
    m = each(lambda m, g: old_1 * m + new_1 * g, state["mean"], g)
    s = each(lambda s, g: old_2 * s + new_2 * g * g, state["mean_square"], g)
    w = each(lambda w, m, s: w - divide(rate * scale * m, scale * sqrt(s) + epsilon), w, m, s)
    return w, {"steps": steps, "mean": m, "mean_square": s}


UPDATES = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
}
