"""Compute a graph: node by node, or compiled into one program."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from pybridge._arguments import brief, flag, listed
from pybridge._arguments import shown as given
from pybridge._boundary import boundary
from pybridge._types import Like, Tensor
from pybridge.errors import ConversionError, DtypeError, GraphError, OptionError, ShapeError
from pybridge.graphs._graph import Graph, Node, read, unknown
from pybridge.tensors._checks import extents, shown
from pybridge.tensors._dtypes import as_tensor


@boundary
def evaluate(graph: dict[str, Any], inputs: dict[str, Any]) -> Tensor | list[Tensor]:
    """Compute a graph's output: the forward pass.

    Args:
        graph: the graph.
        inputs: a value per input; each becomes a tensor first.

    Returns:
        The output; with several, a list of them in order.

    Raises:
        GraphError: a malformed graph, or a missing or unknown input.
        ShapeError: shapes that do not fit, naming the node.

    >>> line = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}
    >>> evaluate(line, {"x": 3.0}).numpy()
    np.float32(9.0)
    """
    graph = read(graph)
    return _outputs(graph, _run(graph.needed(), _given(graph, inputs)))


@boundary
def values(graph: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Tensor]:
    """Compute every node of a graph: the whole forward pass.

    Args:
        graph: the graph.
        inputs: a value per input; each becomes a tensor first.

    Returns:
        The value of each node, by its id.

    Raises:
        GraphError: a malformed graph, or a missing or unknown input.
        ShapeError: shapes that do not fit, naming the node.

    >>> line = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}
    >>> values(line, {"x": 3.0})["y"].numpy()
    np.float32(9.0)
    """
    graph = read(graph)
    results = _run(graph.nodes.values(), _given(graph, inputs))
    return {name: as_tensor(results[name]) for name in graph.nodes}


@boundary
def compile(graph: dict[str, Any], *, jit: bool = True) -> Callable[..., Any]:
    """Turn a graph into one compiled program.

    Args:
        graph: the graph.
        jit: whether XLA compiles it; otherwise TensorFlow runs it as its own graph.

    Returns:
        A function of the inputs in order, which gives what `evaluate` gives. It is compiled anew for each new
        combination of shapes and dtypes.

    Raises:
        GraphError: a malformed graph.

    >>> line = {"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}
    >>> compile(line)(3.0).numpy()
    np.float32(9.0)
    """
    graph = read(graph)
    nodes = graph.needed()

    @tf.function(jit_compile=flag("jit", jit), autograph=False)
    def program(*tensors: Tensor) -> Tensor | list[Tensor]:
        return _outputs(graph, _run(nodes, dict(zip(graph.inputs, tensors, strict=True))))

    @boundary
    def compiled(*inputs: Like) -> Tensor | list[Tensor]:
        if len(inputs) != len(graph.inputs):
            raise GraphError(f"the graph takes {len(graph.inputs)} inputs ({listed(graph.inputs)}); got {len(inputs)}")
        return program(*map(as_tensor, inputs))

    if all(name.isidentifier() for name in graph.inputs):
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in graph.inputs]
        vars(compiled)["__signature__"] = inspect.Signature(parameters)
    return compiled


def _given(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    if not isinstance(inputs, Mapping):
        raise GraphError(f"inputs are a map from names to values; got {given(inputs)}")
    unknown("input", inputs, graph.inputs)
    missing = [name for name in graph.inputs if name not in inputs]
    if missing:
        raise GraphError(f"the graph needs a value for {listed(missing)}; got {listed(inputs)}")
    return {name: as_tensor(inputs[name]) for name in graph.inputs}


def _run(nodes: Iterable[Node], results: dict[str, Like]) -> dict[str, Like]:
    for node in nodes:
        try:
            results[node.id] = node.operation.call(*(results[arg] for arg in node.args), **node.attrs)
        except (ConversionError, DtypeError, GraphError, OptionError, ShapeError) as error:
            raise type(error)(f"{_where(node)}: {error}") from error
        except (ValueError, TypeError, ArithmeticError, LookupError, tf.errors.InvalidArgumentError) as error:
            shapes = ", ".join(shown(extents(as_tensor(results[arg]))) for arg in node.args)
            raise ShapeError(f"{_where(node)}: shapes {shapes} do not fit this operation") from error
    return results


def _where(node: Node) -> str:
    of = f" of {listed(node.args)}" if node.args else ""
    return f"node {brief(node.id)} ({node.op}{of})"


def _outputs(graph: Graph, results: Mapping[str, Like]) -> Tensor | list[Tensor]:
    outputs = [as_tensor(results[name]) for name in graph.outputs]
    return outputs[0] if len(outputs) == 1 else outputs
