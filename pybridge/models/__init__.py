"""Layers and models, real Keras objects, from a description that is plain data."""

from __future__ import annotations

from pybridge.models._files import load, save
from pybridge.models._function import layer
from pybridge.models._measure import evaluate, predict
from pybridge.models._sequential import sequential
from pybridge.models._use import set_weights, summary, variables, weights

__all__ = [
    "sequential",
    "layer",
    "weights",
    "variables",
    "set_weights",
    "predict",
    "evaluate",
    "summary",
    "save",
    "load",
]
__dir__ = __all__.copy  # completion offers these
