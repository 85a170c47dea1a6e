"""A rule as a Keras optimizer, so that Keras trains a model with the very formulas that `step` computes."""

from __future__ import annotations

import keras
import tensorflow as tf

from pybridge.optimizers._rules import read_rule
from pybridge.optimizers._updates import SLOTS, move


@keras.saving.register_keras_serializable("pybridge")
class RuleOptimizer(keras.optimizers.Optimizer):
    """Keras's optimizer of a rule; its learning rate is a variable, as of any other, and may change meanwhile."""

    def __init__(self, rule: dict, *, learning_rate: float | None = None, name: str | None = None, **options) -> None:
        rule = read_rule(rule)
        rate = rule["learning_rate"] if learning_rate is None else learning_rate
        super().__init__(learning_rate=rate, name=name or rule["rule"], **options)
        self.rule = rule

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        fill = keras.initializers.Constant(self.rule.get("initial_accumulator", 0.0))
        self.slots = {
            slot: self.add_optimizer_variables(variables, slot, initializer=fill)
            for slot in SLOTS[self.rule["rule"]]
            if slot != "steps"
        }

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        dtype, index = variable.dtype, self._get_variable_index(variable)
        rule = {**self.rule, "learning_rate": tf.cast(learning_rate, dtype)}
        slots = {slot: variables[index] for slot, variables in self.slots.items()}
        state = {slot: tf.convert_to_tensor(held) for slot, held in slots.items()}
        state["steps"] = tf.cast(self.iterations, dtype)
        gradient = tf.cast(tf.convert_to_tensor(gradient), dtype)
        moved, state = move(rule, gradient, state, tf.convert_to_tensor(variable))
        for slot, held in slots.items():
            self.assign(held, state[slot])
        self.assign(variable, moved)

    def get_config(self) -> dict:
        return {**super().get_config(), "rule": dict(self.rule)}
