"""What the other workers are told when one fails, and that training goes on from the checkpoint as if it had not."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(600)
FAULTY = Path(__file__).with_name("faulty.py")
SOON = 20  # seconds
ONE_COMES = """
import os, sys
if '"index": 1' in os.environ["TF_CONFIG"]:
    sys.exit()
from pybridge import distributed
"""


def bits(file: Path) -> list[bytes]:
    with np.load(file) as arrays:
        return [arrays[name].tobytes() for name in arrays]


@pytest.mark.parametrize(
    ("what", "status", "why"),
    [
        ("raising", 1, "has raised RuntimeError: the disk is full in epoch 2"),
        ("exiting", 3, "has raised SystemExit: 3 in epoch 2"),
        ("frozen", None, "is gone in epoch 2"),
    ],
)
def test_the_others_are_told_who_where_and_how_to_go_on(start, tmp_path, what, status, why):
    first, second = start(2, FAULTY, str(tmp_path), what)
    second.wait_for("epoch 1")
    begun = time.time()
    assert first.end() == 4, first.error[-3000:]
    seconds, _, told = first.lines[-1].partition(" ")
    assert told.startswith("worker 1 of 2 (127.0.0.1:")
    assert told.endswith(f") {why}; start all workers again from the checkpoint of epoch 1, with initial_epoch=1"), told
    assert float(seconds) - begun < SOON
    if status is not None:
        assert second.end() == status


def test_training_that_is_resumed_ends_with_the_bits_of_one_that_did_not_stop(start, tmp_path):
    for worker in start(2, FAULTY, str(tmp_path), "whole"):
        assert worker.end() == 0, worker.error[-3000:]
    for file in tmp_path.glob("*.keras"):
        file.unlink()
    first, second = start(2, FAULTY, str(tmp_path), "killed")
    second.wait_for("epoch 1")
    begun = time.time()
    assert (second.end(), first.end()) == (-9, 4), first.error[-3000:]
    seconds, _, told = first.lines[-1].partition(" ")
    assert ") is gone in epoch 2; start all workers again from the checkpoint" in told
    assert float(seconds) - begun < SOON
    for worker in start(2, FAULTY, str(tmp_path), "resumed", "1"):
        assert worker.end() == 0, worker.error[-3000:]
        assert worker.lines == ["epoch 1", "epoch 2"]
    for rank in (0, 1):
        assert bits(tmp_path / f"resumed-{rank}.npz") == bits(tmp_path / "whole-0.npz")


def test_one_that_has_ended_is_named(start, tmp_path):
    first, second = start(2, FAULTY, str(tmp_path), "leaving")
    assert (first.end(), second.end()) == (4, 0), first.error[-3000:]
    assert ") has ended before the others" in first.lines[-1]


def test_another_net(start, tmp_path):
    workers = start(2, FAULTY, str(tmp_path), "another net")
    for worker in workers:
        assert worker.end() == 4, worker.error[-3000:]
        assert (
            "the workers do not train alike: what the weights are like is [((8, 5), 'float32', True)"
            in worker.lines[-1]
        )


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("distributed.strategy(timeout=1)", "of 2 workers these have not come within 1 s: 1 (127.0.0.1:"),
        ("import tensorflow; tensorflow.zeros(1); distributed.strategy()", "TensorFlow has begun already, alone"),
    ],
)
def test_who_cannot_begin_says_why(start, program, why):
    begun = time.monotonic()
    first = start(2, ONE_COMES + program)[0]
    assert first.end() == 1 and f"WorkerError: {why}" in first.error
    assert time.monotonic() - begun < 120


def test_a_port_that_is_in_use(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "program.py").write_text("")
        config = f'{{"cluster": {{"worker": ["{address}", "127.0.0.1:1"]}}, "task": {{"index": 0}}}}'
        (worker,) = start(1, "from pybridge import distributed\ndistributed.strategy(timeout=9)", TF_CONFIG=config)
        assert worker.end() == 1
    assert f"WorkerError: port {address.split(':')[1]} of worker 0 ({address}) is in use" in worker.error
