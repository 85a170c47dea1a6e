"""Models of the grammar that have no targets: an autoencoder without `call`, and two nets against each other."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

FEATURES = 6


class Autoencoder(keras.Model):
    """A variational autoencoder as keras.io has it: it has a training step and nothing that could be called."""

    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(4, "tanh")])
        self.decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(FEATURES)])
        self.seeds = keras.random.SeedGenerator(5)
        self.total, self.error = keras.metrics.Mean(name="total"), keras.metrics.Mean(name="error")

    @property
    def metrics(self):
        return [self.total, self.error]

    def losses_of(self, x):
        mean, spread = ops.split(self.encoder(x), 2, axis=1)
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        error = ops.mean(ops.square(self.decoder(mean + ops.exp(0.5 * spread) * noise) - x))
        return error + 0.1 * ops.mean(ops.square(mean) + ops.exp(spread) - spread - 1), error

    def reported(self, losses):
        for metric, loss in zip(self.metrics, losses, strict=True):
            metric.update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}

    def train_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        with tf.GradientTape() as tape:
            losses = self.losses_of(x)
        gradients = tape.gradient(losses[0], self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return self.reported(losses)


class TestedAutoencoder(Autoencoder):
    """The same with a step for evaluation."""

    def test_step(self, data):
        return self.reported(self.losses_of(data[0] if isinstance(data, tuple) else data))


class Adversaries(keras.Model):
    """A tiny GAN with a `compile` of its own, which takes two optimizers."""

    def __init__(self):
        super().__init__()
        self.critic = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
        self.maker = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(4), keras.layers.LeakyReLU(), keras.layers.Dense(FEATURES)]
        )
        self.seeds = keras.random.SeedGenerator(9)

    def compile(self, critic_optimizer, maker_optimizer, judge):
        super().compile()
        self.critic_optimizer, self.maker_optimizer, self.judge = critic_optimizer, maker_optimizer, judge
        self.critic_loss, self.maker_loss = keras.metrics.Mean(name="critic_loss"), keras.metrics.Mean(name="made_loss")

    @property
    def metrics(self):
        return [self.critic_loss, self.maker_loss]

    def train_step(self, real):
        real = real[0] if isinstance(real, tuple) else real
        count = ops.shape(real)[0]
        made = self.maker(keras.random.normal((count, 3), seed=self.seeds))
        both, labels = ops.concatenate([made, real]), ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))])
        with tf.GradientTape() as tape:
            critic_loss = self.judge(labels, self.critic(both))
        gradients = tape.gradient(critic_loss, self.critic.trainable_weights)
        self.critic_optimizer.apply_gradients(zip(gradients, self.critic.trainable_weights, strict=True))
        with tf.GradientTape() as tape:
            noise = keras.random.normal((count, 3), seed=self.seeds)
            maker_loss = self.judge(ops.zeros((count, 1)), self.critic(self.maker(noise)))
        gradients = tape.gradient(maker_loss, self.maker.trainable_weights)
        self.maker_optimizer.apply_gradients(zip(gradients, self.maker.trainable_weights, strict=True))
        self.critic_loss.update_state(critic_loss)
        self.maker_loss.update_state(maker_loss)
        return {"critic_loss": self.critic_loss.result(), "made_loss": self.maker_loss.result()}


UNSUPERVISED = {"autoencoder": Autoencoder, "tested_autoencoder": TestedAutoencoder, "adversaries": Adversaries}
