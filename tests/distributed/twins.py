"""Trains, measures and predicts on several workers, and prints the bits of the outcome; twins.clj does the same."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np

from pybridge import data, distributed, models, training


def net(*layers: Any) -> Any:
    return models.sequential([*layers, ["dense", 1, "sigmoid"]], input_shape=2, seed=3)


def bits(number: float) -> int:
    return struct.unpack("<q", struct.pack("<d", number))[0]


def main() -> None:
    workers = distributed.strategy()
    points, labels = data.two_clouds(40)

    def told(name: str, model: Any, history: dict[str, Any]) -> None:
        digest = hashlib.sha256()
        for part in [*models.weights(model), models.predict(model, points, batch_size=16, strategy=workers)]:
            digest.update(np.ascontiguousarray(part).tobytes())
        measured = models.evaluate(model, points, labels, batch_size=16, strategy=workers)
        print(name, digest.hexdigest()[:16], bits(history["loss"][-1]), bits(measured["loss"]), flush=True)

    def fit(name: str, model: Any, x: Any, y: Any, optimizer: Any, **options: Any) -> None:
        options |= {"loss": "binary_crossentropy", "epochs": 3, "batch_size": 17, "seed": 5, "progress": False}
        told(name, model, training.fit(model, x, y, optimizer=optimizer, strategy=workers, **options))

    hidden = ["dense", 8, "tanh"]
    fit("sgd", net(hidden), points, labels, {"rule": "sgd", "learning_rate": 0.5})
    fit("adam", net(hidden), points, labels, "adam", validation_split=0.25)
    fit("dropout", net(hidden, ["dropout", 0.5]), points, labels, "rmsprop")
    fit("normalization", net(hidden, "batch_normalization"), points, labels, "sgd")
    batches = [(points[start : start + 16], labels[start : start + 16]) for start in range(0, 80, 16)]
    fit("batches", net(hidden), (batch for _ in range(3) for batch in batches), None, "adam", steps_per_epoch=5)


if __name__ == "__main__":
    main()
