"""Every whole number that a caller can give is right or refused, whatever its size, before memory is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from limits_calls import CALLS
from limits_products import PRODUCTS
from limits_public import annotations, whole

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What went wrong with each parameter, in a process of its own with little memory."""
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    child = subprocess.run(
        [sys.executable, HERE / "limits_child.py"],
        env={**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "agg"},
        cwd=tmp_path_factory.mktemp("limits"),
        capture_output=True,
        text=True,
    )
    told = dict(map(json.loads, child.stdout.splitlines()))
    assert child.returncode == 0, (list(told)[-1:], child.stderr[-2000:])
    return told


@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory and says what it has")
@pytest.mark.parametrize("name", [*CALLS, *(f"{name} of much" for name in PRODUCTS)])
def test_a_number_of_any_size_is_right_or_refused(name, found):
    assert found[name] == []


def test_every_whole_number_of_the_api_is_tried():
    assert whole() <= CALLS.keys()


def test_what_is_tried_is_part_of_the_api():
    assert CALLS.keys() <= annotations().keys()
