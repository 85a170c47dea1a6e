"""A rule as a Keras optimizer, so that Keras trains a model with the very formulas that `step` computes."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.optimizers._rules import read_rule
from pybridge.optimizers._schedules import rate_after
from pybridge.optimizers._updates import memory, mover


class RuleSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Keras's schedule of one of ours, in binary64, as `learning_rate_at` computes it."""

    def __init__(self, schedule: dict[str, Any]) -> None:
        self.schedule = schedule

    def __call__(self, step: Tensor) -> Tensor:
        return tf.cast(rate_after(self.schedule, tf.cast(step, tf.float64), keras.ops), tf.float64)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": self.schedule}


@keras.saving.register_keras_serializable("pybridge")
class RuleOptimizer(keras.optimizers.Optimizer):
    """Keras's optimizer of a rule; a learning rate that is a number is a variable, as of any other, and may change."""

    def __init__(
        self, rule: dict[str, Any], *, learning_rate: object = None, name: str | None = None, **options: Any
    ) -> None:
        rule = read_rule(rule)
        rate = rule["learning_rate"] if learning_rate is None else learning_rate
        rate = RuleSchedule(rate) if isinstance(rate, dict) else rate
        super().__init__(learning_rate=rate, name=name or rule["rule"], **options)
        self.rule = rule

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        fill = keras.initializers.Constant(self.rule.get("initial_accumulator", 0.0))
        self.slots = {
            slot: self.add_optimizer_variables(variables, slot, initializer=fill) for slot in memory(self.rule)
        }

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        dtype, index = variable.dtype, self._get_variable_index(variable)
        slots = [variables[index] for variables in self.slots.values()]
        parameter, *remembered = [tf.convert_to_tensor(each) for each in (variable, *slots)]
        move = mover({**self.rule, "learning_rate": tf.cast(learning_rate, dtype)}, parameter)
        gradient = tf.cast(tf.convert_to_tensor(gradient), dtype)
        moved = move(gradient, [parameter, *remembered], tf.cast(self.iterations, dtype))
        for held, value in zip((variable, *slots), moved, strict=True):
            self.assign(held, value)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if isinstance(self._learning_rate, RuleSchedule):
            del config["learning_rate"]  # the rule says it
        return {**config, "rule": read_rule(self.rule)}
