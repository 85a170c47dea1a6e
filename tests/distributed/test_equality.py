"""Several workers end with the same bits, and where rounding alone differs with what one worker ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(600)
BATTERY = Path(__file__).with_name("battery.py")
LAST_BATCH = ["one sample left", "batches that do not divide", "sgd", "Adam", "batch normalization"]
LAST_BATCH += ["validation a sample at a time", "functions for loss and metric", "dropout", "two updates"]
LAST_BATCH += ["a dataset that validates", "memory-mapped, validated"]


class Ended:
    """What the models of the battery have ended with, on one worker and on each of several."""

    def __init__(self, start: Any, folder: Path, count: int, names: list[str]) -> None:
        self.folder, self.count = folder, count
        alone = start(1, BATTERY, str(folder), *names)
        for worker in [*alone, *start(count, BATTERY, str(folder), *names)]:
            assert worker.end() == 0, worker.error[-3000:]
        told = json.loads((folder / "1-0.json").read_text())
        self.alone, self.as_one = told["histories"], told["as one"]
        self.histories = [
            json.loads((folder / f"{count}-{rank}.json").read_text())["histories"] for rank in range(count)
        ]

    def weights(self, name: str, rank: int | None = None) -> list[np.ndarray]:
        file = f"1-0-{name}.npz" if rank is None else f"{self.count}-{rank}-{name}.npz"
        with np.load(self.folder / file) as arrays:
            return [arrays[key] for key in arrays]

    def bits(self, name: str, rank: int) -> list[bytes]:
        return [each.tobytes() for each in self.weights(name, rank)]


@pytest.fixture(scope="module", params=[(2, []), (3, LAST_BATCH)], ids=["2 workers", "3 workers"])
def ended(request, starter, tmp_path_factory) -> Ended:
    count, names = request.param
    return Ended(starter, tmp_path_factory.mktemp("battery"), count, names)


def test_all_workers_end_with_the_same_bits(ended):
    others = range(1, ended.count)
    differ = [name for name in ended.alone for rank in others if ended.bits(name, rank) != ended.bits(name, 0)]
    assert differ == []
    for history in ended.histories:
        assert history == ended.histories[0]


def test_they_end_with_what_one_worker_ends_with(ended):
    off = {name: _off(ended.weights(name), ended.weights(name, 0)) for name in ended.as_one}
    assert {name: much for name, much in off.items() if not much < 1e-6} == {}
    assert len(off) >= 3
    for name in ended.as_one:
        told = ended.histories[0][name]
        assert told.keys() == ended.alone[name].keys()
        for key, values in ended.alone[name].items():
            np.testing.assert_allclose(told[key], values, rtol=2e-6, err_msg=f"{name} {key}")


def test_again_they_end_with_the_same_bits(ended):
    if "sgd, again" in ended.alone:
        assert ended.bits("sgd", 0) == ended.bits("sgd, again", 0)


def _off(one: list[np.ndarray], several: list[np.ndarray]) -> float:
    """The relative distance of what is trained, and whether anything else differs at all."""
    assert [each.shape for each in one] == [each.shape for each in several]
    exact = all(np.array_equal(a, b) for a, b in zip(one, several, strict=True) if a.dtype.kind != "f")
    pairs = [(np.float64(a), np.float64(b)) for a, b in zip(one, several, strict=True) if a.dtype.kind == "f"]
    return max(np.linalg.norm(a - b) / max(np.linalg.norm(a), 1e-30) for a, b in pairs) if exact else np.inf
