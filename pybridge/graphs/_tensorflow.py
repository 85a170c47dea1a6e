"""TensorFlow's own graph of a function, read into the same form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from pybridge._boundary import boundary, readers
from pybridge._types import Like
from pybridge.errors import GraphError
from pybridge.graphs import _readers_shapes  # noqa: F401 (its readers add themselves to READERS)
from pybridge.graphs._readers import READERS
from pybridge.graphs._symbols import Builder, Symbol
from pybridge.tensors._dtypes import as_tensor


@boundary
def from_tensorflow(f: Callable[..., Any], *examples: Like) -> dict[str, Any]:
    """Read the graph that TensorFlow makes of a function.

    Args:
        f: the function. TensorFlow's basic operations, most of `pybridge.tensors` and most losses can be read. Sorting,
            inverses, determinants and whatever takes places by number, such as `diag`, `tril`, `roll` and `repeat`,
            cannot: trace a function that uses those of `pybridge.tensors`.
        examples: a value for each argument; the graph holds for these shapes and dtypes.

    Returns:
        The graph, with an output per tensor that f returns. A node has the name of the operation of TensorFlow that it
        stands for. The value that a variable has now becomes a constant.

    Raises:
        GraphError: the function returns no tensor, changes a variable, or uses an operation of TensorFlow that graphs
            lack, which it names.
        OptionError: `f` is not a function.

    >>> import tensorflow as tf
    >>> graph = from_tensorflow(lambda x: tf.nn.relu(x) + x, [1.0, -2.0])
    >>> [(node["id"], node["op"], node["args"]) for node in graph["nodes"]]
    [('Relu', 'relu', ['x']), ('add', 'add', ['Relu', 'x'])]
    """
    function = f if hasattr(f, "get_concrete_function") else tf.function(readers(f), autograph=False)
    graph = function.get_concrete_function(*map(as_tensor, examples)).graph
    if not graph.outputs:
        raise GraphError("the function returns no tensor, so there is no graph to read")
    captured = {id(inside): outside for outside, inside in graph.captures}
    builder = Builder()
    symbols: dict[tuple[Any, ...], Symbol] = {}
    for placeholder in graph.inputs:
        if id(placeholder) not in captured:
            symbols[_key(placeholder)] = builder.input(placeholder.op.name)
    for op in _needed(graph):
        if op.type == "Placeholder" and id(op.outputs[0]) in captured:
            results = [builder.constant(captured[id(op.outputs[0])])]
        elif op.type == "Placeholder":
            continue
        else:
            results = _read(builder, op, symbols, captured)
        symbols.update((_key(tensor), symbol) for tensor, symbol in zip(op.outputs, results, strict=True))
    return builder.graph(symbols[_key(output)] for output in graph.outputs)


def _key(tensor: tf.Tensor) -> tuple[Any, ...]:
    return tensor.op.name, tensor.value_index


def _needed(graph: tf.Graph) -> list[tf.Operation]:
    """The operations that the outputs need, in order."""
    wanted, needed = {output.op.name for output in graph.outputs}, []
    for op in reversed(graph.get_operations()):
        if op.type.startswith("Assign"):
            raise GraphError(f"a graph changes nothing, and this function changes a variable (node {op.name})")
        if op.name in wanted:
            needed.append(op)
            if not _is_known(op) and op.type != "ReadVariableOp":
                if op.type not in READERS and op.type != "Placeholder":
                    raise GraphError(f"graphs have no operation for TensorFlow's {op.type} (node {op.name})")
                values = READERS[op.type].inputs if op.type in READERS else slice(None)
                wanted.update(tensor.op.name for tensor in list(op.inputs)[values])
    return needed[::-1]


def _is_known(op: tf.Operation) -> bool:
    """Whether its value is known without any input: a constant, or a shape."""
    return (
        len(op.outputs) == 1 and op.outputs[0].dtype != tf.resource and tf.get_static_value(op.outputs[0]) is not None
    )


def _read(
    builder: Builder, op: tf.Operation, symbols: dict[tuple[Any, ...], Symbol], captured: dict[int, Any]
) -> list[Symbol]:
    if op.type == "ReadVariableOp":
        variable = captured[id(op.inputs[0])]
        return [builder.constant(tf.raw_ops.ReadVariableOp(resource=variable, dtype=op.get_attr("dtype")))]
    if _is_known(op):
        value = tf.get_static_value(op.outputs[0])
        result = builder.constant(tf.constant(value, op.outputs[0].dtype))
    else:
        reader = READERS[op.type]
        args = [symbols[_key(tensor)] for tensor in list(op.inputs)[reader.inputs]]
        result = reader.read(op, *args)
    if isinstance(result, list):
        return result
    builder.name(result, op.name)
    return [result]
