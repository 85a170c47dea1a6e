"""The rules against Keras's own optimizers, number for number, and inside Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from optimizer_rules import RULES, bumpy, name, of_keras

from pybridge import optimizers
from pybridge.optimizers._keras import RuleOptimizer

OWN = {("form", "average"), ("epsilon_in_root", False), ("bias_correction", False)}  # what Keras does not have

DEFAULTS = [
    (optimizers.sgd(), keras.optimizers.SGD()),
    (optimizers.adagrad(), keras.optimizers.Adagrad()),
    (optimizers.rmsprop(), keras.optimizers.RMSprop()),
    (optimizers.adam(), keras.optimizers.Adam()),
    (optimizers.adamw(), keras.optimizers.AdamW()),
]


@st.composite
def rules(draw, of_dtype="float64"):
    """A rule with options that Keras has too; a decay rate of 1 for a mean is nan there, and the plain mean here."""
    # Keras reads its decay rates in float32 and takes averages as m + (g - m) (1 - beta), which loses digits in narrow
    # floats where m is forgotten at once.
    least, ends = (0.0, [0.0, 1.0]) if of_dtype == "float64" else (0.5, [0.5])
    kept = st.sampled_from(ends) | st.floats(least, 0.9990234375, width=16)
    epsilon = st.sampled_from([1e-3, 1.0] if of_dtype == "float16" else [1e-7, 1e-3, 1.0, 0.0])
    options = {
        "sgd": {},
        # Without momentum Keras forgets an infinite velocity; here 0 times infinity is nan, as its formula says.
        "momentum": {"beta": kept.filter(bool)},
        "nesterov": {"beta": kept.filter(bool)},
        "adagrad": {"initial_accumulator": st.sampled_from([0.0, 0.1, 1.0]), "epsilon": epsilon},
        "rmsprop": {"rho": kept, "epsilon": epsilon},
        "adam": {"beta_1": kept.filter(lambda beta: beta < 1), "beta_2": kept, "epsilon": epsilon},
    }
    options["adam"]["amsgrad"] = st.booleans()
    options["adamw"] = options["adam"] | {"weight_decay": st.sampled_from([0.0, 0.004, 1.0])}
    rule = draw(st.sampled_from(sorted(options)))
    made = {option: draw(values) for option, values in options[rule].items()}
    clip = draw(st.sampled_from([None, "clip_norm", "clip_value"]))
    if clip:
        made[clip] = draw(st.sampled_from([0.125, 1.0, 64.0]))
    # Keras keeps a learning rate in float32.
    made["learning_rate"] = draw(st.sampled_from([0.0, 1.0]) | st.floats(0.0009765625, 1, width=16))
    return getattr(optimizers, rule)(**made)


def walks(dtype):
    """A rule, where to begin, and the gradients of a few steps."""
    size = 50 if dtype == "float16" else 1000
    special = st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan])
    usual = st.floats(0.0625, size, width=16).flatmap(lambda x: st.sampled_from([x, -x]))
    elements = st.one_of(usual, usual, usual, special)
    shapes = st.sampled_from([(), (1,), (3,), (2, 2), (0,), (2, 0)])
    return shapes.flatmap(
        lambda shape: st.tuples(
            rules(dtype),
            hnp.arrays(dtype, shape, elements=usual),
            st.lists(hnp.arrays(dtype, shape, elements=elements), min_size=1, max_size=5),
        )
    )


def path_of_keras(optimizer, start, gradients):
    variable = keras.Variable(start, dtype=start.dtype.name)
    path = [variable.numpy()]
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [variable])
        path.append(variable.numpy())
    return path


def agree(walk, kinds, **tolerance):
    rule, start, gradients = walk
    theirs = path_of_keras(of_keras(rule), start, gradients)
    for of_kind in kinds:
        coming = iter(gradients)
        with np.errstate(all="ignore"):
            ours = optimizers.minimize(
                rule, lambda _, of=of_kind, coming=coming: of(next(coming)), of_kind(start), len(gradients)
            )
        assert len(ours) == len(theirs)
        for point, wanted in zip(ours, theirs, strict=True):
            assert np.shape(point) == np.shape(of_kind(wanted))
            np.testing.assert_allclose(point, of_kind(wanted), **tolerance)


@settings(max_examples=settings.default.max_examples // 2)
@given(walks("float64"))
def test_any_walk_agrees_with_keras(walk):
    agree(walk, [np.asarray, tf.constant, lambda x: np.asarray(x).tolist()], rtol=1e-7, atol=1e-9)


@settings(max_examples=settings.default.max_examples // 4)
@given(walks("float32"))
def test_so_it_does_in_float32(walk):
    agree(walk, [np.asarray, tf.constant], rtol=2e-3, atol=1e-3)


@settings(max_examples=settings.default.max_examples // 4)
@given(walks("float16"))
def test_so_it_does_in_half_floats(walk):
    agree(walk, [np.asarray, tf.constant], rtol=0.05, atol=0.1)


@pytest.mark.parametrize("rule", [rule for rule in RULES if not OWN & rule.items()], ids=name)
def test_a_hundred_steps_agree_with_keras(rule):
    optimizer, variable = of_keras(rule), keras.Variable([3.0, -2.0, 1.0], dtype="float64")
    expected = [variable.numpy()]
    for _ in range(100):
        optimizer.apply([tf.constant(bumpy(variable.numpy().tolist()), "float64")], [variable])
        expected.append(variable.numpy())
    np.testing.assert_allclose(optimizers.minimize(rule, bumpy, [3, -2, 1], 100), expected, rtol=1e-9)


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


def test_keras_saves_and_restores_a_schedule():
    rule = optimizers.sgd(optimizers.warmup(optimizers.cosine_decay(0.5, 10), 4), clip_norm=1)
    optimizer = RuleOptimizer(rule)
    restored = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert restored.rule == rule
    assert restored.get_config() == optimizer.get_config()
    assert restored.learning_rate.numpy() == 0
    restored.iterations.assign(2)
    assert restored.learning_rate.numpy() == 0.25
