"""Rounds of work through Python's API, each checked by arithmetic, by NumPy, or by the bits of the first round."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path
from types import FrameType

import numpy as np
from soak_rounds import First

from pybridge import clojure, models, plot, training
from pybridge.errors import ClojureError

CALLS, SAMPLES, EPOCHS = 20_000, 256, 3
UNHEARD = 60  # seconds after which an interrupt counts as lost
FUNCTIONS = {
    "add": "(fn [x y] (+ (* 31 x) y))",
    "summed": "(fn [f n] (reduce + (map f (range n))))",
    "same": "(fn [x] (clojure.walk/postwalk identity x))",
    "total": "(fn [array] (reduce + (map double array)))",
    "doubles": "(fn [n] (double-array (map #(/ % 4.0) (range n))))",
    "watcher": """(fn []
                    (let [seen (atom [])]
                      [(fn [epoch logs] (swap! seen conj [epoch (:loss logs)]) nil) (fn [] @seen)]))""",
    "fails": '(fn [n] (throw (ex-info "own" {:number n})))',
}
FRAMES = 6  # of a traceback that are told
first = First()
raised_at: list[str] = []  # the interrupts of a round


@cache
def function(name: str) -> object:
    return clojure.eval(FUNCTIONS[name])


def wrong(what: str, given: object, wanted: object) -> list[str]:
    return [] if given == wanted else [f"{what}: {given!r:.200}, not {wanted!r:.200}"]


def calls(number: int) -> list[str]:
    add = function("add")
    return wrong("calls", [add(i, number) for i in range(CALLS)], [31 * i + number for i in range(CALLS)])


def callbacks(number: int) -> list[str]:
    return wrong("sum", function("summed")(lambda x: x + number, CALLS), CALLS * (CALLS - 1) // 2 + number * CALLS)


def exceptions(number: int) -> list[str]:
    def fail(x: int) -> int:
        raise LookupError(x, number)

    told = []
    for i in range(100):
        try:
            function("summed")(fail, 1)
        except LookupError as error:
            told += wrong("what Python raised", error.args, (0, number))
        try:
            function("fails")(i)
        except ClojureError as error:
            told += wrong("what Clojure threw", str(error).splitlines()[0], "own")
    return told


def conversions(number: int) -> list[str]:
    """A value of random shape there and back, arrays both ways."""
    chance = random.Random(number)

    def value(depth: int) -> object:
        if depth and chance.random() < 0.6:
            if chance.random() < 0.5:
                return [value(depth - 1) for _ in range(chance.randrange(5))]
            return {f"k{i}": value(depth - 1) for i in range(chance.randrange(5))}
        return chance.choice(
            [None, True, chance.getrandbits(200), chance.gauss(0, 1), "ß∑\U0001f600" * chance.randrange(9)]
        )

    values = [value(5) for _ in range(100)]
    array = (
        np.random.default_rng(number)
        .integers(-99, 99, 5000)
        .astype(chance.choice(["int8", "int64", "float32", "float64"]))
    )
    given = function("doubles")(1000)
    return [
        *wrong("values", [function("same")(x) for x in values], values),
        *wrong("the sum of an array", function("total")(array), float(array.sum())),
        *wrong("an array", np.asarray(given).tolist(), (np.arange(1000) / 4).tolist()),
    ]


def samples() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(3)
    x = chance.normal(size=(SAMPLES, 6)).astype(np.float32)
    return x, (x @ chance.normal(size=(6, 1)) + 0.5).astype(np.float32)


def bits(model: object) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in models.weights(model))).hexdigest()


def net() -> object:
    return models.sequential([("dense", 8, "tanh"), ("dropout", 0.1), ("dense", 1)], input_shape=6, seed=1)


def train(model: object, **options: object) -> dict[str, list[float]]:
    options = {"epochs": EPOCHS, "batch_size": 32, "loss": "mean_squared_error", "metrics": [], "seed": 2, **options}
    return training.fit(model, *samples(), progress=False, **options)


def trainings(number: int) -> list[str]:
    """A linear model beside NumPy's gradient descent, with Clojure's callback; a deeper one beside its first time."""
    x, y = samples()
    linear = models.sequential([("dense", 1, {"kernel_initializer": "zeros"})], input_shape=6)
    callback, seen = function("watcher")()
    sgd = {"rule": "sgd", "learning_rate": 0.1}
    history = train(linear, optimizer=sgd, batch_size=SAMPLES, callbacks=[callback])
    w, b, losses = np.zeros((6, 1)), np.zeros(1), []
    for _ in range(EPOCHS):
        miss = x @ w + b - y
        losses.append(float((miss**2).mean()))
        w, b = w - 0.2 * x.T @ miss / SAMPLES, b - 0.2 * miss.mean(0)
    deep = net()
    train(deep)
    return [
        *([] if np.allclose(history["loss"], losses, rtol=1e-4) else [f"losses {history['loss']}, not {losses}"]),
        *wrong("what the callback saw", [list(row) for row in seen()], [[i, x] for i, x in enumerate(history["loss"])]),
        *first.differs("trained weights", bits(deep)),
    ]


def saves(number: int) -> list[str]:
    model = net()
    with tempfile.TemporaryDirectory() as folder:
        path = models.save(model, f"{folder}/net.keras")
        return [
            *wrong("the files", os.listdir(folder), ["net.keras"]),
            *wrong("the weights", bits(models.load(path)), bits(model)),
        ]


def checkpoints(number: int) -> list[str]:
    """Training that goes on from a checkpoint ends as training that never stopped."""
    straight = net()
    train(straight)
    with tempfile.TemporaryDirectory() as folder:
        train(net(), callbacks=[training.Checkpoint(f"{folder}/{{epoch}}.keras")])
        resumed = models.load(f"{folder}/2.keras")
        train(resumed, initial_epoch=2)
        left = sorted(os.listdir(folder))
    return wrong("resumed", bits(resumed), bits(straight)) + wrong("the files", left, ["1.keras", "2.keras", "3.keras"])


def figures(number: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        figure = plot.heatmap([[0.25, -1.0], [3.0, 4.0]], rows=["a", "b"])
        drawn = Path(plot.save(figure, f"{folder}/matrix.svg")).read_bytes()
    return first.differs("figure", hashlib.sha256(drawn).hexdigest())


def interrupts(number: int) -> list[str]:
    """Ctrl-C somewhere in mixed work, ten times; what is done next is right. Its files go with a folder."""
    told = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        try:
            for i in range(10):
                told += interrupted(random.Random(10 * number + i), number) + calls(number)
        finally:
            tempfile.tempdir = None
    return told + trainings(number)


def interrupted(chance: random.Random, number: int) -> list[str]:
    """Work until a Ctrl-C ends it. One that is lost is sent again, and told unless Python says that it dropped it."""
    ended, sent, dropped = threading.Event(), [], []
    raised_at.clear()

    def interrupt() -> None:
        wait = chance.uniform(0.001, 0.3)
        while not ended.wait(wait):
            sent.append(os.kill(os.getpid(), signal.SIGINT))
            wait = UNHEARD

    thread = threading.Thread(target=interrupt)
    said, sys.unraisablehook = sys.unraisablehook, dropped.append
    try:
        thread.start()
        while True:
            callbacks(number)
            train(net())
            saves(number)
    except BaseException as error:
        ended.set()
        thread.join()
        if not heard(error):
            raise
    finally:
        sys.unraisablehook = said
    lost = len(sent) - 1 - [what.exc_type for what in dropped].count(KeyboardInterrupt)
    return [f"{lost} interrupts were lost, raised at {raised_at[:-1]}"] * (lost > 0) + [
        f"Python dropped {shown(what)}" for what in dropped if what.exc_type is not KeyboardInterrupt
    ]


def raise_interrupt(number: int, frame: FrameType | None) -> None:
    """Python's own handler of Ctrl-C, but for a note of where it came."""
    raised_at.append("; ".join(map(str, traceback.extract_stack(frame, FRAMES))))
    signal.default_int_handler(number, frame)


def shown(dropped: sys.UnraisableHookArgs) -> str:
    """What Python has dropped, what raised it, and where."""
    places = "; ".join(map(str, traceback.extract_tb(dropped.exc_traceback)[-FRAMES:]))
    return f"{dropped.exc_value!r} of {dropped.object!r:.200} ({dropped.err_msg}) at {places or 'no line of Python'}"


def heard(error: BaseException | None) -> bool:
    """Whether an error is an interrupt, or was raised over one, as by an `except:` of TensorFlow's."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or heard(error.__context__))


KINDS = {
    "calls of Clojure": calls,
    "callbacks into Python": callbacks,
    "exceptions both ways": exceptions,
    "conversions": conversions,
    "trainings": trainings,
    "saves and loads": saves,
    "checkpoints": checkpoints,
    "figures": figures,
}
