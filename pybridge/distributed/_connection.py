"""How a process becomes one worker of several."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

import pybridge
from pybridge.distributed._cluster import Cluster, read_cluster
from pybridge.distributed._meeting import meet
from pybridge.errors import WorkerError

__all__ = ["connected"]

LONGEST = 60  # seconds until TensorFlow has connected workers that are all there

TOO_LATE = (
    "TensorFlow has begun already, alone: call distributed.strategy() before anything that computes, or start the "
    "program by pybridge run, which does"
)

# TensorFlow waits without Python's lock, deaf to SIGTERM; so somebody else looks at the clock.
WATCH = """
import os, select, signal, sys
if not select.select([0], [], [], float(sys.argv[1]))[0]:
    os.write(2, sys.argv[3].encode() + b"\\n")
    os.kill(int(sys.argv[2]), signal.SIGKILL)
"""


def connected(timeout: float) -> tuple[Cluster, Any]:
    """The cluster that the environment describes, and TensorFlow's strategy for it; None for one worker."""
    cluster = read_cluster(os.environ)
    if cluster.count == 1:
        return cluster, None
    if context.context()._context_handle is not None:
        raise WorkerError(TOO_LATE)
    _take_gpu(cluster)
    meet(cluster, timeout, _facts())
    workers = tf.train.ClusterSpec({"worker": list(cluster.addresses)})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        workers, task_type="worker", task_id=cluster.rank, rpc_layer="grpc"
    )
    with _watched(cluster):
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
        except tf.errors.OpError as error:
            raise WorkerError(_why(cluster, error)) from None
    _take_back(signal.SIGTERM)
    return cluster, strategy


def _take_back(number: signal.Signals) -> None:
    """Have a signal do what it did before TensorFlow, which ignores it while it is connected."""
    if threading.current_thread() is threading.main_thread() and (handler := signal.getsignal(number)) is not None:
        signal.signal(number, handler)


def _facts() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "pybridge": pybridge.__version__,
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
        "NumPy": np.__version__,
    }


def _take_gpu(cluster: Cluster) -> None:
    """Take one GPU, where there are any: the one of this worker's number on its host."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return
    if len(gpus) > 1:
        if cluster.place >= len(gpus):
            raise WorkerError(
                f"{cluster.name(cluster.rank)} has no GPU of its own: there are {len(gpus)} on its host. Start as many "
                'workers there, or set CUDA_VISIBLE_DEVICES="" for all to train on the CPU'
            )
        gpus = [gpus[cluster.place]]
        tf.config.set_visible_devices(gpus, "GPU")
    tf.config.experimental.set_memory_growth(gpus[0], True)


def _why(cluster: Cluster, error: tf.errors.OpError) -> str:
    address = cluster.addresses[cluster.rank]
    if "Could not start gRPC server" in error.message:
        return (
            f"{cluster.name(cluster.rank)} cannot listen at {address}: its port is in use, or it is another machine's "
            "address; give the workers other ports"
        )
    return f"{cluster.name(cluster.rank)} cannot connect: {error.message.splitlines()[0]}"


@contextmanager
def _watched(cluster: Cluster) -> Iterator[None]:
    """End this process, with a sentence, if it connects for too long."""
    said = (
        f"pybridge: {cluster.name(cluster.rank)} has met the others, and TensorFlow has not connected them within "
        f"{LONGEST} s: one has ended meanwhile, or cannot be reached at its own address; start all again"
    )
    command = [sys.executable, "-I", "-S", "-c", WATCH, str(LONGEST), str(os.getpid()), said]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):  # which ends as its input does
        yield
