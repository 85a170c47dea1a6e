"""What cannot be done is said before any work."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from training_nets import X, Y, digest, small_net, train

from pybridge import training
from pybridge.errors import OptionError, ShapeError


def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"y": Y[:60]}, ShapeError, "each sample needs its target, but the numbers of samples differ: x 70, y 60"),
        ({"x": X[:0], "y": Y[:0]}, ShapeError, "there are no samples in x and y"),
        ({"x": X[:, :5]}, ShapeError, r"the model takes samples of shape \(6,\); these have the shape \(5,\)"),
        ({"x": 3.0}, ShapeError, "x must have an axis of samples first"),
        ({"x": iter([X]), "y": None}, OptionError, "x cannot be used: .* the generator must return a tuple"),
        ({"y": None}, OptionError, r"y is missing; a model that makes its loss .* takes loss=None and metrics=\[\]"),
        (
            {"y": Y + 1},
            ShapeError,
            r"the labels run from 0 to 2; y\[\d+\] is 3",
        ),
        ({"y": Y - 1}, ShapeError, r"the labels run from 0 to 2; y\[\d+\] is -1"),
        ({"y": np.eye(3)[Y]}, ShapeError, r"y has the shape \(70, 3\). For one-hot .* categorical_crossentropy"),
        ({"validation_data": (X, Y + 5)}, ShapeError, r"the labels run from 0 to 2; validation_y\[0\] is \d"),
        ({"validation_data": (X, Y[:1])}, ShapeError, "samples differ: validation_x 70, validation_y 1"),
        (
            {"validation_data": X},
            OptionError,
            r"validation_data must be \(x, y\), \(x, y, sample_weight\) or a tf.data",
        ),
        (
            {"validation_data": (X, Y), "validation_split": 0.1},
            OptionError,
            "give validation_data or validation_split, not both",
        ),
        (
            {"validation_split": 1.0},
            OptionError,
            "validation_split must be a number of at least 0 and below 1; got 1.0",
        ),
        ({"validation_split": 0.99}, ShapeError, "validation_split=0.99 of 70 samples leaves none on one side"),
        ({"optimizer": "adm"}, OptionError, "there is no optimizer 'adm'; did you mean adam"),
        (
            {"optimizer": 3},
            OptionError,
            "optimizer must be a name, a rule of pybridge.optimizers, a Keras optimizer, or",
        ),
        ({"optimizer": {"rule": "sdg"}}, OptionError, "there is no rule 'sdg'; there are sgd"),
        (
            {"loss": "sparse_categorical_crosentropy"},
            OptionError,
            "there is no loss .*; did you mean sparse_categorical",
        ),
        ({"loss": 3}, OptionError, r"loss must be a name, a Keras loss or a function of \(y_true, y_pred\); got 3"),
        ({"metrics": ["acuracy"]}, OptionError, "there is no metric 'acuracy'; did you mean accuracy"),
        (
            {"metrics": ["precision_at_recall"]},
            OptionError,
            "'precision_at_recall' needs options, so give the Keras ob",
        ),
        (
            {"metrics": [3]},
            OptionError,
            r"a metric is a name, a Keras metric or a function of \(y_true, y_pred\); got 3",
        ),
        ({"epochs": -1}, OptionError, "epochs must be a whole number of at least 0; got -1"),
        ({"epochs": 1.5}, OptionError, "epochs must be a whole number of at least 0; got 1.5"),
        ({"batch_size": 0}, OptionError, "batch_size must be a whole number of at least 1; got 0"),
        ({"initial_epoch": -1}, OptionError, "initial_epoch must be a whole number of at least 0; got -1"),
        ({"shuffle": "epoch"}, OptionError, "shuffle must be True, False or \"batch\"; got 'epoch'"),
        ({"seed": 1.0}, OptionError, "seed must be a whole number of at least 0, or None; got 1.0"),
        (
            {"sample_weight": np.ones(70), "class_weight": {0: 1.0}},
            OptionError,
            "give sample_weight or class_weight, not both",
        ),
        ({"sample_weight": np.ones(7)}, ShapeError, "samples differ: x 70, y 70, sample_weight 7"),
        (
            {"class_weight": [1.0, 2.0]},
            OptionError,
            "class_weight must be a dict of class numbers, each with its weight",
        ),
        ({"x": dataset(), "y": Y}, OptionError, "a dataset holds its own targets and weights, .*; leave out y"),
        ({"x": dataset(), "y": None, "sample_weight": Y}, OptionError, "a dataset holds .*; leave out sample_weight"),
        (
            {"x": dataset(), "y": None, "validation_split": 0.1},
            OptionError,
            "cannot be split; leave out validation_split",
        ),
        (
            {"x": dataset(), "y": None, "shuffle": "batch"},
            OptionError,
            "a dataset keeps its own order: leave out shuffle",
        ),
        ({"x": dataset().repeat(), "y": None}, OptionError, r"x is a dataset without end; end it with x.take\(steps\)"),
        ({"x": dataset().take(0), "y": None}, ShapeError, "there are no samples in x"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(changes, error, message):
    model = small_net()
    before = digest(model)
    arguments = {"x": X, "y": Y, "progress": False} | changes
    with pytest.raises(error, match=message):
        training.fit(model, **arguments)
    assert digest(model) == before


def test_only_keras_models_are_trained():
    with pytest.raises(
        OptionError, match=r"only a Keras model can be trained here, as models.sequential makes one; got 3"
    ):
        training.fit(3, X, Y)


def test_a_loss_of_one_number_cannot_be_weighed():
    def loss(y_true, y_pred):
        return tf.reduce_mean(y_pred)

    with pytest.raises(OptionError, match="the loss loss returns one number for the whole batch, which leaves nothing"):
        train(small_net(), loss=loss, sample_weight=np.ones(70))
    assert len(train(small_net(), loss=loss)["loss"]) == 3
