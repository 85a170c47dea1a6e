"""The moving average that the rules are made of."""

from __future__ import annotations

from typing import Any

from pybridge._arguments import flag, number
from pybridge._boundary import boundary
from pybridge._types import Like, Num
from pybridge.errors import DtypeError, ShapeError
from pybridge.optimizers._arithmetic import full
from pybridge.optimizers._updates import shares
from pybridge.optimizers._values import builder, each, leaves, match, plain, read


@boundary
def ema(values: Like, beta: Num = 0.9, *, bias_correction: bool = False) -> list[Any]:
    """The exponential moving average after each value: v ← β v + (1 - β) x, from v = 0.

    Args:
        values: numbers in their order, as a list, array or tensor; or a list of lists, arrays or tensors of one shape,
            averaged number by number.
        beta: β, how much of the past is kept, from 0 to 1; about 1 / (1 - β) values count.
        bias_correction: whether to divide by 1 - βᵗ at value t, which makes up for the start at 0; at β = 1 that is
            the plain mean so far.

    Returns:
        As many averages as there are values.

    Raises:
        OptionError: `beta` is out of its range.
        ShapeError: one number is given instead of several, or the values differ in shape.
        DtypeError: the values are not made of real numbers.

    Source: Keydana (2019); Kingma and Ba (2015), section 3, for the correction.

    >>> ema([1, 2, 3], 0.5)
    [0.5, 1.25, 2.125]
    """
    beta, bias_correction = number("beta", beta, least=0, most=1), flag("bias_correction", bias_correction)
    if isinstance(values, dict):
        raise DtypeError("values are a list of numbers in their order; got a map, which has none")
    if not isinstance(values, list | tuple):
        values = plain(values, "values")
        if not isinstance(values, list):
            raise ShapeError(f"several values are averaged; got the number {values}")
    if not values:
        return []
    like = read(values[0], "values[0]")
    build, averages = builder(like), []
    average = each(lambda leaf: full(leaf, 0.0), leaves(like))
    for i, value in enumerate(values):
        new = match(value, like, f"values[{i}]")
        old_share, new_share = shares(beta, i + 1, bias_correction=bias_correction)
        average = each(lambda v, x, old=old_share, new=new_share: old * v + new * x, average, new)
        averages.append(build(average))
    return averages
