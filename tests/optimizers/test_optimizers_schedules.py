"""Schedules: by hand, against Keras's own, and as the learning rate of a rule."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from optimizer_rules import follow, schedule_of_keras

from pybridge import optimizers
from pybridge.optimizers._keras import RuleSchedule

# Keras reads some of them in float32.
amounts = st.sampled_from([0.0, 0.125, 1.0]) | st.floats(0, 10, width=32)
shares = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1, width=32)
counts = st.integers(1, 1000)


def schedules():
    cosine = st.builds(optimizers.cosine_decay, amounts, counts, shares)
    return st.one_of(
        st.builds(
            optimizers.exponential_decay, amounts, counts, shares | st.floats(1, 2, width=32), staircase=st.booleans()
        ),
        cosine,
        st.builds(optimizers.step_decay, amounts, counts, shares),
        st.builds(optimizers.warmup, cosine, st.integers(0, 100), initial_learning_rate=amounts),
    )


@given(schedules(), st.integers(0, 3000))
def test_every_schedule_agrees_with_keras(schedule, step):
    rate = optimizers.learning_rate_at(schedule, step)
    assert type(rate) is float
    expected = np.asarray(schedule_of_keras(schedule)(tf.constant(step, "int64")))
    assert expected.dtype == np.float64
    np.testing.assert_allclose(rate, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(RuleSchedule(schedule)(tf.constant(step, "int64")), rate, rtol=1e-12, atol=1e-15)


def test_schedules_by_hand():
    def read(schedule, *steps):
        return [optimizers.learning_rate_at(schedule, step) for step in steps]

    assert read(optimizers.exponential_decay(8, 2, 0.25), 0, 1, 2, 4) == [8, 4, 2, 0.5]
    assert read(optimizers.exponential_decay(8, 2, 0.25, staircase=True), 0, 1, 2, 3, 4) == [8, 8, 2, 2, 0.5]
    assert read(optimizers.step_decay(8, 2, 0.25), 0, 1, 2, 3, 4) == [8, 8, 2, 2, 0.5]
    assert read(optimizers.cosine_decay(8, 4), 0, 2, 4, 5) == pytest.approx([8, 4, 0, 0])
    assert read(optimizers.warmup(8, 4), 0, 1, 4, 9) == [0, 2, 8, 8]
    assert read(optimizers.warmup(8, 4, initial_learning_rate=16), 0, 1, 4, 9) == [16, 14, 8, 8]
    assert read(optimizers.warmup(8, 0), 0, 1) == [8, 8]
    assert read(optimizers.warmup(optimizers.step_decay(8, 2), 4), 2, 4, 5, 6, 8) == [4, 8, 8, 4, 2]
    assert read(optimizers.warmup(optimizers.warmup(8, 4, initial_learning_rate=4), 2), 0, 1, 2, 4, 6) == [
        0,
        2,
        4,
        6,
        8,
    ]
    assert read(0.5, 0, 10**6) == [0.5, 0.5]


def test_growth_without_end_is_infinite():
    assert optimizers.learning_rate_at(optimizers.exponential_decay(1, 1, 2), 2000) == np.inf
    assert optimizers.learning_rate_at(optimizers.exponential_decay(1, 1, 0), 0) == 1


def test_schedules_are_plain_data():
    assert optimizers.exponential_decay(1, np.int64(10), np.float32(0.5)) == {
        "schedule": "exponential_decay",
        "initial_learning_rate": 1.0,
        "decay_steps": 10,
        "decay_rate": 0.5,
        "staircase": False,
    }
    assert optimizers.warmup({"schedule": "step_decay", "initial_learning_rate": 1, "drop_every": 2}, 3) == {
        "schedule": "warmup",
        "learning_rate": optimizers.step_decay(1.0, 2, 0.5),
        "warmup_steps": 3,
        "initial_learning_rate": 0.0,
    }


def test_a_rule_follows_its_schedule_and_counts():
    rule = optimizers.sgd(optimizers.step_decay(8, 2))
    assert follow(rule, [1, 1, 1, 1, 1], start=0) == [0, -8, -16, -20, -24, -26]
    assert optimizers.init(rule, 0) == {"steps": 0}
    assert optimizers.step(rule, 1, {"steps": 2}, 0) == [-4.0, {"steps": 3}]
    assert optimizers.init(optimizers.nesterov(rule["learning_rate"]), 0) == {"steps": 0, "velocity": 0.0}


@settings(max_examples=30)
@given(schedules(), st.lists(st.floats(-10, 10), min_size=1, max_size=10))
def test_a_constant_learning_rate_each_step_is_the_schedule(schedule, slopes):
    w, expected = 1.0, [1.0]
    for step, slope in enumerate(slopes):
        w -= optimizers.learning_rate_at(schedule, step) * slope
        expected.append(w)
    assert follow(optimizers.sgd(schedule), slopes) == expected
