"""A graph as text for Graphviz."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from pybridge._boundary import boundary
from pybridge._types import Like
from pybridge.graphs._graph import Node, read
from pybridge.tensors._dtypes import as_tensor

SHOWN = 6


@boundary
def to_dot(graph: dict[str, Any], values: dict[str, Any] | None = None) -> str:
    """Write a graph in Graphviz's language, inputs at the top.

    Args:
        graph: the graph.
        values: what `graphs.values` returned, to be shown at the nodes; inputs may be in it too.

    Returns:
        The text of a digraph; the outputs have a double border.

    Raises:
        GraphError: a malformed graph.

    >>> print(to_dot({"inputs": ["x"], "nodes": [{"id": "y", "op": "square", "args": ["x"]}], "outputs": ["y"]}))
    digraph {
      "x" [label="x", shape=box];
      "y" [label="square", shape=ellipse, peripheries=2];
      "x" -> "y";
    }
    """
    graph, values = read(graph), values or {}
    outputs, lines = set(graph.outputs), []
    for name in [*graph.inputs, *graph.nodes]:
        node = graph.nodes.get(name)
        label = _label(node) if node else name
        if name in values:
            label += "\n" + _value(values[name])
        shape = "box" if node is None else "plaintext" if node.op == "constant" else "ellipse"
        border = ", peripheries=2" if name in outputs else ""
        lines.append(f"{_quoted(name)} [label={_quoted(label)}, shape={shape}{border}];")
    lines += [f"{_quoted(arg)} -> {_quoted(node.id)};" for node in graph.nodes.values() for arg in node.args]
    return "\n".join(["digraph {", *(f"  {line}" for line in lines), "}"])


def _label(node: Node) -> str:
    if node.op == "constant":
        return _value(node.attrs["value"])
    if node.op == "adjoint":
        return f"adjoint of {node.attrs['of']}\nargument {node.attrs['at']}"
    return "\n".join([node.op, *(f"{name} {json.dumps(value)}" for name, value in node.attrs.items())])


def _value(value: Like) -> str:
    """A few numbers as they are, more by their shape."""
    if type(value) is int:
        return str(value)
    if type(value) is float:
        plain = value == 0 or 1e-4 <= abs(value) < 1e6 or not math.isfinite(value)
        write = np.format_float_positional if plain else np.format_float_scientific
        return write(value, precision=4, trim=".")
    tensor = as_tensor(value)
    if tensor.shape.num_elements() > SHOWN:
        return f"{tensor.dtype.name} {tuple(tensor.shape)}"
    return np.array2string(tensor.numpy(), separator=", ", floatmode="maxprec", precision=4)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
