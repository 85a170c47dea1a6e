"""Results past every bound that are made of small arguments: 2^17 numbers meet as many others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge import attention, autodiff, graphs, linalg, losses, metrics, models, naive
from pybridge import tensors as t

SIDE = 2**17
ROW = tf.zeros([1, SIDE])
COLUMN = tf.zeros([SIDE, 1])
VECTOR = tf.zeros([SIDE])
PLACES = tf.zeros([SIDE], tf.int64)

TWO = ("add", "subtract", "multiply", "divide", "power", "mod", "maximum", "minimum", "arctan2", "equal", "not_equal")
ORDERS = ("greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor")

PRODUCTS: dict[str, Callable[[], Any]] = {
    **{f"tensors.{name}": lambda name=name: getattr(t, name)(ROW, COLUMN) for name in (*TWO, *ORDERS)},
    "tensors.allclose": lambda: t.allclose(ROW, COLUMN),
    "tensors.where": lambda: t.where(True, ROW, COLUMN),
    "tensors.clip": lambda: t.clip(ROW, COLUMN, 1),
    "tensors.matmul": lambda: t.matmul(COLUMN, ROW),
    "tensors.dot": lambda: t.dot(COLUMN, ROW),
    "tensors.tensordot": lambda: t.tensordot(VECTOR, VECTOR, 0),
    "tensors.einsum": lambda: t.einsum("i,j->ij", VECTOR, VECTOR),
    "tensors.einsum of dots": lambda: t.einsum("...,...->...", ROW, COLUMN),
    "tensors.einsum without an arrow": lambda: t.einsum("i,j", VECTOR, VECTOR),
    "tensors.outer": lambda: t.outer(VECTOR, VECTOR),
    "tensors.meshgrid": lambda: t.meshgrid(VECTOR, VECTOR),
    "tensors.diag": lambda: t.diag(VECTOR),
    "tensors.one_hot": lambda: t.one_hot(PLACES, SIDE),
    "tensors.eye": lambda: t.eye(SIDE),
    "tensors.gather": lambda: t.gather(ROW, PLACES),
    "tensors.repeat": lambda: t.repeat(ROW, SIDE, axis=0),
    "tensors.repeat of one": lambda: t.repeat(VECTOR, [2**31, *[0] * (SIDE - 1)]),
    "tensors.tile": lambda: t.tile(ROW, [SIDE, 1]),
    "tensors.pad": lambda: t.pad(ROW, [[SIDE, 0], [0, 0]]),
    "tensors.broadcast_to": lambda: t.broadcast_to(VECTOR, [SIDE, SIDE]),
    "tensors.concatenate": lambda: t.concatenate([VECTOR] * 2**15),
    "tensors.stack": lambda: t.stack([VECTOR] * 2**15),
    "tensors.quantile": lambda: t.quantile(COLUMN, np.zeros(SIDE), axis=1),
    "attention.score": lambda: attention.score(COLUMN, COLUMN),
    "attention.attend": lambda: attention.attend(COLUMN, COLUMN),
    "attention.self_attention": lambda: attention.self_attention(COLUMN, [[1.0]], [[1.0]], [[1.0]]),
    "attention.causal_mask": lambda: attention.causal_mask(SIDE),
    "autodiff.jacobian": lambda: autodiff.jacobian(t.sin, VECTOR),
    "autodiff.hessian": lambda: autodiff.hessian(lambda x: t.sum(t.sin(x)), VECTOR),
    "autodiff.vmap": lambda: autodiff.vmap(lambda row: VECTOR * row, VECTOR),
    "autodiff.vmap row by row": lambda: autodiff.vmap(lambda row: VECTOR * float(row), VECTOR),
    "graphs.evaluate": lambda: graphs.evaluate(graphs.from_form(["+", "x", "y"]), {"x": ROW, "y": COLUMN}),
    "linalg.permutation": lambda: linalg.permutation(range(SIDE)),
    "linalg.svd": lambda: linalg.svd(COLUMN, full=True),
    "losses.mean_squared_error": lambda: losses.mean_squared_error(ROW, COLUMN),
    "metrics.confusion_matrix": lambda: metrics.confusion_matrix(range(SIDE), range(SIDE)),
    "models.sequential": lambda: models.sequential([("dense", SIDE)], input_shape=SIDE),
    "models.sequential of Keras's": lambda: models.sequential([keras.layers.Dense(SIDE)])(ROW),
    "models.layer": lambda: models.layer(lambda shape: {"w": [shape[1], shape[1]]}, lambda w, x: x)(ROW),
    "naive.NaiveDense": lambda: naive.NaiveDense(SIDE, SIDE, None),
}
