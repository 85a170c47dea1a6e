"""A hundredth of `make soak`, on each host."""

from __future__ import annotations

import pytest
import soak

SIZE = 0.01


@pytest.mark.parametrize("host", soak.HOSTS)
def test_nothing_goes_wrong_and_memory_stays_flat(host):
    assert soak.wrong(soak.soaked(host, SIZE)) == []


@pytest.mark.parametrize("host", soak.HOSTS)
def test_a_start_and_an_end_while_threads_are_under_way(host):
    assert soak.ends(host) == []
