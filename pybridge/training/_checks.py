"""Labels and indices out of range, which XLA would let pass, found before the step that would use them.

TensorFlow's kernels refuse a label that no class has and an index beyond the table; XLA clamps the index and makes the
loss NaN. A step that has been traced shows both as operations, so what they read is computed from the data alone and
compared with the range.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pybridge._types import Tensor
from pybridge.errors import ShapeError
from pybridge.models._data import Data
from pybridge.tensors._ranges import at
from pybridge.training._operations import called, operation_types, within

LABELS = "SparseSoftmaxCrossEntropyWithLogits"
LOOKUPS = {"GatherV2", "ResourceGather"}
STOPPED = "pybridge stopped before"
# What moves numbers without changing them, or only makes whole numbers of them.
SAME_NUMBERS = {"Cast", "Reshape", "Squeeze", "ExpandDims", "Identity"}


def no_report() -> Tensor:
    """The report of data in which all is well."""
    return tf.constant([-1, 0, 0], tf.float64)


@dataclass
class Check:
    """An input of an operation that must lie in [0, size).

    Attributes:
        index: the numbers to look at.
        shown: the same numbers as they were given, for the message.
        size: how many classes or rows there are.
        what: what is counted, as "labels".
        place: where the numbers are in the data, as "y"; None when they are computed.
    """

    index: Tensor
    shown: Tensor
    size: int | Any
    what: str
    place: str | None

    def good(self, index: Tensor) -> Tensor:
        """Which of the numbers to look at, counted along all axes, are in their range."""
        flat = tf.reshape(index, [-1])
        return (flat >= 0) & (flat < tf.cast(self.size, flat.dtype))


class Checks:
    """Everything in a traced step whose range the data alone decides.

    Args:
        step: the concrete function of a step, of one argument: the batch.
        names: the names of the model's outputs.
        apart: a scope of the graph whose lookups stay within their tables whatever the data.

    Attributes:
        complete: False where a range depends on the weights or on chance, so that only TensorFlow's kernels can tell.
    """

    def __init__(self, step: tf.types.experimental.ConcreteFunction, names: list[str], apart: str | None) -> None:
        graph = step.graph
        count = len(tf.nest.flatten(step.structured_input_signature[0][0], expand_composites=True))
        self._arguments = graph.inputs[:count]
        self._places = _places(step.structured_input_signature[0][0])
        self._names = names
        self.complete = not (LOOKUPS | {LABELS}) & operation_types(graph, called_only=True, apart=apart)
        self.found = []
        for operation in graph.get_operations():
            check = None if within(operation, apart) else self._check(operation)
            if check is None:
                continue
            if check.size is None or _from_data(check.index, self._arguments) is None:
                self.complete = False
            else:
                self.found.append(check)

    def __bool__(self) -> bool:
        return bool(self.found)

    def _check(self, operation: tf.Operation) -> Check | None:
        if operation.type == LABELS:
            logits, labels = operation.inputs
            shown, place = self._given(labels)
            while logits.shape[-1] is None and logits.op.type == "Reshape":
                logits = logits.op.inputs[0]
            return Check(labels, shown, logits.shape[-1], self._labels(place), place)
        if operation.type not in LOOKUPS:
            return None
        table, index = operation.inputs[:2]
        if operation.type == "ResourceGather":
            size = table._handle_data.shape_and_type[0].shape.dim[0].size
        else:
            axis = tf.get_static_value(operation.inputs[2])
            size = None if axis is None or table.shape.rank is None else table.shape[int(axis)]
        shown, place = self._given(index)
        return Check(index, shown, size, f"rows of {_layer(operation)}", place)

    def _given(self, tensor: Tensor) -> tuple[Tensor, str | None]:
        """The data that a tensor's numbers come from, and its place; the tensor itself where they are computed."""
        source = tensor
        while source.op.type in SAME_NUMBERS or _wraps(source.op):
            source = source.op.inputs[2] if _wraps(source.op) else source.op.inputs[0]
        for argument, place in zip(self._arguments, self._places, strict=True):
            if source is argument:
                return source, place
        made = _from_data(tensor, self._arguments) or []
        read = {each.ref() for operation in made for each in operation.inputs}
        used = [pair for pair in zip(self._arguments, self._places, strict=True) if pair[0].ref() in read]
        if len(used) == 1 and used[0][0].shape[1:].as_list() == source.shape[1:].as_list():
            return source, used[0][1]
        return tensor, None

    def _labels(self, place: str | None) -> str:
        for position, name in enumerate(self._names):
            if len(self._names) > 1 and place in (f"y[{position}]", f"y[{name!r}]"):
                return f"labels of the output {name!r}"
        return "labels"

    def of(self, batch: Data) -> Tensor:
        """The first number that is out of its range, in a graph of its own or inside another.

        Returns:
            [which check, position, value], the first of them negative when all is well.
        """
        values = self._values(batch)
        return tf.cond(self._well(values), no_report, lambda: self._report(values))

    def stop(self, batch: Data, done: Tensor) -> Tensor:
        """What fails unless all is well; `refuse_stopped` reads from its error what was wrong."""
        values = self._values(batch)

        def fail() -> Tensor:
            numbers = tf.concat([self._report(values), [tf.cast(done, tf.float64)]], 0)
            told = tf.unstack(tf.strings.as_string(numbers, precision=0))
            with tf.control_dependencies([tf.debugging.Assert(False, [STOPPED, *told], summarize=9)]):
                return tf.constant(False)

        return tf.cond(self._well(values), lambda: tf.constant(True), fail)

    def _values(self, batch: Data) -> list[tuple[Tensor, Tensor]]:
        """What each check looks at and what it shows, computed from a batch."""
        wanted = [tensor for check in self.found for tensor in (check.index, check.shown)]
        computed = _computed(wanted, self._arguments, tf.nest.flatten(batch, expand_composites=True))
        return list(zip(computed[::2], computed[1::2], strict=True))

    def _well(self, values: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Whether all is in range. It is what every step pays for, so it is as little as it can be."""
        good = [tf.reduce_all(check.good(index)) for check, (index, _) in zip(self.found, values, strict=True)]
        return functools.reduce(tf.logical_and, good)

    def _report(self, values: list[tuple[Tensor, Tensor]]) -> Tensor:
        report = no_report()
        for number, (index, shown) in reversed(list(enumerate(values))):
            good = self.found[number].good(index)
            first = tf.argmin(tf.cast(good, tf.int8))
            told = [tf.cast(each, tf.float64) for each in (number, first, tf.reshape(shown, [-1])[first])]
            report = tf.where(tf.reduce_all(good), report, tf.stack(told))
        return report

    def refuse_stopped(
        self, error: tf.errors.InvalidArgumentError, *, prefix: str = "", start: int | None = None
    ) -> None:
        """Raise the error that stopped a step, if a check did.

        Args:
            error: what TensorFlow raised.
            prefix: what the data is called before its name, as "validation_".
            start: the number of the first batch, to say in which one it was; None where there is but one.
        """
        told = re.search(rf"{STOPPED}\W+(-?[\d.e+naif]+)\W+(-?[\d.e+naif]+)\W+(-?[\d.e+naif]+)\W+(\d+)", error.message)
        if told:
            *report, done = map(float, told.groups())
            self.refuse(report, prefix=prefix, where="" if start is None else f" in batch {start + int(done)}")

    def refuse(
        self,
        report: Tensor,
        *,
        prefix: str = "",
        first: int = 0,
        rows: np.ndarray | None = None,
        where: str = "",
    ) -> None:
        """Raise the error that a report of `of` stands for, if it stands for one.

        Args:
            report: what `of` returned.
            prefix: what the data is called before its name, as "validation_".
            first: the number of the batch's first sample.
            rows: what each sample is called for the reader; None when it is its number.
            where: a clause that says in which batch.

        Raises:
            ShapeError: a label or an index is out of range.
        """
        number, position, value = np.asarray(report)
        if number < 0:
            return
        check = self.found[int(number)]
        shown = f"{value:.0f}" if value == np.round(value) else f"{value:g}"
        sample, *rest = _unravelled(int(position), (check.index if check.place is None else check.shown).shape)
        sample += first
        if check.place is not None:
            place = at(f"{prefix}{check.place}", (sample if rows is None else int(rows[sample]), *rest))
        elif rows is None:
            place = f"entry {at('', (sample, *rest))} of what the model looks up"
        else:
            place = f"an entry of what the model looks up for samples between {rows[0]} and {rows[-1]}"
        raise ShapeError(f"the {check.what} run from 0 to {check.size - 1}; {place} is {shown}{where}")


def _from_data(tensor: Tensor, arguments: list[Tensor]) -> list[tf.Operation] | Any:
    """The operations that make a tensor of the data; None where weights, chance or another function take part."""
    given = {argument.op.name for argument in arguments}
    found, left = {}, [tensor.op]
    while left:
        operation = left.pop()
        if operation.name in found or operation.name in given:
            continue
        if operation.type == "Placeholder" or operation.op_def.is_stateful or called(operation.node_def):
            return None
        found[operation.name] = operation
        left += [each.op for each in operation.inputs]
    return list(found.values())


def _computed(wanted: list[Tensor], arguments: list[Tensor], values: list[Tensor]) -> list[Tensor]:
    """The tensors of another graph, computed here from other arguments."""
    operations: dict[str, tf.Operation] = {}
    for tensor in wanted:
        operations |= {operation.name: operation for operation in _from_data(tensor, arguments)}
    graph = tf.compat.v1.GraphDef()
    graph.versions.producer = tf.version.GRAPH_DEF_VERSION
    for operation in operations.values():
        node = graph.node.add()
        node.CopyFrom(operation.node_def)
        kept = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(kept)
    by_name = {argument.name: value for argument, value in zip(arguments, values, strict=True)}
    used = {name.split(":")[0] + ":0" for node in graph.node for name in node.input}
    made = tf.graph_util.import_graph_def(
        graph,
        input_map={name: value for name, value in by_name.items() if name in used},
        return_elements=[tensor.name for tensor in wanted if tensor.name not in by_name],
        name="checked",
    )
    made = iter(made)
    return [by_name[tensor.name] if tensor.name in by_name else next(made) for tensor in wanted]


def _wraps(operation: tf.Operation) -> bool:
    """Whether this is how Keras lets a negative index count from the end: where(i < 0, i + size, i)."""
    return (
        operation.type == "SelectV2"
        and operation.inputs[0].op.type == "Less"
        and (operation.inputs[0].op.inputs[0] is operation.inputs[2])
    )


def _places(batch: Data) -> list[str]:
    """What each array of a batch is called: "x", "y[1]", "y['name']"."""
    parts = batch if isinstance(batch, tuple) else (batch,)
    names = ("x", "y", "sample_weight") if len(parts) <= 3 else [f"data[{place}]" for place in range(len(parts))]
    return [
        name + "".join(f"[{key!r}]" for key in path)
        for name, part in zip(names, parts, strict=False)
        for path, leaf in keras.tree.flatten_with_path(part)
        for _ in tf.nest.flatten(leaf, expand_composites=True)
    ]


def _layer(operation: tf.Operation) -> str:
    """The layer whose operation this is, from its scope."""
    scopes = operation.name.split("/")[:-1]
    return scopes[-1] if scopes else operation.name


def _unravelled(position: int, shape: tf.TensorShape) -> list[int]:
    """The index of a position, counted along all axes; a single number where an axis has no length yet."""
    rest = shape[1:].as_list() if shape.rank else []
    return [position] if None in rest else list(map(int, np.unravel_index(position, (position + 1, *rest))))
