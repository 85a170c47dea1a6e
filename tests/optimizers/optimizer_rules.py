"""Rules, slopes and strategies that the tests of optimizers share, and Keras's optimizer of a rule."""

import math

import keras
import numpy as np
from hypothesis import strategies as st

from pybridge import optimizers

RULES = [
    optimizers.sgd(0.125),
    optimizers.momentum(0.125, 0.875),
    optimizers.momentum(0.125, 0.875, form="average"),
    optimizers.nesterov(0.125, 0.875),
    optimizers.adagrad(0.125, 0.125),
    optimizers.rmsprop(0.125, 0.875),
    optimizers.rmsprop(0.125, 0.875, epsilon_in_root=False),
    optimizers.adam(0.125, 0.875, 0.96875),
    optimizers.adam(0.125, 0.875, 0.96875, bias_correction=False),
    optimizers.adam(0.125, 0.875, 0.96875, amsgrad=True),
    optimizers.adamw(0.125, 0.875, 0.96875, weight_decay=0.25),
    optimizers.sgd(0.125, clip_norm=0.5),
    optimizers.momentum(optimizers.warmup(optimizers.cosine_decay(0.25, 8), 4), 0.875, clip_value=0.5),
    optimizers.adamw(optimizers.step_decay(0.25, 3), 0.875, 0.96875, weight_decay=0.5, amsgrad=True, clip_norm=2),
]

KERAS = {
    "sgd": keras.optimizers.SGD,
    "momentum": keras.optimizers.SGD,
    "nesterov": lambda *args, **options: keras.optimizers.SGD(*args, nesterov=True, **options),
    "adagrad": keras.optimizers.Adagrad,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
}
SCHEDULES = {
    "exponential_decay": keras.optimizers.schedules.ExponentialDecay,
    "cosine_decay": keras.optimizers.schedules.CosineDecay,
}
RENAMED = {
    "beta": "momentum",
    "initial_accumulator": "initial_accumulator_value",
    "clip_norm": "clipnorm",
    "clip_value": "clipvalue",
}


def of_keras(rule):
    """Keras's own optimizer with the options of a rule, without those that Keras does not have."""
    options = {
        RENAMED.get(option, option): value
        for option, value in rule.items()
        if option not in ("rule", "form", "bias_correction", "epsilon_in_root", "learning_rate")
    }
    rate = rule["learning_rate"]
    return KERAS[rule["rule"]](schedule_of_keras(rate) if isinstance(rate, dict) else rate, **options)


def schedule_of_keras(schedule):
    """Keras's own schedule, in binary64."""
    options = {name: value for name, value in schedule.items() if name != "schedule"}
    options["initial_learning_rate"] = np.float64(options["initial_learning_rate"])
    if schedule["schedule"] == "step_decay":
        return keras.optimizers.schedules.ExponentialDecay(
            options["initial_learning_rate"], options["drop_every"], options["drop"], staircase=True
        )
    if schedule["schedule"] == "warmup":
        after = {name: value for name, value in options["learning_rate"].items() if name != "schedule"}
        return keras.optimizers.schedules.CosineDecay(
            **{**after, "initial_learning_rate": options["initial_learning_rate"]},
            warmup_target=after["initial_learning_rate"],
            warmup_steps=options["warmup_steps"],
        )
    return SCHEDULES[schedule["schedule"]](**options)


def name(case):
    rule = case[0] if isinstance(case, tuple) else case
    told = ("form", "epsilon_in_root", "bias_correction", "amsgrad", "clip_norm", "clip_value")
    return "-".join([rule["rule"], *(str(rule[key]) for key in told if key in rule)])


def slope(w):
    return -2 * (30 - w)


def bumpy(w):
    return [2 * (w[0] - 30), 0.5 * w[1] ** 3, math.sin(w[2])]


def constant(_):
    return 2.0


rates = st.floats(0, 1)
learning_rates = st.floats(0.001, 0.1)
gradients = st.lists(st.floats(-100, 100), min_size=1, max_size=30)


def follow(rule, slopes, start=1.0):
    """The path when the slopes are given, wherever it leads."""
    coming = iter(slopes)
    return optimizers.minimize(rule, lambda _: next(coming), start, len(slopes))
