"""Steps and batches for a loop of one's own."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from training_nets import X, Y, small_net, train

from pybridge import models, optimizers, training
from pybridge.errors import OptionError, ShapeError


@pytest.mark.parametrize("jit", [True, False])
def test_steps_by_hand_are_what_fit_does(jit):
    by_hand, by_fit = small_net(), small_net()
    train(by_fit, epochs=1, optimizer="adam", shuffle=False)
    step = training.compile_step(
        by_hand, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit=jit
    )
    logs = [step(x, y) for x, y in training.batches(X, Y, batch_size=16)]
    for weight, wanted in zip(models.weights(by_hand), models.weights(by_fit), strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)
    assert set(logs[0]) == {"loss", "accuracy"}
    assert all(isinstance(value, tf.Tensor) for value in logs[0].values())


def test_a_step_tells_the_loss_of_its_batch_alone():
    model = small_net()
    step = training.compile_step(model, optimizer=optimizers.sgd(0.0), loss="sparse_categorical_crossentropy")
    model.compile(loss="sparse_categorical_crossentropy")
    for rows in (slice(0, 16), slice(16, 32), slice(0, 5)):
        wanted = model.evaluate(X[rows], Y[rows], verbose=0)
        assert float(step(X[rows], Y[rows])["loss"]) == pytest.approx(wanted, rel=1e-5)
        model.compile(loss="sparse_categorical_crossentropy")


def test_a_step_checks_what_it_is_made_of_at_once_and_its_batch_when_it_comes():
    with pytest.raises(OptionError, match="there is no loss 'sparse_crossentropy'; did you mean"):
        training.compile_step(small_net(), optimizer="sgd", loss="sparse_crossentropy")
    step = training.compile_step(small_net(), optimizer="sgd", loss="sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match="the numbers of samples differ: x 3, y 2"):
        step(X[:3], Y[:2])


def test_a_step_of_a_model_without_weights_yet():
    model = models.sequential([("dense", 3, "softmax")], seed=1)
    step = training.compile_step(model, optimizer="sgd", loss="sparse_categorical_crossentropy")
    assert float(step(X, Y)["loss"]) > float([step(X, Y) for _ in range(5)][-1]["loss"])


def test_batches_of_samples_alone_are_tensors():
    assert [batch.numpy().tolist() for batch in training.batches([[1, 2], [3, 4], [5, 6]], batch_size=2)] == [
        [[1, 2], [3, 4]],
        [[5, 6]],
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1, 2], [1]), {}, ShapeError, "each sample needs its target; x has 2 samples and y 1"),
        (([],), {}, ShapeError, "there are no samples in x"),
        ((3.0,), {}, ShapeError, "x must have an axis of samples first; got a single number"),
        (([1],), {"batch_size": 0}, OptionError, "batch_size must be a whole number of at least 1; got 0"),
        (([1],), {"shuffle": "all"}, OptionError, 'shuffle must be True, False or "batch"'),
        (([1],), {"seed": -1}, OptionError, "seed must be a whole number of at least 0, or None; got -1"),
    ],
)
def test_batches_refuses_at_once(arguments, options, error, message):
    with pytest.raises(error, match=message):
        training.batches(*arguments, **options)
