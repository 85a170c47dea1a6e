"""What TensorFlow refuses as it runs, said in an error of pybridge's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

from pybridge.errors import DataError, ShapeError

# What the kernels of TensorFlow say of a label and of an index that they do not find.
LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range of \[0, (\d+)\)")
INDEX = re.compile(r"indices\[([\d,]+)\] = (-?\d+) is not in \[0, (\d+)\)")


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """Turn what TensorFlow refuses into an error that says what was out of range.

    Raises:
        ShapeError: a label or an index is out of range.
        DataError: TensorFlow refuses the data for another reason.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if found := LABEL.search(error.message):
            value, size = map(int, found.groups())
            raise ShapeError(f"the labels run from 0 to {size - 1}; one is {value}") from error
        if found := INDEX.search(error.message):
            place, value, size = found.groups()
            raise ShapeError(
                f"the rows that the model looks up run from 0 to {int(size) - 1}; entry [{place}] of a batch is {value}"
            ) from error
        raise DataError(f"TensorFlow refuses the data: {_reason(error.message)}") from error


def _reason(message: str) -> str:
    """The line that says why: in a graph it stands before the name of the node."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    nodes = [number for number, line in enumerate(lines) if line.startswith("[[{{node")]
    return lines[nodes[0] - 1] if nodes and nodes[0] else lines[0]
