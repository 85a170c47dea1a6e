"""What a refusal of too large a number says: the bound, and what to do."""

from __future__ import annotations

import pytest

from pybridge import _arguments
from pybridge import tensors as t
from pybridge.errors import OptionError, ShapeError


@pytest.mark.parametrize(
    "call, error, says",
    [
        (
            lambda: t.zeros([2**40]),
            ShapeError,
            r"^zeros: shape \(1099511627776,\) takes 4,398.0 GB, and there are .* GB",
        ),
        (lambda: t.eye(2**40), ShapeError, "has more places than any memory; take smaller lengths$"),
        (lambda: t.ones([1] * 300), ShapeError, "^ones: a tensor has at most 254 axes; got a shape of 300$"),
        (lambda: t.zeros(2**63), OptionError, "^zeros: a length in a shape is a whole number below 2\\^63; got 9223"),
        (lambda: t.tril([[1]], -(2**64)), OptionError, "^tril: k is a whole number from -2\\^63 on; got -1844"),
        (
            lambda: t.one_hot([1], 2**32 + 1),
            OptionError,
            "^one_hot: depth is a whole number from 0 to 2\\^31 - 1; got 4",
        ),
        (
            lambda: t.random_normal(2, seed=10**5000),
            OptionError,
            "^random_normal: seed must be .*; got 10\\^5000 or so$",
        ),
    ],
)
def test_the_refusal_says_the_bound(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_number_of_many_digits_is_written_short():
    assert _arguments.shown([-(10**100_000), 3]) == "[-10^100000 or so, 3]"
