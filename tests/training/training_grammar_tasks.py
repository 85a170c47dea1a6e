"""What the models of the grammar are to learn: targets, and the losses and metrics that go with each kind of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import losses, metrics, ops


def squared_error(y_true, y_pred):
    """A loss or a metric as a function, a number for each sample."""
    return ops.mean(ops.square(ops.cast(y_true, y_pred.dtype) - y_pred), axis=-1)


def whole_error(y_true, y_pred):
    """A loss as a function, one number for the batch."""
    return ops.mean(ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred))


def surprise(y_true, y_pred):
    """A loss for class numbers as a function."""
    return losses.sparse_categorical_crossentropy(y_true, y_pred)


def confidence(y_true, y_pred):
    """A metric that looks at the prediction alone."""
    return ops.max(y_pred, axis=-1)


class Spread(metrics.Metric):
    """A metric with a state of its own, weighted or not: the mean of the predictions' widths."""

    def __init__(self, name="spread", **options):
        super().__init__(name=name, **options)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        widths = ops.cast(ops.max(y_pred, axis=-1) - ops.min(y_pred, axis=-1), "float32")
        weights = ops.ones_like(widths) if sample_weight is None else ops.cast(sample_weight, "float32")
        self.total.assign_add(ops.sum(widths * weights))
        self.count.assign_add(ops.sum(weights))

    def result(self):
        return ops.divide_no_nan(self.total, self.count)


class Several(metrics.Metric):
    """A metric that measures two things at once."""

    def __init__(self, name="several", **options):
        super().__init__(name=name, **options)
        self.least, self.most = metrics.Mean(name="least"), metrics.Mean(name="most")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.least.update_state(ops.min(y_pred))
        self.most.update_state(ops.max(y_pred))

    def result(self):
        return {"most": self.most.result(), "least": self.least.result()}


class Absolute(losses.Loss):
    """A loss as a class of its own, with a reduction."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred), axis=-1)


class Scored(NamedTuple):
    """A loss with the last layer's activation that it needs."""

    activation: str | None
    make: Callable[[], object]


class Task(NamedTuple):
    """One kind of target: how wide the output is, how targets are drawn, which losses and metrics take them."""

    units: int
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    losses: dict[str, Scored]
    metrics: dict[str, Callable[[], object]]


ANY_METRICS: dict[str, Callable[[], object]] = {
    "of_prediction": lambda: confidence,
    "own_metric": Spread,
    "own_metric_class": lambda: Spread,
    "several": Several,
    "mean_wrapper": lambda: metrics.MeanMetricWrapper(confidence, name="sureness"),
}

CLASSES = Task(
    3,
    lambda random, shape: random.integers(0, 3, shape),
    {
        "sparse_categorical_crossentropy": Scored("softmax", lambda: "sparse_categorical_crossentropy"),
        "sparse from_logits": Scored(None, lambda: losses.SparseCategoricalCrossentropy(from_logits=True)),
        "sparse ignore_class": Scored("softmax", lambda: losses.SparseCategoricalCrossentropy(ignore_class=2)),
        "sparse ce": Scored("softmax", lambda: "ce"),
        "sparse function": Scored("softmax", lambda: surprise),
        "sparse sum": Scored("softmax", lambda: losses.SparseCategoricalCrossentropy(reduction="sum")),
        "sparse mean_with_sample_weight": Scored(
            "softmax", lambda: losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
        ),
    },
    ANY_METRICS
    | {
        "accuracy": lambda: "accuracy",
        "acc": lambda: "acc",
        "sparse_accuracy_class": lambda: metrics.SparseCategoricalAccuracy,
        "sparse_top_k": lambda: metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
        "sparse_crossentropy": lambda: "sparse_categorical_crossentropy",
        "mean_iou": lambda: metrics.MeanIoU(num_classes=3, sparse_y_pred=False),
    },
)
ONE_HOT = Task(
    3,
    lambda random, shape: np.eye(3, dtype="float32")[random.integers(0, 3, shape)],
    {
        "categorical_crossentropy": Scored("softmax", lambda: "categorical_crossentropy"),
        "categorical smoothed": Scored(
            None, lambda: losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
        ),
        "categorical_focal": Scored("softmax", lambda: losses.CategoricalFocalCrossentropy()),
        "kl_divergence": Scored("softmax", lambda: losses.KLDivergence()),
        "categorical_hinge": Scored(None, lambda: "categorical_hinge"),
        "dice": Scored("softmax", lambda: losses.Dice(axis=(1,))),
    },
    ANY_METRICS
    | {
        "accuracy": lambda: "accuracy",
        "top_k": lambda: metrics.TopKCategoricalAccuracy(k=2),
        "auc": lambda: metrics.AUC(num_thresholds=20),
        "precision": lambda: metrics.Precision(top_k=1),
        "recall": lambda: metrics.Recall(class_id=1),
        "f1_macro": lambda: metrics.F1Score(average="macro"),
        "f1_vector": lambda: metrics.F1Score(average=None, name="f1_each"),
        "kl_divergence": lambda: metrics.KLDivergence(),
    },
)
BINARY = Task(
    1,
    lambda random, shape: random.integers(0, 2, (*shape, 1)).astype("float32"),
    {
        "binary_crossentropy": Scored("sigmoid", lambda: "binary_crossentropy"),
        "binary smoothed": Scored(None, lambda: losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)),
        "binary_focal": Scored("sigmoid", lambda: losses.BinaryFocalCrossentropy(gamma=1.5)),
        "hinge": Scored("tanh", lambda: losses.Hinge()),
        "squared_hinge": Scored("tanh", lambda: "squared_hinge"),
    },
    ANY_METRICS
    | {
        "accuracy": lambda: "accuracy",
        "binary_accuracy": lambda: metrics.BinaryAccuracy(threshold=0.4),
        "binary_auc": lambda: metrics.AUC(curve="PR", num_thresholds=20, from_logits=True),
        "binary_precision": lambda: metrics.Precision(thresholds=[0.3, 0.6]),
        "false_negatives": lambda: metrics.FalseNegatives(),
    },
)
NUMBERS = Task(
    2,
    lambda random, shape: random.uniform(0.5, 2, (*shape, 2)).astype("float32"),
    {
        "mse": Scored(None, lambda: "mse"),
        "mae": Scored(None, lambda: losses.MeanAbsoluteError()),
        "mape": Scored("softplus", lambda: "mape"),
        "msle": Scored("softplus", lambda: losses.MeanSquaredLogarithmicError()),
        "huber": Scored(None, lambda: losses.Huber(delta=0.4)),
        "log_cosh": Scored(None, lambda: "log_cosh"),
        "poisson": Scored("softplus", lambda: losses.Poisson()),
        "cosine_similarity": Scored(None, lambda: losses.CosineSimilarity()),
        "function": Scored(None, lambda: squared_error),
        "function of the batch": Scored(None, lambda: whole_error),
        "own class": Scored(None, lambda: Absolute(reduction="sum", name="absolute")),
        "class not object": Scored(None, lambda: losses.MeanSquaredError),
    },
    ANY_METRICS
    | {
        "mae": lambda: "mae",
        "root_mean_squared_error": lambda: metrics.RootMeanSquaredError(name="rmse"),
        "r2": lambda: metrics.R2Score(),
        "cosine": lambda: metrics.CosineSimilarity(axis=-1),
        "mse_class": lambda: keras.metrics.MeanSquaredError,
        "squared_function": lambda: squared_error,
    },
)
TASKS = {"classes": CLASSES, "one_hot": ONE_HOT, "binary": BINARY, "numbers": NUMBERS}

# Those that measure a table of samples by outputs, and so nothing that has a time axis too.
FLAT_ONLY = {"dice", "f1_macro", "f1_vector", "r2", "mean_iou", "precision", "recall", "auc", "top_k", "sparse_top_k"}


def flat(names, per_step: bool) -> list[str]:
    """The names of losses or metrics that measure these targets: with a time axis, not all do."""
    return [name for name in names if not (per_step and name in FLAT_ONLY)]
