"""Ctrl-C while a model is made, saved or read comes out wherever it comes, and the next model is made as ever."""

from __future__ import annotations

import io
import random
import sys
import warnings

import keras
import numpy as np
import pytest
from interrupted_lines import interrupted, lines_of

from pybridge import models

SAMPLES = 30  # lines
ROW = np.ones([1, 2], np.float32)


def net():
    return models.sequential([("dense", 2, "tanh"), ("dropout", 0.1), ("dense", 1)], input_shape=2, seed=1)


def work(name, path):
    return {"make": net, "save": lambda: models.save(net(), path), "load": lambda: models.load(path)}[name]


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("make", "stateless_scope.py"),
        ("make", "variables.py"),
        ("make", "_room.py"),
        ("make", "tensor_shape.py"),
        ("save", "saving_lib.py"),
        ("save", "zipfile"),
        ("load", "saving_lib.py"),
        ("load", "zipfile"),
    ],
)
def test_an_interrupt_at_a_line_comes_out(name, within, tmp_path, monkeypatch):
    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    path = str(tmp_path / "net.keras")
    wanted = models.save(net(), path) and net()(ROW).numpy()
    lines = lines_of(work(name, path), within)
    assert lines > 5
    for line in random.Random(lines).sample(range(1, lines + 1), min(lines, SAMPLES)):
        assert interrupted(work(name, path), line, within) is True
        np.testing.assert_array_equal(net()(ROW).numpy(), wanted)
    np.testing.assert_array_equal(models.load(path)(ROW).numpy(), wanted)
    assert not keras.src.backend.in_stateless_scope()
    assert [what.exc_value for what in dropped] == []


def test_a_file_that_an_interrupt_left_open_is_no_error_of_reading(tmp_path, monkeypatch):
    path, dropped = models.save(net(), str(tmp_path / "net.keras")), []
    left = [io.FileIO(path)]
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)

    def trace(frame, event, argument):
        if "saving_lib.py" in frame.f_code.co_filename:
            left.clear()

    before = sys.gettrace()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        sys.settrace(trace)
        try:
            models.load(path)
        finally:
            sys.settrace(before)
    assert (left, dropped) == ([], [])
