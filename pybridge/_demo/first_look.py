"""A first look at a neural network: two layers learn to read handwritten digits.

`python first_look.py` trains it on MNIST, `python first_look.py digits` on a small data set that needs no download.
"""

import sys
import time

from pybridge import data, models, training

load = data.load_digits if "digits" in sys.argv else data.load_mnist
(train_images, train_labels), (test_images, test_labels) = load()
x_train, x_test = data.prepare_images(train_images), data.prepare_images(test_images)

net = models.sequential([("dense", 512, "relu"), ("dense", 10, "softmax")], input_shape=[784], seed=1)

start = time.perf_counter()
history = training.fit(net, x_train, train_labels, optimizer="rmsprop", epochs=5, batch_size=128, seed=1)
seconds_per_epoch = (time.perf_counter() - start) / 5

predictions = models.predict(net, x_test[:10]).argmax(axis=1).tolist()
scores = models.evaluate(net, x_test, test_labels)

print(f"test accuracy {scores['accuracy']:.4f}; the first ten test digits are read as {predictions}")
