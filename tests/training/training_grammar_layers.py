"""The layers of the grammar: which go with which kind of sample, and how a stack of them ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import layers as of

Layers = list[keras.Layer]

# A bias before a normalization, or on attention's keys, has a gradient that is zero but for rounding, which Adam would
# blow up to whole steps: such layers have none.


class SelfAttention(keras.Layer):
    """Attention of a sequence to itself, which a stack of one-input layers can hold."""

    def __init__(self, **options):
        super().__init__(**options)
        self.heads = of.MultiHeadAttention(2, 3, dropout=0.2, use_bias=False, dtype=self.dtype_policy)

    def build(self, shape):
        self.heads.build(shape, shape)
        self.built = True

    def call(self, x):
        return self.heads(x, x)


class Measured(keras.Layer):
    """A layer with a metric of its own, which Keras reports with those of the model."""

    def __init__(self, **options):
        super().__init__(**options)
        self.size = keras.metrics.Mean(name="size_of_hidden")

    def call(self, x):
        self.size.update_state(keras.ops.mean(keras.ops.abs(x)))
        return x


class AddsLoss(keras.Layer):
    """A layer that adds what it is given to the loss, in training and in evaluation."""

    def call(self, x):
        self.add_loss(0.01 * keras.ops.mean(keras.ops.square(x)))
        return x


VECTORS: dict[str, Callable[[], Layers]] = {
    "dense": lambda: [of.Dense(5, "tanh")],
    "dense_relu": lambda: [of.Dense(6, "relu", kernel_initializer="he_normal")],
    "dense_gelu": lambda: [of.Dense(5, "gelu", bias_initializer="ones")],
    "dense_silu": lambda: [of.Dense(5), of.Activation("silu")],
    "dense_selu": lambda: [of.Dense(5, "selu", kernel_initializer="lecun_normal"), of.AlphaDropout(0.2)],
    "regularized": lambda: [of.Dense(5, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), bias_regularizer="l2")],
    "orthogonal": lambda: [of.Dense(4, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.01))],
    "activity_regularized": lambda: [of.Dense(5, "elu", activity_regularizer=keras.regularizers.L2(0.01))],
    "max_norm": lambda: [of.Dense(5, kernel_constraint=keras.constraints.MaxNorm(0.9))],
    "non_negative": lambda: [of.Dense(5, kernel_constraint="non_neg", bias_constraint="non_neg")],
    "unit_norm": lambda: [of.Dense(5, kernel_constraint=keras.constraints.UnitNorm()), of.UnitNormalization()],
    "min_max_norm": lambda: [of.Dense(5, kernel_constraint=keras.constraints.MinMaxNorm(0.5, 1.0))],
    "dropout": lambda: [of.Dropout(0.3)],
    "dropout_seeded": lambda: [of.Dropout(0.3, seed=7)],
    "gaussian_noise": lambda: [of.GaussianNoise(0.2)],
    "gaussian_dropout": lambda: [of.GaussianDropout(0.2)],
    "batch_norm": lambda: [of.Dense(6, use_bias=False), of.BatchNormalization()],
    "layer_norm": lambda: [of.Dense(6), of.LayerNormalization()],
    "rms_norm": lambda: [of.Dense(6), of.RMSNormalization()],
    "group_norm": lambda: [of.Dense(6), of.GroupNormalization(2)],
    "spectral_norm": lambda: [of.SpectralNormalization(of.Dense(5))],
    "prelu": lambda: [of.Dense(5), of.PReLU()],
    "leaky_relu": lambda: [of.Dense(5), of.LeakyReLU(0.1)],
    "measured": lambda: [Measured()],
    "adds_loss": lambda: [AddsLoss()],
    "activity_layer": lambda: [of.ActivityRegularization(l1=0.001)],
    "lambda": lambda: [of.Lambda(keras.ops.softplus)],
}
LOSSES = ("regularized", "orthogonal", "activity_regularized", "adds_loss", "activity_layer")
AUGMENTATIONS: dict[str, Callable[[], Layers]] = {
    "random_flip": lambda: [of.RandomFlip("horizontal")],
    "random_rotation": lambda: [of.RandomRotation(0.1)],
    "random_translation": lambda: [of.RandomTranslation(0.2, 0.2)],
    "random_zoom": lambda: [of.RandomZoom(0.2)],
    "random_contrast": lambda: [of.RandomContrast(0.3)],
    "random_brightness": lambda: [of.RandomBrightness(0.2)],
    "random_shear": lambda: [of.RandomShear(0.2, 0.2)],
}
IMAGES: dict[str, Callable[[], Layers]] = {
    "conv2d": lambda: [of.Conv2D(3, 3, padding="same", activation="relu")],
    "conv2d_strided": lambda: [of.Conv2D(3, 2, strides=2, kernel_regularizer="l2")],
    "conv2d_transpose": lambda: [of.Conv2DTranspose(3, 2, strides=1, activation="tanh")],
    "depthwise_conv2d": lambda: [of.DepthwiseConv2D(2, depth_multiplier=2)],
    "separable_conv2d": lambda: [of.SeparableConv2D(4, 2, padding="same")],
    "max_pooling2d": lambda: [of.MaxPooling2D(2, padding="same")],
    "average_pooling2d": lambda: [of.AveragePooling2D(2, strides=1)],
    "up_sampling2d": lambda: [of.UpSampling2D(2)],
    "zero_padding2d": lambda: [of.ZeroPadding2D(1)],
    "spatial_dropout2d": lambda: [of.SpatialDropout2D(0.3)],
    "batch_norm2d": lambda: [of.Conv2D(4, 2, use_bias=False), of.BatchNormalization(), of.ReLU(3.0)],
    "group_norm2d": lambda: [of.Conv2D(4, 2, padding="same"), of.GroupNormalization(2)],
}
SIGNALS: dict[str, Callable[[], Layers]] = {
    "conv1d": lambda: [of.Conv1D(4, 3, padding="causal", activation="relu")],
    "conv1d_dilated": lambda: [of.Conv1D(4, 2, dilation_rate=2, padding="same")],
    "conv1d_transpose": lambda: [of.Conv1DTranspose(4, 3, padding="same")],
    "depthwise_conv1d": lambda: [of.DepthwiseConv1D(2, padding="same")],
    "separable_conv1d": lambda: [of.SeparableConv1D(4, 3, padding="same")],
    "spatial_dropout1d": lambda: [of.SpatialDropout1D(0.2)],
    "self_attention": lambda: [SelfAttention()],
    "sequence_norm": lambda: [of.Dense(6), of.LayerNormalization()],
    "time_distributed": lambda: [of.TimeDistributed(of.Dense(4, "tanh"))],
    "lstm": lambda: [of.LSTM(4, return_sequences=True)],
    "lstm_dropout": lambda: [of.LSTM(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)],
    "gru": lambda: [of.GRU(4, return_sequences=True)],
    "simple_rnn": lambda: [of.SimpleRNN(4, return_sequences=True, go_backwards=False)],
    "bidirectional": lambda: [of.Bidirectional(of.GRU(3, return_sequences=True), merge_mode="sum")],
}
# Under a mask only what passes it on.
MASKED = ("lstm", "gru", "simple_rnn", "bidirectional", "time_distributed", "self_attention")
VOLUMES: dict[str, Callable[[], Layers]] = {
    "conv3d": lambda: [of.Conv3D(2, 2, activation="relu")],
    "conv3d_transpose": lambda: [of.Conv3DTranspose(2, 2)],
    "max_pooling3d": lambda: [of.MaxPooling3D(2, padding="same")],
    "average_pooling3d": lambda: [of.AveragePooling3D(2, strides=1, padding="same")],
    "spatial_dropout3d": lambda: [of.SpatialDropout3D(0.3)],
    "batch_norm3d": lambda: [of.Conv3D(3, 2, padding="same", use_bias=False), of.BatchNormalization()],
}


class Kind(NamedTuple):
    """One kind of sample: its shape, how samples are drawn, what may come first, in the middle and last."""

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, int], np.ndarray]
    middle: dict[str, Callable[[], Layers]]
    first: dict[str, Callable[[], Layers]]
    last: dict[str, Callable[[], Layers]]
    dtype: str = "float32"


def _normal(*shape: int) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda random, count: random.normal(size=(count, *shape)).astype("float32")


def _signals(random: np.random.Generator, count: int) -> np.ndarray:
    """Sequences of different lengths, with zeros after their end for a mask to find."""
    signals = random.normal(size=(count, 7, 3)).astype("float32")
    for signal, length in zip(signals, random.integers(3, 8, count), strict=True):
        signal[length:] = 0
    return signals


def _tokens(random: np.random.Generator, count: int) -> np.ndarray:
    tokens = random.integers(1, 12, (count, 7))
    for row, length in zip(tokens, random.integers(3, 8, count), strict=True):
        row[length:] = 0
    return tokens


ENDS_OF_SEQUENCES: dict[str, Callable[[], Layers]] = {
    "flatten": lambda: [of.Flatten()],
    "global_pooling1d": lambda: [of.GlobalAveragePooling1D()],
    "last_lstm": lambda: [of.LSTM(4)],
    "last_bidirectional": lambda: [of.Bidirectional(of.SimpleRNN(3))],
    "pooled": lambda: [of.MaxPooling1D(2), of.GlobalMaxPooling1D()],
}
KINDS = {
    "vector": Kind(
        (6,),
        _normal(6),
        VECTORS,
        {"nothing": list, "rescaling": lambda: [of.Rescaling(0.5, 0.1)], "normalization": lambda: [_normalization()]},
        {"nothing": list},
    ),
    "image": Kind(
        (8, 8, 2),
        lambda random, count: random.uniform(0, 1, (count, 8, 8, 2)).astype("float32"),
        IMAGES,
        AUGMENTATIONS | {"nothing": list, "rescaling": lambda: [of.Rescaling(0.5)]},
        {
            "flatten": lambda: [of.Flatten()],
            "global_average": lambda: [of.GlobalAveragePooling2D()],
            "global_max": lambda: [of.GlobalMaxPooling2D()],
        },
    ),
    "signal": Kind(
        (7, 3),
        _signals,
        SIGNALS,
        {"nothing": list, "masking": lambda: [of.Masking()]},
        ENDS_OF_SEQUENCES,
    ),
    "tokens": Kind(
        (7,),
        _tokens,
        SIGNALS,
        {
            "embedding": lambda: [of.Embedding(12, 4)],
            "embedding_masked": lambda: [of.Embedding(12, 4, mask_zero=True)],
            "embedding_regularized": lambda: [of.Embedding(12, 4, embeddings_regularizer="l2")],
        },
        ENDS_OF_SEQUENCES,
        "int64",
    ),
    "volume": Kind(
        (4, 4, 4, 2),
        _normal(4, 4, 4, 2),
        VOLUMES,
        {"nothing": list},
        {"flatten": lambda: [of.Flatten()], "global_average3d": lambda: [of.GlobalAveragePooling3D()]},
    ),
}


def _normalization() -> keras.Layer:
    return of.Normalization(mean=[0.1] * 6, variance=[2.0] * 6)


def draw_stack(
    draw, kind: str, *, per_step: bool = False, plain: bool = False, lazy: bool = False, lossless: bool = False
) -> Callable[[], Layers]:
    """Draw the layers of a model between its input and its last layer.

    Args:
        draw: what chooses.
        kind: the kind of samples, a key of `KINDS`.
        per_step: whether the stack gives something for each time step rather than one vector.
        plain: whether the first layer has to be one that takes sparse samples.
        lazy: whether the model is built while it is trained, when Keras's Normalization cannot make its constants.
        lossless: whether no layer may add to the loss, which Keras does not add up in another precision.

    Returns:
        A function that makes these layers anew, each with its name as Keras chooses it.
    """
    grammar = KINDS[kind]
    firsts = [name for name in grammar.first if not (lazy and name == "normalization")]
    first = "dense" if plain else draw.one("first layer", firsts)
    masked = first in ("masking", "embedding_masked")
    unfit = (LOSSES if lossless else ()) + (tuple(set(grammar.middle) - set(MASKED)) if masked else ())
    pool = [name for name in grammar.middle if name not in unfit]
    middle = draw.some("layer", pool, 1, {"vector": 6, "image": 3, "volume": 3}.get(kind, 2))
    ends = [name for name in grammar.last if not masked or name not in ("flatten", "pooled")]
    last = None if per_step else draw.one("last layer", ends)

    def make() -> Layers:
        made = VECTORS["dense"]() if plain else grammar.first[first]()
        for name in middle:
            made += grammar.middle[name]()
        return made + ([] if last is None else grammar.last[last]())

    return make
