"""Put one graph into another."""

from __future__ import annotations

from typing import Any

from pybridge._arguments import listed
from pybridge._boundary import boundary
from pybridge.errors import GraphError
from pybridge.graphs._graph import read, unknown
from pybridge.graphs._symbols import Builder


@boundary
def compose(outer: dict[str, Any], inner: dict[str, Any], at: str | None = None) -> dict[str, Any]:
    """Put one graph's output in the place of another's input: f(g(x)).

    Args:
        outer: the graph that gets a value.
        inner: the graph, with one output, that computes it. An input that both name is the same input.
        at: the input of outer to replace; may be left out when it has one.

    Returns:
        One graph; the inputs of inner stand where the replaced one stood.

    Raises:
        GraphError: a malformed graph, an inner graph with several outputs, or an input that is not there.

    >>> from pybridge.graphs import from_form, to_form
    >>> to_form(compose(from_form(["square", "y"]), from_form(["+", "x", 1])))
    ['square', ['+', 'x', 1]]
    """
    outer, inner = read(outer), read(inner)
    if at is None:
        if len(outer.inputs) != 1:
            raise GraphError(f"the outer graph has {len(outer.inputs)} inputs; say which: {listed(outer.inputs)}")
        at = outer.inputs[0]
    unknown("input", [at], outer.inputs)
    place = outer.inputs.index(at)
    builder = Builder([*outer.inputs[:place], *inner.inputs, *outer.inputs[place + 1 :]])
    computed = builder.load(inner)[inner.only_output("an inner graph")]
    symbols = {name: builder.input(name) for name in outer.inputs if name != at} | {at: computed}
    for node in outer.nodes.values():
        symbols[node.id] = builder.add(node.op, tuple(symbols[arg].ref for arg in node.args), node.attrs)
    return builder.graph(symbols[name] for name in outer.outputs)
