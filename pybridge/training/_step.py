"""One step of training as a compiled function, for a loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from pybridge._arguments import choice, flag
from pybridge._boundary import called
from pybridge._types import Like, Tensor
from pybridge.models._data import inputs, sample_count, targets
from pybridge.training._compile import checked, compile_model
from pybridge.training._fit import check_model
from pybridge.training._runner import train_on_batch


@called
def compile_step(
    model: keras.Model,
    *,
    optimizer: object,
    loss: object,
    metrics: Sequence[Any] = (),
    jit: bool | str = "auto",
    check: bool = True,
) -> Callable[[Like, Like], dict[str, Tensor]]:
    """Make a function that trains the model by one batch: forward, loss, gradients, update.

    Args:
        model: a Keras model.
        optimizer: a name, a rule of `optimizers`, a Keras optimizer, or a function of the gradient and the parameter
            that returns the new parameter.
        loss: a name, a Keras loss, or a function of (y_true, y_pred).
        metrics: names, Keras metrics, or functions of (y_true, y_pred).
        jit: whether XLA compiles the step, once for each shape of a batch; "auto" where the operations of the model
            run faster so.
        check: whether labels and indices out of range are refused before they change anything.

    Returns:
        A function of x and y, which changes the model and returns the loss and each metric of this batch by name.

    Raises:
        OptionError: there is no such optimizer, loss or metric, or the model is no Keras model.
        ShapeError: in a step, x and y differ in their number of samples, do not fit the model, or hold a label or an
            index that is out of range.

    >>> from pybridge import models
    >>> net = models.sequential([("dense", 1, {"kernel_initializer": "zeros"})], input_shape=1)
    >>> step = compile_step(net, optimizer={"rule": "sgd", "learning_rate": 0.25}, loss="mean_squared_error")
    >>> [float(step([[1.0]], [[2.0]])["loss"]) for _ in range(2)]
    [4.0, 0.0]
    """
    check_model(model)
    jit, check = choice("jit", jit, [True, False, "auto"]), flag("check", check)
    told = checked({"optimizer": optimizer, "loss": loss, "metrics": list(metrics or [])}, weighted=False)
    begun = False

    def step(x: Like, y: Like) -> dict[str, Tensor]:
        nonlocal begun
        data = (inputs(model, x), targets(model, y))
        sample_count(x=data[0], y=data[1])
        data = keras.tree.map_structure(tf.convert_to_tensor, data)
        compile_model(model, told, targets=True, resume=begun)
        begun = True
        return train_on_batch(model, data, jit=jit, check=check)

    return step
