"""The optimizers of the grammar: every one of Keras's, with schedules and the options that all of them take."""

from __future__ import annotations

from collections.abc import Callable

from keras import optimizers
from keras.optimizers import schedules

RULES: dict[str, Callable[..., optimizers.Optimizer]] = {
    "sgd": optimizers.SGD,
    "sgd_momentum": lambda **options: optimizers.SGD(momentum=0.9, **options),
    "sgd_nesterov": lambda **options: optimizers.SGD(momentum=0.8, nesterov=True, **options),
    "rmsprop": optimizers.RMSprop,
    "rmsprop_centered": lambda **options: optimizers.RMSprop(centered=True, momentum=0.5, **options),
    "adam": optimizers.Adam,
    "adam_amsgrad": lambda **options: optimizers.Adam(amsgrad=True, **options),
    "adamw": optimizers.AdamW,
    "adadelta": optimizers.Adadelta,
    "adagrad": optimizers.Adagrad,
    "adamax": optimizers.Adamax,
    "adafactor": optimizers.Adafactor,
    "nadam": optimizers.Nadam,
    "ftrl": optimizers.Ftrl,
    "lion": optimizers.Lion,
    "lamb": optimizers.Lamb,
    "muon": optimizers.Muon,
    "schedule_free_adamw": optimizers.ScheduleFreeAdamW,
}
NAMES = ("rmsprop", "adam", "sgd", "nadam", "adagrad")

SCHEDULES: dict[str, Callable[[], schedules.LearningRateSchedule]] = {
    "exponential": lambda: schedules.ExponentialDecay(0.02, 3, 0.8),
    "cosine": lambda: schedules.CosineDecay(0.001, 10, warmup_target=0.02, warmup_steps=2),
    "cosine_restarts": lambda: schedules.CosineDecayRestarts(0.02, 4),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([3, 6], [0.02, 0.01, 0.001]),
    "polynomial": lambda: schedules.PolynomialDecay(0.02, 8, power=2.0),
    "inverse_time": lambda: schedules.InverseTimeDecay(0.02, 4, 0.5, staircase=True),
}
OPTIONS: dict[str, dict[str, object]] = {
    "clipnorm": {"clipnorm": 0.3},
    "clipvalue": {"clipvalue": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.5},
    "weight_decay": {"weight_decay": 0.02},
    "ema": {"use_ema": True, "ema_momentum": 0.8},
    "ema_overwriting": {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 2},
}


def draw_optimizer(draw) -> Callable[[], object]:
    """Draw an optimizer, and return a function that makes it anew or gives its name."""
    form = draw.one("optimizer form", ["name", "object", "object", "object", "options", "options", "wrapped"])
    if form == "name":
        name = draw.one("optimizer", NAMES)
        return lambda: name
    rule = draw.one("optimizer", RULES)
    options = OPTIONS[draw.one("optimizer option", OPTIONS)] if form == "options" else {}
    schedule = None if not draw.chance(0.3) else draw.one("schedule", SCHEDULES)
    rate = 1.0 if rule == "adadelta" else 0.01

    def make() -> optimizers.Optimizer:
        made = RULES[rule](learning_rate=SCHEDULES[schedule]() if schedule else rate, **options)
        return optimizers.LossScaleOptimizer(made, initial_scale=8.0) if form == "wrapped" else made

    return make
