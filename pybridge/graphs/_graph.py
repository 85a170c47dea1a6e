"""A graph as data, read and checked."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pybridge._arguments import brief, listed, shown
from pybridge.errors import GraphError
from pybridge.graphs._operations import OPERATIONS, Operation, named


@dataclass(frozen=True)
class Node:
    """A node, with the attributes that say more than the defaults do."""

    id: str | Any
    op: str
    args: tuple[Any, ...]
    attrs: dict[str, Any]

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.op]

    @property
    def number(self) -> int | float | None:
        """The number that it is, if it is a plain one."""
        if self.op == "constant" and self.attrs.keys() == {"value"} and type(self.attrs["value"]) in (int, float):
            return self.attrs["value"]
        return None


@dataclass(frozen=True)
class Graph:
    """A graph that holds together: every node stands after those it needs."""

    inputs: list[str]
    nodes: dict[str, Node]
    outputs: list[str]

    def needed(self) -> list[Node]:
        """The nodes that the outputs need, in order."""
        wanted, nodes = set(self.outputs), []
        for node in reversed(self.nodes.values()):
            if node.id in wanted:
                wanted.update(node.args)
                nodes.append(node)
        return nodes[::-1]

    def only_output(self, what: str) -> str:
        """The output, where there has to be one.

        Raises:
            GraphError: there are several.
        """
        if len(self.outputs) != 1:
            raise GraphError(f"{what} has one output; this graph has {len(self.outputs)}: {listed(self.outputs)}")
        return self.outputs[0]


def read(graph: dict[str, Any]) -> Graph:
    """Read a graph from data.

    Raises:
        GraphError: it is malformed; the message names the node.
    """
    inputs, nodes, outputs = (_part(graph, name) for name in ("inputs", "nodes", "outputs"))
    if not all(isinstance(name, str) for name in inputs) or len(set(inputs)) < len(inputs):
        raise GraphError(f"inputs are names, each once; got {shown(inputs)}")
    known = dict.fromkeys(inputs)
    for data in nodes:
        node = _node(data)
        if node.id in known:
            raise GraphError(
                f"node {brief(node.id)}: {'a node' if known[node.id] else 'an input'} has that name already"
            )
        known[node.id] = node
    for node in filter(None, known.values()):
        for name in node.args:
            if name not in known:
                raise GraphError(f"node {brief(node.id)} ({node.op}): {shown(name)} is neither an input nor a node")
    for name in outputs:
        if not isinstance(name, str) or name not in known:
            raise GraphError(f"output {shown(name)} is neither a node nor an input")
    if not outputs:
        raise GraphError("a graph has at least one output; this one has none")
    return Graph(inputs, _ordered({id: node for id, node in known.items() if node}), outputs)


def unknown(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """See that every name is known.

    Raises:
        GraphError: one is not.
    """
    known = dict.fromkeys(known)
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise GraphError(f"{what} {shown(name)} is not in the graph; there are {listed(known)}")


def _part(graph: object, name: str) -> list[Any]:
    part = graph.get(name) if isinstance(graph, Mapping) else None
    if not isinstance(part, (list, tuple)):
        raise GraphError(f'a graph is {{"inputs": […], "nodes": […], "outputs": […]}}; got no list of {name}')
    return list(part)


def _node(data: object) -> Node:
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        raise GraphError(f'a node is {{"id": …, "op": …, "args": […]}} and may have "attrs"; got {shown(data)}')
    try:
        for name in data.keys() - {"id", "op", "args", "attrs"}:
            raise GraphError(f"a node has no {shown(name)}")
        operation = named(data.get("op"))
        args, attrs = data.get("args"), data.get("attrs") or {}
        if not isinstance(args, (list, tuple)) or not all(isinstance(name, str) for name in args):
            raise GraphError(f"args are a list of names; got {shown(args)}")
        if not isinstance(attrs, Mapping):
            raise GraphError(f"attrs are a map; got {shown(attrs)}")
        if not operation.takes(len(args)):
            takes = " and ".join(operation.arguments) or "no argument"
            raise GraphError(f"{operation.name} takes {takes}; got {listed(args)}")
        attrs = operation.checked(attrs)
        if operation.name == "adjoint":
            _check_adjoint(len(args) - 1, **attrs)
    except GraphError as error:
        raise GraphError(f"node {brief(data['id'])}: {error}") from None
    return Node(data["id"], operation.name, tuple(args), attrs)


def _check_adjoint(count: int, of: str, at: int, attrs: Mapping[str, Any] | None = None) -> None:
    inner = named(of)
    if inner.adjoint is None or not inner.takes(count) or at not in range(count) or not inner.linear_in(at):
        raise GraphError(f"{of} of {count} arguments has no adjoint for argument {shown(at)}")
    inner.checked(attrs or {})


def _ordered(nodes: dict[str, Node]) -> dict[str, Node]:
    """The nodes, each after those that it needs: as they stand where that is so already."""
    seen = set()
    for node in nodes.values():
        if any(name in nodes and name not in seen for name in node.args):
            break
        seen.add(node.id)
    else:
        return nodes
    sorter = graphlib.TopologicalSorter(
        {node.id: [name for name in node.args if name in nodes] for node in nodes.values()}
    )
    try:
        return {id: nodes[id] for id in sorter.static_order()}
    except graphlib.CycleError as error:
        raise GraphError(f"a cycle: node {listed(reversed(error.args[1]), ' needs ')}") from None
