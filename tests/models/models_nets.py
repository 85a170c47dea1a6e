"""What the tests of models share: a small net and data for it."""

from __future__ import annotations

import numpy as np

from pybridge import models

random = np.random.default_rng(0)
X = random.normal(size=(20, 6)).astype("float32")
Y = random.integers(0, 3, 20)


def small_net(**options):
    return models.sequential([("dense", 8, "relu"), ("dense", 3, "softmax")], **{"input_shape": 6, "seed": 1} | options)


def assert_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for weight, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(weight, other)
