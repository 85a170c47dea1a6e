"""A hundredth of the work of `make soak`, on each host, and how its report judges."""

from __future__ import annotations

import numpy as np
import pytest
import soak_starts
from soak_slopes import slope

SIZE = 0.01


@pytest.mark.parametrize("host", soak_starts.HOSTS)
def test_nothing_goes_wrong_and_memory_stays_flat(host):
    assert soak_starts.wrong(soak_starts.soaked(host, SIZE)) == []


@pytest.mark.parametrize("host", soak_starts.HOSTS)
def test_a_start_and_an_end_while_threads_are_under_way(host):
    assert soak_starts.ends(host) == []


HOURS = np.linspace(0, 1, 81)
NOISE = np.random.default_rng(5).normal(size=81)


@pytest.mark.parametrize(
    "megabytes, flat",
    [
        (500 + 10 * NOISE, True),
        (500 + 200 * (1 - np.exp(-20 * HOURS)), True),  # a warm start
        (500 + 1000 * (np.arange(81) == 70), True),  # once
        (500 + 100 * HOURS + 10 * NOISE, False),
    ],
)
def test_a_slope_is_that_of_the_second_half(megabytes, flat):
    assert slope("memory", list(HOURS), list(megabytes)).flat is flat


def test_a_short_soak_is_not_judged_by_noise():
    assert slope("memory", list(HOURS / 20), list(500 + 10 * NOISE + 100 * HOURS / 20)).flat
