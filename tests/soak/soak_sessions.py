"""The long life of a `pybridge session` whose client does all that an editor does: `python soak.py "a session"`."""

from __future__ import annotations

import random
import sys

import soak_rounds
from session_client import RequestError, Session
from soak_work import wrong

ENDLESS = [
    ("python", "print('on')\nwhile True: pass"),
    ("python", "import time\nprint('on')\ntime.sleep(60)"),
    ("clojure", '(println "on") (reduce + (range))'),
    ("clojure", '(println "on") @(promise)'),
    ("clojure", '(println "on") (let [f (pb/attr (pb/module :math) :sqrt)] (loop [] (f 2) (recur)))'),
]
TRAINING = """
from pybridge import models, training
net = models.sequential([("dense", 1, {"kernel_initializer": "zeros"})], input_shape=1)
training.fit(net, [[1.0]], [[2.0]], optimizer={"rule": "sgd", "learning_rate": 0.25}, loss="mean_squared_error",
             metrics=[], epochs=2, progress=False)["loss"]
"""


class Client:
    """The rounds, on one session."""

    def __init__(self) -> None:
        self.session = Session()
        self.session.clojure("(require '[pybridge.core :as pb])")
        self.session.python("import soak_measures")

    def sample(self) -> dict[str, float]:
        self.session.output.clear()
        return self.session.python("soak_measures.sample()")["value"]

    def evaluations(self, number: int) -> list[str]:
        told = []
        for i in range(50):
            told += wrong("python", self.session.python(f"x = {number}\nx * 31 + {i}")["value"], number * 31 + i)
            told += wrong(
                "clojure", self.session.clojure(f"(def x {number}) (+ (* x 31) {i})")["value"], number * 31 + i
            )
        return told

    def trainings(self, number: int) -> list[str]:
        """x = 1, y = 2, loss (w x + b - y)²: a step of 0.25 brings both halfway."""
        return wrong("losses", self.session.python(TRAINING)["value"], [4.0, 0.0])

    def names(self, number: int) -> list[str]:
        told = []
        for language, code, found in [
            ("python", "soak_measures.sam", "soak_measures.sample"),
            ("clojure", "(reduc", "reduce"),
        ]:
            offered = self.session.request("complete", language=language, code=code)
            told += [] if found in offered else [f"{code} is not completed: {offered!r:.200}"]
        told += wrong("len", self.session.request("describe", language="python", name="len")["name"], "len")
        return told + wrong(
            "map", self.session.request("describe", language="clojure", name="map")["name"], "clojure.core/map"
        )

    def errors(self, number: int) -> list[str]:
        told = []
        for language, code in [("python", "1 / 0"), ("clojure", "(/ 1 0)")]:
            try:
                self.session.request("evaluate", language=language, code=code)
                told.append(f"{code} raised nothing")
            except RequestError as error:
                told += wrong(code, error.code, 1)
        return told

    def interrupts(self, number: int) -> list[str]:
        language, code = ENDLESS[number % len(ENDLESS)]
        error = self.session.interrupted(language, code, when="on\n")
        return wrong(code, error.data["type"], "KeyboardInterrupt") + self.evaluations(number)

    def random_interrupts(self, number: int) -> list[str]:
        """An interrupt at any moment of a short block: it ends right, or as interrupted."""
        chance, told = random.Random(number), []
        for _ in range(10):
            language, code = chance.choice(
                [("python", "sum(range(2000000))"), ("clojure", "(reduce + (range 2000000))")]
            )
            block = self.session.send("evaluate", language=language, code=code)
            self.session.answer(self.session.send("interrupt"))
            try:
                told += wrong(code, self.session.answer(block)["value"], 1999999000000)
            except RequestError as error:
                told += wrong(code, error.data["type"], "KeyboardInterrupt")
        return told + self.evaluations(number)

    def figures(self, number: int) -> list[str]:
        code = "from pybridge import plot\nplot.heatmap([[1, 2], [3, 4]])"
        images = self.session.request("evaluate", language="python", code=code)
        return [] if "image" in str(images) else [f"no image: {images!r:.200}"]


def main(seconds: float) -> None:
    client = Client()
    kinds = ["evaluations", "trainings", "names", "errors", "interrupts", "random_interrupts", "figures"]
    soak_rounds.go({kind.replace("_", " "): getattr(client, kind) for kind in kinds}, seconds, client.sample)
    soak_rounds.tell(kind="end", wrong=wrong("status", client.session.end(), 0), seconds=0)


if __name__ == "__main__":
    main(float(sys.argv[1]))
