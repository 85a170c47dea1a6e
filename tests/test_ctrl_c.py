"""Ctrl-C may come at any moment, and TensorFlow must neither crash nor lose it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import random, signal
import pybridge
import numpy as np
import tensorflow as tf

signal.signal(signal.SIGALRM, signal.default_int_handler)
variable, array = tf.Variable(tf.zeros([3])), np.ones(3, np.float32)
doubled = tf.function(lambda tensor: 2 * tensor)
doubled(array)
delays = random.Random(1)
interrupted = 0
for _ in range(4000):
    try:
        signal.setitimer(signal.ITIMER_REAL, delays.uniform(1e-6, 5e-4))
        while True:
            tf.constant(1.0)
            variable.assign(array)
            doubled(variable)
    except KeyboardInterrupt:
        interrupted += 1
print(interrupted)
"""


def test_an_interrupt_anywhere_in_tensorflow_is_a_keyboard_interrupt():
    """Without what pybridge mends, TensorFlow 2.21 crashes at about one interrupt in a thousand."""
    process = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (0, "4000\n"), process.stderr[-2000:]


AMID_PRODUCTS = """
import os, signal, threading
from pybridge import tensors
loader = threading.Thread(target=lambda: __import__("tensorflow"))
{load}
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
came, done = [], threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: came.append(1))

def send():
    while not done.wait(0.001):
        os.kill(os.getpid(), signal.SIGUSR1)

x = tensors.random_normal([300, 300], seed=1)
expected = tensors.matmul(x, x).numpy()
sender = threading.Thread(target=send)
sender.start()
while len(came) < 1000:
    assert np.array_equal(tensors.matmul(x, x).numpy(), expected)
done.set()
sender.join()
print("right")
"""


@pytest.mark.parametrize("load", ["", "loader.start(); loader.join()"], ids=["main", "another"])
def test_signals_amid_products_leave_the_heap_whole(load):
    """Without a stack for signals this aborts each time, with TensorFlow 2.21 on a processor with AVX-512."""
    code = AMID_PRODUCTS.format(load=load)
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (0, "right\n"), process.stderr[-2000:]
