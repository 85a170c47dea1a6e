"""What the processes of the table do: train a net on one side, and say how long its epochs took."""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import keras

from benchmarks._training.nets import NETS
from benchmarks._training.sources import arguments, save

__all__ = ["cold", "forget", "go_on", "save", "start"]

if keras.backend.backend() == "tensorflow":
    from pybridge import training

trained: dict[str, Callable[[int], list[float]]] = {}


@dataclass(frozen=True)
class Job:
    """A net to train.

    Attributes:
        folder: where the samples are.
        net: the net's name.
        source: where the samples come from.
        side: "keras", "jit" for Keras with jit_compile=True, "jax" for Keras on JAX, "scan", or "pybridge".
        shown: whether progress is shown, as it is by default.
    """

    folder: str
    net: str
    source: str
    side: str
    shown: bool = True


class Clock(keras.callbacks.Callback):
    """Notes when each epoch ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.ends.append(time.perf_counter())


def start(job: dict, epochs: int) -> list[float]:
    """Make a job's net and train it for the first epochs: the seconds of each but the first."""
    job = Job(**job)
    trained[job.side] = trainer(job)
    return trained[job.side](epochs)


def go_on(side: str, epochs: int) -> float:
    """Train a started net for more epochs: the median seconds of all but the first, which sets the call up."""
    return statistics.median(trained[side](epochs))


def forget() -> None:
    """Let go of the started nets."""
    trained.clear()
    keras.backend.clear_session()


def cold(job: dict, epochs: int) -> dict[str, float]:
    """Make the net and train it in a process that has computed nothing: seconds, compilation included, and accuracy."""
    job = Job(**job)
    given = arguments(job.folder, job.net, job.source)
    started = time.perf_counter()
    model = NETS[job.net].model()
    fit(job, model, given, epochs)
    took = {"seconds": time.perf_counter() - started}
    if job.net == "mnist":
        took["accuracy"] = model.evaluate(*NETS[job.net].test_data(), verbose=0, return_dict=True)["accuracy"]
    return took


def trainer(job: Job) -> Callable[[int], list[float]]:
    """Return a function that trains for so many epochs and returns the seconds of each but the first."""
    if job.side == "scan":
        from benchmarks._training.scan import Scan

        given = arguments(job.folder, job.net, job.source)
        return Scan(given["x"], given["y"], given["batch_size"]).train
    model = NETS[job.net].model(jit_compile=True if job.side == "jit" else "auto")
    return lambda epochs: fit(job, model, arguments(job.folder, job.net, job.source), epochs)


def fit(job: Job, model: keras.Model, given: dict, epochs: int) -> list[float]:
    """Train by the side's `fit` with its defaults, and let what it prints go nowhere."""
    clock = Clock()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if job.side == "pybridge":
            shown = {} if job.shown else {"progress": False}
            training.fit(model, **given, epochs=epochs, callbacks=[clock], **shown)
        else:
            model.fit(**given, epochs=epochs, callbacks=[clock], verbose="auto" if job.shown else 0)
    return [end - begin for begin, end in itertools.pairwise(clock.ends)]
