"""Update rules: the digits of The Little Learner and of Keras, the kinds they keep, the special cases they share."""

import math
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pybridge import optimizers
from pybridge.errors import DtypeError, OptionError, ShapeError
from pybridge.optimizers._keras import RuleOptimizer

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
]

# Learning rates and decay rates are sums of few powers of two: Keras keeps some of them in float32.
KERAS = [
    (optimizers.sgd(0.125), keras.optimizers.SGD(0.125)),
    (optimizers.momentum(0.125, 0.875), keras.optimizers.SGD(0.125, momentum=0.875)),
    (optimizers.momentum(1.0, 0.875, form="average"), keras.optimizers.SGD(0.125, momentum=0.875)),
    (optimizers.nesterov(0.125, 0.875), keras.optimizers.SGD(0.125, momentum=0.875, nesterov=True)),
    (optimizers.adagrad(0.125, 0.125), keras.optimizers.Adagrad(0.125, initial_accumulator_value=0.125)),
    (optimizers.rmsprop(0.125, 0.875), keras.optimizers.RMSprop(0.125, rho=0.875)),
    (optimizers.adam(0.125, 0.875, 0.96875), keras.optimizers.Adam(0.125, beta_1=0.875, beta_2=0.96875)),
]

DEFAULTS = [
    (optimizers.sgd(), keras.optimizers.SGD()),
    (optimizers.adagrad(), keras.optimizers.Adagrad()),
    (optimizers.rmsprop(), keras.optimizers.RMSprop()),
    (optimizers.adam(), keras.optimizers.Adam()),
]


def name(case):
    rule = case[0] if isinstance(case, tuple) else case
    return "-".join(
        [rule["rule"], *(str(rule[key]) for key in ("form", "epsilon_in_root", "bias_correction") if key in rule)]
    )


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


@pytest.mark.parametrize("case", KERAS, ids=name)
def test_a_hundred_steps_agree_with_keras(case):
    rule, optimizer = case
    variable = keras.Variable([3.0, -2.0, 1.0], dtype="float64")
    expected = [variable.numpy()]
    for _ in range(100):
        optimizer.apply([tf.constant(bumpy(variable.numpy().tolist()), "float64")], [variable])
        expected.append(variable.numpy())
    np.testing.assert_allclose(optimizers.minimize(rule, bumpy, [3, -2, 1], 100), expected, rtol=1e-11)


@pytest.mark.parametrize("case", DEFAULTS, ids=name)
def test_defaults_are_those_of_keras(case):
    rule, optimizer = case
    variable = keras.Variable([3.0, -2.0, 1.0])
    for _ in range(100):
        optimizer.apply([tf.constant(bumpy(variable.numpy().tolist()), "float32")], [variable])
    end = optimizers.minimize(rule, bumpy, [3, -2, 1], 100)[-1]
    np.testing.assert_allclose(end, variable.numpy(), rtol=1e-4)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_keras_can_run_a_rule_in_a_graph(rule):
    optimizer, variable = RuleOptimizer(rule), keras.Variable([3.0, -2.0, 1.0], dtype="float64")
    apply = tf.function(lambda gradient: optimizer.apply([gradient], [variable]))
    for _ in range(20):
        apply(tf.constant(bumpy(variable.numpy().tolist()), "float64"))
    np.testing.assert_allclose(variable.numpy(), optimizers.minimize(rule, bumpy, [3, -2, 1], 20)[-1], rtol=1e-11)


def test_keras_saves_and_restores_a_rule():
    rule = optimizers.rmsprop(0.25, epsilon_in_root=False)
    optimizer = RuleOptimizer(rule)
    optimizer.learning_rate = 0.5
    restored = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert restored.rule == rule
    assert restored.learning_rate.numpy() == 0.5


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


def test_ema_by_hand():
    assert optimizers.ema([1, 2, 3]) == pytest.approx([0.1, 0.29, 0.561])
    assert optimizers.ema([1, 2, 3], 0.5, bias_correction=True) == pytest.approx([1, 5 / 3, 17 / 7])
    assert optimizers.ema([4, 2, 3], 0.0) == [4.0, 2.0, 3.0]
    assert optimizers.ema([4, 2, 3], 1.0) == [0.0, 0.0, 0.0]
    assert optimizers.ema([4, 2, 3], 1, bias_correction=True) == [4.0, 3.0, 3.0]
    assert optimizers.ema([]) == []


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0, 0.999))
def test_bias_correction_divides_by_what_the_weights_sum_to(values, beta):
    plain = optimizers.ema(values, beta)
    corrected = optimizers.ema(values, beta, bias_correction=True)
    expected = [v / (1 - beta**t) for t, v in enumerate(plain, start=1)]
    assert corrected == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_ema_of_vectors_arrays_and_tensors():
    assert optimizers.ema([[1, 10], [2, 20]], 0.5) == [[0.5, 5.0], [1.25, 12.5]]
    assert optimizers.ema(np.array([1.0, 2.0]), 0.5) == [0.5, 1.25]
    assert optimizers.ema(tf.constant([1, 2]), 0.5) == [0.5, 1.25]
    averages = optimizers.ema([tf.constant([1.0]), tf.constant([2.0])], 0.5)
    assert [average.numpy().tolist() for average in averages] == [[0.5], [1.25]]


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_every_kind_comes_back_as_it_was_given(rule):
    numbers = optimizers.minimize(rule, slope, 3, 5)
    assert all(type(w) is float for w in numbers)

    vectors = optimizers.minimize(rule, lambda w: [slope(w[0])], (3,), 5)
    assert vectors == [[w] for w in numbers]

    nested = optimizers.minimize(rule, lambda p: {"a": [slope(p["a"][0])], "b": 0}, {"a": [3], "b": 1}, 5)
    assert nested[-1]["a"] == [numbers[-1]]
    assert type(nested[-1]["b"]) is float

    for dtype in ("float32", "float64"):
        tensors = optimizers.minimize(rule, slope, tf.constant([3.0], dtype), 5)
        assert all(isinstance(w, tf.Tensor) and w.dtype == dtype for w in tensors)
        np.testing.assert_allclose(tensors[-1], vectors[-1], rtol=1e-5 if dtype == "float32" else 1e-12)
        arrays = optimizers.minimize(rule, slope, np.array([3.0], dtype), 5)
        assert all(isinstance(w, np.ndarray) and w.dtype == dtype for w in arrays)
        np.testing.assert_allclose(arrays[-1], vectors[-1], rtol=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_single_steps_walk_the_path_and_change_nothing(rule):
    w, state = [3.0, -2.0, 1.0], optimizers.init(rule, [3, -2, 1])
    for expected in optimizers.minimize(rule, bumpy, w, 3)[1:]:
        before = repr((w, state))
        moved, remembered = optimizers.step(rule, bumpy(w), state, w)
        assert repr((w, state)) == before
        assert moved == expected
        w, state = moved, remembered


def test_what_a_rule_remembers():
    assert optimizers.init(optimizers.sgd(), 1) == {}
    assert optimizers.init(optimizers.momentum(), [1, 2]) == {"velocity": [0.0, 0.0]}
    assert optimizers.init(optimizers.adagrad(initial_accumulator=2), {"w": 1}) == {"sum_of_squares": {"w": 2.0}}
    assert optimizers.init(optimizers.adam(), 1) == {"steps": 0, "mean": 0.0, "mean_square": 0.0}
    velocity = optimizers.init(optimizers.nesterov(), tf.Variable([[1.0, 2.0]], dtype="float64"))["velocity"]
    assert velocity.dtype == "float64"
    assert velocity.shape == (1, 2)


def test_gradients_may_come_as_tensors_or_arrays():
    rule = optimizers.sgd(0.25)
    assert optimizers.minimize(rule, lambda w: tf.constant(2.0) * (w - 30), 2, 3) == [2, 16, 23, 26.5]
    assert optimizers.minimize(rule, lambda w: np.float64(2 * (w - 30)), 2, 3) == [2, 16, 23, 26.5]
    assert optimizers.minimize(rule, lambda w: np.array(w) - 1, [3, 5], 1) == [[3, 5], [2.5, 4]]
    assert optimizers.minimize(rule, lambda w: tf.constant(w) - 1, [3, 5], 1) == [[3, 5], [2.5, 4]]
    moved, _ = optimizers.step(rule, [4, 8], {}, tf.Variable([1.0, 2.0]))
    assert moved.numpy().tolist() == [0, 0]
    moved, _ = optimizers.step(rule, 4, {}, tf.constant(1))
    assert moved.dtype == "float32"
    assert moved.numpy() == 0


def test_a_vanished_gradient_without_epsilon_is_nan_in_every_kind():
    rule = optimizers.rmsprop(epsilon=0)
    assert math.isnan(optimizers.step(rule, 0.0, {"mean_square": 0.0}, 1.0)[0])
    assert np.isnan(optimizers.step(rule, tf.constant(0.0), {"mean_square": 0.0}, tf.constant(1.0))[0])


def test_rules_are_plain_data_that_can_be_written_by_hand():
    assert optimizers.momentum(1) == {"rule": "momentum", "learning_rate": 1.0, "beta": 0.9, "form": "ruder"}
    assert optimizers.adam() == {
        "rule": "adam",
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "bias_correction": True,
    }
    assert optimizers.minimize({"rule": "sgd"}, constant, 1, 1) == [1.0, 0.98]
    assert optimizers.sgd(tf.constant(0.5)) == optimizers.sgd(np.float32(0.5)) == {"rule": "sgd", "learning_rate": 0.5}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: optimizers.sgd(-0.1), r"^learning_rate must be a number of at least 0; got -0\.1$"),
        (lambda: optimizers.sgd(math.inf), "^learning_rate must be a finite number of at least 0; got inf$"),
        (lambda: optimizers.sgd("0.1"), "^learning_rate must be a number of at least 0; got '0.1'$"),
        (lambda: optimizers.sgd([0.1]), r"^learning_rate must be a number of at least 0; got \[0\.1\]$"),
        (lambda: optimizers.momentum(beta=1.1), "^beta must be a number from 0 to 1; got 1.1$"),
        (lambda: optimizers.momentum(form="keras"), '^form must be "ruder" or "average"; got \'keras\'$'),
        (lambda: optimizers.nesterov(beta=math.nan), "^beta must be a number from 0 to 1; got nan$"),
        (
            lambda: optimizers.adagrad(initial_accumulator=-1),
            "^initial_accumulator must be a number of at least 0; got -1$",
        ),
        (lambda: optimizers.rmsprop(rho=-0.5), "^rho must be a number from 0 to 1; got -0.5$"),
        (lambda: optimizers.rmsprop(epsilon_in_root=1), "^epsilon_in_root must be true or false; got 1$"),
        (lambda: optimizers.adam(beta_1=None), "^beta_1 must be a number from 0 to 1; got None$"),
        (lambda: optimizers.adam(beta_2=2), "^beta_2 must be a number from 0 to 1; got 2$"),
        (lambda: optimizers.adam(epsilon=-1e-8), "^epsilon must be a number of at least 0; got -1e-08$"),
        (lambda: optimizers.adam(bias_correction="no"), "^bias_correction must be true or false; got 'no'$"),
        (lambda: optimizers.ema([1], 1.5), "^beta must be a number from 0 to 1; got 1.5$"),
        (lambda: optimizers.init("sgd", 1), "^a rule is what sgd, momentum, .* and adam give; got 'sgd'$"),
        (lambda: optimizers.init({"rule": "adamw"}, 1), "^there is no rule 'adamw'; there are sgd, .* and adam$"),
        (
            lambda: optimizers.init({"rule": "sgd", "lr": 1}, 1),
            "^sgd has no option 'lr'; it takes learning_rate$",
        ),
        (
            lambda: optimizers.init({"rule": "nesterov", "form": "ruder"}, 1),
            "^nesterov has no option 'form'; it takes learning_rate and beta$",
        ),
        (
            lambda: optimizers.step(optimizers.momentum(), 1, {}, 1),
            r"^the state of momentum holds \['velocity'\], as init gives it; got \[\]$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), 2.0, 1, 1),
            "^gradient must be a function of the point; got 2.0$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), constant, 1, -1),
            "^steps must be a whole number of at least 0; got -1$",
        ),
    ],
)
def test_options_out_of_range_name_themselves(build, message):
    with pytest.raises(OptionError, match=message):
        build()


@pytest.mark.parametrize(
    ("gradient", "start", "message"),
    [
        ([1, 2], 3, "^the gradient must be one number, as its parameter is; got a list of 2$"),
        (1, [1, 2], "^the gradient must be a list of 2, as its parameter is; got one number$"),
        (tf.zeros(3), [1, 2], "^the gradient must be a list of 2, as its parameter is; got a list of 3$"),
        ([1, [2]], [1, 2], r"^the gradient\[1\] must be one number, as its parameter is; got a list of 1$"),
        ({"a": 1}, {"b": 1}, r"^the gradient must have the keys \['b'\], as its parameter has; got the keys \['a'\]$"),
        (
            [1.0],
            tf.zeros((2, 2)),
            r"^the gradient must have the shape of its parameter, \(2, 2\); got the shape \(1,\)$",
        ),
        (1, np.zeros(2), r"^the gradient must have the shape of its parameter, \(2,\); got the shape \(\)$"),
    ],
)
def test_gradients_of_another_shape_raise(gradient, start, message):
    with pytest.raises(ShapeError, match=message):
        optimizers.minimize(optimizers.sgd(), lambda _: gradient, start, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.init(optimizers.sgd(), "w"), "^the parameter must be made of numbers; got 'w'$"),
        (
            lambda: optimizers.init(optimizers.sgd(), {"w": [None]}),
            r"^the parameter\['w'\]\[0\] must be made of numbers; got None$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), lambda _: {"a": None}, {"a": 1}, 1),
            r"^the gradient\['a'\] is None, which is what a parameter gets that the loss does not depend on$",
        ),
        (lambda: optimizers.ema(["x"]), r"^values\[0\] must be made of numbers; got 'x'$"),
    ],
)
def test_what_is_not_made_of_numbers_raises(call, message):
    with pytest.raises(DtypeError, match=message):
        call()


def test_ema_needs_several_values_of_one_shape():
    with pytest.raises(ShapeError, match=r"^ema averages several values; got the number 3\.0$"):
        optimizers.ema(3)
    with pytest.raises(ShapeError, match=r"^values\[1\] must be a list of 2, as its parameter is; got a list of 1$"):
        optimizers.ema([[1, 2], [1]])


@given(st.sampled_from(RULES), st.lists(st.floats(-10, 10), min_size=3, max_size=3))
def test_a_path_is_as_long_as_promised(rule, start):
    for steps in (0, 1, 7):
        path = optimizers.minimize(rule, lambda w: [math.sin(x) for x in w], start, steps)
        assert len(path) == steps + 1
        assert path[0] == start


def test_plain_numbers_need_no_tensorflow():
    code = (
        "import sys; from pybridge import optimizers as o;"
        "print(o.minimize(o.adam(), lambda w: [2 * w[0]], [3], 5)[-1], o.ema([1, 2]));"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
