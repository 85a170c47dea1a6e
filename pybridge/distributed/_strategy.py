"""This process as one worker of several, and what all of them add up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from pybridge import _arguments as arguments
from pybridge._boundary import called
from pybridge._types import Tensor
from pybridge.distributed._cluster import Cluster
from pybridge.distributed._connection import connected
from pybridge.distributed._packing import added_up
from pybridge.errors import DtypeError, WorkerError
from pybridge.tensors._dtypes import as_tensor

__all__ = ["Strategy", "strategy"]

OF_WORKERS = (tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.CancelledError)
OF_WORKERS += (tf.errors.AbortedError, tf.errors.InternalError, tf.errors.UnknownError)
REPORTED = "pybridge: "
LONGEST = 300  # characters of an error that the others are told
OWN = "Traceback (most recent call last)"  # of a function that TensorFlow has called here, as a generator
OTHER_NET = "Shape mismatch in the collective"

made: list[Strategy] = []  # this process's one, once it is there


class Strategy:
    """The workers that train together, seen from this one. `strategy` makes it.

    Attributes:
        rank: which of them this process is, counted from 0.
        count: how many there are.

    >>> strategy().count
    1
    """

    def __init__(self, cluster: Cluster, distributed: Any) -> None:
        """Make one of a cluster, and TensorFlow's own strategy, which is None for one worker."""
        self.rank, self.count = cluster.rank, cluster.count
        self._cluster, self._distributed = cluster, distributed
        self._sums: dict[str, Any] = {}
        self.where, self.remedy = "", "start all workers again"  # for whoever is told that one is gone

    def __repr__(self) -> str:
        return f"<{self._cluster.name(self.rank)}>" if self.count > 1 else "<the only worker>"

    @called
    def sum(self, values: Any) -> Any:
        """Add up what each worker gives; all get the sum. All must call it, with values of the same shapes and dtypes.

        Args:
            values: a number or an array, or a list, tuple or dict of them.

        Returns:
            The same, of tensors.

        Raises:
            DtypeError: a value is neither a floating-point number nor an integer of 32 or 64 bits.
            WorkerError: another worker is gone, or gives values of other shapes.

        >>> float(strategy().sum([1.0, 2.0])[1])
        2.0
        """
        given = tf.nest.map_structure(as_tensor, values)
        flat = tf.nest.flatten(given)
        for tensor in flat:
            if not tensor.dtype.is_floating and tensor.dtype not in (tf.int32, tf.int64):
                raise DtypeError(f"workers add up floats and integers of 32 or 64 bits; got {tensor.dtype.name}")
        if self.count == 1:
            return given
        key = str([(tensor.shape, tensor.dtype) for tensor in flat])
        with self.explained():
            if key not in self._sums:
                add_up = tf.function(lambda *each: added_up(each, self.traced_sum), autograph=False)
                self._sums[key] = add_up.get_concrete_function(*[tf.TensorSpec(x.shape, x.dtype) for x in flat])
            return tf.nest.pack_sequence_as(given, self._sums[key](*flat))

    def gather(self, text: bytes) -> list[bytes]:
        """The bytes that each worker gives, in the order of their ranks."""
        sizes = np.zeros(self.count, np.int32)
        sizes[self.rank] = len(text)
        sizes = np.asarray(self.sum(sizes))
        ends = np.cumsum(sizes)
        # Some lengths for all texts, since each needs a function of its own.
        every = np.zeros(2 ** max(10, int(ends[-1]).bit_length()), np.int32)
        every[ends[self.rank] - len(text) : ends[self.rank]] = np.frombuffer(text, np.uint8)
        whole = np.asarray(self.sum(every)).astype(np.uint8).tobytes()
        return [whole[end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def traced_sum(self, tensor: Tensor) -> Tensor:
        """What all workers' tensors add up to, for a function that is being traced."""
        return tensor if self._distributed is None else self._distributed.run(_sum_up, args=(tensor,))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Say which worker is gone where TensorFlow says that some are, and tell all others what this one raises.

        Raises:
            WorkerError: another worker is gone, or trains another model.
        """
        if self.count == 1:
            yield
            return
        try:
            yield
        except WorkerError:
            raise
        except OF_WORKERS as error:
            if OWN in error.message and REPORTED not in error.message:
                self.report(_said(error))
                raise
            raise self._gone(error.message) from None
        except tf.errors.InvalidArgumentError as error:
            if OTHER_NET not in error.message:
                self.report(_said(error))
                raise
            raise self.refusal(
                f"the workers add up different things{self.where}, or train models of different shapes; run the same "
                "program on all"
            ) from None
        except BaseException as error:
            self.report(_said(error))
            raise

    def refusal(self, said: str) -> WorkerError:
        """An error that the others are told as well."""
        refusal = WorkerError(said)
        self.report(_said(refusal))
        return refusal

    def report(self, said: str) -> None:
        """Tell the other workers, who may wait for this one, why it goes no further."""
        with suppress(Exception):
            context.context().report_error_to_cluster(tf.errors.ABORTED, f"{REPORTED}{self.rank} {said}")

    def _gone(self, message: str) -> WorkerError:
        told = re.search(rf"{REPORTED}(\d+) (.*)", message)
        found = told or re.search(r"task:(\d+)", message)
        who = self._cluster.name(int(found[1])) if found and int(found[1]) < self.count else "a worker"
        return WorkerError(f"{who} {told[2] if told else 'is gone'}{self.where}; {self.remedy}")


def _said(error: BaseException) -> str:
    first = (str(error).splitlines() or [""])[0][:LONGEST]
    return f"has raised {type(error).__name__}{first and ': '}{first}"


def _sum_up(tensor: Tensor) -> Tensor:
    # An argument of a function is on no device, and TensorFlow would ask for one.
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(tensor))


@called
def strategy(timeout: float = 300) -> Strategy:
    """This process as one worker of several, once all are there; each process has one strategy.

    Which workers there are follows from TF_CONFIG, as Kubernetes' training operators and `pybridge run --workers` set
    it, else from what SLURM's `srun` sets; without either, or where they speak of one process, it is the only worker,
    and nothing is started. `pybridge run` connects before a program's first line. In any other program, call it before
    TensorFlow's first operation.

    Args:
        timeout: for how many seconds to wait for the others.

    Raises:
        OptionError: `timeout` is no number above 0.
        WorkerError: the environment describes the workers wrongly, one does not come, or has another version, the port
            is in use, or TensorFlow has begun already.

    >>> alone = strategy()
    >>> alone.rank, alone.count
    (0, 1)
    """
    timeout = arguments.number("timeout", timeout, above=0)
    if not made:
        made.append(Strategy(*connected(timeout)))
        if made[0].count > 1:
            from pybridge.distributed._ending import leave_together

            leave_together(made[0])
    return made[0]
