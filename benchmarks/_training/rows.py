"""The rows of the table: which nets train from which sources, and what share of Keras's time they may take at most."""

from __future__ import annotations

from dataclasses import dataclass

TITLES = {
    "mnist": "MNIST, dense 512-10",
    "dense": "dense 512-10",
    "tiny": "dense 32-16-10",
    "small_batches": "dense 64-10, batches of 8",
    "large_batches": "dense 256-10, batches of 1024",
    "conv1d": "Conv1D",
    "conv2d": "Conv2D",
    "conv3d": "Conv3D",
    "transposed": "Conv2DTranspose",
    "depthwise": "depthwise, separable Conv2D",
    "pooling": "pooling",
    "attention": "attention",
    "lstm": "LSTM",
    "gru": "GRU",
    "embedding": "embedding, averaged",
    "normalised": "batch and layer norm",
    "augmented": "augmentation, Conv2D",
}
SOURCES = {
    "arrays": "arrays",
    "memmap": "mapped files",
    "dataset": "tf.data",
    "generator": "generator",
    "pydataset": "PyDataset",
}
FROM_EVERY_SOURCE = ("dense", "conv2d", "lstm")
SMALL_AND_DENSE = ("dense", "tiny", "small_batches")
SCAN_TARGET = 0.95


@dataclass(frozen=True)
class Row:
    """A comparison of `training.fit` with `keras.Model.fit`.

    Attributes:
        net: the net's name.
        source: where its samples come from.
        target: the most time an epoch may take, as a share of Keras's.
        cold_target: the same for the first epochs of a fresh process.
        shown: whether progress is shown, as it is by default.
    """

    net: str
    source: str = "arrays"
    target: float = 1.0
    cold_target: float = 1.0
    shown: bool = True

    @property
    def title(self) -> str:
        """What the table calls the row."""
        return TITLES[self.net] + ("" if self.shown else ", no progress shown")


def _row(net: str, source: str) -> Row:
    in_memory = source in ("arrays", "memmap")
    return Row(net, source, target=0.6 if net in SMALL_AND_DENSE and in_memory else 1.0)


ROWS = [
    Row("mnist", target=0.4, cold_target=0.5),
    Row("mnist", shown=False),
    *(_row(net, "arrays") for net in TITLES if net != "mnist"),
    *(_row(net, source) for net in FROM_EVERY_SOURCE for source in SOURCES if source != "arrays"),
]
EVERY_PAIR = [_row(net, source) for net in TITLES for source in SOURCES if net != "mnist"]
ALL_ROWS = [*ROWS, *(row for row in EVERY_PAIR if row not in ROWS)]
