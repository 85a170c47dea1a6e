"""Paths: the digits of The Little Learner, and the special cases that the rules share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optimizer_rules import RULES, constant, follow, gradients, learning_rates, rates, slope

from pybridge import optimizers


@pytest.mark.parametrize(
    ("rule", "steps", "expected"),
    [
        (optimizers.sgd(0.01), 400, 29.991647931623252),
        (optimizers.momentum(0.01, 0.9), 70, 30.686162582787535),
        (optimizers.momentum(0.1, 0.9, form="average"), 70, 30.686162582787535),
        (optimizers.rmsprop(0.1, 0.999, 1e-7, epsilon_in_root=False), 170, 29.990436450964964),
        (optimizers.adam(0.1, 0.9, 0.999, 1e-7, bias_correction=False), 150, 29.994907156105718),
    ],
)
def test_the_digits_of_the_little_learner(rule, steps, expected):
    assert optimizers.minimize(rule, slope, 3, steps)[-1] == pytest.approx(expected, rel=1e-12, abs=0)


def test_adam_as_keras_writes_it():
    end = optimizers.minimize(optimizers.adam(0.1, 0.9, 0.999, 1e-7), slope, 3, 150)[-1]
    assert end == pytest.approx(16.1674680426, rel=0, abs=1e-10)


def test_adam_as_the_paper_writes_it_is_two_corrected_averages():
    w, slopes = 3.0, []
    for _ in range(150):
        slopes.append(slope(w))
        mean = optimizers.ema(slopes, 0.9, bias_correction=True)[-1]
        mean_square = optimizers.ema([g * g for g in slopes], 0.999, bias_correction=True)[-1]
        w -= 0.1 * mean / (math.sqrt(mean_square) + 1e-8)
    assert w == pytest.approx(16.167468157035575, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (optimizers.sgd(0.1), [1, 0.8, 0.6, 0.4]),
        (optimizers.momentum(0.1), [1, 0.8, 0.42, -0.122]),
        (optimizers.rmsprop(0.1), [1, 0.6838, 0.4544, 0.2623]),
        (optimizers.adam(0.1), [1, 0.9, 0.8, 0.7]),
        (optimizers.adagrad(0.1), [1, 0.9012, 0.8310, 0.7735]),
    ],
    ids=lambda case: case["rule"] if isinstance(case, dict) else "",
)
def test_three_steps_down_a_constant_slope(rule, expected):
    assert optimizers.minimize(rule, constant, 1.0, 3) == pytest.approx(expected, abs=5e-5)


def test_momentum_overshoots_before_it_settles():
    near = [abs(w - 30) <= 0.01 for w in optimizers.minimize(optimizers.momentum(0.01, 0.9), slope, 3, 400)]
    assert near.index(True) == 106
    assert near[146:] == [False] + [True] * 254


def test_learning_rates_too_large_and_too_small():
    assert optimizers.minimize(optimizers.sgd(1.0), slope, 3, 4) == [3, 57, 3, 57, 3]
    assert optimizers.minimize(optimizers.sgd(1.01), slope, 3, 400)[-1] == pytest.approx(30 - 27 * 1.02**400)
    assert optimizers.minimize(optimizers.sgd(0.001), slope, 3, 400)[-1] == pytest.approx(30 - 27 * 0.998**400)


@given(learning_rates, st.floats(0, 0.99), gradients)
def test_the_two_forms_of_momentum_are_one(learning_rate, beta, slopes):
    ruder = follow(optimizers.momentum(learning_rate, beta), slopes)
    average = follow(optimizers.momentum(learning_rate / (1 - beta), beta, form="average"), slopes)
    assert ruder == pytest.approx(average, rel=1e-9, abs=1e-9)


@given(learning_rates, rates, gradients)
def test_momentum_is_an_adam_whose_mean_square_stays_0(learning_rate, beta, slopes):
    adam = optimizers.adam(learning_rate, beta, 1.0, epsilon=1.0, bias_correction=False)
    momentum = optimizers.momentum(learning_rate, beta, form="average")
    assert follow(adam, slopes) == pytest.approx(follow(momentum, slopes), rel=1e-9, abs=1e-9)


@given(learning_rates, rates, gradients)
def test_rmsprop_is_an_adam_that_keeps_no_mean(learning_rate, rho, slopes):
    adam = optimizers.adam(learning_rate, 0.0, rho, bias_correction=False)
    rmsprop = optimizers.rmsprop(learning_rate, rho, epsilon_in_root=False)
    assert follow(adam, slopes) == pytest.approx(follow(rmsprop, slopes), rel=1e-9, abs=1e-9)


@given(learning_rates, gradients)
def test_sgd_is_a_momentum_without_a_past(learning_rate, slopes):
    sgd = follow(optimizers.sgd(learning_rate), slopes)
    assert follow(optimizers.momentum(learning_rate, 0.0), slopes) == pytest.approx(sgd, rel=1e-12, abs=1e-12)
    assert follow(optimizers.nesterov(learning_rate, 0.0), slopes) == pytest.approx(sgd, rel=1e-12, abs=1e-12)


@given(
    rates | st.sampled_from([0.0, 1.0]),
    rates | st.sampled_from([0.0, 1.0]),
    st.booleans(),
    gradients,
)
def test_both_ends_of_the_decay_rates_give_finite_steps(beta_1, beta_2, corrected, slopes):
    rules = [
        optimizers.adam(0.1, beta_1, beta_2, bias_correction=corrected),
        optimizers.rmsprop(0.1, beta_2, epsilon_in_root=corrected),
        optimizers.momentum(0.1, beta_1, form="ruder" if corrected else "average"),
        optimizers.nesterov(0.1, beta_1),
    ]
    for rule in rules:
        path = follow(rule, slopes)
        assert len(path) == len(slopes) + 1
        assert all(map(math.isfinite, path))


@given(st.sampled_from(RULES), st.lists(st.floats(-10, 10), min_size=3, max_size=3))
def test_a_path_is_as_long_as_promised(rule, start):
    for steps in (0, 1, 7):
        path = optimizers.minimize(rule, lambda w: [math.sin(x) for x in w], start, steps)
        assert len(path) == steps + 1
        assert path[0] == start


@given(learning_rates, gradients)
def test_adamw_without_decay_is_adam(learning_rate, slopes):
    assert follow(optimizers.adamw(learning_rate, weight_decay=0), slopes) == follow(
        optimizers.adam(learning_rate), slopes
    )


def test_weight_decay_by_hand():
    """Without a slope, each step takes the share η λ of the weight."""
    assert follow(optimizers.adamw(0.5, weight_decay=0.5), [0, 0], start=16) == [16, 12, 9]


def test_amsgrad_by_hand():
    """β₂ = 0 forgets: the mean square is the newest, and the greatest so far is that of the gradient 4."""
    rule = optimizers.adam(1, 0, 0, 0, bias_correction=False, amsgrad=True)
    assert follow(rule, [4, 2, 1], start=0) == [0, -1, -1.5, -1.75]
    forgetful = optimizers.adam(1, 0, 0, 0, bias_correction=False)
    assert follow(forgetful, [4, 2, 1], start=0) == [0, -1, -2, -3]
    assert optimizers.init(rule, [1.0])["largest_mean_square"] == [0.0]
