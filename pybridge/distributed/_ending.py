"""How workers end together: one that ends while others need it would be a fault to them."""

from __future__ import annotations

import atexit
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import tensorflow as tf
from tensorflow.python.eager import context

if TYPE_CHECKING:
    from pybridge.distributed._strategy import Strategy

__all__ = ["leave_together"]

PATIENCE = 5_000  # milliseconds that one waits for the others


def leave_together(strategy: Strategy) -> None:
    """Have the process wait for the other workers at its end, and else tell them that it has left."""
    atexit.register(_leave, strategy)


def _leave(strategy: Strategy) -> None:
    if getattr(sys, "last_value", None) is None:  # what has ended the program, if that was an exception
        with suppress(tf.errors.OpError):
            context.context().wait_at_barrier("the end", PATIENCE)
            return
    strategy.report("has ended before the others")
