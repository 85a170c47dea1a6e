"""What an epoch or an evaluation has measured, as the model and its metrics tell it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def results(model: keras.Model, logs: Any) -> dict[str, Any]:
    """The logs of an epoch: the results of the model's metrics, or what its own step returns where that is else."""
    try:
        return dict(model._get_metrics_result_or_logs(logs))
    except ValueError:  # the step has left Keras's metrics alone
        return dict(logs)


def plain(logs: dict[str, Any]) -> dict[str, Any]:
    """The logs as plain numbers, and lists where a metric has several; nested ones stay so for Keras to flatten."""
    return {
        name: plain(value) if isinstance(value, dict) else np.asarray(value).tolist() for name, value in logs.items()
    }
