"""The nets that the table of training measures, one of each kind, with data of its shape, for any backend of Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers


@dataclass(frozen=True)
class Net:
    """A net and its data, of a size that trains for 0.05 to 0.5 seconds an epoch under Keras.

    Attributes:
        shape: the shape of a sample.
        layers: makes the layers.
        samples: how many samples an epoch has.
        batch_size: how many samples a step has.
        words: the size of the vocabulary where samples are numbers of words, 0 where they are real numbers.
        decodes: whether the net returns something as large as its targets, instead of the probabilities of ten classes.
    """

    shape: tuple[int, ...]
    layers: Callable[[], list[layers.Layer]]
    samples: int
    batch_size: int = 128
    words: int = 0
    decodes: tuple[int, ...] = ()

    def model(self, jit_compile: bool | str = "auto") -> keras.Model:
        """Return the net with fresh weights, compiled."""
        model = keras.Sequential([layers.Input(self.shape), *self.layers()])
        given = {"optimizer": "rmsprop", "jit_compile": jit_compile}
        if self.decodes:
            model.compile(loss="mean_squared_error", metrics=["mean_absolute_error"], **given)
        else:
            model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"], **given)
        return model

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw samples and targets at random, the same ones every time."""
        chance = np.random.default_rng(0)
        if self.words:
            x = chance.integers(0, self.words, (self.samples, *self.shape), dtype="int32")
        else:
            x = chance.random((self.samples, *self.shape), dtype="float32")
        if self.decodes:
            return x, chance.random((self.samples, *self.decodes), dtype="float32")
        return x, chance.integers(0, 10, self.samples, dtype="int32")


class Mnist(Net):
    """A net that trains with MNIST itself."""

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return MNIST's training samples as the net takes them, and their classes."""
        return self._part(0)

    def test_data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of MNIST's test samples."""
        return self._part(1)

    def _part(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        from pybridge import data  # not at the top: pybridge needs TensorFlow, the nets do not

        x, y = data.load_mnist()[number]
        return data.prepare_images(x), y


class Attention(layers.Layer):
    """A transformer's block: self-attention and two dense layers, each added to its input and normalised."""

    def __init__(self, heads: int, width: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.hidden, self.output_layer = layers.Dense(2 * width, activation="relu"), layers.Dense(width)
        self.normalise, self.normalise_again = layers.LayerNormalization(), layers.LayerNormalization()

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.attention.build(shape, shape)
        self.hidden.build(shape)
        self.output_layer.build((*shape[:-1], self.hidden.units))
        self.normalise.build(shape)
        self.normalise_again.build(shape)

    def call(self, x: object) -> object:
        x = self.normalise(x + self.attention(x, x))
        return self.normalise_again(x + self.output_layer(self.hidden(x)))


def ten() -> layers.Layer:
    """Return the layer that says how likely each of ten classes is."""
    return layers.Dense(10, activation="softmax")


def dense(*units: int) -> list[layers.Layer]:
    """Return dense layers of so many units, and ten classes."""
    return [*(layers.Dense(count, activation="relu") for count in units), ten()]


def conv2d() -> list[layers.Layer]:
    """Return the layers of a small convolutional net for images."""
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        ten(),
    ]


NETS = {
    "mnist": Mnist((784,), lambda: dense(512), 60000),
    "dense": Net((784,), lambda: dense(512), 8192),
    "tiny": Net((20,), lambda: dense(32, 16), 8192),
    "small_batches": Net((64,), lambda: dense(64), 512, 8),
    "large_batches": Net((256,), lambda: dense(256), 16384, 1024),
    "conv1d": Net(
        (64, 8),
        lambda: [
            layers.Conv1D(32, 5, activation="relu"),
            layers.MaxPooling1D(),
            layers.Conv1D(64, 5, activation="relu"),
            layers.GlobalAveragePooling1D(),
            ten(),
        ],
        4096,
    ),
    "conv2d": Net((28, 28, 1), conv2d, 512),
    "conv3d": Net(
        (12, 12, 12, 1),
        lambda: [
            layers.Conv3D(8, 3, activation="relu"),
            layers.Conv3D(16, 3, activation="relu"),
            layers.Flatten(),
            ten(),
        ],
        256,
        32,
    ),
    "transposed": Net(
        (16,),
        lambda: [
            layers.Dense(7 * 7 * 32, activation="relu"),
            layers.Reshape((7, 7, 32)),
            layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid"),
        ],
        1024,
        64,
        decodes=(28, 28, 1),
    ),
    "depthwise": Net(
        (28, 28, 3),
        lambda: [
            layers.DepthwiseConv2D(3, activation="relu"),
            layers.SeparableConv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            ten(),
        ],
        1024,
        64,
    ),
    "pooling": Net(
        (28, 28, 8),
        lambda: [
            layers.MaxPooling2D(3, strides=1),
            layers.AveragePooling2D(3, strides=1),
            layers.MaxPooling2D(),
            layers.GlobalAveragePooling2D(),
            ten(),
        ],
        2048,
    ),
    "attention": Net((32, 64), lambda: [Attention(4, 64), layers.GlobalAveragePooling1D(), ten()], 1024, 64),
    "lstm": Net((24, 16), lambda: [layers.LSTM(64), ten()], 2048, 64),
    "gru": Net((24, 16), lambda: [layers.GRU(64), ten()], 2048, 64),
    "embedding": Net(
        (64,),
        lambda: [layers.Embedding(2000, 32), layers.GlobalAveragePooling1D(), ten()],
        8192,
        words=2000,
    ),
    "normalised": Net(
        (128,),
        lambda: [
            layers.Dense(128),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(128),
            layers.LayerNormalization(),
            layers.ReLU(),
            ten(),
        ],
        8192,
    ),
    "augmented": Net(
        (28, 28, 1),
        lambda: [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            ten(),
        ],
        1024,
        64,
    ),
}
