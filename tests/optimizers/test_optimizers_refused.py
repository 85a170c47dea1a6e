"""What the optimizers refuse, and in which words."""

import math

import numpy as np
import pytest
import tensorflow as tf
from optimizer_rules import constant

from pybridge import optimizers
from pybridge.errors import DtypeError, OptionError, ShapeError


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: optimizers.sgd(-0.1),
            r"^sgd: learning_rate must be a number of at least 0, or a schedule; got -0\.1$",
        ),
        (
            lambda: optimizers.sgd(math.inf),
            "^sgd: learning_rate must be a finite number of at least 0, or a schedule; got inf$",
        ),
        (
            lambda: optimizers.sgd("0.1"),
            "^sgd: learning_rate must be a number of at least 0, or a schedule; got '0.1'$",
        ),
        (
            lambda: optimizers.sgd([0.1]),
            r"^sgd: learning_rate must be a number of at least 0, or a schedule; got \[0\.1\]$",
        ),
        (lambda: optimizers.momentum(beta=1.1), "^momentum: beta must be a number from 0 to 1; got 1.1$"),
        (lambda: optimizers.momentum(form="keras"), '^momentum: form must be "ruder" or "average"; got \'keras\'$'),
        (lambda: optimizers.nesterov(beta=math.nan), "^nesterov: beta must be a number from 0 to 1; got nan$"),
        (
            lambda: optimizers.adagrad(initial_accumulator=-1),
            "^adagrad: initial_accumulator must be a number of at least 0; got -1$",
        ),
        (lambda: optimizers.rmsprop(rho=-0.5), "^rmsprop: rho must be a number from 0 to 1; got -0.5$"),
        (lambda: optimizers.rmsprop(epsilon_in_root=1), "^rmsprop: epsilon_in_root must be true or false; got 1$"),
        (lambda: optimizers.adam(beta_1=None), "^adam: beta_1 must be a number from 0 to 1; got None$"),
        (lambda: optimizers.adam(beta_2=2), "^adam: beta_2 must be a number from 0 to 1; got 2$"),
        (lambda: optimizers.adam(epsilon=-1e-8), "^adam: epsilon must be a number of at least 0; got -1e-08$"),
        (lambda: optimizers.adam(bias_correction="no"), "^adam: bias_correction must be true or false; got 'no'$"),
        (lambda: optimizers.ema([1], 1.5), "^ema: beta must be a number from 0 to 1; got 1.5$"),
        (lambda: optimizers.init("sgd", 1), "^init: a rule is a dict, as sgd, .* and adamw return it; got 'sgd'$"),
        (lambda: optimizers.init({"rule": "lion"}, 1), "^init: there is no rule 'lion'; there are sgd, .* and adamw$"),
        (
            lambda: optimizers.init({"rule": "sgd", "lr": 1}, 1),
            "^init: sgd has no option 'lr'; it takes learning_rate, clip_norm and clip_value$",
        ),
        (
            lambda: optimizers.init({"rule": "nesterov", "form": "ruder"}, 1),
            "^init: nesterov has no option 'form'; it takes learning_rate, beta, clip_norm and clip_value$",
        ),
        (
            lambda: optimizers.step(optimizers.momentum(), 1, {}, 1),
            r"^step: the state of momentum holds \['velocity'\], as init returns it; got \[\]$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), 2.0, 1, 1),
            "^minimize: gradient must be a function of the point; got 2.0$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), constant, 1, -1),
            "^minimize: steps must be a whole number of at least 0; got -1$",
        ),
        (lambda: optimizers.adamw(weight_decay=-1), "^adamw: weight_decay must be a number of at least 0; got -1$"),
        (lambda: optimizers.adam(amsgrad=None), "^adam: amsgrad must be true or false; got None$"),
        (lambda: optimizers.sgd(clip_norm=0), "^sgd: clip_norm must be a number above 0, or None; got 0$"),
        (
            lambda: optimizers.sgd(clip_value=math.inf),
            "^sgd: clip_value must be a finite number above 0, or None; got inf$",
        ),
        (
            lambda: optimizers.nesterov(clip_norm=1, clip_value=2),
            "^nesterov: clip_norm and clip_value are two ways to clip, so give one of them; got 1 and 2$",
        ),
        (
            lambda: optimizers.init({"rule": "sgd", "learning_rate": {"rate": 1}}, 1),
            "^init: a schedule is a dict, as exponential_decay, .* and warmup return it; got {'rate': 1}$",
        ),
        (
            lambda: optimizers.sgd({"schedule": "linear"}),
            "^sgd: there is no schedule 'linear'; there are exponential_decay, cosine_decay, step_decay and warmup$",
        ),
        (
            lambda: optimizers.sgd({"schedule": "warmup", "learning_rate": 1}),
            "^sgd: warmup needs the option warmup_steps; it takes learning_rate, .* and initial_learning_rate$",
        ),
        (
            lambda: optimizers.sgd({"schedule": "warmup", "learning_rate": 1, "steps": 1}),
            "^sgd: warmup has no option 'steps'; it takes learning_rate, warmup_steps and initial_learning_rate$",
        ),
        (
            lambda: optimizers.exponential_decay(0.1, 0, 0.5),
            "^exponential_decay: decay_steps must be a whole number of at least 1; got 0$",
        ),
        (lambda: optimizers.cosine_decay(0.1, 10, 2), "^cosine_decay: alpha must be a number from 0 to 1; got 2$"),
        (
            lambda: optimizers.step_decay(0.1, 2.0),
            r"^step_decay: drop_every must be a whole number of at least 1; got 2\.0: write 2$",
        ),
        (
            lambda: optimizers.warmup("fast", 1),
            "^warmup: learning_rate must be a number of at least 0, or a schedule; got 'fast'$",
        ),
        (
            lambda: optimizers.learning_rate_at(0.1, 2**63),
            "^learning_rate_at: step must be a whole number from 0 to 9223372036854775807; got 9223372036854775808$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), constant, 1, 2**50),
            "^minimize: steps must be a whole number from 0 to 1099511627776; got 1125899906842624$",
        ),
    ],
)
def test_options_out_of_range_name_themselves(build, message):
    with pytest.raises(OptionError, match=message):
        build()


@pytest.mark.parametrize(
    ("gradient", "start", "message"),
    [
        ([1, 2], 3, "^minimize: the gradient must be one number, as its parameter is; got a list of 2$"),
        (1, [1, 2], "^minimize: the gradient must be a list of 2, as its parameter is; got one number$"),
        (tf.zeros(3), [1, 2], "^minimize: the gradient must be a list of 2, as its parameter is; got a list of 3$"),
        ([1, [2]], [1, 2], r"^minimize: the gradient\[1\] must be one number, as its parameter is; got a list of 1$"),
        (
            {"a": 1},
            {"b": 1},
            r"^minimize: the gradient must have the keys \['b'\], as its parameter has; got the keys \['a'\]$",
        ),
        (
            [1.0],
            tf.zeros((2, 2)),
            r"^minimize: the gradient must have the shape of its parameter, \(2, 2\); got the shape \(1,\)$",
        ),
        ([[1], [2, 3]], np.zeros(2), "^minimize: the gradient must have rows of one length, as its parameter has$"),
        ([[1], [2, 3]], tf.zeros(2), "^minimize: a ragged list makes no tensor; side by side it holds a row of 1 and"),
        (1, np.zeros(2), r"^minimize: the gradient must have the shape of its parameter, \(2,\); got the shape \(\)$"),
    ],
)
def test_gradients_of_another_shape_raise(gradient, start, message):
    with pytest.raises(ShapeError, match=message):
        optimizers.minimize(optimizers.sgd(), lambda _: gradient, start, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.init(optimizers.sgd(), "w"), "^init: the parameter must be made of real numbers; got 'w'$"),
        (
            lambda: optimizers.init(optimizers.sgd(), {"w": [None]}),
            r"^init: the parameter\['w'\]\[0\] must be made of real numbers; got None$",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), lambda _: {"a": None}, {"a": 1}, 1),
            r"^minimize: the gradient\['a'\] is None, which is what a parameter gets that the loss does not depend on$",
        ),
        (
            lambda: optimizers.init(optimizers.sgd(), 1 + 2j),
            "^init: the parameter is complex, and a rule moves real numbers; write the real and the imaginary part as "
            "two parameters$",
        ),
        (lambda: optimizers.ema(np.array([1j])), "^ema: values is complex, and a rule moves real numbers"),
        (
            lambda: optimizers.minimize(optimizers.sgd(), lambda _: tf.constant([1j]), tf.zeros(1), 1),
            "^minimize: the gradient is complex, and a rule moves real numbers",
        ),
        (
            lambda: optimizers.minimize(optimizers.sgd(), lambda _: tf.constant("1"), tf.zeros(()), 1),
            "^minimize: the gradient must be made of real numbers; got <tf.Tensor",
        ),
        (
            lambda: optimizers.step(optimizers.sgd(), ["1", None], {}, np.zeros(2)),
            r"^step: the gradient\[0\] must be made of real numbers; got '1'$",
        ),
        (
            lambda: optimizers.step(optimizers.sgd(), np.ma.array([1.0, 2.0], mask=[0, 1]), {}, np.zeros(2)),
            "^step: the gradient has masked places, which hold no number; fill them first$",
        ),
        (
            lambda: optimizers.step(optimizers.sgd(), 10**400, {}, 1.0),
            "^step: the gradient is past the largest number in binary64; got 10\\^400 or so$",
        ),
        (
            lambda: optimizers.ema({"a": 1.0}),
            "^ema: values are a list of numbers in their order; got a map, which has none$",
        ),
        (lambda: optimizers.ema(["x"]), r"^ema: values\[0\] must be made of real numbers; got 'x'$"),
    ],
)
def test_what_is_not_made_of_numbers_raises(call, message):
    with pytest.raises(DtypeError, match=message):
        call()


def test_ema_needs_several_values_of_one_shape():
    with pytest.raises(ShapeError, match=r"^ema: several values are averaged; got the number 3$"):
        optimizers.ema(3)
    with pytest.raises(
        ShapeError, match=r"^ema: values\[1\] must be a list of 2, as its parameter is; got a list of 1$"
    ):
        optimizers.ema([[1, 2], [1]])


def test_an_error_of_the_gradient_is_the_readers():
    def raises(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match=r"^'mine'$"):
        optimizers.minimize(optimizers.sgd(), raises, 1.0, 1)
