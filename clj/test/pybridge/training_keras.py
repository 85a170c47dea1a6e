"""The programs of training_keras_test.clj as Python writes them, trained by Keras: each returns [history, weights]."""

import keras
import numpy as np
import tensorflow as tf

from pybridge import models, training


def fit(net, x, *rest, **options):
    history = net.fit(
        np.array(x, "float32"),
        *(np.array(part) for part in rest),
        batch_size=options.pop("batch_size", 8),
        verbose=0,
        **options,
    )
    return [history.history, net.get_weights()]


def convnet():
    layers = [("conv2d", 4, 3, {"activation": "relu"}), ("max_pooling2d", 2), "flatten", ("dense", 3, "softmax")]
    return models.sequential(layers, input_shape=(8, 8, 1), seed=1)


def by_default(x, y):
    net = convnet()
    net.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    keras.utils.set_random_seed(1)
    return fit(net, x, y, epochs=5, batch_size=128)


def cross_entropy(y_true, y_pred):
    return -tf.reduce_sum(y_true * tf.math.log(y_pred), axis=-1)


def confidence(y_true, y_pred):
    return tf.reduce_max(y_pred, axis=-1)


def with_functions(x, y):
    net = convnet()
    net.compile("adam", cross_entropy, metrics=[confidence])
    keras.utils.set_random_seed(1)
    return fit(net, x, np.array(y, "float32"), epochs=3, validation_split=0.25)


def with_a_seed(x, y):
    net = convnet()
    options = {"loss": cross_entropy, "metrics": [confidence], "epochs": 2, "batch_size": 8, "seed": 4}
    history = training.fit(net, x, y, progress=False, **options)
    return [history, net.get_weights()]


def as_compiled(x, y, **options):
    net = models.sequential([("dense", 3, "softmax")], input_shape=6, seed=1)
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    keras.utils.set_random_seed(1)
    if "sample_weight" in options:
        options["sample_weight"] = np.array(options["sample_weight"])
    return fit(net, x, y, **options)


def halves():
    encoder = models.sequential([("dense", 2, "tanh")], input_shape=6, seed=1)
    decoder = models.sequential([("dense", 6)], input_shape=2, seed=2)
    return encoder, decoder


def stacked(x):
    net = keras.Sequential(list(halves()))
    net.compile("rmsprop", "mean_squared_error")
    keras.utils.set_random_seed(1)
    return fit(net, x, np.array(x, "float32"), epochs=3)


class Autoencoder(keras.Model):
    def call(self, x):
        return self.decoder(self.encoder(x))

    def train_step(self, x):
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(tf.square(self(x, training=True) - x))
        gradients = tape.gradient(error, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"error": error}


def subclassed(x):
    net = Autoencoder()
    net.encoder, net.decoder = halves()
    net.compile("adam")
    keras.utils.set_random_seed(1)
    return fit(net, x, epochs=3)


class Gan(keras.Model):
    def judge(self, samples, label):
        return tf.reduce_mean(tf.nn.softplus(-label * self.critic(samples)))

    def train_step(self, real):
        made = self.maker(keras.random.normal((tf.shape(real)[0], 3), seed=self.seeds))
        with tf.GradientTape() as tape:
            d_loss = self.judge(real, 1.0) + self.judge(made, -1.0)
        variables = self.critic.trainable_variables
        self.d_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            g_loss = self.judge(self.maker(keras.random.normal((tf.shape(real)[0], 3), seed=self.seeds)), 1.0)
        variables = self.maker.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, variables), variables)
        return {"d_loss": d_loss, "g_loss": g_loss}


def gan(x):
    net = Gan()
    net.critic = models.sequential([("dense", 4, "tanh"), ("dense", 1)], input_shape=6, seed=1)
    net.maker = models.sequential([("dense", 4, "relu"), ("dense", 6)], input_shape=3, seed=2)
    net.seeds = keras.random.SeedGenerator(5)
    net.d_optimizer, net.g_optimizer = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02)
    net.compile()
    keras.utils.set_random_seed(1)
    return fit(net, x, epochs=5, batch_size=128)
