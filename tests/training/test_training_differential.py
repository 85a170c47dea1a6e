"""`training.fit` against `keras.Model.fit` on configurations that use most of a grammar; `make fuzz` draws more."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from training_differential import KERAS, PYBRIDGE, Trainer, compare, differences, run
from training_grammar import configuration
from training_pairs import FUZZING

# Chosen so that together they use nearly all of the grammar and still take little time; `make fuzz` has more.
SEEDS = [177, 853, 1013, 1426, 1568, 2018, 2496, 3396, 4118, 4180, 4904]
SEEDS += [5400, 5429, 5600, 6383, 7639, 8282, 8921, 10008, 10347, 11001, 11165]
SLOWER = [885, 1319, 1824, 1900, 3294, 3577, 3893, 4933, 5633, 5996, 6259, 7177, 8388, 9742, 10984]
DRAWN = [configuration(seed) for seed in (SEEDS + SLOWER if FUZZING else SEEDS)]


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda drawn: drawn.name)
def test_fit_does_what_keras_does(drawn):
    assert compare(drawn, PYBRIDGE) == []


def test_the_seeds_cover_the_grammar():
    grammar = set().union(*(configuration(seed).productions for seed in range(1500)))
    missing = grammar - set().union(*(drawn.productions for drawn in DRAWN))
    assert len(missing) <= 0.2 * len(grammar), sorted(missing)
    always = ("precision", "samples", "weights", "validation", "order", "optimizer option", "compiled", "fits", "jit")
    assert not [each for each in missing if each[0] in always]


def test_a_seed_draws_the_same_configuration_each_time():
    assert configuration(7).name == configuration(7).name != configuration(8).name
    one, other = (configuration(7).fitting() for _ in range(2))
    assert one.keys() == other.keys()


# A small model with a recorder of batches, and one with too few sample weights.
PLAIN, REFUSED = configuration(30559), configuration(658)


@functools.cache
def by_keras():
    return run(PLAIN, KERAS)


def with_fit(spoil):
    """Keras, but for what `spoil` does to the model and the history after `fit` and to the callbacks before it."""

    def fit(model, callbacks, options, given, jit):
        spoil(None, None, callbacks)
        history = KERAS.fit(model, callbacks, options, given, jit)
        spoil(model, history, None)
        return history

    return Trainer(fit, KERAS.evaluate, KERAS.predict)


def shift_a_weight(model, history, callbacks):
    if model is not None:
        weight = model.trainable_weights[0]
        weight.assign(weight + 1e-3)


def lose_a_key(model, history, callbacks):
    if history is not None:
        history.popitem()


def shift_the_history(model, history, callbacks):
    if history is not None:
        history["loss"][0] += 1e-3


def lose_a_call(model, history, callbacks):
    if callbacks:
        callbacks[-1].on_train_batch_end = lambda batch, logs=None: None


def draw_a_number(model, history, callbacks):
    if model is not None:
        np.random.random()


def add_a_variable(model, history, callbacks):
    if model is not None:
        model.optimizer.add_variable((), name="more")


def fail(model, history, callbacks):
    raise ValueError("it failed")


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (shift_a_weight, "weight 0"),
        (lose_a_key, "fit 1: history: keys"),
        (shift_the_history, "fit 1: history: loss"),
        (lose_a_call, "fit 1: calls"),
        (draw_a_number, "fit 1: next random numbers"),
        (add_a_variable, "optimizer's variables"),
        (fail, "fit: raised ValueError: it failed"),
    ],
)
def test_the_comparison_finds_what_is_wrong(spoil, found):
    lines = differences(PLAIN, by_keras(), run(PLAIN, with_fit(spoil)))
    assert any(line.startswith(found) for line in lines), lines


def test_the_comparison_finds_nothing_where_nothing_is_wrong():
    assert differences(PLAIN, by_keras(), run(PLAIN, KERAS)) == []


def test_the_comparison_finds_an_error_that_is_missing():
    lenient = Trainer(lambda *_: {}, KERAS.evaluate, KERAS.predict)
    assert any(line.startswith("fit: nothing was raised") for line in compare(REFUSED, lenient))
