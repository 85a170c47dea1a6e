"""How good a classifier is, as plain numbers: precision, recall, F1, a confusion matrix, and whether the top k hold it.

Classes are read as `losses.accuracy` reads them. A class counts where it occurs among the labels or the predictions.

What these functions return is plain numbers, so they are no metrics for `training.fit`: use Keras's there, and these on
what `models.predict` returns.
"""

from __future__ import annotations

from pybridge.metrics._counts import confusion_matrix, f1, precision, recall
from pybridge.metrics._ranks import top_k_accuracy

__all__ = ["precision", "recall", "f1", "top_k_accuracy", "confusion_matrix"]
__dir__ = __all__.copy  # completion offers these
