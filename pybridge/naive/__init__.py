"""Chapter 2's operations as plain loops, and its layers and training written by hand.

The loops show what the operations of `pybridge.tensors` compute; nobody would want to wait for them. The layers and the
training use tensors and a gradient tape, and are what Keras's `Sequential` and `fit` do, with nothing hidden.
"""

from __future__ import annotations

from pybridge.naive._layers import NaiveDense, NaiveSequential
from pybridge.naive._loops import (
    naive_add,
    naive_add_matrix_and_vector,
    naive_matrix_dot,
    naive_matrix_vector_dot,
    naive_maximum,
    naive_multiply,
    naive_relu,
    naive_vector_dot,
)
from pybridge.naive._training import BatchGenerator, fit, one_training_step, update_weights

__all__ = [
    "naive_relu",
    "naive_add",
    "naive_multiply",
    "naive_maximum",
    "naive_add_matrix_and_vector",
    "naive_vector_dot",
    "naive_matrix_vector_dot",
    "naive_matrix_dot",
    "NaiveDense",
    "NaiveSequential",
    "BatchGenerator",
    "one_training_step",
    "update_weights",
    "fit",
]
__dir__ = __all__.copy  # completion offers these
