"""What the table of training is made of: the nets, where their samples come from, and the processes that train them."""

import os

import pybridge  # noqa: F401  # it has TensorFlow load without its notes to the terminal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
