"""Whether the right class is among the most probable ones."""

from __future__ import annotations

import numpy as np

from pybridge._arguments import whole_number
from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.errors import ShapeError
from pybridge.losses._accuracy import classes
from pybridge.tensors._checks import check_known, extents, shown
from pybridge.tensors._dtypes import as_float, as_tensor


@boundary
def top_k_accuracy(y_true: Like, y_pred: Like, k: int = 5) -> float:
    """Compute how often the right class is among the k most probable ones.

    The right class is one of them where fewer than k are more probable, so that of equals all count. A row with NaN
    counts as wrong.

    Args:
        y_true: class numbers, shape (n,) or (n, 1), or a row of 0 and a single 1 for each sample, shape (n, classes).
        y_pred: probabilities, shape (n, classes).
        k: how many classes may be guessed, at least 1; with all the classes the result is 1.

    Returns:
        A number from 0 to 1.

    Raises:
        ShapeError: the shapes do not fit, there are no predictions, or a class number is not one of the predicted
            classes.
        OptionError: k is not a whole number of at least 1, or the labels are neither class numbers nor rows of a
            single 1.
        ConversionError: inside a traced function, where numbers are not known yet.

    Source: Keras, metric `sparse_top_k_categorical_accuracy`.

    >>> top_k_accuracy([0, 2], [[0.2, 0.5, 0.3], [0.1, 0.6, 0.3]], k=2)
    0.5
    """
    k = whole_number("k", k, 1)
    y_true, y_pred = as_tensor(y_true), as_float(y_pred)
    check_known(y_true)
    check_known(y_pred)
    if y_pred.shape.rank != 2 or y_pred.shape[-1] == 1:
        raise ShapeError(
            f"y_pred holds a row of probabilities for each sample, (n, classes); got {shown(extents(y_pred))}"
        )
    true = classes(y_true, y_pred)[0].numpy()
    scores = y_pred.numpy().astype(np.float64)
    of_true = np.take_along_axis(scores, true[:, np.newaxis], -1)
    found = ((scores > of_true).sum(-1) < k) & ~np.isnan(scores).any(-1)
    return float(found.mean())
