"""What is given in something else's place is refused in words, by every subject."""

from __future__ import annotations

import inspect

import matplotlib.pyplot as plt
import pytest
from odd_values import ODD

from pybridge import (
    attention,
    autodiff,
    exercises,
    glossary,
    graphs,
    linalg,
    losses,
    models,
    naive,
    optimizers,
    plot,
    tensors,
)
from pybridge.errors import PybridgeError

SUBJECTS = (
    *(tensors, linalg, naive, graphs, autodiff, losses, optimizers, attention, models, plot, glossary, exercises),
)
MATRIX = [[1.0, 2.0], [3.0, 4.0]]
# What a mistake of ours raises, rather than what refuses a value.
OURS = (AttributeError, KeyError, NameError, AssertionError, UnboundLocalError)


def functions() -> dict:
    named = {f"{subject.__name__[9:]}.{name}": (subject, name) for subject in SUBJECTS for name in subject.__all__}
    found = {name: getattr(*where) for name, where in named.items()}
    return {
        name: function
        for name, function in found.items()
        # Classes do their work later, files have tests of their own, and a tape takes nothing by position.
        if not inspect.isclass(function) and not name.endswith((".save", ".load", ".tape"))
    }


def calls(function):
    """Ways to call a function with one odd value: in each place, and everywhere."""
    parameters = list(inspect.signature(function).parameters.values())
    positional = [each for each in parameters if each.default is each.empty and each.kind is not each.KEYWORD_ONLY]
    options = [each.name for each in parameters if each.default is not each.empty]
    good = [MATRIX] * len(positional)
    for place in range(len(positional)):
        yield lambda value, place=place: function(*good[:place], value, *good[place + 1 :])
    yield lambda value: function(*[value] * len(positional))
    for option in options:
        yield lambda value, option=option: function(*good, **{option: value})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", functions())
def test_what_does_not_fit_is_refused_by_pybridge_itself(name):
    for call in calls(functions()[name]):
        for what, value in ODD.items():
            try:
                call(value)
            except PybridgeError as refusal:
                assert str(refusal), what
                assert len(str(refusal)) < 2000, what
                assert not isinstance(refusal.__cause__, OURS), what
                plt.close("all")


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: autodiff.gradient(None, 1.0), "gradient: a function is wanted first; got None"),
        (lambda: autodiff.jacobian([1.0], [1.0]), r"jacobian: a function is wanted first; got \[1.0\]"),
        (lambda: autodiff.hessian("f", 1.0), "hessian: a function is wanted first; got 'f'"),
        (lambda: autodiff.differentiate(3, 1.0, 1.0), "differentiate: a tape is wanted first; got 3"),
        (lambda: graphs.trace({"inputs": []}), "trace: a function is wanted first; got {'inputs': "),
        (lambda: graphs.from_tensorflow("f"), "from_tensorflow: a function is wanted first; got 'f'"),
        (
            lambda: graphs.derivative(graphs.from_form(["+", "x", 1]), None),
            "derivative: wrt is a list of names of inputs; got None",
        ),
        (
            lambda: models.predict("net", [[1.0]]),
            "a Keras model is wanted first, as models.sequential makes one; got 'net'",
        ),
        (
            lambda: models.evaluate(None, [[1.0]], [1.0]),
            "a Keras model is wanted first, as models.sequential makes one; got None",
        ),
        (lambda: models.summary(3), "a Keras model is wanted first, as models.sequential makes one; got 3"),
        (lambda: models.weights(3), "a Keras model or layer is wanted first, as models.sequential makes one; got 3"),
        (lambda: tensors.concatenate(3), "concatenate: a list of tensors is wanted; got 3"),
        (lambda: tensors.stack(None), "stack: a list of tensors is wanted; got None"),
        (lambda: tensors.one_hot([1], -1), "one_hot: depth is a whole number from 0 on; got -1"),
        (lambda: tensors.einsum(None, [1.0]), 'einsum: an equation such as "ij,jk->ik" comes first; got None'),
        (
            lambda: linalg.permutation(None),
            "permutation: an order is a list of the numbers from 0 to n - 1; got None",
        ),
        (lambda: losses.accuracy([], []), r"accuracy: there are no predictions in y_pred \(0,\)"),
        (lambda: optimizers.ema({"a": 1.0}), "ema: values are a list of numbers in their order; got a map"),
        (
            lambda: naive.naive_vector_dot([1.0, 2.0], [None, 1]),
            "naive_vector_dot: a tensor holds numbers; got None",
        ),
        (
            lambda: naive.one_training_step([1.0], [[1.0]], [1]),
            r"a model is wanted first, one that can be called and has weights; got \[1.0\]",
        ),
        (
            lambda: naive.update_weights(None, []),
            r"a list of gradients and a list of weights are wanted; got None and \[\]",
        ),
    ],
)
def test_the_refusal_says_what_is_wanted(call, says):
    with pytest.raises(PybridgeError, match=says):
        call()
